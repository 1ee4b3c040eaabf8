package lint_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/lint"
)

// TestMoreThanTheRatesLetOut: what a schedule makes due for all customers against the
// rates of the channels that it may use.
func TestMoreThanTheRatesLetOut(t *testing.T) {
	t.Parallel()
	const (
		monday = "when: {schedule: Mon 09:00}\n"
		policy = worldPolicy + "windows: {sms: daily 09:00-11:00, push: daily 09:00-12:00}\nrates: {sms: 1 per second, push: 2 per second}\n"
	)
	for name, c := range map[string]struct {
		rule      string
		customers int
		want      string // what is said; "": nothing
	}{
		"nobody says how many":     {monday + "steps:\n  - {send: a, channel: sms, at: now}\n", 0, ""},
		"as many as there is time": {monday + "steps:\n  - {send: a, channel: sms, at: now}\n", 3601, ""},
		"now, and one more": {monday + "steps:\n  - {send: a, channel: sms, at: now}\n", 3602,
			"this step begins Mon 09:00 for 3,602 customers at once, and in 60 minutes from Mon 09:00 on the rate of sms, 1 per second, lets 3,601 out; the others come later, or not at all"},
		"a window of half an hour": {monday + "steps:\n  - {send: a, channel: push, at: \"daily 18:00-18:30\"}\n", 5000,
			"this step begins Mon 09:00 for 5,000 customers at once, and in 30 minutes from Mon 18:00 on the rate of push, 2 per second, lets 3,602 out; the others come later, or not at all"},
		"cut by quiet hours": {monday + "steps:\n  - {send: a, channel: push, at: \"daily 20:30-23:00\"}\n", 5000,
			"this step begins Mon 09:00 for 5,000 customers at once, and in 30 minutes from Mon 20:30 on the rate of push, 2 per second, lets 3,602 out; the others come later, or not at all"},
		"cut by its within": {monday + "steps:\n  - {send: a, channel: push, at: \"daily 09:00-12:00\", within: 1h}\n", 7203,
			"this step begins Mon 09:00 for 7,203 customers at once, and in 60 minutes from Mon 09:00 on the rate of push, 2 per second, lets 7,202 out; the others come later, or not at all"},
		"a point in time": {monday + "steps:\n  - {send: a, channel: sms, at: \"Mon 10:00\"}\n", 902,
			"this step begins Mon 09:00 for 902 customers at once, and in 15 minutes from Mon 10:00 on the rate of sms, 1 per second, lets 901 out; the others come later, or not at all"},
		"usual windows of both channels": {monday + "steps:\n  - send: a\n", 28_804,
			"this step begins Mon 09:00 for 28,804 customers at once, and in 3 hours from Mon 09:00 on the rates of push, sms let 28,803 out; the others come later, or not at all"},
		"an audience": {monday + "audience: plan == \"surf\"\nsteps:\n  - {send: a, channel: sms, at: now}\n", 4000,
			"this step begins Mon 09:00 for 4,000 customers, if the audience holds them all, at once, and in 60 minutes from Mon 09:00 on the rate of sms, 1 per second, lets 3,601 out; the others come later, or not at all"},
		"the second of two steps": {monday + "steps:\n  - {send: b, channel: push, at: now}\n  - wait: Tue 10:00\n  - {send: a, channel: sms, at: now}\n", 5000,
			"this step begins Tue 10:00 for 5,000 customers at once, and in 60 minutes from Tue 10:00 on the rate of sms, 1 per second, lets 3,601 out; the others come later, or not at all"},
		"late and sent all the same": {monday + "steps:\n  - {send: a, channel: sms, at: now, late: send}\n", 50_000, ""},
		"a channel without a rate":   {monday + "steps:\n  - {send: a, channel: email, at: now}\n", 50_000, ""},
		"each at their own time":     {"when: {event: signed_up}\nsteps:\n  - {send: a, channel: sms, at: now}\n", 50_000, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := bundle.Files{
				Rules: map[string][]byte{"data.yaml": []byte(worldData), "policy.yaml": []byte(policy), "rule.yaml": []byte(worldRule + c.rule)}, Templates: map[string][]byte{},
			}
			for _, name := range []string{"a", "b"} {
				files.Templates[name+"/sms.txt"], files.Templates[name+"/push.txt"] = []byte("Hello.\n"), []byte("---\ntitle: Hello\n---\nHello.\n")
			}
			files.Templates["a/email.html"] = []byte("---\nsubject: Hello\nlayout: none\n---\n<p>Hello.</p>\n")
			if name == "usual windows of both channels" {
				delete(files.Templates, "a/email.html")
			}
			in := lint.Input{Files: files, Customers: c.customers}
			in.Bundle, in.Found = bundle.Check(files)
			require.Len(t, in.Bundle.Rules, 1, in.Found)
			said := ""
			for _, p := range lint.Look(in) {
				if p.Code == "over-rate" {
					require.Empty(t, said, "said once")
					said = p.Message
				}
			}
			require.Equal(t, c.want, said)
		})
	}
}
