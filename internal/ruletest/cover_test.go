package ruletest_test

import (
	"bytes"
	"encoding/xml"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ruletest"
)

func TestCover(t *testing.T) {
	t.Parallel()
	env := company(t)
	report := play(t, env, read(t, env, "usage-limit", file(t, "testdata/company/rules/usage-limit.test.yaml")))
	all := ruletest.Cover(env, []*ruletest.Suite{report.Suite}, []ruletest.Report{report})
	require.Len(t, all, 4)
	part := func(name string, reached bool) ruletest.Part { return ruletest.Part{Name: name, Reached: reached} }
	require.Equal(t, ruletest.Coverage{Rule: "usage-limit", Tested: true, Parts: []ruletest.Part{
		part("step usage-warning", true),
		part("step wait_for-2", true),
		part("branch then of wait_for-2", true),
		part("branch else of wait_for-2", false),
		part("step wait-2.then-1", true),
		part("step usage-plan-advice", true),
		part("step usage-warning-followup", false),
		part("end goal_reached", false),
		part("end stop", true),
		part("end reason_gone", true),
		part("end expired", false),
		part("usage-warning not sent: no_consent", false),
		part("usage-warning not sent: late", false),
		part("usage-plan-advice not sent: no_consent", true),
		part("usage-plan-advice not sent: late", false),
		part("usage-warning-followup not sent: no_consent", false),
		part("usage-warning-followup not sent: late", false),
	}}, all[2])
	require.Equal(t, []int{8, 47}, []int{all[2].Reached(), all[2].Percent()})
	require.False(t, all[3].Tested)
	require.Zero(t, all[3].Reached())
}

// TestCoverOfAllThatCanBeReached: holdouts, branches of splits, unless.
func TestCoverOfAllThatCanBeReached(t *testing.T) {
	t.Parallel()
	env := company(t)
	report := play(t, env, read(t, env, "survey", `start: 2026-11-23 09:00
customer: {zone: Europe/Berlin, phone: +4915112345678, traits: {plan: basic}}
tests:
  - name: tips for those on basic
    do: [{at: Mon 10:00, event: signed_up}]
    expect: [{at: Mon 10:00, not_sent: tips, reason: no_consent}]
  - name: unless they are there already
    customer: {consent: [tips]}
    do:
      - {at: Mon 10:00, event: signed_up}
      - {at: Wed 09:00, event: app_opened}
    expect:
      - {at: Wed 10:00, not_sent: tips, reason: unless}
  - name: others hear nothing
    customer: {consent: [tips], traits: {plan: surf}}
    do: [{at: Mon 10:00, event: signed_up}]
    expect: [{at: Wed 10:00, ended: stop_step}]
  - name: the holdout
    customer: {traits: {plan: basic}, consent: [tips]}
    do: [{at: Mon 10:00, event: signed_up}]
    expect: [{at: Mon 10:00, not_entered: held_out}]
`))
	for _, result := range report.Results {
		require.Empty(t, told(result), result.Case.Name)
	}
	for _, c := range ruletest.Cover(env, []*ruletest.Suite{report.Suite}, []ruletest.Report{report}) {
		if c.Rule == "survey" {
			require.Equal(t, []ruletest.Part{{Name: "branch few of split-2"}, {Name: "step stop-2.few-1"}}, unreached(c))
			require.Equal(t, 81, c.Percent())
		}
	}
}

func unreached(c ruletest.Coverage) []ruletest.Part {
	var parts []ruletest.Part
	for _, p := range c.Parts {
		if !p.Reached {
			parts = append(parts, p)
		}
	}
	return parts
}

func TestWriteJUnit(t *testing.T) {
	t.Parallel()
	env := company(t)
	suite := read(t, env, "welcome", `start: 2026-11-23 09:00
customer: {phone: +12125550123}
tests:
  - name: a <good> one
    do: [{at: Mon 10:00, event: signed_up}]
    expect: [{at: Mon 10:00, sent: welcome}]
  - name: a bad one
    do: [{at: Mon 10:00, event: signed_up}]
    expect: [{at: Mon 11:00, sent: welcome}]
  - name: an odd one
    do: [{at: Mon 10:00, event: message_clicked}]
    expect: []
`)
	now := time.Unix(0, 0)
	runner := ruletest.Runner{Env: env, Now: func() time.Time { now = now.Add(time.Millisecond); return now }}
	reports, err := runner.Run(t.Context(), []*ruletest.Suite{suite}, nil)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, ruletest.WriteJUnit(&out, reports))
	require.Equal(t, xml.Header+`<testsuites tests="3" failures="1" errors="1" time="0.003000">
  <testsuite name="welcome" tests="3" failures="1" errors="1" time="0.003000" file="rules/welcome.test.yaml">
    <testcase name="a &lt;good&gt; one" classname="welcome" file="rules/welcome.test.yaml" line="4" time="0.001000"></testcase>
    <testcase name="a bad one" classname="welcome" file="rules/welcome.test.yaml" line="7" time="0.001000">
      <failure message="1 expected and missing, 1 sent and not expected"><![CDATA[
+ Mon 2026-11-23 10:00  sent welcome by SMS
- Mon 2026-11-23 11:00  sent welcome
?                       nearest: Mon 2026-11-23 10:00, at another time
  Wed 2026-11-25 10:00  ended: completed
]]></failure>
    </testcase>
    <testcase name="an odd one" classname="welcome" file="rules/welcome.test.yaml" line="10" time="0.001000">
      <error message="line 11: message_clicked: no message or task went out that it could be about; let one go out before, or name another one"></error>
    </testcase>
  </testsuite>
</testsuites>
`, out.String())
}
