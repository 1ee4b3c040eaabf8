package inbox

import (
	"cmp"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

// countersView counts all there is, whatever the filter.
type countersView struct {
	Received int64         `json:"received"` // messages that the inbox took
	Repeats  int64         `json:"repeats"`  // those among them whose send key had come before
	Waiting  int           `json:"waiting"`  // planned messages
	Dropped  int64         `json:"dropped"`  // the sum of what follows
	Reasons  []reasonCount `json:"dropped_by_reason"`
	AtLeast  bool          `json:"at_least"` // there are more than were counted
}

type reasonCount struct {
	Reason customer.Reason `json:"reason"`
	Count  int64           `json:"count"`
}

// waitingView is one planned message.
type waitingView struct {
	Key      string           `json:"key"`
	Customer personView       `json:"customer"`
	Channel  customer.Channel `json:"channel"`
	Rule     string           `json:"rule"`
	N        int              `json:"n"`
	Step     string           `json:"step"`
	Template string           `json:"template"`
	Planned  time.Time        `json:"planned_at"`
	Local    string           `json:"local_time"`
	Zone     string           `json:"zone"`
	Reason   customer.Reason  `json:"reason,omitempty"` // why it does not go out yet: paused
	Why      string           `json:"why"`              // why then
}

// Bounds of the overview: how many parts of a status are looked at, and how
// many planned ones are shown.
const (
	countLimit   = 1000
	waitingLimit = 50
)

// overview fills counters and waiting. ok is false when nobody has the id that
// the filter names.
func (r *reader) overview(v *listView, f filter, who customer.ID, ok bool) {
	planned := r.parts(ledger.Planned, &v.Counters)
	v.Counters.Received, v.Counters.Repeats = r.page.box.Received(), r.page.box.Repeats()
	v.Counters.Waiting = len(planned)
	r.dropped(&v.Counters)
	if !ok {
		return
	}
	slices.SortStableFunc(planned, func(a, b ledger.Part) int {
		return cmp.Or(a.Planned.Compare(b.Planned), cmp.Compare(a.Key(), b.Key()))
	})
	for _, p := range planned {
		wanted := (who == "" || p.Customer == who) && (f.Rule == "" || p.Rule == f.Rule) && (f.Channel == "" || string(p.Channel) == f.Channel)
		switch {
		case wanted && len(v.Waiting) < waitingLimit:
			v.Waiting = append(v.Waiting, r.waiting(p))
		case wanted:
			v.Others++
		}
	}
}

func (r *reader) parts(status ledger.PartStatus, c *countersView) []ledger.Part {
	parts, err := r.tx.PartsBy(status, countLimit)
	r.note(err)
	c.AtLeast = c.AtLeast || len(parts) == countLimit
	return slices.DeleteFunc(parts, func(p ledger.Part) bool { return !p.Channel.Reaches() })
}

// dropped counts the messages that will not go out, and the matches that were
// not entered.
func (r *reader) dropped(c *countersView) {
	counts := map[customer.Reason]int64{}
	for _, status := range []ledger.PartStatus{ledger.Withdrawn, ledger.Rejected, ledger.Unknown, ledger.Failed} {
		for _, p := range r.parts(status, c) {
			counts[cmp.Or(p.Reason, customer.Reason(status))]++
		}
	}
	tallies, err := r.tx.Tallies()
	r.note(err)
	for _, t := range tallies {
		if t.Status == ledger.Ended && slices.Contains(notEntered(), t.Reason) {
			counts[t.Reason] += t.Count
		}
	}
	c.Reasons = []reasonCount{}
	for reason, n := range counts {
		c.Reasons = append(c.Reasons, reasonCount{reason, n})
		c.Dropped += n
	}
	slices.SortFunc(c.Reasons, func(a, b reasonCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
}

// notEntered lists the reasons that end an outreach only at its very
// beginning, before it has any message.
func notEntered() []customer.Reason {
	return []customer.Reason{
		customer.NotFresh, customer.AlreadyRunning, customer.NotAgain, customer.NotInAudience, customer.HeldOut,
		customer.NoConsent, customer.Suppressed, customer.NoAddress,
	}
}

func (r *reader) waiting(p ledger.Part) waitingView {
	who := r.person(p.Customer)
	v := waitingView{
		Key: p.Key(), Customer: who.view(), Channel: p.Channel,
		Rule: p.Rule, N: p.N, Step: p.Step, Template: p.Template,
		Planned: p.Planned, Local: who.local(p.Planned), Zone: who.zone.String(),
	}
	if p.RetryAt.After(p.Planned) {
		v.Planned, v.Local, v.Reason = p.RetryAt, who.local(p.RetryAt), p.Reason
		v.Why = "the provider could not take it: trying again"
		return v
	}
	const recent = 200
	decisions, err := r.tx.Decisions(p.Customer, recent)
	r.note(err)
	for _, d := range slices.Backward(decisions) {
		if d.Ref == p.Ref && d.Step == p.Step && d.Channel == p.Channel && (d.Kind == ledger.KindPlan || d.Kind == ledger.KindDefer) {
			v.Reason, v.Why = d.Reason, d.Note
			break
		}
	}
	if v.Why == "" {
		v.Why = wording.Reason(v.Reason)
	}
	return v
}
