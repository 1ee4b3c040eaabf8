package storetest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func customers() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"identities":               identities,
		"record_round_trip":        recordRoundTrip,
		"record_replaced":          recordReplaced,
		"record_is_a_copy":         recordIsACopy,
		"customers_after":          customersAfter,
		"customers_after_in_write": customersAfterInWrite,
		"count_customers":          countCustomers,
		"suppressions":             suppressions,
	}
}

func fullRecord(id customer.ID) ledger.Record {
	return ledger.Record{
		Profile: customer.Profile{
			ID: id, External: odd, Zone: "Europe/Berlin", Country: "DE", Region: "BE", Locale: "de-AT",
			Phone: "+4930123456", Email: "zoë@example.com",
			PushTokens: []string{"token-1", "token-2"},
			Traits:     someValues(),
			Consents: map[customer.Topic]customer.Consent{
				"offers": {Given: true, At: at(1)}, "service": {},
			},
			Preferences: customer.Preferences{
				Channels: []customer.Channel{customer.Push, customer.SMS},
				Hours:    map[customer.Channel]string{customer.AnyChannel: "weekdays 9:00-17:00", customer.SMS: wide},
			},
			Since: at(0),
		},
		State: []byte{0, 1, 2, 255, 0},
	}
}

func customerOf(id customer.ID) func(ledger.Tx) (found[ledger.Record], error) {
	return func(tx ledger.Tx) (found[ledger.Record], error) { return find(tx.Customer(id)) }
}

func save(records ...ledger.Record) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		for _, r := range records {
			if err := tx.SaveCustomer(r); err != nil {
				return err
			}
		}
		return nil
	}
}

func identities(t *testing.T, open Open) {
	s := start(t, open)
	resolve := func(external string) found[customer.ID] {
		return both(t, s, func(tx ledger.Tx) (found[customer.ID], error) { return find(tx.Resolve(external)) })
	}
	require.Equal(t, found[customer.ID]{}, resolve("app-1"))
	write(t, s, func(tx ledger.Tx) error { return tx.Join("app-1", "c1") })
	write(t, s, func(tx ledger.Tx) error { return tx.Join(odd, "c1") })
	require.Equal(t, found[customer.ID]{"c1", true}, resolve("app-1"))
	require.Equal(t, found[customer.ID]{"c1", true}, resolve(odd))
	write(t, s, func(tx ledger.Tx) error { return tx.Join("app-1", "c2") })
	require.Equal(t, found[customer.ID]{"c2", true}, resolve("app-1"))
	require.Equal(t, found[customer.ID]{"c1", true}, resolve(odd))
}

func recordRoundTrip(t *testing.T, open Open) {
	s := start(t, open)
	require.Equal(t, found[ledger.Record]{}, both(t, s, customerOf("c1")))
	full, bare := fullRecord("c1"), ledger.Record{Profile: customer.Profile{ID: "c2"}}
	write(t, s, save(full, bare))
	require.Equal(t, found[ledger.Record]{full, true}, both(t, s, customerOf("c1")))
	require.Equal(t, found[ledger.Record]{bare, true}, both(t, s, customerOf("c2")))
	require.Equal(t, found[ledger.Record]{full, true}, both(t, start(t, open), customerOf("c1")), "another store")
}

func recordReplaced(t *testing.T, open Open) {
	s := start(t, open)
	write(t, s, save(fullRecord("c1")))
	changes := []func(*ledger.Record){
		func(r *ledger.Record) { r.State = []byte("newer") },
		func(r *ledger.Record) { r.Profile.Phone = "" },
		func(r *ledger.Record) { r.Profile.Traits["plan"] = customer.Text("gold") },
		func(r *ledger.Record) { delete(r.Profile.Traits, "plan") },
		func(r *ledger.Record) { r.Profile.Consents["offers"] = customer.Consent{At: at(2)} },
		func(r *ledger.Record) { r.Profile.PushTokens = nil },
		func(r *ledger.Record) { r.State = nil },
		func(r *ledger.Record) { r.Profile = customer.Profile{ID: "c1"} },
	}
	want := fullRecord("c1")
	for i, change := range changes {
		change(&want)
		write(t, s, save(want))
		require.Equal(t, found[ledger.Record]{want, true}, both(t, s, customerOf("c1")), "change %d", i)
	}
	require.Equal(t, found[ledger.Record]{want, true}, both(t, start(t, open), customerOf("c1")), "another store")
}

