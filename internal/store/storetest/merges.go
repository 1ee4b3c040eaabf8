package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func merges() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"merge":            merge,
		"merge_same_key":   mergeSameKey,
		"merge_undone":     mergeUndone,
		"merge_of_itself":  mergeOfItself,
		"merge_of_sharers": mergeOfSharers,
		"merge_and_resave": mergeAndResave,
	}
}

// holdings is everything that the store has of one customer.
type holdings struct {
	Record     found[ledger.Record]
	Events     []customer.Event
	Outreaches []ledger.Outreach
	Decisions  []ledger.Decision
	Parts      []ledger.Part
	Dues       []ledger.Due
	Hints      []ledger.Ref
}

func holdingsOf(id customer.ID, refs ...ledger.Ref) func(ledger.Tx) (holdings, error) {
	return func(tx ledger.Tx) (h holdings, err error) {
		if h.Record, err = find(tx.Customer(id)); err != nil {
			return h, err
		}
		if h.Events, err = tx.Events(ledger.EventQuery{Customer: id}); err != nil {
			return h, err
		}
		if h.Outreaches, err = tx.OutreachesOf(id, 0); err != nil {
			return h, err
		}
		if h.Decisions, err = tx.Decisions(id, 0); err != nil {
			return h, err
		}
		for _, ref := range refs {
			list, err := tx.PartsOf(ref)
			if err != nil {
				return h, err
			}
			h.Parts = append(h.Parts, list...)
		}
		return h, waitingFor(tx, id, &h)
	}
}

func waitingFor(tx ledger.Tx, id customer.ID, h *holdings) error {
	dues, err := tx.Dues("cart", at(60), 0)
	if err != nil {
		return err
	}
	for _, d := range dues {
		if d.Customer == id {
			h.Dues = append(h.Dues, d)
		}
	}
	hints, err := tx.Hints("cart", 0)
	for _, hint := range hints {
		if hint.Customer == id {
			h.Hints = append(h.Hints, hint.Ref)
		}
	}
	return err
}

func ended(id customer.ID, n int, key string, minute int) ledger.Outreach {
	return ledger.Outreach{
		Ref: ledger.Ref{Rule: "cart", Customer: id, N: n}, Key: key, At: at(minute),
		Status: ledger.Ended, Reason: customer.Completed,
	}
}

func decided(ref ledger.Ref, minute int) ledger.Decision {
	return ledger.Decision{Ref: ref, At: at(minute), Kind: ledger.KindEnd}
}

func partOf(ref ledger.Ref) ledger.Part {
	return ledger.Part{Ref: ref, Step: "s1", Channel: customer.SMS, Status: ledger.Accepted, Planned: at(1)}
}

// fill gives customer id two outreaches of the rule cart with all that belongs
// to them.
func fill(t *testing.T, s ledger.Store, id customer.ID, minute int) {
	t.Helper()
	one, two := ended(id, 0, "k1-"+string(id), minute), ended(id, 0, "k2-"+string(id), minute+1)
	list := add(t, s, one, two)
	write(t, s, func(tx ledger.Tx) error {
		if err := tx.SaveCustomer(fullRecord(id)); err != nil {
			return err
		}
		if err := tx.Join("app-"+string(id), id); err != nil {
			return err
		}
		if err := tx.SavePart(partOf(list[1].Ref)); err != nil {
			return err
		}
		if err := tx.SetDue(ledger.Due{Rule: "cart", Customer: id, At: at(minute)}); err != nil {
			return err
		}
		if err := tx.SetDue(ledger.Due{Rule: "cart", Customer: id, About: string(id), At: at(minute)}); err != nil {
			return err
		}
		if err := tx.Hint(list[0].Ref, at(minute)); err != nil {
			return err
		}
		return tx.Decide(decided(list[0].Ref, minute), decided(list[1].Ref, minute+1))
	})
	appendAll(t, s, customer.Event{MessageID: "m-" + string(id), Customer: id, Name: "seen", At: at(minute)})
}

func merge(t *testing.T, open Open) {
	s := start(t, open)
	fill(t, s, "into", 10)
	fill(t, s, "from", 5)
	fill(t, s, "third", 1)
	third := both(t, s, holdingsOf("third"))
	write(t, s, func(tx ledger.Tx) error { return tx.Merge("from", "into") })
	ref := func(n int) ledger.Ref { return ledger.Ref{Rule: "cart", Customer: "into", N: n} }
	want := holdings{
		Record: found[ledger.Record]{fullRecord("into"), true},
		Events: []customer.Event{
			{MessageID: "m-from", Customer: "into", Name: "seen", At: at(5)},
			{MessageID: "m-into", Customer: "into", Name: "seen", At: at(10)},
		},
		Outreaches: []ledger.Outreach{
			ended("into", 2, "k2-into", 11), ended("into", 1, "k1-into", 10),
			ended("into", 4, "k2-from", 6), ended("into", 3, "k1-from", 5),
		},
		Decisions: []ledger.Decision{decided(ref(3), 5), decided(ref(4), 6), decided(ref(1), 10), decided(ref(2), 11)},
		Parts:     []ledger.Part{partOf(ref(2)), partOf(ref(4))},
		Dues: []ledger.Due{
			{Rule: "cart", Customer: "into", At: at(5)},
			{Rule: "cart", Customer: "into", About: "from", At: at(5)},
			{Rule: "cart", Customer: "into", About: "into", At: at(10)},
		},
		Hints: []ledger.Ref{ref(1), ref(3)},
	}
	for _, store := range []ledger.Store{s, start(t, open)} {
		require.Equal(t, want, both(t, store, holdingsOf("into", ref(1), ref(2), ref(3), ref(4))))
		require.Equal(t, holdings{}, both(t, store, holdingsOf("from", ledger.Ref{Rule: "cart", Customer: "from", N: 2})))
		require.Equal(t, third, both(t, store, holdingsOf("third")))
		resolve := func(tx ledger.Tx) (found[customer.ID], error) { return find(tx.Resolve("app-from")) }
		require.Equal(t, found[customer.ID]{"into", true}, both(t, store, resolve))
	}
	next := add(t, s, plain("cart", "into", "k9"))
	require.Equal(t, 5, next[0].N)
}

