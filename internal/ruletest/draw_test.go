package ruletest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ruletest"
	"github.com/outreach-engine/outreach/internal/source"
)

const variants = `description: Two ways to greet, and one that is rare.
owner: growth@example.com
topic: service
when: {event: app_opened}
holdout: 10%
steps:
  - split:
      - if: plan == "surf"
        name: surfers
        steps: [stop]
      - share: 50%
        name: warm
        steps:
          - send: welcome
            at: now
      - share: 1%
        name: rare
        steps:
          - send: tips
            at: now
`

// drawn gives a test of two customers with its draws.
func drawn(draws, expect string) string {
	return "start: 2026-11-02 09:00\ncustomer: {phone: +12125550123}\nothers: [{id: bob, phone: +12125550124}]\ntests:\n  - name: one\n" +
		"    do: [{at: Mon 10:00, event: app_opened}, {at: Mon 10:00, event: app_opened, customer: bob}]\n" +
		"    draws: " + draws + "\n    expect: " + expect + "\n"
}

// TestDraws: customers are in the branch that the test names, whatever its
// share.
func TestDraws(t *testing.T) {
	t.Parallel()
	env := companyWith(t, "variants", variants)
	both := func(name string) string {
		return "[{at: Mon 10:00, sent: " + name + "}, {at: Mon 10:00, sent: " + name + ", customer: bob}]"
	}
	for draws, expect := range map[string]string{
		"{split-1: warm}": both("welcome"), "{split-1: rare}": both("tips"), "{split-1: none}": "[]",
	} {
		require.Empty(t, told(play(t, env, read(t, env, "variants", drawn(draws, expect))).Results[0]), draws)
	}
	diff := told(play(t, env, read(t, env, "variants", drawn("{split-1: rare}", "[]"))).Results[0])
	require.Equal(t, "  branches: split-1 took rare", diff[len(diff)-1])
	diff = told(play(t, env, read(t, env, "variants", drawn("{split-1: none}", both("tips")))).Results[0])
	require.Equal(t, "  branches: split-1 took none", diff[len(diff)-1])
}

// TestDrawsThatCannotBe are refused, with what may be meant.
func TestDrawsThatCannotBe(t *testing.T) {
	t.Parallel()
	env := companyWith(t, "variants", variants)
	const at = "rules/variants.test.yaml:7:"
	for draws, want := range map[string]string{
		"{split-2: warm}":    `13: tests[0].draws.split-2: "split-2": is not the id of a split of the rule; did you mean split-1?`,
		"{split-1: wram}":    `22: tests[0].draws.split-1: "wram": is not a branch of the split; did you mean warm?`,
		"{split-1: cold}":    `22: tests[0].draws.split-1: "cold": is not a branch of the split; known: warm, rare, none`,
		"{split-1: surfers}": `22: tests[0].draws.split-1: "surfers": is taken when its condition holds, and nobody is drawn for it; let the condition hold: traits, or what happens`,
	} {
		var ps source.Problems
		ruletest.Read("rules/variants"+ruletest.Ending, []byte(drawn(draws, "[]")), env, &ps)
		require.Equal(t, []string{at + want}, problems(&ps))
	}
	var ps source.Problems
	ruletest.Read("rules/welcome"+ruletest.Ending, []byte(drawn("{split-1: warm}", "[]")), env, &ps)
	require.Equal(t, []string{`rules/welcome.test.yaml:7:13: tests[0].draws.split-1: "split-1": is not a split of the rule, which has none; leave draws out`}, problems(&ps))
}
