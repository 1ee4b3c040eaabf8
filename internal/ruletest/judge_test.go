package ruletest_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ruletest"
)

const warned = `start: 2026-11-23 09:00
customer:
  zone: Europe/Berlin
  phone: +4915112345678
  consent: [service, offers]
  prefers: {sms: "Mon-Fri 18:00"}
  traits: {plan: surf, plan_mb: 15000, billing_day: 15}
tests:
  - name: warned
    do:
      - {at: Mon 14:20, event: data_session, mb: 12200}
      - {at: Tue 10:00, event: message_clicked}
      - {at: Wed 10:00, event: account_closed}
    expect:
`

// judged plays the customer above against an expect list, one line each.
func judged(t *testing.T, expect ...string) []string {
	t.Helper()
	env := company(t)
	text := warned
	for _, line := range expect {
		text += "      - " + line + "\n"
	}
	if len(expect) == 0 {
		text += "      []\n"
	}
	return told(play(t, env, read(t, env, "usage-limit", text)).Results[0])
}

const (
	sentLine  = "{at: Mon 18:00, sent: usage-warning}"
	planLine  = "  Mon 2026-11-23 14:20  planned usage-warning by SMS for Mon 2026-11-23 18:00: preferred time, said by the customer"
	happened  = "  Mon 2026-11-23 18:00  sent usage-warning by SMS"
	endedLine = "  Wed 2026-11-25 10:00  ended: stop"
)

func TestWhatIsMet(t *testing.T) {
	t.Parallel()
	for _, expect := range [][]string{
		{sentLine},
		{"{at: Mon 18:00-18:30, sent: usage-warning, channel: sms}"},
		{"{at: Mon 00:00-24:00, sent: usage-warning}"},
		{"{at: 2026-11-23 18:00, sent: usage-warning, contains: 81 %}"},
		{"{at: +9h, sent: usage-warning, contains: [\"You  have\", used 81 % of], lacks: bigger, customer: customer}"},
		{sentLine, "{at: Wed 10:00, ended: stop}"},
		{sentLine, "{ended: stop}"},
		{"{ended: stop}", sentLine},
		{"{at: Mon 14:20, planned: usage-warning, for: Mon 18:00, channel: sms}", sentLine},
	} {
		require.Empty(t, judged(t, expect...), "%v", expect)
	}
}

// TestWhatIsNotMet: each kind of expectation can fail, and says how.
func TestWhatIsNotMet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ expect, want []string }{
		{nil, []string{planLine, "+ Mon 2026-11-23 18:00  sent usage-warning by SMS", endedLine}},
		{[]string{"{at: Mon 19:00-21:00, sent: usage-warning}"}, []string{
			strings.Replace(planLine, "  planned", "        planned", 1),
			"+ Mon 2026-11-23 18:00        sent usage-warning by SMS",
			"- Mon 2026-11-23 19:00-21:00  sent usage-warning",
			"?                             nearest: Mon 2026-11-23 18:00, at another time",
			"  Wed 2026-11-25 10:00        ended: stop",
		}},
		{[]string{"{at: Mon 18:00, sent: usage-warning, channel: email}"}, []string{
			planLine,
			"- Mon 2026-11-23 18:00  sent usage-warning by email",
			"?                       nearest: Mon 2026-11-23 18:00, by sms, not by email",
			"+ Mon 2026-11-23 18:00  sent usage-warning by SMS", endedLine,
		}},
		{[]string{"{at: Mon 18:00, sent: usage-warning, contains: 82 %}"}, []string{
			planLine,
			"- Mon 2026-11-23 18:00  sent usage-warning, containing \"82 %\"",
			"?                       nearest: Mon 2026-11-23 18:00, its text does not contain \"82 %\"",
			"?                       it reads: You have used 81 % of your data.",
			"+ Mon 2026-11-23 18:00  sent usage-warning by SMS", endedLine,
		}},
		{[]string{"{at: Mon 18:00, sent: usage-warning, lacks: [data]}"}, []string{
			planLine,
			"- Mon 2026-11-23 18:00  sent usage-warning, without \"data\"",
			"?                       nearest: Mon 2026-11-23 18:00, its text contains \"data\"",
			"?                       it reads: You have used 81 % of your data.",
			"+ Mon 2026-11-23 18:00  sent usage-warning by SMS", endedLine,
		}},
		{[]string{"{at: Mon 18:00, sent: usage-warning, subject: Data}"}, []string{
			planLine,
			"- Mon 2026-11-23 18:00  sent usage-warning, with the subject \"Data\"",
			"?                       nearest: Mon 2026-11-23 18:00, its subject does not contain \"Data\"",
			"?                       it reads:",
			"+ Mon 2026-11-23 18:00  sent usage-warning by SMS", endedLine,
		}},
		{[]string{sentLine, "{at: Wed 10:00, ended: goal_reached}"}, []string{
			happened,
			"- Wed 2026-11-25 10:00  ended: goal_reached",
			"?                       nearest: Wed 2026-11-25 10:00, with the reason stop, not goal_reached",
			endedLine,
		}},
		{[]string{sentLine, sentLine}, []string{
			"- Mon 2026-11-23 18:00  sent usage-warning", happened, endedLine,
		}},
		{[]string{sentLine, "{not_sent: usage-plan-advice, reason: no_consent}"}, []string{
			happened, endedLine, "- any time              not sent usage-plan-advice: no_consent",
		}},
		{[]string{sentLine, "{not_entered: not_again}"}, []string{
			happened, endedLine, "- any time              not entered: not_again",
		}},
		{[]string{"{at: Mon 14:20, planned: usage-warning, for: Mon 19:00}", sentLine}, []string{
			"- Mon 2026-11-23 14:20  planned usage-warning for Mon 2026-11-23 19:00",
			"?                       nearest: Mon 2026-11-23 14:20, for another time", planLine, happened, endedLine,
		}},
	} {
		require.Equal(t, c.want, judged(t, c.expect...), "%v", c.expect)
	}
}

