package lint_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/lint"
)

// rule has one warning, past-until on the line of its wait.
const past = `description: Say hello.
owner: care@example.com
topic: service
when: {event: message_clicked}
until: 7d
steps:
  - send: hello
  - wait: 30d
  - send: hello
    id: again
`

// linesOf checks one rule with templates, and gives its warnings as their author sees them.
func linesOf(rule string, templates map[string]string) []string {
	files := bundle.Files{
		Rules:     map[string][]byte{"a.yaml": []byte(rule), "data.yaml": []byte("events: {}\n")},
		Templates: map[string][]byte{"hello/sms.txt": []byte("Hello.\n")},
	}
	for name, text := range templates {
		files.Templates[name] = []byte(text)
	}
	in := lint.Input{Files: files, Tested: func(string) bool { return true }}
	in.Bundle, in.Found = bundle.Check(files)
	var list []string
	for _, p := range lint.Look(in) {
		list = append(list, p.String())
	}
	return list
}

func TestAllow(t *testing.T) {
	t.Parallel()
	const (
		warning = `rules/a.yaml:8:11: warning [past-until]: steps[1].wait: "30d": ends after the rule's until (7d), so the steps behind it are never reached; shorten the wait, or move until`
		idle    = ` warning [idle-allow]: "past-until": is allowed, and there is no such warning here; leave the comment out, or move it to the line above the one that the warning names`
	)
	above := func(comment string) string { return strings.Replace(past, "  - wait", comment+"  - wait", 1) }
	behind := func(comment string) string { return strings.Replace(past, "30d", "30d"+comment, 1) }
	down := func(line string) string { return strings.Replace(line, "a.yaml:8:", "a.yaml:9:", 1) }
	for name, c := range map[string]struct {
		rule string
		want []string
	}{
		"nothing is allowed":      {past, []string{warning}},
		"on the line above":       {above("  # allow past-until: the texts come\n"), nil},
		"above other comments":    {above("# allow past-until: the texts come\n\n  # and more\n"), nil},
		"on the line":             {behind(" # allow past-until: the texts come"), nil},
		"Windows line ends":       {strings.ReplaceAll(behind(" # allow past-until: the texts come"), "\n", "\r\n"), nil},
		"two lines above":         {strings.Replace(past, "  - send", "  # allow past-until: why\n  - send", 1), []string{"rules/a.yaml:7:3:" + idle, down(warning)}},
		"without a reason":        {behind(" # allow past-until"), []string{warning, `rules/a.yaml:8:15: warning [idle-allow]: "past-until": is allowed without a reason, so it is not; say why: # allow past-until: the night shift asked for it`}},
		"with an empty reason":    {above("  # allow past-until: \n"), []string{`rules/a.yaml:8:3: warning [idle-allow]: "past-until": is allowed without a reason, so it is not; say why: # allow past-until: the night shift asked for it`, down(warning)}},
		"a code that is misspelt": {above("  # allow past-untill: why\n"), []string{`rules/a.yaml:8:3: warning [idle-allow]: "past-untill": is not the code of a warning; did you mean past-until?`, down(warning)}},
		"a code that is not":      {"# allow everything: please\n" + past, []string{`rules/a.yaml:1:1: warning [idle-allow]: "everything": is not the code of a warning; write the word that stands in [ ] in the warning`, down(warning)}},
		"itself":                  {"# allow idle-allow: please\n" + behind(" # allow past-until: why"), []string{`rules/a.yaml:1:1: warning [idle-allow]: "idle-allow": is about comments such as this one and cannot be allowed; leave the comment out`}},
		"in a text": {strings.Replace(past, "Say hello.", "|\n  Say\n  # allow past-until: no\n", 1),
			[]string{`rules/a.yaml:11:11: warning [past-until]: steps[1].wait: "30d": ends after the rule's until (7d), so the steps behind it are never reached; shorten the wait, or move until`}},
		"in quotes":         {strings.Replace(past, "Say hello.", `"Say # allow past-until: no"`, 1), []string{warning}},
		"a broken file":     {"# allow past-until: why\nsteps: []\n", []string{}},
		"a comment of ours": {"# We allow nobody in here\n" + past, []string{down(warning)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := linesOf(c.rule, nil)
			if name == "a broken file" {
				require.NotContains(t, strings.Join(got, "\n"), "idle-allow")
				return
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestAllowInATemplate(t *testing.T) {
	t.Parallel()
	const text = "It’s {{ customer.first_name }}"
	rule := strings.Replace(past, "30d", "3d", 1)
	require.Len(t, linesOf(rule, map[string]string{"hello/sms.txt": "It’s good.\n"}), 1)
	require.Empty(t, linesOf(rule, map[string]string{"hello/sms.txt": "{% comment %}allow costly-letter: our brand{% endcomment %}It’s good.\n"}))
	require.Empty(t, linesOf(rule, map[string]string{
		"old/email.html": "---\nsubject: Hello\nlayout: none\n# allow unused-template: for June\n---\n<p>Hello.</p>\n",
	}))
	require.Equal(t, []string{`templates/old/sms.txt: warning [unused-template]: no rule sends the template old; send it, or delete its folder`},
		linesOf(rule, map[string]string{"old/sms.txt": "# allow unused-template: a text is no comment\n"}))
	require.NotEmpty(t, linesOf(rule, map[string]string{"hello/sms.txt": text}))
}
