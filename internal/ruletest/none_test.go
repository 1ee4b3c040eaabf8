package ruletest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
)

// TestNoneTakesATraitAway, of any type, at the start and later on.
func TestNoneTakesATraitAway(t *testing.T) {
	t.Parallel()
	env := companyWith(t, "lacking", `description: Greet those of whom we know little.
owner: growth@example.com
topic: service
when: {event: app_opened}
audience: not known(plan) and not known(plan_mb) and not known(first_name) and not known(customer_since)
again: always
steps:
  - send: welcome
    at: now
`)
	const head = `start: 2026-11-02 09:00
customer: {phone: +12125550123, traits: {plan: surf, plan_mb: 15, first_name: Anna, customer_since: 2026-01-01}}
tests:
  - name: one
`
	const none = "traits: {plan: none, plan_mb: none, first_name: none, customer_since: none}"
	for _, text := range []string{
		"    customer: {" + none + "}\n    do: [{at: Mon 10:00, event: app_opened}]\n    expect: [{at: Mon 10:00, sent: welcome}]\n",
		"    do: [{at: Mon 10:00, event: app_opened}, {at: Mon 11:00, " + none + "}, {at: Mon 12:00, event: app_opened}]\n" +
			"    expect: [{at: Mon 12:00, sent: welcome}]\n",
	} {
		require.Empty(t, told(play(t, env, read(t, env, "lacking", head+text)).Results[0]), text)
	}
	quoted := read(t, env, "lacking", head+"    customer: {traits: {first_name: \"none\"}}\n    expect: []\n")
	require.Equal(t, customer.Text("none"), quoted.Cases[0].Script.Acts[0].Change.Traits["first_name"])
}
