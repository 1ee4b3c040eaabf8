package ruletest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ruletest"
	"github.com/outreach-engine/outreach/internal/source"
)

const fly = `description: Greet those who open the app, in the morning.
owner: growth@example.com
topic: service
when: {event: app_opened}
steps:
  - send: welcome
    at: daily 10:00
`

// flown gives a test around a move to New York.
func flown(expect string) string {
	return `start: 2026-11-02 09:00
customer: {zone: Europe/Berlin, phone: +4915112345678}
tests:
  - name: a move
    do: [{at: Mon 11:00, event: app_opened}, {at: Mon 12:00, zone: America/New_York}]
    expect: ` + expect + "\n"
}

// TestATimeIsThatOfTheClockThatIsRead: ten in the morning has passed in
// Berlin, and comes again in New York.
func TestATimeIsThatOfTheClockThatIsRead(t *testing.T) {
	t.Parallel()
	env := companyWith(t, "fly", fly)
	for _, expect := range []string{
		"[{at: 2026-11-02 10:00, sent: welcome}]",
		"[{at: Mon 10:00, sent: welcome}]",
		"[{at: Mon 09:30-10:30, sent: welcome}]",
		"[{at: Mon 10:00, sent: welcome}, {at: Mon 10:00, ended: completed}]",
		"[{at: Mon 11:00, planned: welcome, for: Tue 10:00}, {at: Mon 10:00, sent: welcome}]",
	} {
		require.Empty(t, told(play(t, env, read(t, env, "fly", flown(expect))).Results[0]), expect)
	}
	require.Equal(t, []string{
		"  Mon 2026-11-02 11:00                   planned welcome by SMS for Tue 2026-11-03 10:00: the rule's time daily 10:00",
		"  Mon 2026-11-02 06:00 America/New_York  moved welcome by SMS to Mon 2026-11-02 10:00 America/New_York: the rule's time daily 10:00",
		"+ Mon 2026-11-02 10:00 America/New_York  sent welcome by SMS",
		"  Mon 2026-11-02 10:00 America/New_York  ended: completed",
		"- Mon 2026-11-02 16:00 America/New_York  sent welcome",
		"?                                        nearest: Mon 2026-11-02 10:00 America/New_York, at another time",
	}, told(play(t, env, read(t, env, "fly", flown("[{at: Mon 16:00, sent: welcome}]"))).Results[0]))
}

// TestUpdateAroundAMove writes what passes.
func TestUpdateAroundAMove(t *testing.T) {
	t.Parallel()
	env := companyWith(t, "fly", fly)
	for _, expect := range []string{"[]", "[{at: Mon 16:00, sent: welcome}]", "[{at: Mon 11:00, planned: welcome, for: Tue 12:00}]"} {
		report := play(t, env, read(t, env, "fly", flown(expect)))
		text, names, err := report.Update(env)
		require.NoError(t, err)
		require.Equal(t, []string{"a move"}, names)
		require.Contains(t, string(text), "{at: Mon 10:00, sent: welcome, channel: sms}")
		again, err := ruletest.Runner{Env: env, Now: still}.Again(context.Background(), report, text)
		require.NoError(t, err)
		require.Zero(t, again.Failed(), string(text))
	}
}

// TestWhoseClockTheLineAboveIsOn is told where it is not that of the line.
func TestWhoseClockTheLineAboveIsOn(t *testing.T) {
	t.Parallel()
	env := companyWith(t, "fly", fly)
	const head = `start: 2026-11-02 09:00
customer: {zone: Europe/Berlin, phone: +4915112345678}
others: [{id: bob, zone: America/New_York}]
tests:
  - name: two
`
	const want = `"2026-11-02 12:00": is before the line above it, Mon 2026-11-02 10:00 on the clock of bob in America/New_York, ` +
		"which is Mon 2026-11-02 16:00 in Europe/Berlin; put the lines in the order of time"
	for text, at := range map[string]string{
		"    do: [{at: 2026-11-02 10:00, event: app_opened, customer: bob}, {at: 2026-11-02 12:00, event: app_opened}]\n    expect: []\n": "6:73: tests[0].do[1].at: ",
		"    expect: [{at: 2026-11-02 10:00, sent: welcome, customer: bob}, {at: 2026-11-02 12:00, sent: welcome}]\n":                     "6:73: tests[0].expect[1].at: ",
	} {
		var ps source.Problems
		ruletest.Read("rules/fly"+ruletest.Ending, []byte(head+text), env, &ps)
		require.Equal(t, []string{"rules/fly.test.yaml:" + at + want}, problems(&ps))
	}
}
