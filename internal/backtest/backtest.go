// Package backtest plays past events of many customers through the engine in
// virtual time and says what would have gone out. It decides how the past is
// cut up so that any amount of it can be played in bounded memory and on all
// cores, in which order the decisions are written, and what is counted of them.
// It knows no rule, no policy's meaning and no journey: what is decided, package
// simulate plays.
//
// Customers decide nothing for each other, so that the past is played group by
// group: all outside ids that are known to be one customer are one group. Three
// passes: everything is read once and written to a temporary file, and ids are
// joined; the records are dealt out to many small parts by group; each part is
// read into memory and its groups are played. Memory grows with the number of
// customers and message ids (some tens of bytes each), time grows linearly.
//
// Answers do not depend on the number of workers: everything that is counted is
// a sum, and lines come by instant, customer, rule, number of the outreach, and
// the order in which the engine decided.
package backtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/insight"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// Past gives what was known of customers and what they did.
type Past interface {
	// Tell hands over every fact, in any order; an error of take ends it. It
	// says of each of its sources what became of its rows.
	Tell(ctx context.Context, take func(Fact) error, progress Progress) ([]Source, error)
}

// Fact is one thing that a customer did, said or was.
type Fact struct {
	observe.Incoming
	ID      customer.ID // the engine's own id of the customer, where it has one already
	Undated bool        // it holds from the beginning, before every event
}

// Source is what became of the rows of one file or store.
type Source struct {
	Name    string
	Rows    int
	Taken   int
	Skipped int // as its map says
	Refused int
	Fields  int      // fields refused of rows that were taken
	Trouble []string // the first of what was refused: where, what and how to mend it
}

// Progress is told how far the work is, in bytes or, of ReadingStore, customers.
type Progress func(what string, done, total int64)

// Options say what to play. Bundle, Zones and Past are required.
type Options struct {
	Bundle *bundle.Bundle
	Zones  *sendtime.Zones
	Past   Past
	Known  *insight.Insight // of everybody; nil: nothing is
	From   time.Time        // decisions before it are played and not reported; zero: all are
	To     time.Time        // nothing happens after it; zero: the instant of the last event
	Days   int              // report so many last days alone; 0: by From
	Rules  []string         // those that are reported; none: all. All are played, since they share the caps
	// Unconfirmed holds the channels of which no word comes back that a message
	// arrived; by the others they arrive at once.
	Unconfirmed []customer.Channel
	Lines       io.Writer // takes one JSON object a line for every decision, and then for every jam; nil: none are written
	Samples     int       // messages of each template and channel that are rendered for the report
	Workers     int       // groups that are played at once; at least 1
	Temp        string    // folder of temporary files; "": the system's
	// Seen is given every group's play as it is at its end, and that instant. It
	// is called from several goroutines, and its error ends the run; nil: nobody
	// looks.
	Seen func(ctx context.Context, play *simulate.Play, end time.Time) error
	// Progress may be called from several goroutines, one at a time; nil: nobody
	// is told.
	Progress Progress
}

// Run plays the past. Its temporary files are gone when it returns, also when
// ctx ends it.
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	dir, err := os.MkdirTemp(o.Temp, "outreach-simulate-")
	if err != nil {
		return nil, fmt.Errorf("temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	past, err := gather(ctx, o, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, past.close()) }()
	t := &theatre{Options: o, stage: simulate.NewStage(o.Bundle, o.Zones).Knowing(o.Known), past: past}
	t.lastDays()
	if from, to := t.span(); o.From.After(to) || to.Before(from) {
		return nil, fmt.Errorf("events: they happened from %s to %s, and nothing of that is asked for; give another from or to",
			past.first.Format(time.RFC3339), past.last.Format(time.RFC3339))
	}
	t.hush()
	if o.Lines != nil {
		if t.runs, err = newRuns(dir); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, t.runs.close()) }()
	}
	counted, err := t.playAll(ctx)
	if err != nil {
		return nil, err
	}
	samples, err := t.render(ctx, counted.samples)
	if err != nil {
		return nil, err
	}
	if o.Lines != nil {
		if err := t.runs.merge(o.Lines); err != nil {
			return nil, fmt.Errorf("write decisions: %w", err)
		}
	}
	report := t.report(counted, samples)
	if o.Lines != nil {
		if err := report.writeJams(o.Lines); err != nil {
			return nil, fmt.Errorf("write decisions: %w", err)
		}
	}
	return report, nil
}
