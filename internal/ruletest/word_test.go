package ruletest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/ruletest"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

const waitsForWord = `description: Say that a card was blocked.
owner: care@example.com
topic: service
when: {event: blocked}
steps:
  - {send: blocked, channel: [push, sms], at: now, fallback_after: 30min}
  - {wait_for: message_delivered, within: 2h, else: [{send: call-us, channel: sms, at: now}]}
`

// waiting is a company with one rule, which waits for word.
func waiting(t *testing.T) ruletest.Env {
	t.Helper()
	files := bundle.Files{
		Rules:     map[string][]byte{"blocked.yaml": []byte(waitsForWord), "data.yaml": []byte("events: {blocked: {}}\n")},
		Templates: map[string][]byte{"blocked/push.txt": []byte("---\ntitle: Blocked\n---\nBlocked.\n")},
	}
	for _, name := range []string{"blocked", "call-us"} {
		files.Templates[name+"/sms.txt"] = []byte("Blocked.\n")
	}
	var ps source.Problems
	b, found := bundle.Check(files)
	ps.Add(found...)
	require.NoError(t, ps.Err())
	return ruletest.Env{Bundle: b, Zones: sendtime.NewZones(), Files: []string{"blocked", "data"}}
}

const (
	untold = `start: 2026-11-23 09:00
customer: {push_token: t-1, phone: +12125550123}
unconfirmed: [push, sms]
tests:
`
	byPush = `{at: Mon 10:00, sent: blocked, channel: push}`
)

// TestWordOfMessages: what a test says of the word that comes back.
func TestWordOfMessages(t *testing.T) {
	t.Parallel()
	env := waiting(t)
	for name, c := range map[string]struct{ keys, do, expect string }{
		"none at all":                 {"", "", byPush + `, {at: Mon 10:30, sent: blocked, channel: sms}, {at: Mon 12:30, sent: call-us}`},
		"none of push":                {"unconfirmed: push", "", byPush + `, {at: Mon 10:30, sent: blocked, channel: sms}, {at: Mon 12:30, sent: call-us}`},
		"of both at once":             {"unconfirmed: none", "", byPush + `, {at: Mon 12:00, sent: call-us}`},
		"of both at once, and told":   {"unconfirmed: none", "{at: Mon 11:00, event: message_delivered}", byPush},
		"in time":                     {"", "{at: Mon 10:29, event: message_delivered, of: blocked}", byPush},
		"too late, and of the first":  {"", "{at: Mon 10:40, event: message_delivered, of: blocked, channel: push}", byPush + `, {at: Mon 10:30, sent: blocked, channel: sms}`},
		"that it failed":              {"", "{at: Mon 10:05, event: message_failed, reason: off}", byPush + `, {at: Mon 10:05, not_sent: blocked, channel: push, reason: undelivered}, {at: Mon 10:05, sent: blocked, channel: sms}, {at: Mon 12:05, sent: call-us}`},
		"that nothing arrives there":  {"", "{at: Mon 10:05, event: message_bounced}, {at: Mon 10:06, event: message_bounced, channel: sms}", byPush + `, {at: Mon 10:05, sent: blocked, channel: sms}, {at: Mon 10:06, not_sent: blocked, reason: undelivered}, {at: Mon 12:05, not_sent: call-us, reason: suppressed}`},
		"a click is word of arrival":  {"", "{at: Mon 10:20, event: message_clicked}", byPush + `, {at: Mon 12:00, sent: call-us}`},
		"word before the second went": {"unconfirmed: push", "{at: Mon 10:30, event: message_delivered}", byPush},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := untold + "  - name: a\n    do: [{at: Mon 10:00, event: blocked}, " + c.do + "]\n    expect: [" + c.expect + "]\n"
			if c.keys != "" {
				text += "    " + c.keys + "\n"
			}
			text = strings.ReplaceAll(text, ", ]", "]")
			require.Empty(t, told(play(t, env, read(t, env, "blocked", text)).Results[0]))
		})
	}
}

// TestAFallbackIsToldAndCounted: a timeline tells whose place another channel
// took, and what no test reached counts it.
func TestAFallbackIsToldAndCounted(t *testing.T) {
	t.Parallel()
	env := waiting(t)
	one := func(keys string) (ruletest.Report, bool) {
		report := play(t, env, read(t, env, "blocked", untold+"  - name: a\n    do: [{at: Mon 10:00, event: blocked}]\n    expect: []\n"+keys))
		for _, part := range ruletest.Cover(env, []*ruletest.Suite{report.Suite}, []ruletest.Report{report})[0].Parts {
			if part.Name == "fallback of blocked" {
				return report, part.Reached
			}
		}
		require.Fail(t, "nobody asks for the fallback")
		return report, false
	}
	report, reached := one("")
	require.True(t, reached)
	require.Contains(t, told(report.Results[0]),
		"  Mon 2026-11-23 10:30  passed over blocked by push: unconfirmed - no word came that it arrived: sms takes its place")
	_, reached = one("    unconfirmed: none\n")
	require.False(t, reached)
}
