package backtest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/load"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// tally counts decisions. Everything in it is a sum, or the least of a set, so
// that it does not matter which worker counted what.
type tally struct {
	from time.Time // decisions before it are not counted
	zone *time.Location
	keep int // samples of each template and channel

	rules    map[string]*Rule
	matched  int // customers
	messaged int // customers
	days     map[Day]map[customer.Channel]int
	week     [7][24]int // from Monday, on the customers' own clocks
	samples  map[kindOfMessage][]sample

	rates   map[customer.Channel]float64 // messages a second
	numbers map[string]uint16            // of all rules, by name
	turns   map[customer.Channel][]load.Message
}

type kindOfMessage struct {
	template string
	channel  customer.Channel
}

// sample names one message that may be rendered.
type sample struct {
	draw uint64 // the least are kept
	at   place
	ledger.Ref
	step     string
	channel  customer.Channel
	external string
}

func newTally(o Options, from time.Time) *tally {
	t := &tally{
		from: from, zone: o.zone(), keep: o.Samples, rules: map[string]*Rule{},
		days: map[Day]map[customer.Channel]int{}, samples: map[kindOfMessage][]sample{},
		rates: o.Bundle.Policy.Rates, numbers: map[string]uint16{}, turns: map[customer.Channel][]load.Message{},
	}
	for i, r := range o.Bundle.Rules {
		t.numbers[r.Name] = uint16(i)
		if len(o.Rules) == 0 || slices.Contains(o.Rules, r.Name) {
			t.rules[r.Name] = newRule(r)
		}
	}
	return t
}

func newRule(r *rule.Rule) *Rule {
	return &Rule{
		Name: r.Name, HasGoal: r.Goal != nil, NotEntered: map[customer.Reason]int{}, Messages: map[customer.Channel]int{},
		Deferred: map[customer.Reason]int{}, Dropped: map[customer.Reason]int{}, CappedBy: map[string]int{}, hours: map[int64]map[customer.Channel]int{},
	}
}

// count counts one group's play.
func (w *worker) count(at place, play *simulate.Play) {
	fates := map[ledger.Ref]*fate{}
	for i, line := range play.Lines {
		w.tally.turn(line)
		r := w.tally.rules[line.Rule]
		if r == nil || line.At.Before(w.tally.from) {
			continue
		}
		f := fates[line.Ref]
		if f == nil {
			f = &fate{}
			fates[line.Ref] = f
		}
		w.tally.line(r, f, line)
		if line.Kind == ledger.KindSend && !line.Rides {
			w.tally.offer(at, line)
		}
		if w.runs != nil {
			w.lines = append(w.lines, newEntry(line, i))
		}
	}
	w.tally.people(fates)
}

// fate is what became of one outreach in the time that is reported.
type fate struct {
	matched, heldOut, messages, goal bool
	moved                            []moved
}

// moved is what a message was deferred for. It counts once, however often it
// was moved for it.
type moved struct {
	step   string
	reason customer.Reason
}

func (t *tally) line(r *Rule, f *fate, line simulate.Line) {
	switch line.Kind {
	case ledger.KindMatch:
		f.matched = true
		r.Matched++
	case ledger.KindEnter:
		r.Entered++
	case ledger.KindSend:
		t.send(r, f, line)
	case ledger.KindPlan:
		if line.Reason != "" { // not the instant that it would have had
			r.deferred(f, line)
		}
	case ledger.KindDefer:
		r.deferred(f, line)
	case ledger.KindDrop:
		switch {
		case line.Step != "":
			r.Dropped[line.Reason]++
			if by := winner(line.Decision); by != "" {
				r.CappedBy[by]++
			}
		case line.Reason == customer.HeldOut:
			f.heldOut = true
			r.HeldOut++
		default:
			r.NotEntered[line.Reason]++
		}
	case ledger.KindGoal:
		f.goal = true
	}
}

// deferred counts a message that was moved.
func (r *Rule) deferred(f *fate, line simulate.Line) {
	m := moved{line.Step, line.Reason}
	if slices.Contains(f.moved, m) {
		return
	}
	f.moved = append(f.moved, m)
	r.Deferred[line.Reason]++
}

// winner names the rule that has the place of a message that the caps dropped,
// as the decision's note says it; "" when it says none.
func winner(d ledger.Decision) string {
	before, _, found := strings.Cut(d.Note, " has the place, ")
	if d.Reason != customer.Capped || !found {
		return ""
	}
	return before[strings.LastIndexByte(before, ' ')+1:]
}

