package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// moves holds how an outreach is found by the name that it had before its
// customer was merged.
func moves() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"moved_never":        movedNever,
		"moved_twice":        movedTwice,
		"moved_back":         movedBack,
		"moved_and_numbered": movedAndNumberedOn,
	}
}

// named gives the name of an outreach of the rule cart.
func named(id customer.ID, n int) ledger.Ref { return ledger.Ref{Rule: "cart", Customer: id, N: n} }

func movedTo(ref ledger.Ref) func(ledger.Tx) (ledger.Ref, error) {
	return func(tx ledger.Tx) (ledger.Ref, error) { return tx.Moved(ref) }
}

// addOne adds an outreach that has ended.
func addOne(t *testing.T, s ledger.Store, rule string, id customer.ID, key string) ledger.Outreach {
	t.Helper()
	o := ended(id, 0, key, 1)
	o.Rule = rule
	return add(t, s, o)[0]
}

func mergeInto(t *testing.T, s ledger.Store, from, into customer.ID) {
	t.Helper()
	write(t, s, func(tx ledger.Tx) error { return tx.Merge(from, into) })
}

// requireFound holds that each outreach stands where its first name leads to.
func requireFound(t *testing.T, s ledger.Store, list ...ledger.Outreach) {
	t.Helper()
	for _, o := range list {
		now := both(t, s, movedTo(o.Ref))
		got := both(t, s, outreachOf(now))
		require.True(t, got.OK, "%s went to %s", o.Ref, now)
		require.Equal(t, o.Key, got.Value.Key, "%s went to %s", o.Ref, now)
	}
}

func movedNever(t *testing.T, open Open) {
	s := start(t, open)
	own, other := addOne(t, s, "cart", "c1", "k1"), addOne(t, s, "cart", "c2", "k2")
	for _, ref := range []ledger.Ref{own.Ref, named("c1", 9), named("c9", 1), {}, {Rule: "gone", Customer: "c1", N: 1}} {
		require.Equal(t, ref, both(t, s, movedTo(ref)))
	}
	mergeInto(t, s, "c2", "c1")
	require.Equal(t, own.Ref, both(t, s, movedTo(own.Ref)), "the others came behind it")
	require.Equal(t, named("c1", 2), both(t, s, movedTo(other.Ref)))
	require.Equal(t, named("c2", 9), both(t, s, movedTo(named("c2", 9))), "there was no such outreach")
}

// movedTwice holds that the first name leads to the newest one.
func movedTwice(t *testing.T, open Open) {
	s := start(t, open)
	a, b, late := addOne(t, s, "cart", "a", "k1"), addOne(t, s, "cart", "a", "k2"), addOne(t, s, "late", "a", "k3")
	c, d := addOne(t, s, "cart", "b", "k4"), addOne(t, s, "cart", "c", "k5")
	mergeInto(t, s, "a", "b")
	mergeInto(t, s, "b", "c")
	want := map[ledger.Ref]ledger.Ref{
		d.Ref: named("c", 1), c.Ref: named("c", 2), a.Ref: named("c", 3), b.Ref: named("c", 4),
		named("b", 2): named("c", 3), named("b", 3): named("c", 4),
		late.Ref: {Rule: "late", Customer: "c", N: 1}, {Rule: "late", Customer: "b", N: 1}: {Rule: "late", Customer: "c", N: 1},
	}
	for _, store := range []ledger.Store{s, start(t, open)} {
		for ref, to := range want {
			require.Equal(t, to, both(t, store, movedTo(ref)), ref.String())
		}
		requireFound(t, store, a, b, c, d, late)
	}
}

// movedBack holds that outreaches which come back to their first customer take
// no name that another one had.
func movedBack(t *testing.T, open Open) {
	s := start(t, open)
	a, b, other := addOne(t, s, "cart", "a", "k1"), addOne(t, s, "cart", "b", "k2"), addOne(t, s, "late", "b", "k3")
	mergeInto(t, s, "a", "b")
	requireFound(t, s, a, b, other)
	mergeInto(t, s, "b", "a")
	want := map[ledger.Ref]ledger.Ref{
		a.Ref: named("a", 3), b.Ref: named("a", 2), named("b", 2): named("a", 3),
		named("a", 2): named("a", 2), named("a", 3): named("a", 3),
		other.Ref: {Rule: "late", Customer: "a", N: 1},
	}
	for ref, to := range want {
		require.Equal(t, to, both(t, s, movedTo(ref)), ref.String())
	}
	requireFound(t, s, a, b, other)
	require.False(t, both(t, s, outreachOf(a.Ref)).OK, "its first name is nobody's")
	mergeInto(t, s, "a", "b")
	requireFound(t, s, a, b, other)
}

// movedAndNumberedOn holds that whoever was merged away and comes back gets
// numbers that were never given.
func movedAndNumberedOn(t *testing.T, open Open) {
	s := start(t, open)
	first, second := addOne(t, s, "cart", "a", "k1"), addOne(t, s, "cart", "a", "k2")
	mergeInto(t, s, "a", "b")
	third, other := addOne(t, s, "cart", "a", "k3"), addOne(t, s, "late", "a", "k4")
	require.Equal(t, named("a", 3), third.Ref)
	require.Equal(t, 1, other.N, "of another rule")
	requireFound(t, s, first, second, third, other)
	mergeInto(t, s, "a", "c")
	fourth := addOne(t, s, "cart", "a", "k5")
	require.Equal(t, named("a", 4), fourth.Ref)
	requireFound(t, s, first, second, third, other, fourth)
}
