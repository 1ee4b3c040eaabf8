package observe_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

func (w *world) counts() (counts map[string]int64) {
	w.t.Helper()
	w.read(func(tx ledger.Tx) {
		var err error
		counts, err = tx.Counts()
		require.NoError(w.t, err)
	})
	return counts
}

func TestWhatIsNotDeclaredIsKeptAndCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.identify("anna", observe.Change{Traits: pairs([]any{"plan", "surf", "plan_mb", 5, "first_name", "Anna"})})
	w.happen("anna", "", "used", "mb", 5, "cell", "north")
	require.Empty(t, w.counts(), "a property that nobody declares is no trouble")

	w.identify("anna", observe.Change{Traits: pairs([]any{"frst_name", "Anna", "plan", "sruf", "plan_mb", "many"})})
	w.identify("anna", observe.Change{Traits: map[string]customer.Value{"plan": {}}})
	shipped := observe.Incoming{User: "anna", Event: w.event("", "order_shipped", "mb", 5)}
	require.Equal(t, observe.Taken, w.take(shipped)[0].Status)
	require.Equal(t, observe.Duplicate, w.take(shipped)[0].Status, "a duplicate counts once")
	w.happen("anna", "", "order_shipped")
	w.happen("anna", "", "used", "mb", "much")
	require.Equal(t, map[string]int64{
		"undeclared event: order_shipped": 2, "undeclared trait: frst_name": 1,
		"odd value: plan": 1, "odd value: plan_mb": 1, "odd value: used.mb": 1,
	}, w.counts())
	require.Equal(t, customer.Text("Anna"), w.profile("anna").Traits["frst_name"], "it is kept")
}

func TestUndeclaredNamesAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	long := strings.Repeat("x", 63)
	w.happen("anna", "", long+"\u00e9t\u00e9")
	batch := make([]observe.Incoming, 600)
	for i := range batch {
		batch[i] = observe.Incoming{User: "anna", Event: w.event("", fmt.Sprintf("strange_%d", i))}
	}
	w.take(batch...)
	w.happen("anna", "", long)
	counts := w.counts()
	require.Len(t, counts, 501)
	require.EqualValues(t, 2, counts["undeclared event: "+long], "no letter is cut in two")
	require.EqualValues(t, 101, counts["undeclared event: others"])
	require.EqualValues(t, 1, counts["undeclared event: strange_498"])
}
