package journey_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// TestSharesStickToTheCustomer sends customers through a split: always the
// same way, in parts near the shares, and after a change of the shares only as
// many another way as must.
func TestSharesStickToTheCustomer(t *testing.T) {
	t.Parallel()
	const customers = 4000
	ways := func(name, first, second string) map[string]string {
		w := newWorld(t, `
topic: service
when: {event: signed_up}
steps:
  - split:
      - {name: a, share: `+first+`, steps: [{send: a, at: now}]}
      - {name: b, share: `+second+`, steps: [{send: b, at: now}]}
`, housePolicy, "2026-11-23 12:00")
		r := *w.matcher.Rule
		r.Name = name
		m := *w.matcher
		m.Rule = &r
		taken := map[string]string{}
		for i := range customers {
			id := customer.ID(fmt.Sprint("c", i))
			o := ledger.Outreach{Ref: ledger.Ref{Rule: name, Customer: id, N: 1}, At: w.now, Recorded: w.now, Status: ledger.Open}
			out, err := journey.Step(&m, o, w.facts())
			require.NoError(t, err)
			require.NotEmpty(t, out.Path)
			require.Equal(t, "split-1", out.Path[0].Step)
			taken[string(id)] = out.Path[0].Branch
		}
		return taken
	}
	count := func(taken map[string]string, branch string) (n int) {
		for _, b := range taken {
			if b == branch {
				n++
			}
		}
		return n
	}
	one := ways("one", "20%", "30%")
	require.Equal(t, one, ways("one", "20%", "30%"))
	require.NotEqual(t, one, ways("other", "20%", "30%"))
	require.InDelta(t, customers/5, count(one, "a"), customers/50)
	require.InDelta(t, customers*3/10, count(one, "b"), customers/50)
	require.InDelta(t, customers/2, count(one, ""), customers/50)
	moved := 0
	for id, branch := range ways("one", "20%", "40%") {
		if branch != one[id] {
			require.Equal(t, []string{"", "b"}, []string{one[id], branch})
			moved++
		}
	}
	require.InDelta(t, customers/10, moved, customers/50)
}
