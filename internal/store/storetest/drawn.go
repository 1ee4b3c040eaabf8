package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Play takes all steps in one write that ends with an error.
func Play(s ledger.Store, steps []Step, end error) error {
	return s.Write(context.Background(), ledger.GateLane, func(tx ledger.Tx) error {
		for _, step := range steps {
			if err := step.Do(tx); err != nil {
				return err
			}
		}
		return end
	})
}

// DrawSteps draws a script of writes on a few names.
func DrawSteps(t *rapid.T) []Step {
	return rapid.SliceOfN(rapid.Custom(drawStep), 40, 60).Draw(t, "steps")
}

// Step is one write with its name, which rapid shows.
type Step struct {
	Name string
	Do   func(ledger.Tx) error
}

// String gives the name.
func (s Step) String() string { return s.Name }

// drawn draws from the few names of which a law can be made.
type drawn struct{ *rapid.T }

func (d drawn) of(words ...string) string { return rapid.SampledFrom(words).Draw(d.T, "word") }
func (d drawn) id() customer.ID           { return customer.ID(d.of("c1", "c2", "c3")) }
func (d drawn) rule() string              { return d.of("cart", "late") }
func (d drawn) n() int                    { return rapid.IntRange(0, 4).Draw(d.T, "n") }

func (d drawn) at() time.Time {
	minute := rapid.IntRange(-1, 5).Draw(d.T, "minute")
	if minute < 0 {
		return time.Time{}
	}
	return drawnAt(minute)
}

// drawnAt gives an instant that no store keeps as it is.
func drawnAt(minute int) time.Time {
	return time.Date(2026, 3, 1, 10, minute, 0, 123_456_789, time.FixedZone("", 3600))
}

func (d drawn) ref() ledger.Ref { return ledger.Ref{Rule: d.rule(), Customer: d.id(), N: 1 + d.n()/2} }

func (d drawn) event() customer.Event {
	return customer.Event{
		MessageID: fmt.Sprint("m", rapid.IntRange(0, 9).Draw(d.T, "id")), Customer: customer.ID(d.of("", "c1", "c2", "c3")),
		Name: d.of("seen", "bought"), At: d.at(), ReceivedAt: d.at(),
		Properties: map[string]customer.Value{"mb": customer.Number(float64(d.n()))},
	}
}

func (d drawn) outreach(ref ledger.Ref) ledger.Outreach {
	return ledger.Outreach{
		Ref: ref, About: d.of("", "o1"), Key: d.of("k1", "k2", "k3"), Priority: d.n(), At: d.at(), NextAt: d.at(), Lease: d.at(), GoalAt: d.at(),
		Status: ledger.Status(d.of("matched", "open", "ended")), Reason: customer.Reason(d.of("", "held_out")), Sent: d.n() / 4,
		Position: []byte(d.of("", "x")), WakesOn: []string{d.of("seen", "bought")},
	}
}

func (d drawn) part(ref ledger.Ref) ledger.Part {
	return ledger.Part{
		Lease: d.at(), RetryAt: d.at(), Turn: d.at(), Item: d.n() == 0, Beside: d.n() == 0, Print: d.of("", "p"),
		Address: d.of("", "red", "blue"), Provider: d.of("twilio", "smtp"), ProviderID: d.of("", "a", "b"),
		Ref: ref, Step: d.of("s1", "s2"), Channel: customer.Channel(d.of("sms", "email")), Planned: d.at(), Sent: d.at(), Updated: d.at(),
		Status: ledger.PartStatus(d.of("planned", "sending", "ambiguous", "accepted", "rejected")), Reason: customer.Reason(d.of("", "late")), Answer: []byte(d.of("", "{}")),
	}
}

// drawStep draws one write.
func drawStep(t *rapid.T) Step {
	d := drawn{t}
	kind := rapid.SampledFrom([]func() []Step{d.ofCustomers, d.ofEvents, d.ofOutreaches, d.ofOutreaches, d.ofHouse}).Draw(t, "kind")
	return rapid.SampledFrom(kind()).Draw(t, "write")
}

func (d drawn) ofCustomers() []Step {
	id, other, external, at, word := d.id(), d.id(), d.of("a", "b"), d.at(), d.of("red", "blue")
	return []Step{
		{"join", func(tx ledger.Tx) error { return tx.Join(external, id) }},
		{"save", func(tx ledger.Tx) error {
			return tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: id, Email: word, Since: at, PushTokens: []string{word}}, State: []byte(word)})
		}},
		{"merge", func(tx ledger.Tx) error {
			if id == other {
				return nil
			}
			return tx.Merge(id, other)
		}},
		{"suppress", func(tx ledger.Tx) error {
			return tx.Suppress(customer.Suppression{Channel: customer.SMS, Address: external, Reason: word, At: at})
		}},
		{"unsuppress", func(tx ledger.Tx) error { return tx.Unsuppress(customer.SMS, external) }},
		{"share", func(tx ledger.Tx) error { return tx.Share(id, map[string]string{"team": word, external: "x"}) }},
		{"share nothing", func(tx ledger.Tx) error { return tx.Share(id, nil) }},
		{"testify", func(tx ledger.Tx) error {
			return tx.Testify(customer.Evidence{Customer: id, At: at, Text: word}, customer.Evidence{ID: 7, Address: external})
		}},
	}
}

