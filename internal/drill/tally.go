package drill

import (
	"fmt"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/sandbox"
)

// fate is what a design says of one message by one channel.
type fate struct {
	Customer string // our own id
	Rule     string
	Step     string
	Channel  customer.Channel
	Status   ledger.PartStatus
	Reason   customer.Reason
	At       time.Time // when it came to be so
}

// books is everything that is counted from.
type books struct {
	people  []person
	readyAt map[string]time.Time // by customer: when the event was taken
	taken   []sandbox.Taken
	fates   []fate
	open    map[string]bool // customers whose outreach has not ended
	lateIf  time.Duration
}

// Numbers are what a drill is about.
type Numbers struct {
	Messages   int // that customers were to get
	Accepted   int // of them
	Refused    int // ended well, since no address of the customer's exists
	Returned   int // accepted, and did not arrive; no other address was left
	FellBack   int // reached the customer by another channel after that
	Doubted    int // came by another channel too, since no word came in time that the first arrived: the rule's wish
	Replaced   int // repeats of a push that took the place of the first
	Lost       int // neither accepted, nor unknown, nor refused
	Forsaken   int // of those lost: accepted, did not arrive, and no other channel was tried
	Duplicated int // that a customer got more often than once
	Stuck      int // whose outreach did not end
	Unknown    int // of which the design says that nobody can know
	UnknownBy  map[customer.Channel]int
	Reached    int             // of those unknown: were accepted in truth
	Late       int             // accepted late
	Lateness   []time.Duration `json:"-"`
	Details    []string        // what is wrong, a line each
}

// slot is one step of one customer.
type slot struct{ customer, step string }

// tally counts. It trusts the providers' book alone on what went out, and the
// design only on what it says did not.
func tally(b books) Numbers {
	var n Numbers
	owner, byID := map[string]string{}, map[string]person{}
	for _, p := range b.people {
		byID[p.ID] = p
		for _, a := range p.addresses() {
			owner[a.To] = p.ID
		}
	}
	arrived := map[slot][]sandbox.Taken{}
	shown := map[string]bool{}
	for _, t := range b.taken {
		place, ok := placeOf(t, byID[owner[t.To]], arrived)
		if !ok {
			n.Duplicated++
			n.detail("duplicated: %s took %q for an address, and nobody was to get it there", t.Provider, t.Key)
			continue
		}
		if device := t.To + " " + t.Collapse; t.Collapse != "" {
			if shown[device] {
				n.Replaced++
				continue
			}
			shown[device] = true
		}
		arrived[place] = append(arrived[place], t)
	}
	said := map[slot][]fate{}
	for _, f := range b.fates {
		said[slot{f.Customer, f.Step}] = append(said[slot{f.Customer, f.Step}], f)
	}
	for _, p := range b.people {
		due := b.readyAt[p.ID]
		for _, s := range p.Steps {
			here := slot{p.ID, s.Name}
			n.judge(p, s, judged{got: arrived[here], said: said[here], open: b.open[p.ID]})
			if got := arrived[here]; len(got) > 0 {
				n.time(got[0].At.Sub(due), b.lateIf)
			}
			due = overAt(due, arrived[here], said[here])
			due = due.Add(pauseSeconds * time.Second)
		}
	}
	slices.Sort(n.Lateness)
	return n
}

// placeOf finds the step that a message belongs to, among those of the customer
// who has the address. What came without a send key is taken for the first step
// there that got nothing so far.
func placeOf(t sandbox.Taken, p person, arrived map[slot][]sandbox.Taken) (place slot, ok bool) {
	ref, name, _, err := ledger.ParseKey(t.Key)
	if t.Key != "" && (err != nil || ref.Rule != p.Rule || ref.N != 1) {
		return slot{}, false
	}
	for _, s := range p.Steps {
		here := slot{p.ID, s.Name}
		if !slices.ContainsFunc(s.To, func(a address) bool { return a.To == t.To }) || t.Key != "" && name != s.Name {
			continue
		}
		if place, ok = here, true; len(arrived[here]) == 0 || t.Key != "" {
			return place, true
		}
	}
	return place, ok
}