// mergeSameKey holds that two outreaches for one reason are both kept, and that
// the reason stays taken.
func mergeSameKey(t *testing.T, open Open) {
	s := start(t, open)
	write(t, s, save(fullRecord("into"), fullRecord("from")))
	add(t, s, ended("into", 0, "same", 1), ended("from", 0, "same", 2))
	write(t, s, func(tx ledger.Tx) error { return tx.Merge("from", "into") })
	list := both(t, s, func(tx ledger.Tx) ([]ledger.Outreach, error) { return tx.OutreachesOf("into", 0) })
	require.Len(t, list, 2)
	require.Equal(t, ended("into", 1, "same", 1), list[1])
	require.Equal(t, 2, list[0].N)
	require.NotEqual(t, "same", list[0].Key)
	write(t, s, func(tx ledger.Tx) error {
		_, ok, err := tx.AddOutreach(ended("into", 0, "same", 3))
		if ok {
			return errRefused
		}
		return err
	})
}

func mergeUndone(t *testing.T, open Open) {
	s := start(t, open)
	fill(t, s, "into", 10)
	fill(t, s, "from", 5)
	refs := []ledger.Ref{{Rule: "cart", Customer: "from", N: 1}, {Rule: "cart", Customer: "from", N: 2}}
	before := both(t, s, holdingsOf("from", refs...))
	errs := together(t, s,
		save(fullRecord("c1")),
		func(tx ledger.Tx) error {
			if err := tx.Merge("from", "into"); err != nil {
				return err
			}
			_, _, err := tx.Resolve("app-from")
			return errKept(err)
		},
		save(fullRecord("c2")))
	require.Equal(t, []error{nil, errRefused, nil}, errs)
	for _, store := range []ledger.Store{s, start(t, open)} {
		require.Equal(t, before, both(t, store, holdingsOf("from", refs...)))
		resolve := func(tx ledger.Tx) (found[customer.ID], error) { return find(tx.Resolve("app-from")) }
		require.Equal(t, found[customer.ID]{"from", true}, both(t, store, resolve))
		require.True(t, both(t, store, customerOf("c1")).OK)
		require.True(t, both(t, store, customerOf("c2")).OK)
	}
}

func mergeOfItself(t *testing.T, open Open) {
	s := start(t, open)
	fill(t, s, "c1", 5)
	before := both(t, s, holdingsOf("c1"))
	require.Error(t, s.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error { return tx.Merge("c1", "c1") }))
	require.Equal(t, before, both(t, s, holdingsOf("c1")))
}

// mergeOfSharers holds that nobody finds a customer who is gone, and that what
// a merged customer was to be told goes to the other.
func mergeOfSharers(t *testing.T, open Open) {
	s := start(t, open)
	write(t, s, save(fullRecord("into"), fullRecord("from")))
	write(t, s, shareAs("into", map[string]string{"team": "red"}))
	write(t, s, shareAs("from", map[string]string{"team": "blue", "shop": "north"}))
	own := ledger.News{Event: customer.Event{MessageID: "m1", Customer: "from", Name: "message_sent", At: at(1)}}
	addNews(t, s, own, someNews("m2"))
	write(t, s, func(tx ledger.Tx) error { return tx.Merge("from", "into") })
	require.Equal(t, []customer.ID{"into"}, sharing(t, s, "team", "red"))
	require.Empty(t, sharing(t, s, "team", "blue"))
	require.Empty(t, sharing(t, s, "shop", "north"))
	own.Event.Customer = "into"
	require.Equal(t, []ledger.News{own, someNews("m2")}, unnumbered(t, newsOf(t, s, 0)))
}

// mergeAndResave holds that a customer who was merged away in a transaction can
// come back in it.
func mergeAndResave(t *testing.T, open Open) {
	s := start(t, open)
	write(t, s, save(fullRecord("into"), fullRecord("from")))
	back := ledger.Record{Profile: customer.Profile{ID: "from"}, State: []byte("back")}
	changed := fullRecord("into")
	changed.State = []byte("merged")
	var gone found[ledger.Record]
	write(t, s, func(tx ledger.Tx) (err error) {
		if err := tx.SaveCustomer(changed); err != nil {
			return err
		}
		if err := tx.Merge("from", "into"); err != nil {
			return err
		}
		if gone, err = find(tx.Customer("from")); err != nil {
			return err
		}
		return tx.SaveCustomer(back)
	})
	require.Equal(t, found[ledger.Record]{}, gone)
	require.Equal(t, found[ledger.Record]{back, true}, both(t, s, customerOf("from")))
	require.Equal(t, found[ledger.Record]{changed, true}, both(t, s, customerOf("into")))
}
