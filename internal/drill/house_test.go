package drill

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// TestTheRulesAreThoseOfThePeople holds the rules that the harness writes to
// what it counts: each person's rule has the steps, and their channels in the
// order of the addresses.
func TestTheRulesAreThoseOfThePeople(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, writeHouse(dir))
	files, err := bundle.ReadDir(dir+"/rules", dir+"/templates")
	require.NoError(t, err)
	checked, problems := bundle.Check(files)
	for _, p := range problems {
		require.Equal(t, source.Warning, p.Severity, p.String())
	}
	rules := map[string]*rule.Rule{}
	for _, r := range checked.Rules {
		rules[r.Name] = r
	}
	for _, p := range people(100) {
		require.Contains(t, rules, p.Rule)
		var names []string
		var want []address
		rules[p.Rule].EachStep(func(s *rule.Step) {
			if s.Send == nil {
				return
			}
			names = append(names, s.ID)
			for _, c := range s.Send.Channels {
				want = append(want, address{Channel: c})
			}
		})
		var steps []string
		var channels []address
		for _, s := range p.Steps {
			steps = append(steps, s.Name)
			for _, a := range s.To {
				channels = append(channels, address{Channel: a.Channel})
			}
		}
		require.Equal(t, names, steps, p.Rule)
		require.Equal(t, want, channels, p.Rule)
		require.True(t, slices.ContainsFunc(p.addresses(), func(a address) bool { return !refused(a.To) }) || p.Steps[0].Refused)
	}
	require.Contains(t, checked.Policy.Topics, customer.Topic("service"))
}
