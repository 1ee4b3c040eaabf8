package observe

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// wait names what time alone may give a reason for.
type wait struct {
	customer customer.ID
	rule     *rule.Matcher
	about    string
}

func (t *taking) await(w wait) {
	if !t.waiting[w] {
		t.waiting[w] = true
		t.waits = append(t.waits, w)
	}
}

// What lies further back than longPast was taken in from a history or from a
// device that was offline, and more of it may come: it is looked at again
// after settling, before anybody is said to have been silent.
const (
	longPast = time.Hour
	settling = 10 * time.Minute
)

// settle keeps the first instants at which time alone may give a reason, after
// all of the batch was taken in. One that has just passed gives it at once.
func (t *taking) settle() error {
	for _, w := range t.waits {
		d := t.files[w.customer]
		if d == nil {
			continue // merged into somebody else
		}
		at := w.rule.Awaited(d.Subject(), w.about, t.now)
		switch {
		case at.IsZero() || at.After(t.now):
		case t.now.Sub(at) > longPast:
			at = t.now.Add(settling)
		default:
			for _, why := range w.rule.Expire(d.Subject(), w.about, t.now) {
				if err := t.match(d, w.rule, why); err != nil {
					return err
				}
			}
			at = w.rule.NextDue(d.Subject(), w.about, t.now)
		}
		if at.IsZero() {
			continue
		}
		if err := t.tx.SetDue(ledger.Due{Rule: w.rule.Name, Customer: w.customer, About: w.about, At: at}); err != nil {
			return err
		}
	}
	return nil
}
