package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// reports holds how a provider's word finds its message, and how attempts are
// found of which nobody knows the end.
func reports() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"part_of":         partOfProvider,
		"part_of_renamed": partOfRenamed,
		"last_to":         lastTo,
		"asking":          asking,
		"asking_order":    askingOrder,
		"reports_undone":  reportsUndone,
		"evidence":        evidence,
		"evidence_at":     evidenceAt,
		"evidence_merged": evidenceMerged,
		"paces":           paces,
	}
}

// sentPart gives a part that a provider took at a minute; 0: it was not sent.
func sentPart(step, provider, providerID string, minute int) ledger.Part {
	p := ledger.Part{
		Ref: ledger.Ref{Rule: "cart", Customer: "c1", N: 1}, Step: step, Channel: customer.SMS,
		Status: ledger.Accepted, Address: "+15550100", Provider: provider, ProviderID: providerID,
	}
	if minute > 0 {
		p.Sent = at(minute)
	}
	return p
}

func partKnownAs(provider, providerID string) func(ledger.Tx) (found[ledger.Part], error) {
	return func(tx ledger.Tx) (found[ledger.Part], error) { return find(tx.PartOf(provider, providerID)) }
}

func lastPartTo(channel customer.Channel, address string) func(ledger.Tx) (found[ledger.Part], error) {
	return func(tx ledger.Tx) (found[ledger.Part], error) { return find(tx.LastTo(channel, address)) }
}

func partsAsking(now time.Time, limit int) func(ledger.Tx) ([]ledger.Part, error) {
	return func(tx ledger.Tx) ([]ledger.Part, error) { return tx.Asking(now, limit) }
}

func partOfProvider(t *testing.T, open Open) {
	s := start(t, open)
	require.Equal(t, found[ledger.Part]{}, both(t, s, partKnownAs("twilio", "SM1")), "there is none")
	full := fullPart()
	full.Step, full.Item, full.ProviderID = "s8", false, odd
	older, newer := sentPart("s2", "twilio", "SM1", 5), sentPart("s1", "twilio", "SM1", 7)
	item := sentPart("s3", "twilio", "SM1", 7)
	item.Item, item.Carrier = true, newer.Key()
	other, unsent := sentPart("s4", "sendgrid", "SM1", 9), sentPart("s5", "twilio", "SM2", 0)
	write(t, s, saveParts(newer, older, item, other, unsent, sentPart("s6", "twilio", "", 9), sentPart("s7", "", "", 9), full))
	cases := map[string]struct {
		provider, providerID string
		want                 found[ledger.Part]
	}{
		"sent last, and no item":  {"twilio", "SM1", found[ledger.Part]{newer, true}},
		"of the other provider":   {"sendgrid", "SM1", found[ledger.Part]{other, true}},
		"never sent":              {"twilio", "SM2", found[ledger.Part]{unsent, true}},
		"all that a part has":     {"twilio", odd, found[ledger.Part]{full, true}},
		"of a third provider":     {"fcm", "SM1", found[ledger.Part]{}},
		"another name":            {"twilio", "sm1", found[ledger.Part]{}},
		"no name":                 {"twilio", "", found[ledger.Part]{}},
		"no name and no provider": {"", "", found[ledger.Part]{}},
	}
	for name, c := range cases {
		require.Equal(t, c.want, both(t, s, partKnownAs(c.provider, c.providerID)), name)
	}
}

// partOfRenamed holds that a name leads to the part that has it: after another
// attempt, and after a merge.
func partOfRenamed(t *testing.T, open Open) {
	s := start(t, open)
	write(t, s, save(fullRecord("c1"), fullRecord("c2")))
	add(t, s, ended("c1", 0, "k1", 1), ended("c2", 0, "k1", 1))
	part := sentPart("s1", "twilio", "SM1", 5)
	write(t, s, saveParts(part))
	part.ProviderID, part.Address, part.Sent = "SM2", "+15550199", at(6)
	write(t, s, saveParts(part))
	require.Equal(t, found[ledger.Part]{}, both(t, s, partKnownAs("twilio", "SM1")))
	require.Equal(t, found[ledger.Part]{}, both(t, s, lastPartTo(customer.SMS, "+15550100")))
	require.Equal(t, found[ledger.Part]{part, true}, both(t, s, partKnownAs("twilio", "SM2")))
	write(t, s, func(tx ledger.Tx) error { return tx.Merge("c1", "c2") })
	part.Customer, part.N = "c2", 2
	require.Equal(t, found[ledger.Part]{part, true}, both(t, s, partKnownAs("twilio", "SM2")))
	require.Equal(t, found[ledger.Part]{part, true}, both(t, s, lastPartTo(customer.SMS, "+15550199")))
}

