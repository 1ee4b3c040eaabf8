package backtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/load"
	"github.com/outreach-engine/outreach/internal/simulate"
	"github.com/outreach-engine/outreach/internal/wording"
)

// Jam is a stretch in which one channel's rate makes messages wait, some for a
// minute or longer.
type Jam struct {
	load.Jam
	Of []RuleShare // whose messages they are, the most first; also of rules that are not reported
}

// RuleShare is how many of a jam's messages are of one rule.
type RuleShare struct {
	Rule     string `json:"rule"`
	Messages int    `json:"messages"`
}

// turn notes a message that asks for its turn in its channel's rate. Those of
// rules that are not reported take turns too.
func (t *tally) turn(line simulate.Line) {
	if line.Kind != ledger.KindSend || line.Rides || !line.Channel.Reaches() || line.At.Before(t.from) || t.rates[line.Channel] == 0 {
		return
	}
	until := uint32(math.MaxUint32)
	if !line.Latest.IsZero() {
		until = uint32(line.Latest.Unix())
	}
	t.turns[line.Channel] = append(t.turns[line.Channel], load.Message{
		At: uint32(line.At.Unix()), Until: until, Rule: t.numbers[line.Rule], Within: line.Ends == customer.Late,
	})
}

// jams lets a channel's messages queue for their turns, and gives the jams in
// which a reported rule stands, and the rate that would make none.
func (t *theatre) jams(counted *tally, channel customer.Channel) (jams []Jam, enough float64) {
	rate, turns := counted.rates[channel], counted.turns[channel]
	if rate == 0 {
		return nil, 0
	}
	slices.SortFunc(turns, load.Message.Compare)
	for _, found := range load.Jams(turns, rate) {
		jam, reported := Jam{Jam: found}, false
		for _, share := range found.Rules {
			name := t.Bundle.Rules[share.Rule].Name
			jam.Of = append(jam.Of, RuleShare{name, share.Messages})
			reported = reported || counted.rules[name] != nil
		}
		if reported {
			jams = append(jams, jam)
		}
	}
	if len(jams) > 0 {
		enough = load.Enough(turns, rate)
	}
	return jams, enough
}

// worst gives the jam that makes messages latest, the first of equal ones.
func (l Load) worst() Jam {
	return slices.MaxFunc(l.Jams, func(a, b Jam) int { return cmp.Or(cmp.Compare(a.Longest, b.Longest), b.From.Compare(a.From)) })
}

// missed sums up over all jams whose time is over when their turn comes.
func (l Load) missed() (hours, within int) {
	for _, jam := range l.Jams {
		hours, within = hours+jam.Hours, within+jam.Within
	}
	return hours, within
}

// warning says when a channel's rate makes messages wait, and what to do.
func (r *Report) warning(l Load) string {
	jam := l.worst()
	var b strings.Builder
	b.WriteString("warning: " + wording.Count(int64(jam.Messages), "message") + " by " + wording.Channel(l.Channel) + " (" + jam.Whose() + ") are planned " +
		r.stretch(jam) + ", and rates in policy.yaml let " + wording.Rate(l.Rate) + " through: half of them go out " + wording.Span(jam.Median) +
		" late or more, and the last at " + r.local(jam.Out) + ", " + wording.Span(jam.Longest) + " late")
	if more := len(l.Jams) - 1; more > 0 {
		b.WriteString("; it is the worst jam of " + number(more+1))
	}
	if hours, within := l.missed(); hours+within > 0 {
		b.WriteString("; " + missed(hours, within))
	}
	return b.String() + "; " + l.wayOut()
}

// stretch says when a jam's messages are planned for.
func (r *Report) stretch(jam Jam) string {
	from, last := r.local(jam.From), r.local(jam.Last)
	if from == last {
		return "for " + from
	}
	return "from " + from + " to " + strings.TrimPrefix(last, from[:len("2006-01-02 ")])
}

// Whose says of which rules most of a jam's messages are.
func (j Jam) Whose() string {
	const shown = 3
	var parts []string
	for _, share := range j.Of[:min(shown, len(j.Of))] {
		parts = append(parts, share.Rule+" "+number(share.Messages))
	}
	if more := len(j.Of) - shown; more > 0 {
		parts = append(parts, wording.Count(int64(more), "more rule"))
	}
	return strings.Join(parts, ", ")
}

func missed(hours, within int) string {
	var parts []string
	if hours > 0 {
		parts = append(parts, number(hours)+" come after the end of their hours")
	}
	if within > 0 {
		parts = append(parts, number(within)+" after their within")
	}
	return strings.Join(parts, ", ")
}

// wayOut says what would end the jams.
func (l Load) wayOut() string {
	return "raise rates." + string(l.Channel) + " to " + wording.Rate(l.Enough) + " if the provider lets you, widen the window, or spread the rules over more days"
}

// jamLine is the form of a line that tells of a jam. Lateness is in seconds.
type jamLine struct {
	At       string      `json:"at"`    // what the first message is planned for: RFC 3339, UTC
	Local    string      `json:"local"` // the same instant on the company's clock, with its offset
	Kind     string      `json:"kind"`  // load
	Channel  string      `json:"channel"`
	Messages int         `json:"messages"`
	Rate     float64     `json:"rate"` // messages a second
	Last     string      `json:"last"` // what the last is planned for
	Out      string      `json:"out"`  // when the last goes out
	Median   float64     `json:"median_late"`
	Longest  float64     `json:"longest_late"`
	Hours    int         `json:"past_hours"`
	Within   int         `json:"past_within"`
	Enough   float64     `json:"enough_rate"`
	Rules    []RuleShare `json:"rules"`
}

// writeJams writes one JSON object a line for each jam: by channel, and in the
// order of time.
func (r *Report) writeJams(out io.Writer) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, l := range r.Loads {
		for _, jam := range l.Jams {
			if err := e.Encode(jamLine{
				At: jam.From.Format(instants), Local: jam.From.In(r.Zone).Format(instants), Kind: "load", Channel: string(l.Channel),
				Messages: jam.Messages, Rate: l.Rate, Last: jam.Last.Format(instants), Out: jam.Out.Truncate(time.Microsecond).Format(instants),
				Median: seconds(jam.Median), Longest: seconds(jam.Longest), Hours: jam.Hours, Within: jam.Within, Enough: l.Enough, Rules: jam.Of,
			}); err != nil {
				return err
			}
		}
	}
	_, err := out.Write(b.Bytes())
	return err
}

func seconds(d time.Duration) float64 { return math.Round(10*d.Seconds()) / 10 }
