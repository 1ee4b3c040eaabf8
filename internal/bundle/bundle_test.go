package bundle_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/source"
)

const (
	data = `traits: {plan: [basic, surf]}
events:
  data_session: {mb: number}
  order_placed: {from: "Order Completed", total: number}
`
	policyText = `topics: {service: {consent: assumed}, urgent: {consent: assumed, urgent: yes}}
quiet: daily 22:00-07:00
`
	warn = `description: Warn before the data runs out.
owner: growth@example.com
topic: service
when:
  usage: {sum: data_session.mb, per: month, limit: "1000", reaches: 80%}
steps:
  - send: usage-warning
`
	thanks = `description: Thank for an order.
owner: growth@example.com
topic: urgent
when: {event: order_placed}
steps:
  - send: thanks
    channel: sms
    at: daily 23:00
`
)

// files gives sound files, with some replaced.
func files(rules, templates map[string]string) bundle.Files {
	f := bundle.Files{
		Rules: map[string][]byte{
			"data.yaml": []byte(data), "policy.yaml": []byte(policyText), "warn.yaml": []byte(warn), "thanks.yaml": []byte(thanks),
			"warn.test.yaml": []byte("tests: {{{"), "README.md": []byte("# rules"), "old/warn.yaml": []byte("{{{"),
		},
		Templates: map[string][]byte{
			"usage-warning/sms.txt": []byte("{{ match.left }} MB are left.\n"), "thanks/sms.txt": []byte("Thanks.\n"),
		},
	}
	for name, text := range rules {
		f.Rules[name] = []byte(text)
	}
	for name, text := range templates {
		f.Templates[name] = []byte(text)
	}
	return f
}

func lines(problems []source.Problem) []string {
	var list []string
	for _, p := range problems {
		list = append(list, p.String())
	}
	return list
}

func names(b *bundle.Bundle) []string {
	var list []string
	for _, r := range b.Rules {
		list = append(list, r.Name)
	}
	return list
}

func TestCheck(t *testing.T) {
	t.Parallel()
	b, problems := bundle.Check(files(nil, nil))
	require.Empty(t, lines(problems))
	require.Equal(t, []string{"thanks", "warn"}, names(b))
	require.Equal(t, []string{"thanks", "usage-warning"}, b.Templates.Names())
	require.Equal(t, []string{"plan"}, b.Dictionary.TraitNames())
	require.Equal(t, []string{"service", "urgent"}, b.Policy.TopicNames())
	require.True(t, b.Rules[0].Urgent, "the policy says which topics are urgent")
}

func TestAllProblemsOfAllFilesAtOnce(t *testing.T) {
	t.Parallel()
	b, problems := bundle.Check(files(map[string]string{
		"data.yaml":   data + "  data_sesion: {mb: nubmer}\n",
		"policy.yaml": policyText + "holdout: 5\n",
		"warn.yaml":   strings.Replace(warn[strings.Index(warn, "\n")+1:], "service", "servise", 1),
		"late.yml":    warn,
	}, map[string]string{"usage-warning/sms.txt": "{{ plna }} left\n"}))
	require.Equal(t, []string{
		`rules/data.yaml:5:21: events.data_sesion.mb: "nubmer": is not a type; write one of text, number, id, date, time, or the list of allowed texts in [ ]`,
		`rules/late.yml: is not read, since its name ends in .yml; call it late.yaml`,
		`rules/policy.yaml:3:10: holdout: "5": lacks its %; write 5%`,
		`rules/warn.yaml:1:1: description is missing; say in one sentence what the rule is for`,
		`rules/warn.yaml:2:8: topic: "servise": is not a topic of policy.yaml; did you mean service?`,
	}, lines(problems)[:5])
	require.Len(t, problems, 6)
	require.Contains(t, problems[5].String(), `templates/usage-warning/sms.txt:1:4: "plna": `)
	require.Equal(t, []string{"thanks"}, names(b), "a rule with problems is left out")
}

func TestAcrossFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules, templates map[string]string
		want             []string
	}{
		"a template that is not there": {
			rules: map[string]string{"thanks.yaml": thanks[:len(thanks)-len("thanks\n    channel: sms\n    at: daily 23:00\n")] + "thnaks\n"},
			want:  []string{`rules/thanks.yaml:6:11: steps[0].send: "thnaks": is not a template; did you mean thanks?`},
		},
		"a channel without a text": {
			rules: map[string]string{"thanks.yaml": thanks + "    id: x\n  - send: thanks\n    channel: [sms, push]\n"},
			want:  []string{`rules/thanks.yaml:10:11: steps[1].send: "thanks": has no text for push; add it under templates/thanks, or name another channel`},
		},
		"a time in the policy's quiet hours": {
			rules: map[string]string{"warn.yaml": warn + "    at: daily 23:00\n"},
			want:  []string{`rules/warn.yaml:8:9: steps[0].at: "daily 23:00": lies wholly in the policy's quiet hours (daily 22:00-07:00); choose another time; only urgent topics may be sent then`},
		},
		"a figure that the rule does not give": {
			templates: map[string]string{"usage-warning/sms.txt": "{{ match.lefft }} left\n"},
			want:      []string{`templates/usage-warning/sms.txt:1:4: "match.lefft": is not known in rule warn; did you mean left?`},
		},
		"no data": {
			rules: map[string]string{"data.yaml": "", "thanks.yaml": "", "warn.yaml": "description: Say that a message came.\nowner: a@example.com\ntopic: service\nwhen: {event: message_sent}\nsteps:\n  - send: thanks\n"},
			want: []string{`rules/data.yaml: warning [no-data]: is missing, so no trait and no event of yours is known; declare them there`,
				`rules/thanks.yaml: is empty; write something in it, or delete it`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := bundle.Check(files(c.rules, c.templates))
			require.Equal(t, c.want, lines(problems))
		})
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	b := bundle.Empty()
	require.Empty(t, b.Rules)
	require.Empty(t, b.Templates.Names())
	require.Equal(t, "UTC", b.Policy.Zone)
	require.True(t, b.Dictionary.Events["message_sent"].ByUs)
}

func TestReadOne(t *testing.T) {
	t.Parallel()
	whole, _ := bundle.Check(files(nil, nil))
	var ps source.Problems
	one := bundle.ReadOne("warn", []byte(warn), []byte(data), []byte(policyText), &ps)
	require.NoError(t, ps.Err())
	require.Equal(t, whole.Rules[1], one.Rules[0])
	broken := bundle.ReadOne("warn", []byte("steps: []\n"), nil, nil, &ps)
	require.Error(t, ps.Err())
	require.Len(t, broken.Rules, 1)
}

func TestReadDir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := files(nil, nil)
	for folder, list := range map[string]map[string][]byte{"r": want.Rules, "t": want.Templates} {
		for name, text := range list {
			file := filepath.Join(dir, folder, filepath.FromSlash(name))
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
			require.NoError(t, os.WriteFile(file, text, 0o600))
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "r", ".hidden.yaml"), nil, 0o600))
	got, err := bundle.ReadDir(filepath.Join(dir, "r"), filepath.Join(dir, "t"))
	require.NoError(t, err)
	for _, name := range []string{"warn.test.yaml", "README.md", "old/warn.yaml"} {
		delete(want.Rules, name)
	}
	require.Equal(t, want.Rules, got.Rules)
	require.Equal(t, want.Templates, got.Templates)
	b, problems := bundle.Check(got)
	require.Empty(t, lines(problems))
	require.Len(t, b.Rules, 2)
	got, err = bundle.ReadDir(filepath.Join(dir, "r"), filepath.Join(dir, "absent"))
	require.NoError(t, err)
	require.Empty(t, got.Templates)
	_, err = bundle.ReadDir(filepath.Join(dir, "absent"), filepath.Join(dir, "t"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestSamplesAreKeptUnread(t *testing.T) {
	t.Parallel()
	b, problems := bundle.Check(bundle.Files{Templates: map[string][]byte{
		"a/sms.txt": []byte("x"), "a/sample.yaml": []byte("{% if"), "a/b/sample.yaml": []byte("x"),
	}, TemplatesDir: "t"})
	require.Equal(t, map[string]bundle.Sample{"a": {File: "t/a/sample.yaml", Text: []byte("{% if")}}, b.Samples)
	require.Equal(t, []string{"t/a/b/sample.yaml: is not in a template's folder; move it to <template>/sms.txt, for instance"}, lines(problems))
}