func (d drawn) ofEvents() []Step {
	e, id, word := d.event(), d.id(), d.of("red", "blue")
	return []Step{
		{"append", func(tx ledger.Tx) error { _, err := tx.Append(e); return err }},
		{"add news", func(tx ledger.Tx) error { return tx.AddNews(ledger.News{Event: e, Trait: "team", Value: word}) }},
		{"save news", func(tx ledger.Tx) error {
			list, err := tx.News(1)
			for _, n := range list {
				n.After = id
				err = errors.Join(err, tx.SaveNews(n))
			}
			return err
		}},
		{"drop news", func(tx ledger.Tx) error {
			list, err := tx.News(1)
			for _, n := range list {
				err = errors.Join(err, tx.DropNews(n.ID))
			}
			return err
		}},
	}
}

func (d drawn) ofOutreaches() []Step {
	ref, at, limit := d.ref(), d.at(), d.n()
	o, p, about := d.outreach(ref), d.part(ref), d.of("", "o1")
	return []Step{
		{"add outreach", func(tx ledger.Tx) error { _, _, err := tx.AddOutreach(o); return err }},
		{"save outreach", func(tx ledger.Tx) error {
			old, there, err := tx.Outreach(ref)
			if err != nil || !there {
				return err
			}
			saved := o
			saved.About, saved.Key = old.About, old.Key
			return tx.SaveOutreach(saved)
		}},
		{"decide", func(tx ledger.Tx) error { return tx.Decide(ledger.Decision{Ref: ref, At: at, Kind: ledger.KindSend}) }},
		{"save part", func(tx ledger.Tx) error {
			if _, there, err := tx.Outreach(ref); err != nil || !there {
				return err
			}
			return tx.SavePart(p)
		}},
		{"claim", func(tx ledger.Tx) error {
			_, err := tx.Claim(ref.Rule, drawnAt(limit), drawnAt(limit+1), limit)
			return err
		}},
		{"restart", func(tx ledger.Tx) error { _, err := tx.Restart(); return err }},
		{"hint", func(tx ledger.Tx) error { return tx.Hint(ref, at) }},
		{"drop hint", func(tx ledger.Tx) error {
			list, err := tx.Hints(ref.Rule, 1)
			for _, h := range list {
				err = errors.Join(err, tx.DropHints([]int64{h.ID}))
			}
			return err
		}},
		{"set due", func(tx ledger.Tx) error {
			return tx.SetDue(ledger.Due{Rule: ref.Rule, Customer: ref.Customer, About: about, At: at})
		}},
		{"drop due", func(tx ledger.Tx) error { return tx.DropDue(ref.Rule, ref.Customer, about) }},
		{"recheck", func(tx ledger.Tx) error { return tx.SetRecheck(ref.Rule, ref) }},
		{"drop recheck", func(tx ledger.Tx) error { return tx.DropRecheck(ref.Rule) }},
	}
}

func (d drawn) ofHouse() []Step {
	at, word, n := d.at(), d.of("red", "blue"), d.n()
	return []Step{
		{"document", func(tx ledger.Tx) error {
			return tx.SaveDocument(ledger.Document{Kind: ledger.RuleDocument, Name: "cart", Hash: word, Body: []byte(word), At: at})
		}},
		{"activate", func(tx ledger.Tx) error {
			return tx.Activate(ledger.Active{Kind: ledger.RuleDocument, Name: word, At: at, Warmed: n})
		}},
		{"deactivate", func(tx ledger.Tx) error { return tx.Deactivate(ledger.RuleDocument, word) }},
		{"hold", func(tx ledger.Tx) error { return tx.SetHold(ledger.Hold{Kind: ledger.HoldRule, Name: word, At: at}) }},
		{"lift hold", func(tx ledger.Tx) error {
			return tx.LiftHold(ledger.Hold{Kind: ledger.HoldRule, Name: word, Lifted: drawnAt(n), Then: ledger.ResumeShift, Over: time.Hour})
		}},
		{"lift hold long after", func(tx ledger.Tx) error {
			return tx.LiftHold(ledger.Hold{Kind: ledger.HoldRule, Name: word, Lifted: drawnAt(n).Add(ledger.HoldKept), Then: ledger.ResumeDrop})
		}},
		{"reject", func(tx ledger.Tx) error { return tx.Reject(ledger.Rejection{At: at, Reason: word, Body: []byte(word)}) }},
		{"count", func(tx ledger.Tx) error { return tx.Count(word, int64(n)) }},
		{"setting", func(tx ledger.Tx) error { return tx.SetSetting(word, fmt.Sprint(n)) }},
		{"pace", func(tx ledger.Tx) error {
			return tx.SavePace(ledger.Pace{Scope: word, Next: at, Urgent: drawnAt(n), Until: at, Note: fmt.Sprint(n)})
		}},
	}
}