// recordIsACopy holds that nobody can change what is stored but by saving.
func recordIsACopy(t *testing.T, open Open) {
	s := start(t, open)
	given := fullRecord("c1")
	spoil := func(r ledger.Record) {
		r.State[0] = 77
		r.Profile.Traits["plan"] = customer.Text("spoilt")
		r.Profile.PushTokens[0] = "spoilt"
		r.Profile.Consents["offers"] = customer.Consent{}
		r.Profile.Preferences.Channels[0] = customer.Email
		r.Profile.Preferences.Hours[customer.SMS] = "spoilt"
	}
	write(t, s, func(tx ledger.Tx) error {
		err := tx.SaveCustomer(given)
		spoil(given)
		return err
	})
	for range 2 {
		write(t, s, func(tx ledger.Tx) error {
			r, _, err := tx.Customer("c1")
			spoil(r)
			return err
		})
	}
	require.Equal(t, found[ledger.Record]{fullRecord("c1"), true}, both(t, s, customerOf("c1")))
}

func customersAfter(t *testing.T, open Open) {
	s := start(t, open)
	for i := range 5 {
		write(t, s, save(fullRecord(customer.ID(fmt.Sprint("c", 4-i)))))
	}
	after := func(id customer.ID, limit int) []ledger.Record {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Record, error) { return tx.CustomersAfter(id, limit) })
	}
	require.Equal(t, []ledger.Record{fullRecord("c0"), fullRecord("c1")}, after("", 2))
	require.Equal(t, []ledger.Record{fullRecord("c2"), fullRecord("c3")}, after("c1", 2))
	require.Equal(t, []ledger.Record{fullRecord("c4")}, after("c3", 2))
	require.Empty(t, after("c4", 2))
}

// customersAfterInWrite holds that a closure sees what it and its neighbours
// saved, and that undoing it leaves its neighbours' work.
func customersAfterInWrite(t *testing.T, open Open) {
	s := start(t, open)
	write(t, s, save(fullRecord("c0")))
	changed := fullRecord("c0")
	changed.State = []byte("changed")
	var page []ledger.Record
	errs := together(t, s,
		save(changed, fullRecord("c1")),
		func(tx ledger.Tx) (err error) {
			if err := tx.SaveCustomer(fullRecord("c2")); err != nil {
				return err
			}
			page, err = tx.CustomersAfter("", 10)
			return errKept(err)
		},
		save(fullRecord("c3")))
	require.Equal(t, []error{nil, errRefused, nil}, errs)
	require.Equal(t, []ledger.Record{changed, fullRecord("c1"), fullRecord("c2")}, page)
	require.Equal(t, []ledger.Record{changed, fullRecord("c1"), fullRecord("c3")},
		both(t, start(t, open), func(tx ledger.Tx) ([]ledger.Record, error) { return tx.CustomersAfter("", 10) }))
}

func suppressions(t *testing.T, open Open) {
	s := start(t, open)
	suppressed := func(c customer.Channel, address string) found[customer.Suppression] {
		return both(t, s, func(tx ledger.Tx) (found[customer.Suppression], error) {
			return find(tx.Suppressed(c, address))
		})
	}
	first := customer.Suppression{Channel: customer.SMS, Address: "+4930123456", Reason: "stop_reply", At: at(1)}
	second := customer.Suppression{Channel: customer.SMS, Address: "+4930123456", Reason: wide, At: at(2)}
	write(t, s, func(tx ledger.Tx) error { return tx.Suppress(first) })
	require.Equal(t, found[customer.Suppression]{first, true}, suppressed(customer.SMS, "+4930123456"))
	require.False(t, suppressed(customer.Email, "+4930123456").OK, "another channel")
	require.False(t, suppressed(customer.SMS, "+493012345").OK, "another address")
	write(t, s, func(tx ledger.Tx) error { return tx.Suppress(second) })
	require.Equal(t, found[customer.Suppression]{second, true}, suppressed(customer.SMS, "+4930123456"))
	write(t, s, func(tx ledger.Tx) error { return tx.Unsuppress(customer.SMS, "+4930123456") })
	require.False(t, suppressed(customer.SMS, "+4930123456").OK)
	write(t, s, func(tx ledger.Tx) error { return tx.Unsuppress(customer.SMS, "+4930123456") })
}

func countCustomers(t *testing.T, open Open) {
	s := start(t, open)
	count := func() int64 { return both(t, s, ledger.Tx.CountCustomers) }
	require.Zero(t, count())
	write(t, s, save(fullRecord("c1"), fullRecord("c2")))
	require.EqualValues(t, 2, count())
	write(t, s, func(tx ledger.Tx) error {
		if err := tx.SaveCustomer(fullRecord("c3")); err != nil {
			return err
		}
		n, err := tx.CountCustomers()
		require.EqualValues(t, 3, n, "within its own transaction")
		return err
	})
	require.EqualValues(t, 3, count())
}
