package lint_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/lint"
	"github.com/outreach-engine/outreach/internal/source"
)

// FuzzLook holds that whatever a rule says can be looked at, and that every
// warning has a code that exists, a place inside of the file, and a way out.
func FuzzLook(f *testing.F) {
	for _, seed := range []string{
		"when: {event: signed_up}\nuntil: 7d\nsteps:\n  - send: a\n  - wait_for: [app_opened, {if: 'score > 3'}]\n    within: 7d\n    else: {send: a, id: b}\n",
		"when: {becomes: score > 9}\naudience: score > 1 or not known(score)\ngoal: {event: [app_opened, order_placed], where: total > 3}\nsteps: {send: a}\n",
		"when: {schedule: [Mon 22:00, Sun 09:00]}\nstop: [app_opened, {event: order_placed, where: 'total < total'}]\nsteps:\n  - send: a # allow never-in-time: x\n    within: 1h\n",
		"when: {date: {of: trial_ends_on, before: 3d}}\nholdout: 5%\n# allow no-goal\nsteps:\n  - wait: Fri 18:00\n  - {send: a, at: Sun 10:00, channel: sms, within: 1h}\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		files := bundle.Files{
			Rules: map[string][]byte{
				"data.yaml": []byte(worldData), "policy.yaml": []byte(worldPolicy), "a.yaml": []byte(worldRule + text),
				"b.yaml": []byte(worldRule + "when: {event: signed_up}\nsteps:\n  - {send: a, at: now}\n"),
			},
			Templates: map[string][]byte{"a/sms.txt": []byte("Hello.\n")},
		}
		in := lint.Input{Files: files}
		in.Bundle, in.Found = bundle.Check(files)
		for _, p := range lint.Look(in) {
			require.NotEmpty(t, p.Message)
			if p.Severity == source.Warning {
				require.Contains(t, lint.Codes(), p.Code)
				require.NotEmpty(t, p.Hint)
				require.Positive(t, p.Line)
			}
		}
	})
}
