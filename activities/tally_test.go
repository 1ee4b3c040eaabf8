package activities_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// tally is who was first, kind by kind, and the head start that lets both be so
// equally often.
type tally struct {
	kinds []prevention
	lead  map[string]time.Duration
	row   map[string]int    // how often in a row one of them was first: the change above zero
	first map[string][2]int // the change, the attempt
}

func newTally() *tally {
	return &tally{kinds: preventions(), lead: map[string]time.Duration{}, row: map[string]int{}, first: map[string][2]int{}}
}

func (a *tally) heat(t *testing.T, store ledger.Store, rounds int) {
	t.Helper()
	h := newHeat(t, store)
	kind := func(i int) prevention { return a.kinds[i%len(a.kinds)] }
	runners := h.runners(rounds, func(i int) string {
		if kind(i).undo != nil {
			return held
		}
		return open
	})
	const step, luck = 25 * time.Microsecond, 300 * time.Microsecond
	const longest = 8 // a slow machine's head start is found in a dozen rounds
	for i, r := range runners {
		p := kind(i)
		n := a.first[p.name]
		if h.round(p, r, a.lead[p.name]+luck/2-rand.N(luck)) {
			n[0]++
			a.row[p.name] = max(a.row[p.name], 0) + 1
			a.lead[p.name] -= step << min(a.row[p.name]/2, longest)
		} else {
			n[1]++
			a.row[p.name] = min(a.row[p.name], 0) - 1
			a.lead[p.name] += step << min(-a.row[p.name]/2, longest)
		}
		a.first[p.name] = n
	}
	require.NoError(t, store.Close())
}

func (a *tally) judge(t *testing.T, rounds int) {
	t.Helper()
	changes := 0
	for _, name := range slices.Sorted(maps.Keys(a.first)) {
		n := a.first[name]
		changes += n[0]
		t.Logf("%-26s the change was first %d times, the attempt %d times", name, n[0], n[1])
		require.NotZero(t, n[0]*n[1], "%s: one of the two is always first", name)
	}
	require.GreaterOrEqual(t, changes*5, rounds, "the change is first in a fifth of all rounds")
	require.LessOrEqual(t, changes*5, rounds*4, "the attempt is first in a fifth of all rounds")
}
