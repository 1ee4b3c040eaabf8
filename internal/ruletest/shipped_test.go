package ruletest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/ruletest"
)

// shippedReports plays the tests of the rules that come with the engine.
func shippedReports(t *testing.T) (ruletest.Env, []*ruletest.Suite, []ruletest.Report) {
	t.Helper()
	env := envOf(t, "../../rules", "../../templates")
	files, err := ruletest.ReadDir("../../rules")
	require.NoError(t, err)
	var suites []*ruletest.Suite
	var reports []ruletest.Report
	for _, f := range files {
		suite := read(t, env, strings.TrimSuffix(f.Name[strings.LastIndex(f.Name, "/")+1:], ruletest.Ending), string(f.Text))
		suites = append(suites, suite)
		reports = append(reports, play(t, env, suite))
	}
	return env, suites, reports
}

// TestTheShippedRules holds that every rule has tests, that they pass, that
// they reach every step and branch, and that one of them crosses a clock
// change.
func TestTheShippedRules(t *testing.T) {
	t.Parallel()
	env, suites, reports := shippedReports(t)
	for _, report := range reports {
		for _, result := range report.Results {
			require.Empty(t, told(result), "%s: %s", report.Suite.Rule, result.Case.Name)
		}
		require.True(t, slices.ContainsFunc(report.Suite.Cases, func(c ruletest.Case) bool { return strings.Contains(c.Name, "clock") }),
			"%s: no test crosses a clock change", report.Suite.Rule)
	}
	for _, c := range ruletest.Cover(env, suites, reports) {
		require.True(t, c.Tested, c.Rule)
		for _, part := range c.Parts {
			way := strings.HasPrefix(part.Name, "step ") || strings.HasPrefix(part.Name, "branch ")
			require.True(t, part.Reached || !way, "%s: no test reaches %s", c.Rule, part.Name)
		}
	}
}

// TestTheShippedRulesUseTheWholeLanguage: who looks for an example of a word
// finds it in the library.
func TestTheShippedRulesUseTheWholeLanguage(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, r := range envOf(t, "../../rules", "../../templates").Bundle.Rules {
		w := r.When
		for word, there := range map[string]bool{
			"event": w.Event != nil, "usage": w.Usage != nil, "silent": w.Silent != nil, "unusual": w.Silent != nil && w.Silent.Unusual,
			"missing": w.Missing != nil, "count": w.Count != nil, "drop": w.Drop != nil, "date": w.Date != nil,
			"schedule": w.Schedule != nil, "becomes": w.Becomes != nil, "about": r.About != "", "holdout": r.Holdout > 0,
		} {
			used[word] = used[word] || there
		}
		r.EachStep(func(s *rule.Step) {
			for word, there := range map[string]bool{
				"send": s.Send != nil && !s.Send.Item, "attach": s.Send != nil && s.Send.Item,
				"attach to a digest": s.Send != nil && s.Send.Digest != "", "wait": s.Wait != nil, "wait_for": s.WaitFor != nil, "if": s.If != nil, "split": s.Split != nil,
				"set": len(s.Set) > 0, "webhook": s.Webhook != nil, "handoff": s.Handoff != nil, "stop": s.Stop,
			} {
				used[word] = used[word] || there
			}
		})
	}
	for word, there := range used {
		require.True(t, there, "no shipped rule shows %s", word)
	}
}
