package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func evidenceOf(id customer.ID, after int64, limit int) func(ledger.Tx) ([]customer.Evidence, error) {
	return func(tx ledger.Tx) ([]customer.Evidence, error) { return tx.Evidence(id, after, limit) }
}

func testify(t *testing.T, s ledger.Store, list ...customer.Evidence) {
	t.Helper()
	write(t, s, func(tx ledger.Tx) error { return tx.Testify(list...) })
}

func fullEvidence() customer.Evidence {
	return customer.Evidence{
		ID: 1, At: at(5), Customer: "c1", Act: customer.ConsentWithdrawn, How: customer.BySMS, Topic: "offers",
		Channel: customer.SMS, Address: odd, Message: "cart.c1.1.s1.sms", Template: "cart", Text: wide, Source: "m-1",
	}
}

// evidence holds that it comes back as it was, by id, whatever instants and
// ids the caller gave.
func evidence(t *testing.T, open Open) {
	s := start(t, open)
	require.Nil(t, both(t, s, evidenceOf("", 0, 0)))
	testify(t, s)
	require.Nil(t, both(t, s, evidenceOf("", 0, 0)), "nothing was said")
	full := fullEvidence()
	given := full
	given.ID, given.At = 99, at(5).Add(789).In(time.FixedZone("", -3600))
	nobody := customer.Evidence{ID: 2, Act: customer.AddressBlocked, How: customer.ByBounce, At: at(1)}
	empty, other := customer.Evidence{ID: 3, Customer: "c1"}, customer.Evidence{ID: 4, Customer: "c2", At: at(2)}
	testify(t, s, given, nobody)
	testify(t, s, empty, other)
	cases := map[string]struct {
		of    customer.ID
		after int64
		limit int
		want  []customer.Evidence
	}{
		"all":                 {"", 0, 0, []customer.Evidence{full, nobody, empty, other}},
		"the first of all":    {"", 0, 3, []customer.Evidence{full, nobody, empty}},
		"the next of all":     {"", 1, 2, []customer.Evidence{nobody, empty}},
		"more than there is":  {"", 3, 9, []customer.Evidence{other}},
		"of one":              {"c1", 0, 0, []customer.Evidence{full, empty}},
		"the first of one":    {"c1", 0, 1, []customer.Evidence{full}},
		"the next of one":     {"c1", 1, 1, []customer.Evidence{empty}},
		"behind the last":     {"", 4, 0, nil},
		"behind one's last":   {"c1", 3, 5, nil},
		"of somebody unknown": {"c9", 0, 0, nil},
	}
	for _, store := range []ledger.Store{s, start(t, open)} {
		for name, c := range cases {
			require.Equal(t, c.want, both(t, store, evidenceOf(c.of, c.after, c.limit)), name)
		}
	}
}

// evidenceAt holds that what is kept of an address is found by it, whoever's
// it is, and that no address is none.
func evidenceAt(t *testing.T, open Open) {
	s := start(t, open)
	at := func(by customer.Channel, address string) []customer.Evidence {
		return both(t, s, func(tx ledger.Tx) ([]customer.Evidence, error) { return tx.EvidenceAt(by, address) })
	}
	require.Nil(t, at(customer.SMS, odd))
	full := fullEvidence()
	nobody := customer.Evidence{ID: 2, Act: customer.AddressBlocked, How: customer.BySMS, Channel: customer.SMS, Address: odd}
	email := customer.Evidence{ID: 3, Customer: "c2", Channel: customer.Email, Address: odd}
	none := customer.Evidence{ID: 4, Customer: "c1", Channel: customer.SMS}
	testify(t, s, full, nobody, email, none)
	require.Equal(t, []customer.Evidence{full, nobody}, at(customer.SMS, odd))
	require.Equal(t, []customer.Evidence{email}, at(customer.Email, odd))
	require.Nil(t, at(customer.Push, odd))
	require.Nil(t, at(customer.SMS, ""), "no address is none")
}

// evidenceMerged holds that what somebody said stays theirs: the customer's
// name changes, and nothing else.
func evidenceMerged(t *testing.T, open Open) {
	s := start(t, open)
	write(t, s, save(fullRecord("c1"), fullRecord("c2"), fullRecord("c3")))
	mine, nobody := fullEvidence(), customer.Evidence{ID: 3, At: at(3)}
	theirs, third := customer.Evidence{ID: 2, At: at(9), Customer: "c2"}, customer.Evidence{ID: 4, Customer: "c3"}
	testify(t, s, mine, theirs, nobody, third)
	write(t, s, func(tx ledger.Tx) error { return tx.Merge("c1", "c2") })
	mine.Customer = "c2"
	require.Nil(t, both(t, s, evidenceOf("c1", 0, 0)))
	require.Equal(t, []customer.Evidence{mine, theirs}, both(t, s, evidenceOf("c2", 0, 0)))
	require.Equal(t, []customer.Evidence{mine, theirs, nobody, third}, both(t, s, evidenceOf("", 0, 0)))
	write(t, s, func(tx ledger.Tx) error { return tx.Merge("c2", "c3") })
	mine.Customer, theirs.Customer = "c3", "c3"
	require.Equal(t, []customer.Evidence{mine, theirs, third}, both(t, s, evidenceOf("c3", 0, 0)))
}

func paces(t *testing.T, open Open) {
	s := start(t, open)
	list := func() []ledger.Pace { return both(t, s, ledger.Tx.Paces) }
	pace := func(scope string) found[ledger.Pace] {
		return both(t, s, func(tx ledger.Tx) (found[ledger.Pace], error) { return find(tx.Pace(scope)) })
	}
	savePaces := func(list ...ledger.Pace) {
		write(t, s, func(tx ledger.Tx) error {
			for _, p := range list {
				if err := tx.SavePace(p); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.Nil(t, list())
	require.Equal(t, found[ledger.Pace]{}, pace("sms"))
	sms := ledger.Pace{Scope: "sms", Next: at(1), Urgent: at(2), Until: at(3), Note: wide}
	country, sender := ledger.Pace{Scope: "sms/US", Next: at(4)}, ledger.Pace{Scope: "twilio/" + odd, Note: odd}
	given := sms
	given.Next, given.Urgent = at(1).Add(1), at(2).In(time.FixedZone("", 7200))
	given.Until = at(3).Add(999)
	savePaces(sender, country, given)
	require.Equal(t, []ledger.Pace{sms, country, sender}, list())
	require.Equal(t, found[ledger.Pace]{sms, true}, pace("sms"))
	require.Equal(t, found[ledger.Pace]{sender, true}, pace(sender.Scope))
	require.Equal(t, found[ledger.Pace]{}, pace("SMS"))
	sms = ledger.Pace{Scope: "sms", Urgent: at(9)}
	savePaces(sms)
	require.Equal(t, []ledger.Pace{sms, country, sender}, both(t, start(t, open), ledger.Tx.Paces), "replaced as a whole")
}
