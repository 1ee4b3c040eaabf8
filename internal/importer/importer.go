// Package importer reads files of customers and of events, CSV and NDJSON,
// through a map that says which column means what. It decides the order in
// which a file's events are taken - by their time, whatever the order of the
// file - and what is refused, row by row, with its line. It knows no rule and
// no store.
//
// A map of customers:
//
//	id: user_id                                    # a column
//	zone: {from: state, first: " ", lookup: {GA: America/New_York}}
//	email: {text: "user{user_id}@example.com"}     # a template
//	consent: [service, offers]                     # topics that all agree to
//	traits: {plan: plan_name}
//
// and of events:
//
//	id: user_id
//	event: data_session                            # or {from: column}
//	at: {from: session_date, format: YYYY-MM-DD, zone: customer}
//	message_id: {text: "internet-{id}"}
//	properties: {mb: mb_used}
//
// One map may serve both: under customers what is said of customers, and under
// events what is said of events. docs/import.md describes every key. Maps are
// read strictly: every problem is reported at once, with its place.
//
// Memory is bounded: 24 bytes a row for the order of events, at most MaxRows of
// them, beside the rows of one batch. The file is read twice, the second time
// in the order of events.
//
// An import may be stopped and run again: message ids depend on the file's
// name, the line and what stands there, so what was taken already counts as a
// duplicate.
package importer

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// MaxRows bounds the rows of one file; their order takes 24 bytes each.
const MaxRows = 40_000_000

// Taker takes what came in; it returns when everything is committed. Outcomes
// are one per Incoming, in order.
type Taker interface {
	Take(ctx context.Context, batch []observe.Incoming) ([]observe.Outcome, error)
}

// Keeper keeps what was refused.
type Keeper interface {
	Reject(ctx context.Context, rejections []observe.Rejection) error
}

// ZoneLookup gives the IANA zone of the customer with an outside id: their own,
// else the policy's. "" means that nobody knows the customer. It is asked once
// per customer as long as there are not more than 100,000 of them.
type ZoneLookup interface {
	ZoneOf(ctx context.Context, externalID string) (string, error)
}

// Kind says what the rows of a file are.
type Kind string

// The kinds of files.
const (
	Customers Kind = "customers"
	Events    Kind = "events"
)

// Options say what to import. Taker, Keeper, Kind, Path, Map and Now are
// required, Zones where a map says zone: customer.
type Options struct {
	Taker      Taker
	Keeper     Keeper
	Zones      ZoneLookup
	EventName  func(outside string) string // as data.yaml declares it; nil: observe.Name
	Topics     []string                    // of the policy in force; none: consent is not checked
	Dictionary Dictionary                  // of the rules in force; nil: names are not checked
	Kind       Kind
	Path       string // of the file
	Map        string // of the map
	ShiftToNow bool   // move all times so that the newest is Now
	Unsorted   bool   // take rows as they stand, in one reading; a Taker that sorts by itself asks for it. No ShiftToNow then
	Now        time.Time
	Undated    time.Time               // when customers are as their file says, where the map has no at; zero: Now
	Warn       func(source.Problem)    // called with what is odd in a map that is sound; nil: not
	Progress   func(done, total int64) // called now and then, in bytes of all readings; nil: not
}

// Report tells what became of a file's rows. Rows is the sum of the five
// counts below it, unless the import was stopped.
type Report struct {
	Rows       int // without the header and blank lines
	Taken      int
	Duplicates int
	TooLate    int
	Skipped    int // by the map's skip
	Refused    int

	Fields  int       // fields refused of rows that were taken
	Trouble []Trouble // the first 20 of what was refused, by line; all of it is kept by the Keeper
	Oldest  time.Time // of the rows that have a time, as it stands in the file
	Newest  time.Time
	Shift   time.Duration // what was added to every time
}

// Trouble is a row, or a field of one, that was refused.
type Trouble struct {
	Line   int
	Reason string // where, what and how to mend it; never the value
}

// String gives the line and the reason.
func (t Trouble) String() string { return fmt.Sprintf("line %d: %s", t.Line, t.Reason) }

// Run imports one file. What is wrong with the map is a *source.InvalidError,
// and nothing is taken. Rows that cannot be read are refused alone. An error of
// the file, the Taker, the Keeper, the ZoneLookup or the context ends the
// import; the report tells how far it came, and a second run goes on from there.
func Run(ctx context.Context, o Options) (Report, error) {
	r := newRun(o)
	if err := r.open(); err != nil {
		return Report{}, fmt.Errorf("import %s: %w", o.Kind, err)
	}
	err := r.all(ctx)
	if closed := r.table.file.Close(); err == nil {
		err = closed
	}
	slices.SortStableFunc(r.report.Trouble, func(a, b Trouble) int { return cmp.Compare(a.Line, b.Line) })
	if err != nil {
		return r.report, fmt.Errorf("import %s: %w", o.Kind, err)
	}
	return r.report, nil
}

// Check opens the file and reads the map against its columns, as Run would
// before it takes anything. Of NDJSON the columns are not known before all of it
// is read.
func Check(o Options) error {
	r := newRun(o)
	if err := r.open(); err != nil {
		return fmt.Errorf("import %s: %w", o.Kind, err)
	}
	return r.table.file.Close()
}

func newRun(o Options) run {
	if o.EventName == nil {
		o.EventName = observe.Name
	}
	if o.Undated.IsZero() {
		o.Undated = o.Now
	}
	return run{Options: o, zones: sendtime.NewZones(), cache: map[string]*time.Location{}}
}

// run is one import under way.
type run struct {
	Options
	spec   spec
	zones  *sendtime.Zones
	cache  map[string]*time.Location // of the customers; nil: not known
	table  *table
	order  []place
	report Report

	batch []observe.Incoming
	from  []kept
	kept  []observe.Rejection
}

// open reads the map and opens the file. The table is open when there is no
// error.
func (r *run) open() error {
	text, err := os.ReadFile(r.Map)
	if err != nil {
		return err
	}
	var ps source.Problems
	n, ok := source.Read(r.Map, text, &ps)
	if ok {
		n, ok = mapOf(n, r.Kind)
	}
	if !ok {
		return ps.Err()
	}
	t, err := open(r.Path, readDelimiter(n))
	if err != nil {
		return err
	}
	r.spec = readSpec(n, r.Kind, t.header, words{zones: r.zones, eventName: r.EventName, topics: r.Topics, declared: r.Dictionary})
	if ps.Err() == nil && r.spec.at != nil && r.spec.at.theirs && r.Zones == nil {
		n.Fail("says zone: customer, and there is nobody to ask for it", "name an IANA zone")
	}
	if err := ps.Err(); err != nil {
		_ = t.file.Close() // nothing was written
		return err
	}
	t.want(r.spec.columns)
	r.table = t
	if r.Warn != nil {
		for _, p := range ps.List() {
			r.Warn(p)
		}
	}
	return nil
}

func (r *run) all(ctx context.Context) error {
	if err := r.index(ctx); err != nil {
		return err
	}
	var ps source.Problems
	if r.table.unseen(&ps, r.Map); ps.Err() != nil {
		return ps.Err()
	}
	if r.Unsorted {
		return nil
	}
	r.sort()
	return r.feed(ctx)
}

// progress reports that done bytes of all readings are behind.
func (r *run) progress(done int64) {
	if r.Progress == nil {
		return
	}
	total := r.table.size
	if !r.Unsorted {
		total *= 2
	}
	r.Progress(done, total)
}
