package observe

import "github.com/outreach-engine/outreach/internal/customer"

// Meter counts one thing that came in, once it is committed: outcome is its
// Status.
type Meter interface {
	Event(via customer.Via, outcome string)
}

// count counts a batch. What providers tell came in via us.
func (o *Observer) count(batch []Incoming, outcomes []Outcome) {
	if o.Meter == nil {
		return
	}
	for i, outcome := range outcomes {
		via := batch[i].Event.Via
		if batch[i].Report != nil {
			via = customer.ViaUs
		}
		o.Meter.Event(via, string(outcome.Status))
	}
}

// reports counts what providers report.
func reports(batch []Incoming) (n int) {
	for _, in := range batch {
		if in.Report != nil {
			n++
		}
	}
	return n
}
