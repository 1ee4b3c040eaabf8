package message_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/source"
)

// FuzzRead holds that no text ends the process, that problems in a text have a
// place inside of it, and that what is read can be rendered or says why not.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"{{ customer.plan | default: 'x' | upcase }}", "{% if customer.vip == \"yes\" %}a{% elsif now > customer.renewal_at %}b{% else %}c{% endif %}",
		"{% case customer.plan %}{% when 'surf', blank %}x{% endcase %}", "{% for i in (1..3) reversed limit: 2 %}{{ forloop.index }}{% endfor %}",
		"{% raw %}{{{% endraw %}{% comment %}{% endcomment %}", "{%- capture x -%}{{ match.used | number: 2 }}{%- endcapture -%}{{ x }}",
		"<a href=\"https://x/{{ match.x }}\" class='{{ x }}'>", "---\nsubject: \"{{ now | date: '%d %B' }}\"\n---\n<style>a{}</style>", "{{ 'a' | replace: '', 'b' | split: 'a' | join }}",
		"{% if items %}{{ items }}{% endif %}{{ items_count }}", "<b>{{ items }}</b", "{{ items | first }}{% assign x = items %}", "{% capture x %}{{ items }}{% endcapture %}", "<html>{{ items }}", "{% unless riding %}{{ match.y }}{% endunless %}", "x{% if items %}{{ match.y }}{% endif %}",
		"{{-}}", "{%-%}", "{{ (((1))) }}", "{{ a.b.c-d? }}", "{% unless (1..2) contains nil %}", "{% assign t = 5 %}{{ t | divided_by: t }}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"a/sms.txt", "a/email.html", "a/push.txt", "layouts/x.html"} {
			var ps source.Problems
			l := message.Read(files(map[string]string{name: text}), message.Env{Data: data(), Prefix: "t/"}, &ps)
			for _, p := range ps.List() {
				require.NotEmpty(t, p.Message)
				require.LessOrEqual(t, p.Line, strings.Count(text, "\n")+1)
				require.Equal(t, p.Line > 0, p.Column > 0, p.String())
				require.True(t, p.Line > 0 || p.Path == "", "a problem of a key has a line: %s", p.String())
			}
			if ps.Err() != nil {
				continue
			}
			for _, c := range l.Channels("a") {
				holdItems(t, l, c)
				if _, err := l.Render("a", c, ana(t)); err != nil {
					require.IsType(t, &message.RenderError{}, err)
				}
				_, err := l.Render("a", c, message.Vars{Customer: customer.Profile{Locale: text}})
				if err != nil {
					require.NotContains(t, err.Error(), "cannot be rendered")
				}
			}
		}
	})
}

// holdItems holds that a message goes out with a text as an item of itself, or
// without it and with an error; and that it goes out whenever it would alone.
func holdItems(t *testing.T, l *message.Library, c customer.Channel) {
	t.Helper()
	alone, wrong := l.Render("a", c, ana(t))
	items := []message.Item{{Template: "a", Vars: ana(t)}, {Template: "none"}, {Template: "a"}}
	got, failed, err := l.Compose("a", c, ana(t), items)
	require.Len(t, failed, len(items))
	require.Error(t, failed[1])
	for i, e := range failed {
		if e != nil {
			require.IsType(t, &message.RenderError{}, e)
		} else if err == nil {
			require.True(t, l.Rides("a", c), "item %d", i)
		}
	}
	require.Equal(t, wrong == nil, err == nil, "%v %v", wrong, err)
	if failed[0] != nil && failed[2] != nil {
		require.Equal(t, alone, got)
	}
}
