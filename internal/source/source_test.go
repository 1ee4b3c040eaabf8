package source_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/source"
)

// lines gives the problems of one file as its author reads them.
func lines(text string) []string {
	var ps source.Problems
	source.Read("a.yaml", []byte(text), &ps)
	var out []string
	for _, p := range ps.List() {
		out = append(out, p.String())
	}
	return out
}

func TestFaultsOfYAML(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"fine":          {"a: 1\nb: [x, 'y: z']\n", nil},
		"comment":       {"a: 1 # one\n", nil},
		"no file":       {"", []string{"a.yaml: is empty; write something in it, or delete it"}},
		"tag":           {"unless: !opened\n", []string{`a.yaml:1:9: unless: a word starts with ! here, which YAML reads as a tag; for "not" write not opened; else put it in quotes`}},
		"anchor":        {"a: &x 1\n", []string{`a.yaml:1:4: a: "1": an anchor (&x) stands here; write the value out; for a text that starts with & use quotes`}},
		"empty":         {"a:\nb: 1\n", []string{`a.yaml:1:3: a: has no value; write one after the colon, or leave the key out`}},
		"twice":         {"a: 1\nb: 2\na: 3\n", []string{`a.yaml:3:1: a: "a": stands twice, first on line 1; keep one of them`}},
		"braces":        {"audience: {plan == \"surf\"}\n", []string{`a.yaml:1:12: audience.plan == "surf": "plan == \"surf\"": stands in braces, which YAML reads as a key without a value; leave out the braces { }`}},
		"braces, list":  {"{channel: email, sms, push, at: now}\n", []string{`a.yaml:1:18: sms: "sms": stands behind a comma in braces, which YAML reads as a key without a value; write channel: [email, sms, push], or a colon and a value behind sms`}},
		"braces, count": {"when: {becomes: count(checked_in, 30d) > 3}\n", []string{`a.yaml:1:35: when.30d) > 3: "30d) > 3": stands behind a comma in braces, which YAML reads as a key without a value; write the expression in single quotes, becomes: '...', or becomes on a line of its own below when`}},
		"braces, both": {"if: {count(a, 30d) > 3}\n", []string{
			`a.yaml:1:6: if.count(a: "count(a": stands in braces, which YAML reads as a key without a value; leave out the braces { }`,
			`a.yaml:1:15: if.30d) > 3: "30d) > 3": stands in braces, which YAML reads as a key without a value; leave out the braces { }`}},
		"braces, words": {"{a: to be, or not}\n", []string{`a.yaml:1:12: or not: "or not": stands behind a comma in braces, which YAML reads as a key without a value; put the whole value of a in single quotes, or leave it out`}},
		"cut":           {"description: Team #1\n", []string{`a.yaml:1:14: description: "Team": is cut off before #1, since # starts a comment; put the whole value in quotes, or a space after # if it is a comment`}},
		"two documents": {"a: 1\n---\nb: 2\n", []string{`a.yaml:2:1: a second document starts here; leave out the line --- or ... before it; what does not belong together needs files of its own`}},
		"quoted start":  {"audience: \"surf\" in plans\n", []string{`a.yaml:1:18: "audience: \"surf\" in plans": has a quote that ends before its value does; put the whole value in the other quotes, or start it with a name: plan in ["surf"]`}},
		"cron":          {"at: * * * * *\n", []string{`a.yaml:1:6: "at: * * * * *": has a value that starts with *, which no value may; for a cron line write cron before it: cron * * * * *`}},
		"tab":           {"\ta: 1\n", []string{`a.yaml:1:1: "a: 1": is indented with a tab; indent with spaces, not with tabs`}},
		"merge":         {"<<: 1\n", []string{`a.yaml:1:1: <<: "<<": << merges are not read here; write the keys out`}},
		"not text":      {"a: \xff\n", []string{"a.yaml: is not UTF-8 text; save it as UTF-8"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, lines(c.text))
		})
	}
}

func TestFieldsNameTheNearestKey(t *testing.T) {
	t.Parallel()
	var ps source.Problems
	n, ok := source.Read("a.yaml", []byte("steps:\n  - wihtin: 2d\n"), &ps)
	require.True(t, ok)
	steps, _ := n.Fields("steps").Get("steps")
	for _, item := range steps.Items() {
		item.Fields("within", "send").Require("send", "name a template")
	}
	require.EqualError(t, ps.Err(), `a.yaml:2:5: steps[0].wihtin: "wihtin": is not a key that is known here; did you mean within?
a.yaml:2:5: steps[0]: send is missing; name a template`)
}

func TestWarningsAreNoError(t *testing.T) {
	t.Parallel()
	var ps source.Problems
	n, _ := source.ReadAt("a.yaml", []byte("a: 1\n"), 4, &ps)
	n.Warn("odd-looks", "looks odd", "")
	require.NoError(t, ps.Err())
	require.Equal(t, "a.yaml:5:1: warning [odd-looks]: looks odd", ps.List()[0].String())
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"event", "usage", "silent", "missing"}
	require.Equal(t, "silent", source.Nearest("silnet", known))
	require.Equal(t, "usage", source.Nearest("Usage", known))
	require.Empty(t, source.Nearest("wholly-else", known))
	require.Equal(t, "known: event, usage, silent, missing", source.DidYouMean("zzz", known))
	many := append([]string{"digest-weekly", "usage-limit", "usage-plan"}, make([]string, 14)...)
	for word, want := range map[string]string{
		"Weekly": "did you mean digest-weekly?", "usage": "did you mean usage-limit or usage-plan?",
		"digest-weakly": "did you mean digest-weekly?", "us": "", "zzz": "",
	} {
		require.Equal(t, want, source.DidYouMean(word, many), word)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"a: 1", "a: {b}", "- !x", "a: &b\n", "? [a]\n: b", "a: |\n x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var ps source.Problems
		source.Read("a.yaml", []byte(text), &ps)
		for _, p := range ps.List() {
			require.NotEmpty(t, p.Message)
		}
	})
}
