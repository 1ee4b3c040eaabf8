package dossier

import (
	"errors"
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Verdict is what a person says of a message of which nobody knew whether it
// went out.
type Verdict string

// The verdicts.
const (
	WasSent   Verdict = "sent"
	WasNot    Verdict = "not_sent"
	SendAgain Verdict = "again" // whatever became of the first: the customer may get both
)

// Resolution settles a message by a person's word.
type Resolution struct {
	Verdict    Verdict
	ProviderID string // with WasSent: the provider's own name of the message; "" not known
	By         string // who says so
}

// Resolve settles an ambiguous or unknown message, and lets its outreach look
// again. key is its send key, also one from before customers were merged. A
// message that is neither is an error, as is one to be sent again whose outreach
// does not allow it: nothing is changed then.
func (k Desk) Resolve(tx ledger.Tx, key string, r Resolution, now time.Time) (ledger.Part, error) {
	part, err := doubtful(tx, key)
	if err != nil {
		return part, err
	}
	switch r.Verdict {
	case WasSent:
		return k.sent(tx, part, r, now)
	case WasNot:
		after, _, err := k.Hear(tx, part, Heard{Word: ledger.GivenUp, Reason: customer.NotSent, Note: "as " + r.By + " says"}, now)
		return after, err
	case SendAgain:
		return k.resend(tx, part, r, now)
	}
	return part, fmt.Errorf("verdict: %q is not sent, not_sent or again", r.Verdict)
}

// doubtful reads a message of which nobody knows whether it went out, and locks
// its customer's row.
func doubtful(tx ledger.Tx, key string) (part ledger.Part, err error) {
	ref, step, c, err := ledger.ParseKey(key)
	if err != nil {
		return part, fmt.Errorf("%w; outreach unknown lists the keys", err)
	}
	part, ok, err := ledger.Present(tx, ref, step, c)
	switch {
	case err != nil:
		return part, err
	case !ok:
		return part, fmt.Errorf("message %s: is not in the store; outreach unknown lists those to settle", key)
	case part.Status != ledger.Ambiguous && part.Status != ledger.Unknown:
		return part, fmt.Errorf("message %s: is %s, so there is nothing to settle", key, part.Status)
	case part.Item:
		return part, fmt.Errorf("message %s: went in another one; settle that: %s", key, part.Carrier)
	}
	return part, nil
}

// sent takes a message for sent. The provider's name of it has to be its own.
func (k Desk) sent(tx ledger.Tx, part ledger.Part, r Resolution, now time.Time) (ledger.Part, error) {
	owner, known, err := tx.PartOf(part.Provider, r.ProviderID)
	if err != nil {
		return part, err
	}
	if known && owner.Key() != part.Key() {
		return part, fmt.Errorf("message %s: %s's %s is another message, %s; look up its own id there", part.Key(), part.Provider, r.ProviderID, owner.Key())
	}
	after, _, err := k.Hear(tx, part, Heard{Word: ledger.Taken, ProviderID: r.ProviderID, Note: "as " + r.By + " says"}, now)
	return after, err
}

// resend gives a message up, whatever became of it, and takes its outreach back
// to its step, where it is planned anew.
func (k Desk) resend(tx ledger.Tx, part ledger.Part, r Resolution, now time.Time) (ledger.Part, error) {
	d, ok, err := k.Open(tx, part.Customer)
	if err != nil || !ok {
		return part, errors.Join(err, lost(part, ok))
	}
	o, ok, err := tx.Outreach(part.Ref)
	if err != nil || !ok {
		return part, errors.Join(err, lost(part, ok))
	}
	m, err := d.Matcher(o)
	if err != nil {
		return part, err
	}
	f, err := d.Facts(m, o, now)
	if err != nil {
		return part, err
	}
	out, err := journey.Resend(m, o, f, part)
	if err != nil {
		return part, fmt.Errorf("message %s: %w", part.Key(), err)
	}
	after, _, err := k.Hear(tx, part, Heard{
		Word: ledger.GivenUp, Reason: customer.Repeated,
		Note: "nobody knows whether it went out; sent again, as " + r.By + " says: the customer may get both",
	}, now)
	if err != nil {
		return after, err
	}
	return after, errors.Join(d.keep(out, f), tx.SaveOutreach(out.Outreach), d.err)
}

// lost says that what a message belongs to is gone.
func lost(part ledger.Part, there bool) error {
	if there {
		return nil
	}
	return fmt.Errorf("message %s: its customer or outreach is not in the store any more", part.Key())
}
