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

// stands gives how a rule's trigger stands on 20 March, after events of 10
// March, without what its limit reads.
func stands(t *testing.T, text string, traits map[string]customer.Value, events ...customer.Event) []rule.Stand {
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
	list := m.Stands(s, at.AddDate(0, 0, 10))
	for _, stand := range list {
		require.NotEmpty(t, stand.Usage.Reads)
		stand.Usage.Reads = nil
	}
	return list
}

func TestStandsOfUsage(t *testing.T) {
	t.Parallel()
	const used = "when: {usage: {sum: data_session.mb, per: month, limit: plan_mb, reaches: 80%}}"
	session := customer.Event{Name: "data_session", Properties: map[string]customer.Value{"mb": customer.Number(30)}}
	plan := map[string]customer.Value{"plan_mb": customer.Number(120)}
	march, april := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	of := func(used, limit, need float64) *rule.UsageStand {
		return &rule.UsageStand{Used: used, Limit: limit, Reaches: 0.8, Need: need, From: march, Until: april}
	}
	require.Equal(t, []rule.Stand{{Usage: of(60, 120, 96)}}, stands(t, used, plan, session, session))
	require.Equal(t, []rule.Stand{{Usage: of(120, 120, 96), Holds: true}}, stands(t, used, plan, session, session, session, session))
	require.Equal(t, []rule.Stand{{Usage: of(60, 0, 0)}}, stands(t, used, nil, session, session), "the limit is not known")
	require.Equal(t, []rule.Stand{{Usage: of(0, 120, 96)}}, stands(t, used, plan), "nothing was used")

	const seats = "about: account\nwhen: {usage: {latest: seats_changed.used, limit: latest(seats_changed.bought), reaches: 40%}}"
	change := func(account string, used, bought float64) customer.Event {
		return customer.Event{Name: "seats_changed", Properties: map[string]customer.Value{
			"account": customer.Text(account), "used": customer.Number(used), "bought": customer.Number(bought),
		}}
	}
	require.Equal(t, []rule.Stand{
		{About: "a1", Usage: &rule.UsageStand{Used: 3, Limit: 10, Reaches: 0.4, Need: 4}},
		{About: "b2", Usage: &rule.UsageStand{Used: 8, Limit: 20, Reaches: 0.4, Need: 8}, Holds: true},
	}, stands(t, seats, nil, change("b2", 8, 20), change("a1", 3, 10)))
	require.Empty(t, stands(t, seats, nil))
	require.InDelta(t, 0.5, rule.UsageStand{Used: 60, Limit: 120}.Share(), 1e-9)
	require.Zero(t, rule.UsageStand{Used: 60}.Share())
}

// TestStandsHoldWhenReasonsDo asks whoever has a reason how the trigger
// stands: the reason's own instant is when it began to hold.
func TestStandsHoldWhenReasonsDo(t *testing.T) {
	t.Parallel()
	m := matcherOf(t, "when: {silent: {event: opened, for: 5d}}")
	p := newPerson(t, m)
	p.take(p.event("02 12:00", "opened"))
	require.Equal(t, []rule.Stand{{
		At:      instant(t, "07 12:00"),
		Silence: &rule.SilenceStand{Last: instant(t, "02 12:00"), Due: instant(t, "07 12:00")},
	}}, m.Stands(p.s, instant(t, "07 11:59")))
	stands := m.Stands(p.s, instant(t, "08 12:00"))
	require.True(t, stands[0].Holds)
	require.Equal(t, m.Expire(p.s, "", instant(t, "08 12:00"))[0].At, stands[0].At)
}

// TestTriggersAreNamedAsRulesNameThem holds Kind to the words of rules.
func TestTriggersAreNamedAsRulesNameThem(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"event", "silent", "missing", "schedule", ""}, []string{
		rule.Trigger{Event: &rule.EventTrigger{}}.Kind(), rule.Trigger{Silent: &rule.SilentTrigger{}}.Kind(),
		rule.Trigger{Missing: &rule.MissingTrigger{}}.Kind(), rule.Trigger{Schedule: &rule.ScheduleTrigger{}}.Kind(), rule.Trigger{}.Kind(),
	})
}
