package activities_test

import (
	"fmt"
	"maps"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/memory"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

// variant is what a provider can do, and what the policy says of what nobody
// knows.
type variant struct {
	finds, reports, repeats bool
	again                   bool
}

var variants = map[string]variant{
	"lists and reports":     {finds: true, reports: true},
	"lists":                 {finds: true},
	"reports":               {reports: true},
	"tells nothing":         {},
	"repeats safely":        {repeats: true},
	"reports, policy again": {reports: true, again: true},
}

// move is one thing that happens in the model: which, and to whom and how, as
// far as there is a choice.
type move struct{ Do, Who, How int }

// moves draws what happens, one thing after the other.
func moves() *rapid.Generator[[]move] {
	one := rapid.Custom(func(t *rapid.T) move {
		return move{rapid.IntRange(0, len(deeds)-1).Draw(t, "do"), rapid.IntRange(0, 5).Draw(t, "who"), rapid.IntRange(0, 59).Draw(t, "how")}
	})
	return rapid.SliceOfN(one, 20, 90)
}

// TestTheProtocol plays any interleaving of deliveries by two processes,
// crashes before, between and after every commit and call, stalls, answers that
// are lost, late or lies, reports that come twice, late and in any order, ends,
// holds and merges, over the whole engine and a provider that the test holds in
// its hand. I1, I2, I3, I4 and I9 hold at each step and at the end.
//
// One kind of harm nobody can prevent: a provider that says that it did not take
// a message, and did, gets it once more.
//
// Under the race detector it plays a few set games: make test plays the rest
// without it.
func TestTheProtocol(t *testing.T) {
	t.Parallel()
	for name, v := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := func(testing.TB) ledger.Store { return memory.New() }
			if raced {
				for i := range 20 {
					_, err := play(t, v, moves().Example(i), store)
					require.NoError(t, err)
				}
				return
			}
			plays, heats := 0, 3
			if testing.Short() {
				heats = 1
			}
			seen := map[ledger.PartStatus]int{}
			for range heats {
				rapid.Check(t, func(rt *rapid.T) {
					list := moves().Draw(rt, "moves")
					ends, err := play(t, v, list, store)
					if err != nil {
						rt.Fatal(err)
					}
					plays++
					for status, n := range ends {
						seen[status] += n
					}
				})
			}
			t.Logf("%d plays ended with %v", plays, seen)
		})
	}
}

// TestTheProtocolOnDisk plays a few on the store that serves.
func TestTheProtocolOnDisk(t *testing.T) {
	t.Parallel()
	plays := 40
	if raced || testing.Short() {
		plays = 4
	}
	open := func(t testing.TB) ledger.Store {
		store, err := sqlite.Open(t.Context(), sqlitetest.File(t), sqlite.Options{})
		require.NoError(t, err)
		return store
	}
	for i := range plays {
		_, err := play(t, variants["lists and reports"], moves().Example(i), open)
		require.NoError(t, err)
	}
}

// play plays moves in a time of its own, and gives how many parts ended how. The
// error is the first fault, with everything that happened before it.
func play(t *testing.T, v variant, list []move, open func(testing.TB) ledger.Store) (ends map[ledger.PartStatus]int, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newModel(t, v, open(t))
		defer w.close()
		for _, m := range list {
			deeds[m.Do](w, m.Who, m.How)
			w.settle()
			if w.faulty() {
				break
			}
		}
		w.rest()
		w.judge()
		if w.faulty() {
			err = fmt.Errorf("%v", w.story())
		}
		ends = maps.Clone(w.ends)
	})
	return ends, err
}
