package observe

import (
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// append adds an event to the log. One from before what is kept stands there at
// the first instant that is, so that it is known when it comes again.
func (t *taking) append(e customer.Event) (fresh bool, err error) {
	if t.tooOld(e) {
		e.At = t.set.Forgotten
	}
	return t.tx.Append(e)
}

// tooOld reports whether an event is from before what is kept. One without an
// instant is not.
func (t *taking) tooOld(e customer.Event) bool {
	return !e.At.IsZero() && e.At.Before(t.set.Forgotten)
}

// tooOldFor refuses an event from before what is kept.
func (t *taking) tooOldFor() Outcome {
	return Outcome{Status: Refused, Reason: fmt.Sprintf("at: is before %s, and older events are forgotten (--keep-events): it would not be known again; leave it out",
		t.set.Forgotten.Format(time.RFC3339))}
}