// overAt gives when a step that could begin at due was over, so that the next
// could follow: its message was taken, or it was settled that none would be.
func overAt(due time.Time, got []sandbox.Taken, said []fate) time.Time {
	for _, t := range got {
		due = later(due, t.At)
	}
	for _, f := range said {
		if f.Status == ledger.Unknown || f.Status == ledger.Rejected {
			due = later(due, f.At)
		}
	}
	return due
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// judged is what is known of one message.
type judged struct {
	got  []sandbox.Taken
	said []fate
	open bool
}

// judge puts one message where it belongs.
func (n *Numbers) judge(p person, s step, j judged) {
	n.Messages++
	unknown := n.doubt(j)
	reached := slices.ContainsFunc(j.got, func(t sandbox.Taken) bool { return !t.Undelivered })
	if len(j.got) > 0 {
		n.Accepted++
	}
	n.repeats(p, s, j)
	switch {
	case reached || unknown:
	case j.open:
		n.Stuck++
		n.detail("stuck: %s of %s (%s): %s", s.Name, p.ID, p.Rule, words(j.said))
		return
	case s.Refused && slices.ContainsFunc(j.said, refusal):
		n.Refused++
	case s.Undelivered && len(j.got) > 0:
		n.Returned++
	default:
		n.Lost++
		if len(j.got) > 0 {
			n.Forsaken++
		}
		n.detail("lost: %s of %s (%s): %s", s.Name, p.ID, p.Rule, words(j.said))
	}
	if j.open {
		n.Stuck++
		n.detail("stuck: %s of %s (%s) has its outcome, and the outreach goes on: %s", s.Name, p.ID, p.Rule, words(j.said))
	}
}

// doubt counts a message of which the design says that nobody can know.
func (n *Numbers) doubt(j judged) bool {
	at := slices.IndexFunc(j.said, func(f fate) bool { return f.Status == ledger.Unknown })
	if at < 0 {
		return false
	}
	n.Unknown++
	if n.UnknownBy == nil {
		n.UnknownBy = map[customer.Channel]int{}
	}
	n.UnknownBy[j.said[at].Channel]++
	if len(j.got) > 0 {
		n.Reached++
	}
	return true
}

// repeats counts what went out more often than it was to. A channel may take
// the place of one that failed, and of one of which no word came for as long as
// the rule says.
func (n *Numbers) repeats(p person, s step, j judged) {
	first, more := map[string]sandbox.Taken{}, 0
	for _, t := range j.got {
		if _, again := first[t.Provider]; again {
			more++
			continue
		}
		for _, before := range first {
			switch {
			case before.Undelivered:
				n.FellBack++
			case p.Rule == confirmed && t.At.Sub(before.At) >= confirmWithin:
				n.Doubted++
			default:
				more++
			}
		}
		first[t.Provider] = t
	}
	if more > 0 {
		n.Duplicated += more
		n.detail("duplicated: %s of %s (%s) was taken %d times: %s", s.Name, p.ID, p.Rule, len(j.got), moments(j.got))
	}
}

// refusal reports whether a design says that the address is none.
func refusal(f fate) bool {
	return f.Status == ledger.Rejected && f.Reason == customer.BadAddress
}

// time counts how late a message was.
func (n *Numbers) time(late, lateIf time.Duration) {
	late = max(late, 0)
	n.Lateness = append(n.Lateness, late)
	if late > lateIf {
		n.Late++
	}
}

// Quantile gives the lateness that a share of the messages does not exceed.
func (n *Numbers) Quantile(share float64) time.Duration {
	if len(n.Lateness) == 0 {
		return 0
	}
	return n.Lateness[min(int(share*float64(len(n.Lateness))), len(n.Lateness)-1)]
}

// Green reports whether customers got what they were to get, once.
func (n *Numbers) Green() bool { return n.Lost == 0 && n.Duplicated == 0 && n.Stuck == 0 }

// detailsKept bounds what is said of what is wrong.
const detailsKept = 40

func (n *Numbers) detail(format string, args ...any) {
	if len(n.Details) < detailsKept {
		n.Details = append(n.Details, fmt.Sprintf(format, args...))
	}
}

// words says what a design says of a message.
func words(said []fate) string {
	if len(said) == 0 {
		return "the store says nothing of it"
	}
	text := "the store says"
	for _, f := range said {
		text += " " + string(f.Status)
		if f.Reason != "" {
			text += " (" + string(f.Reason) + ")"
		}
	}
	return text
}

// moments says by whom and when messages were taken.
func moments(got []sandbox.Taken) string {
	text := ""
	for i, t := range got {
		if i > 0 {
			text += ", "
		}
		text += t.Provider + " " + t.At.UTC().Format("15:04:05.000")
	}
	return text
}