func lastTo(t *testing.T, open Open) {
	s := start(t, open)
	require.Equal(t, found[ledger.Part]{}, both(t, s, lastPartTo(customer.SMS, "+15550100")), "there is none")
	older, newer := sentPart("s2", "twilio", "SM1", 5), sentPart("s1", "sendgrid", "SM2", 7)
	failed := sentPart("s3", "twilio", "SM3", 6)
	failed.Customer, failed.Status = "c2", ledger.Failed
	item := sentPart("s4", "twilio", "SM4", 8)
	item.Item = true
	email := sentPart("s1", "smtp", "SM5", 9)
	email.Channel = customer.Email
	elsewhere, nowhere := sentPart("s6", "twilio", "SM6", 9), sentPart("s7", "twilio", "SM7", 9)
	elsewhere.Address, nowhere.Address = odd, ""
	unsent := sentPart("s8", "twilio", "", 0)
	alone := sentPart("s9", "twilio", "", 0)
	alone.Address = "+15550111"
	underWay, unsure := sentPart("s10", "twilio", "", 9), sentPart("s11", "twilio", "", 9)
	underWay.Status, unsure.Status, unsure.Address = ledger.Sending, ledger.Ambiguous, "+15550122"
	write(t, s, saveParts(newer, older, failed, item, email, elsewhere, nowhere, unsent, alone, underWay, unsure))
	cases := map[string]struct {
		channel customer.Channel
		address string
		want    found[ledger.Part]
	}{
		"sent last":          {customer.SMS, "+15550100", found[ledger.Part]{newer, true}},
		"by another channel": {customer.Email, "+15550100", found[ledger.Part]{email, true}},
		"elsewhere":          {customer.SMS, odd, found[ledger.Part]{elsewhere, true}},
		"only unsent":        {customer.SMS, "+15550111", found[ledger.Part]{}},
		"perhaps sent":       {customer.SMS, "+15550122", found[ledger.Part]{unsure, true}},
		"no address":         {customer.SMS, "", found[ledger.Part]{}},
		"a channel unused":   {customer.Push, "+15550100", found[ledger.Part]{}},
	}
	for name, c := range cases {
		require.Equal(t, c.want, both(t, s, lastPartTo(c.channel, c.address)), name)
	}
	older.Sent = at(10)
	write(t, s, saveParts(older))
	require.Equal(t, found[ledger.Part]{older, true}, both(t, s, lastPartTo(customer.SMS, "+15550100")), "sent once more")
}

// asking holds the exact instants from which parts are asked for.
func asking(t *testing.T, open Open) {
	s := start(t, open)
	require.Nil(t, both(t, s, partsAsking(at(30), 0)))
	part := func(step string, status ledger.PartStatus, lease, retry time.Time) ledger.Part {
		p := sentPart(step, "twilio", "", 1)
		p.Status, p.Lease, p.RetryAt = status, lease, retry
		return p
	}
	early, late := at(1), at(30)
	sending := part("s1", ledger.Sending, at(5), late)
	ambiguous := part("s2", ledger.Ambiguous, late, at(5))
	unleased := part("s3", ledger.Sending, time.Time{}, late)
	anytime := part("s4", ledger.Ambiguous, late, time.Time{})
	write(t, s, saveParts(sending, ambiguous, unleased, anytime,
		part("s5", ledger.Planned, early, early), part("s6", ledger.Accepted, early, early),
		part("s7", ledger.Unknown, early, early), part("s8", ledger.Queued, early, early),
		part("s9", ledger.Sending, late, early), part("s10", ledger.Ambiguous, early, late)))
	require.Equal(t, []ledger.Part{unleased, anytime}, both(t, s, partsAsking(at(5).Add(-time.Microsecond), 0)))
	all := []ledger.Part{unleased, anytime, sending, ambiguous}
	require.Equal(t, all, both(t, s, partsAsking(at(5), 0)), "at the instant itself")
	require.Equal(t, all, both(t, s, partsAsking(at(5).In(time.FixedZone("", 3600)).Add(999), 0)), "in another zone")
	sending.Status, ambiguous.RetryAt = ledger.Accepted, late
	write(t, s, saveParts(sending, ambiguous))
	require.Equal(t, []ledger.Part{unleased, anytime}, both(t, s, partsAsking(at(5), 0)), "one ended, one is asked later")
}