// TestOtherRules are in force when the file names them, and only then.
func TestOtherRules(t *testing.T) {
	t.Parallel()
	env := company(t)
	const text = `start: 2026-11-23 09:00
customer: {phone: +12125550123, traits: {plan: surf, plan_mb: 100, billing_day: 1}, prefers: {sms: "daily 18:00"}}
with_rules: [welcome]
tests:
  - name: both
    until: 1d
    do:
      - {at: Mon 10:00, event: data_session, mb: 90}
      - {at: Mon 10:00, event: signed_up}
    expect:
      - {at: Mon 18:00, sent: welcome}
      - {at: Mon 18:00, sent: usage-warning}
`
	require.Empty(t, told(play(t, env, read(t, env, "usage-limit", text)).Results[0]))
	alone := strings.Replace(text, "with_rules: [welcome]\n", "", 1)
	alone = strings.Replace(alone, "      - {at: Mon 18:00, sent: welcome}\n", "", 1)
	require.Empty(t, told(play(t, env, read(t, env, "usage-limit", alone)).Results[0]))
}

func TestSeveralCustomers(t *testing.T) {
	t.Parallel()
	env := company(t)
	const text = `start: 2026-11-23 09:00
customer: {id: anna, zone: Europe/Berlin, phone: +4915112345678, traits: {plan: basic, first_name: Anna}, consent: [tips]}
others:
  - {id: bob, zone: America/New_York, phone: +12125550123, consent: [service, tips], traits: {plan: basic}}
tests:
  - name: each on their own clock
    customer: {consent: [service]}
    do:
      - {at: Mon 10:00, event: signed_up}
      - {at: Mon 10:00, event: signed_up, customer: bob}
      - {at: +1h, traits: {plan: basic}, zone: Asia/Tokyo}
    expect:
      - {at: Mon 10:00, sent: welcome, contains: Hello Anna.}
      - {at: Mon 10:00, sent: welcome, contains: Hello you., customer: bob}
      - {at: Wed 18:00, not_sent: tips, reason: no_consent}
      - {at: Thu 09:00, sent: tips, customer: bob}
  - name: a customer without consent
    customer: {consent: none, traits: {first_name: Bea}}
    do:
      - {at: Mon 10:00, event: signed_up}
      - {at: Mon 10:01, consent: [service]}
      - {at: Mon 10:02, event: signed_up}
    expect:
      - {at: Mon 10:00, not_entered: no_consent}
      - {at: Mon 10:02, sent: welcome, contains: Bea}
  - name: somebody who cannot be reached
    customer: {phone: none, consent: [service, tips]}
    do: [{at: Mon 10:00, event: signed_up}]
    expect:
      - {at: Mon 10:00, not_sent: welcome, reason: no_address}
`
	for _, result := range play(t, env, read(t, env, "welcome", text)).Results {
		require.Empty(t, told(result), result.Case.Name)
	}
}

