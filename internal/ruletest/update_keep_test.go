package ruletest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ruletest"
)

// TestUpdateKeepsEndsAndComments: a test is not weaker for being rewritten.
func TestUpdateKeepsEndsAndComments(t *testing.T) {
	t.Parallel()
	env := company(t)
	const head = `start: 2026-11-23 09:00
customer: {zone: Europe/Berlin, phone: +4915112345678, traits: {plan: basic}, consent: [service, tips]}
others: [{id: bob, phone: +4915112345679}]
tests:
  - name: one
    do: [{at: Mon 10:00, event: signed_up}, {at: Mon 10:00, event: signed_up, customer: bob}]
    expect:
`
	for before, after := range map[string]string{
		"      - {at: Mon 10:00, sent: welcome}   # a 'greeting'\n      - {at: Thu 10:00, sent: tips, lacks: \"a # b\"} # tips\n" +
			"      # nothing is left to do\n      - {at: Thu 10:00, ended: goal_reached} # the end\n": "      - {at: Mon 10:00, sent: welcome, channel: sms, customer: bob}\n" +
			"      - {at: Mon 10:00, sent: welcome, channel: sms} # a 'greeting'\n" +
			"      - {at: Thu 09:00, sent: tips, channel: sms, lacks: \"a # b\"} # tips\n" +
			"      # nothing is left to do\n      - {at: Thu 09:00, ended: completed} # the end\n",
		"      - at: Mon 10:00 # greeted\n        sent: welcome\n      - {ended: completed, customer: bob}\n": "      - {at: Mon 10:00, sent: welcome, channel: sms, customer: bob}\n" +
			"      - {at: Mon 10:00, sent: welcome, channel: sms} # greeted\n" +
			"      - {at: Wed 10:00, ended: completed, customer: bob}\n      - {at: Thu 09:00, sent: tips, channel: sms}\n",
	} {
		report := play(t, env, read(t, env, "welcome", head+before))
		text, names, err := report.Update(env)
		require.NoError(t, err)
		require.Equal(t, []string{"one"}, names)
		require.Equal(t, head+after, string(text))
		again, err := ruletest.Runner{Env: env, Now: still}.Again(context.Background(), report, text)
		require.NoError(t, err)
		require.Zero(t, again.Failed())
	}
}