// send counts what reaches a customer as a message, and what does not apart.
// Who gets something in another message is reached by it, without one more.
func (t *tally) send(r *Rule, f *fate, line simulate.Line) {
	switch line.Channel {
	case customer.Webhook:
		r.Calls++
		return
	case customer.Handoff:
		r.Tasks++
		return
	}
	f.messages = true
	if line.Rides {
		r.Rode++
		return // the message that it rode on is counted
	}
	r.Messages[line.Channel]++
	count(r.hours, line.At.Unix()/3600, line.Channel, 1)
	count(t.days, dayOf(line.At.In(t.zone)), line.Channel, 1)
	local := line.At.In(line.Zone)
	t.week[(int(local.Weekday())+6)%7][local.Hour()]++
}

func count[K comparable](m map[K]map[customer.Channel]int, key K, channel customer.Channel, n int) {
	if m[key] == nil {
		m[key] = map[customer.Channel]int{}
	}
	m[key][channel] += n
}

// people counts outreaches by how far they came, and customers.
func (t *tally) people(fates map[ledger.Ref]*fate) {
	type who struct {
		rule string
		id   customer.ID
	}
	matched, messaged := map[who]bool{}, map[who]bool{}
	for ref, f := range fates {
		r := t.rules[ref.Rule]
		for _, key := range []who{{ref.Rule, ref.Customer}, {"", ref.Customer}} {
			matched[key] = matched[key] || f.matched
			messaged[key] = messaged[key] || f.messages
		}
		if !f.matched {
			continue
		}
		if f.messages {
			r.Reached++
		}
		switch {
		case f.goal && f.heldOut:
			r.Goals.HeldOut++
		case f.goal && f.messages:
			r.Goals.Reached++
		case f.goal:
			r.Goals.Before++
		}
	}
	for key, was := range matched {
		switch {
		case was && key.rule == "":
			t.matched++
		case was:
			t.rules[key.rule].Customers++
		}
	}
	for key, was := range messaged {
		switch {
		case was && key.rule == "":
			t.messaged++
		case was:
			t.rules[key.rule].Messaged++
		}
	}
}

// offer keeps a message as a sample when its draw is among the least.
func (t *tally) offer(at place, line simulate.Line) {
	if t.keep == 0 || !line.Channel.Reaches() {
		return
	}
	s := sample{
		draw: mixed(hash(line.External, line.Ref.String(), line.Step, string(line.Channel))), at: at,
		Ref: line.Ref, step: line.Step, channel: line.Channel, external: line.External,
	}
	key := kindOfMessage{line.Template, line.Channel}
	if kept := t.samples[key]; len(kept) < t.keep || s.draw < kept[len(kept)-1].draw {
		t.samples[key] = least(append(kept, s), t.keep)
	}
}

// mixed spreads a hash over all its bits, so that the least do not go by how
// ids begin (the finaliser of SplitMix64).
func mixed(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

func least(samples []sample, n int) []sample {
	slices.SortFunc(samples, func(a, b sample) int {
		return cmp.Or(cmp.Compare(a.draw, b.draw), cmp.Compare(a.Ref.String(), b.Ref.String()), cmp.Compare(a.step, b.step))
	})
	return samples[:min(n, len(samples))]
}

// add adds what another worker counted.
func (t *tally) add(other *tally) {
	t.matched += other.matched
	t.messaged += other.messaged
	for name, r := range other.rules {
		t.rules[name].add(r)
	}
	for day, by := range other.days {
		for channel, n := range by {
			count(t.days, day, channel, n)
		}
	}
	for day := range t.week {
		for hour := range t.week[day] {
			t.week[day][hour] += other.week[day][hour]
		}
	}
	for channel, turns := range other.turns {
		t.turns[channel] = append(t.turns[channel], turns...)
	}
	for key, samples := range other.samples {
		t.samples[key] = least(append(t.samples[key], samples...), t.keep)
	}
}

func (r *Rule) add(other *Rule) {
	r.Matched += other.Matched
	r.Customers += other.Customers
	r.Entered += other.Entered
	r.HeldOut += other.HeldOut
	r.Reached += other.Reached
	r.Messaged += other.Messaged
	r.Rode += other.Rode
	r.Calls += other.Calls
	r.Tasks += other.Tasks
	r.Goals.Reached += other.Goals.Reached
	r.Goals.HeldOut += other.Goals.HeldOut
	r.Goals.Before += other.Goals.Before
	sum(r.NotEntered, other.NotEntered)
	sum(r.Messages, other.Messages)
	sum(r.Deferred, other.Deferred)
	sum(r.Dropped, other.Dropped)
	sum(r.CappedBy, other.CappedBy)
	for hour, by := range other.hours {
		for channel, n := range by {
			count(r.hours, hour, channel, n)
		}
	}
}

func sum[K comparable](m, other map[K]int) {
	for key, n := range other {
		m[key] += n
	}
}

// sortedReasons gives what was counted by reason, the most frequent first.
func sortedReasons(m map[customer.Reason]int) []customer.Reason {
	return slices.SortedFunc(maps.Keys(m), func(a, b customer.Reason) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b))
	})
}