// askingOrder holds that those come first that are due longest, whatever their
// status.
func askingOrder(t *testing.T, open Open) {
	s := start(t, open)
	part := func(rule, step string, status ledger.PartStatus, due int) ledger.Part {
		p := sentPart(step, "twilio", "", 1)
		p.Rule, p.Status, p.Updated, p.Lease, p.RetryAt = rule, status, at(20-due), at(20-due), at(due)
		if status == ledger.Sending {
			p.Lease, p.RetryAt = p.RetryAt, p.Lease
		}
		p.Item = due == 3
		return p
	}
	want := []ledger.Part{
		part("cart", "s3", ledger.Ambiguous, 1), part("cart", "s1", ledger.Sending, 2), part("cart", "s4", ledger.Sending, 3),
		part("another", "s9", ledger.Sending, 4), part("cart", "s0", ledger.Ambiguous, 4), part("cart", "s2", ledger.Sending, 4),
	}
	for _, i := range []int{5, 2, 0, 4, 1, 3} {
		write(t, s, saveParts(want[i]))
	}
	require.Equal(t, want, both(t, s, partsAsking(at(30), 0)))
	require.Equal(t, want, both(t, s, partsAsking(at(30), 9)))
	require.Equal(t, want[:4], both(t, s, partsAsking(at(30), 4)))
}

// word is everything that these tests ask of a store.
type word struct {
	Of, To   found[ledger.Part]
	Asking   []ledger.Part
	Evidence []customer.Evidence
	Paces    []ledger.Pace
	Moved    ledger.Ref
}

func wordOn(ref ledger.Ref) func(ledger.Tx) (word, error) {
	return func(tx ledger.Tx) (w word, err error) {
		if w.Of, err = partKnownAs("twilio", "SM1")(tx); err != nil {
			return w, err
		}
		if w.To, err = lastPartTo(customer.SMS, "+15550100")(tx); err != nil {
			return w, err
		}
		if w.Asking, err = tx.Asking(at(30), 0); err != nil {
			return w, err
		}
		if w.Evidence, err = tx.Evidence("", 0, 0); err != nil {
			return w, err
		}
		if w.Paces, err = tx.Paces(); err != nil {
			return w, err
		}
		w.Moved, err = tx.Moved(ref)
		return w, err
	}
}

// reportsUndone holds that nothing is left of a closure that fails, neither for
// its neighbours nor in a store that is opened later.
func reportsUndone(t *testing.T, open Open) {
	s := start(t, open)
	write(t, s, save(fullRecord("c1"), fullRecord("c2")))
	ref := add(t, s, ended("c1", 0, "k1", 1))[0].Ref
	write(t, s, func(tx ledger.Tx) error {
		if err := tx.Testify(customer.Evidence{Customer: "c1", At: at(1), Act: customer.ConsentGiven}); err != nil {
			return err
		}
		return tx.SavePace(ledger.Pace{Scope: "sms", Next: at(1)})
	})
	before := both(t, s, wordOn(ref))
	part := sentPart("s1", "twilio", "SM1", 5)
	part.Status = ledger.Ambiguous
	errs := together(t, s,
		save(fullRecord("c3")),
		func(tx ledger.Tx) error {
			if err := saveParts(part)(tx); err != nil {
				return err
			}
			if err := tx.Testify(customer.Evidence{Customer: "c1", At: at(2)}, customer.Evidence{At: at(3)}); err != nil {
				return err
			}
			if err := tx.SavePace(ledger.Pace{Scope: "sms", Next: at(2)}); err != nil {
				return err
			}
			if err := tx.SavePace(ledger.Pace{Scope: "email", Next: at(2)}); err != nil {
				return err
			}
			return errKept(tx.Merge("c1", "c2"))
		},
		save(fullRecord("c4")))
	require.Equal(t, []error{nil, errRefused, nil}, errs)
	for _, store := range []ledger.Store{s, start(t, open)} {
		require.Equal(t, before, both(t, store, wordOn(ref)))
	}
	write(t, s, func(tx ledger.Tx) error { return tx.Testify(customer.Evidence{Customer: "c2", At: at(4)}) })
	list := both(t, s, evidenceOf("c2", 0, 0))
	require.Len(t, list, 1)
	require.Greater(t, list[0].ID, int64(1))
	require.Equal(t, []customer.Evidence{{ID: list[0].ID, Customer: "c2", At: at(4)}}, list)
	require.Equal(t, 2, add(t, s, ended("c1", 0, "k2", 1))[0].N, "it went nowhere")
}
