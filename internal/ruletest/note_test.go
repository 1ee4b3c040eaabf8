package ruletest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/ruletest"
)

// crowd gives a company with one place a day, a weekly digest and several rules
// that begin with one event.
func crowd(t *testing.T) ruletest.Env {
	t.Helper()
	const rule = "description: x\nowner: a@example.com\ntopic: service\nwhen: {event: came}\n"
	return envOfFiles(t, bundle.Files{
		Rules: map[string][]byte{
			"data.yaml": []byte("events: {came: {}, night: {}}\n"),
			"policy.yaml": []byte("topics: {service: {consent: assumed}, tips: {consent: assumed}, flash: {consent: assumed}}\ncaps: {any: 1 per day}\nquiet: daily 21:00-08:00\n" +
				"legal: [{country: DE, channels: sms, topics: flash, hours: \"daily 10:00-20:00\", source: a law, read: 2026-11}]\n" +
				"digests: {weekly: {at: Mon 09:00, channel: email, template: digest, topic: tips, collects: [tips]}}\n"),
			"high.yaml":  []byte(rule + "priority: 80\nsteps: [{send: hello, channel: sms, at: now}]\n"),
			"low.yaml":   []byte(rule + "steps: [{send: hello, channel: sms, at: now, within: 3d}]\n"),
			"short.yaml": []byte(rule + "steps: [{send: hello, channel: sms, at: now, within: 2h}]\n"),
			"tip.yaml":   []byte("description: x\nowner: a@example.com\ntopic: tips\nwhen: {event: came}\nsteps: [{send: hello, channel: email, at: now, within: 2h}]\n"),
			"ride.yaml":  []byte(rule + "steps: [{attach: hello, to: email, within: 20d}]\n"),
			"night.yaml": []byte("description: x\nowner: a@example.com\ntopic: service\nwhen: {event: night}\nsteps: [{send: hello, channel: sms, at: now}]\n"),
			"flash.yaml": []byte("description: x\nowner: a@example.com\ntopic: flash\nwhen: {event: night}\nsteps: [{send: hello, channel: sms, at: now}]\n"),
		},
		Templates: map[string][]byte{
			"hello/sms.txt":     []byte("Hello"),
			"hello/email.html":  []byte("---\nsubject: Hello\nlayout: none\n---\n<p>Hello</p>\n"),
			"digest/email.html": []byte("---\nsubject: The week\nlayout: none\n---\n{{ items }}\n"),
		},
	})
}

// crowded plays one test of a rule with others, and gives the whole timeline.
func crowded(t *testing.T, rule, with, do, until string) []string {
	t.Helper()
	env := crowd(t)
	result := play(t, env, read(t, env, rule, "start: 2026-11-23 09:00\ncustomer: {zone: Europe/Berlin, country: DE, phone: +4915112345678, email: anna@example.com}\n"+
		"with_rules: ["+with+"]\ntests:\n  - name: x\n    until: "+until+"\n    do: [{at: "+do+"}]\n    expect: []\n")).Results[0]
	var rows []string
	for _, row := range result.Timeline() {
		rows = append(rows, row.String())
	}
	return rows
}

// TestATimelineSaysWhy a message has its instant, which rule has its place, and
// what it waits for when it has no instant.
func TestATimelineSaysWhy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule, with, do, until string
		want                  []string
	}{
		{"night", "", "Mon 22:00, event: night", "1d", []string{
			"  Mon 2026-11-23 22:00  planned hello by SMS for Tue 2026-11-24 08:51: as soon as possible after quiet hours",
			"+ Tue 2026-11-24 08:51  sent hello by SMS",
			"  Tue 2026-11-24 08:51  ended: completed",
		}},
		{"flash", "", "Mon 22:00, event: night", "1d", []string{
			"  Mon 2026-11-23 22:00  planned hello by SMS for Tue 2026-11-24 10:05: as soon as possible after hours that the law closes",
			"+ Tue 2026-11-24 10:05  sent hello by SMS",
			"  Tue 2026-11-24 10:05  ended: completed",
		}},
		{"low", "high", "Mon 10:00, event: came", "2d", []string{
			"  Mon 2026-11-23 10:00  planned hello by SMS for Mon 2026-11-23 10:00",
			"  Mon 2026-11-23 10:00  planned hello by SMS for Tue 2026-11-24 08:22: capped - as soon as possible after quiet hours, after the cap of 1 per day: high has the place, priority 80",
			"+ Mon 2026-11-23 10:00  sent hello by SMS",
			"  Mon 2026-11-23 10:00  ended: completed",
			"+ Tue 2026-11-24 08:22  sent hello by SMS",
			"  Tue 2026-11-24 08:22  ended: completed",
		}},
		{"short", "high", "Mon 10:00, event: came", "1d", []string{
			"  Mon 2026-11-23 10:00  planned hello by SMS for Mon 2026-11-23 10:00",
			"  Mon 2026-11-23 10:00  put off hello by SMS: capped - now, after the cap of 1 per day: high has the place, priority 80; waiting for a place",
			"+ Mon 2026-11-23 10:00  sent hello by SMS",
			"  Mon 2026-11-23 10:00  ended: completed",
			"  Mon 2026-11-23 10:00  not sent hello by SMS: capped - now, after the cap of 1 per day: high has the place, it went out",
			"  Mon 2026-11-23 10:00  ended: completed",
		}},
		{"tip", "high", "Mon 10:00, event: came", "8d", []string{
			"  Mon 2026-11-23 10:00  planned hello by SMS for Mon 2026-11-23 10:00",
			"  Mon 2026-11-23 10:00  put off hello by email: capped - now, after the cap of 1 per day: high has the place, priority 80; rides in the digest weekly",
			"  Mon 2026-11-23 10:00  planned digest by email for Mon 2026-11-30 09:00: the rule's time Mon 09:00",
			"+ Mon 2026-11-23 10:00  sent hello by SMS",
			"  Mon 2026-11-23 10:00  ended: completed",
			"+ Mon 2026-11-30 09:00  sent digest by email",
			"+ Mon 2026-11-30 09:00  sent hello by email in digest",
			"  Mon 2026-11-30 09:00  ended: completed",
			"  Mon 2026-11-30 09:00  ended: completed",
		}},
		{"ride", "", "Mon 10:00, event: came", "1d", []string{
			"  Mon 2026-11-23 10:00  planned hello by email: rides on the next email",
		}},
	} {
		require.Equal(t, c.want, crowded(t, c.rule, c.with, c.do, c.until), c.rule)
	}
}
