package rule_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
)

const ruleHead = "description: A rule.\nowner: a@example.com\ntopic: service\nsteps: [{send: welcome}]\n"

// figures gives a rule's figures on 20 March, after events of 10 March.
func figures(t *testing.T, text string, traits map[string]customer.Value, events ...customer.Event) []rule.Figures {
	t.Helper()
	r, trouble := read(t, "rules/mine.yaml", ruleHead+text)
	require.Empty(t, trouble)
	m := rule.NewMatcher(r, env(t).Data)
	s := rule.Subject{Profile: &customer.Profile{Traits: traits}, State: &behaviour.State{}, Zone: time.UTC}
	plan := behaviour.NewPlan(m.Defs(), func(string) bool { return true })
	at := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	for i, e := range events {
		e.At = at.Add(time.Duration(i) * time.Second)
		s.State.Apply(plan, e, s.Clock())
	}
	return m.Figures(s, at.AddDate(0, 0, 10))
}

func TestFigures(t *testing.T) {
	t.Parallel()
	const used = "when: {usage: {sum: data_session.mb, per: month, limit: plan_mb, reaches: 80%}}"
	session := customer.Event{Name: "data_session", Properties: map[string]customer.Value{"mb": customer.Number(30)}}
	plan := map[string]customer.Value{"plan_mb": customer.Number(120)}
	require.Equal(t, []rule.Figures{{Used: 60, Limit: 120}}, figures(t, used, plan, session, session))
	require.Equal(t, []rule.Figures{{Used: 60}}, figures(t, used, nil, session, session), "the limit is not known")
	require.Equal(t, []rule.Figures{{Limit: 120}}, figures(t, used, plan), "nothing was used")

	const seats = "about: account\nwhen: {usage: {latest: seats_changed.used, limit: latest(seats_changed.bought), reaches: 90%}}"
	of := func(account string, used, bought float64) customer.Event {
		return customer.Event{Name: "seats_changed", Properties: map[string]customer.Value{
			"account": customer.Text(account), "used": customer.Number(used), "bought": customer.Number(bought),
		}}
	}
	require.Equal(t, []rule.Figures{{About: "a1", Used: 4, Limit: 10}, {About: "b2", Used: 8, Limit: 20}},
		figures(t, seats, nil, of("b2", 8, 20), of("a1", 4, 10)))
	require.Empty(t, figures(t, seats, nil))

	require.Nil(t, figures(t, "when: {event: app_opened}", nil))
	require.InDelta(t, 0.5, rule.Figures{Used: 60, Limit: 120}.Share(), 1e-9)
	require.Zero(t, rule.Figures{Used: 60}.Share())
}