func TestPropertiesThatAreNamedAsKeys(t *testing.T) {
	t.Parallel()
	env := company(t)
	suite := read(t, env, "welcome", `start: 2026-11-23 09:00
tests:
  - name: a trip
    do:
      - {at: Mon 10:00, event: trip_booked, with: {at: 2026-12-24 10:00, of: the world}}
      - {at: Mon 10:00, event: app_opened, customer: none}
    expect: []
`)
	acts := suite.Cases[0].Script.Acts
	require.Len(t, acts, 3)
	require.Equal(t, []string{"2026-12-24 10:00", "the world"},
		[]string{acts[1].Event.Properties["at"].String(), acts[1].Event.Properties["of"].String()})
	require.Equal(t, []string{"customer", ""}, []string{acts[1].User, acts[2].User})
	require.Less(t, acts[1].Event.MessageID, acts[2].Event.MessageID)
}

func TestATestThatCannotBePlayed(t *testing.T) {
	t.Parallel()
	env := company(t)
	suite := read(t, env, "welcome", "start: 2026-11-23 09:00\ntests:\n  - name: a\n    do:\n      - {at: Mon 10:00, event: message_clicked}\n    expect: []\n")
	runner := ruletest.Runner{Env: env, Now: still}
	reports, err := runner.Run(context.Background(), []*ruletest.Suite{suite}, nil)
	require.NoError(t, err)
	require.EqualError(t, reports[0].Results[0].Err, "line 5: message_clicked: no message or task went out that it could be about; let one go out before, or name another one")
	require.Equal(t, 1, reports[0].Failed())
}

func TestSomeTests(t *testing.T) {
	t.Parallel()
	env := company(t)
	suite := read(t, env, "usage-limit", file(t, "testdata/company/rules/usage-limit.test.yaml"))
	runner := ruletest.Runner{Env: env, Now: still, Workers: 3}
	for pattern, want := range map[string]int{"usage-limit/a top-up": 1, "^usage": 3, "consent": 1, "welcome": 0} {
		reports, err := runner.Run(context.Background(), []*ruletest.Suite{suite}, regexp.MustCompile(pattern))
		require.NoError(t, err)
		n := 0
		for _, report := range reports {
			n += len(report.Results)
		}
		require.Equal(t, want, n, pattern)
	}
}

const rescued = `start: 2026-11-23 09:00
customer: {zone: Europe/Berlin, email: anna@example.com}
tests:
  - name: somebody calls
    answers: {coupon: {code: SORRY-5, percent: 5}}
    do:
      - {at: Mon 10:00, event: order_placed, order_id: 007, promised_at: 2026-11-24 18:00}
      - {at: Wed 09:00, event: handoff_done, of: call}
    expect:
`

// TestTasksAndWebhooks are expected like messages.
func TestTasksAndWebhooks(t *testing.T) {
	t.Parallel()
	env := company(t)
	with := func(lines ...string) []string {
		text := rescued
		for _, line := range lines {
			text += "      - " + line + "\n"
		}
		return told(play(t, env, read(t, env, "rescue", text)).Results[0])
	}
	const called, sorry = "{at: Tue 18:00, called: coupon}", "{at: Tue 18:00, sent: sorry, channel: email, contains: SORRY-5, subject: sorry}"
	require.Empty(t, with(called, sorry, "{at: Tue 18:00, task: delivery-desk}", "{at: Wed 09:00, ended: stop_step}"))
	require.Equal(t, []string{
		"  Tue 2026-11-24 18:00  called coupon",
		"  Tue 2026-11-24 18:00  sent sorry by email",
		"  Tue 2026-11-24 18:00  task for delivery-desk",
		"- Tue 2026-11-24 19:00  task for delivery-desk",
		"?                       nearest: Tue 2026-11-24 18:00, at another time",
		"  Wed 2026-11-25 09:00  ended: stop_step",
		"- Fri 2026-11-27 18:00  called coupon",
	}, with(called, sorry, "{at: Tue 19:00, task: delivery-desk}", "{at: Fri 18:00, called: coupon}"))
}

// TestTheWholeTimeline shows what was decided and no line is about, and marks
// what one is about.
func TestTheWholeTimeline(t *testing.T) {
	t.Parallel()
	env := company(t)
	timeline := func(expect string) []string {
		var rows []string
		for _, row := range play(t, env, read(t, env, "usage-limit", warned+"      - "+expect+"\n")).Results[0].Timeline() {
			rows = append(rows, row.String())
		}
		return rows
	}
	require.Equal(t, []string{
		planLine,
		"= Mon 2026-11-23 18:00  sent usage-warning by SMS", endedLine,
	}, timeline(sentLine))
	require.Equal(t, []string{
		planLine,
		"+ Mon 2026-11-23 18:00  sent usage-warning by SMS",
		"= Wed 2026-11-25 10:00  ended: stop",
	}, timeline("{ended: stop}"))
	require.Nil(t, ruletest.Result{Err: context.Canceled}.Timeline())
}
