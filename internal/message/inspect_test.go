package message_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/source"
)

func TestMentions(t *testing.T) {
	t.Parallel()
	l := library(t, files(map[string]string{
		"a/sms.txt":    "x {{ match.used }}\n{% if customer.plan %}{{ customer.plan }}{% endif %} {{ now | date: '%d' }}",
		"a/sms.txt.de": "{% assign y = 1 %}{% for i in (1..2) %}{{ y }}{{ i }}{{ forloop.index }}{% endfor %}{{ order_placed.order_id | default: 'x' }}",
		"a/push.txt":   "---\ntitle: \"{{ match.left }}\"\n---\nx",
	}))
	require.Equal(t, []message.Mention{
		{Path: "match.used", File: "t/a/sms.txt", Line: 1, Column: 6},
		{Path: "customer.plan", File: "t/a/sms.txt", Line: 2, Column: 7, Guarded: true},
		{Path: "now", File: "t/a/sms.txt", Line: 2, Column: 57},
	}, l.Mentions("a", customer.SMS, "fr"))
	require.Equal(t, []message.Mention{{Path: "order_placed.order_id", File: "t/a/sms.txt.de", Line: 1, Column: 88, Guarded: true}}, l.Mentions("a", customer.SMS, "de-AT"))
	require.Equal(t, []message.Mention{{Path: "match.left", File: "t/a/push.txt", Line: 2, Column: 12}}, l.Mentions("a", customer.Push, ""))
	require.Empty(t, l.Mentions("a", customer.Email, ""))
	require.Empty(t, l.Mentions("b", customer.SMS, ""))
}

func TestMentionsOfLayouts(t *testing.T) {
	t.Parallel()
	l := library(t, map[string][]byte{
		"layouts/default.html": []byte("{{ subject }}{{ content }}{% if link.unsubscribe %}x{% endif %}"),
		"a/email.html":         []byte("---\nsubject: x\n---\n<p>{{ match.used }}</p>"),
	})
	var paths []string
	for _, m := range l.Mentions("a", customer.Email, "") {
		paths = append(paths, m.File+" "+m.Path)
	}
	require.Equal(t, []string{"t/a/email.html match.used", "t/layouts/default.html link.unsubscribe"}, paths)
}

func TestLocales(t *testing.T) {
	t.Parallel()
	l := library(t, files(map[string]string{"a/sms.txt": "x", "a/sms.txt.pt-BR": "x", "a/sms.txt.de": "x", "a/email.html": mail("x"), "a/push.txt": "---\ntitle: T\n---\nx"}))
	require.Equal(t, []string{"", "de", "pt-br"}, l.Locales("a", customer.SMS))
	require.Equal(t, []string{""}, l.Locales("a", customer.Email))
	require.Equal(t, []string{""}, l.Locales("a", customer.Push))
	require.Empty(t, l.Locales("b", customer.SMS))
}

func TestForeignTo(t *testing.T) {
	t.Parallel()
	require.Empty(t, message.ForeignTo("plain {text} für 5 €"))
	require.Equal(t, []message.Foreign{
		{Char: "’", Name: "a curly quote", Hint: "write '"},
		{Char: "–", Name: "a long dash", Hint: "write -"},
		{Char: "👍", Hint: "leave it out if you can"},
	}, message.ForeignTo("it’s – it’s 👍–"))
}

func TestASampleIsNoText(t *testing.T) {
	t.Parallel()
	var ps source.Problems
	l := message.Read(map[string][]byte{"a/sms.txt": []byte("x"), "a/sample.yaml": []byte("{% if"), "b/sample.yaml": nil}, message.Env{Data: data(), Prefix: "t/"}, &ps)
	require.Empty(t, ps.List())
	require.Equal(t, []string{"a"}, l.Names())
	message.Read(map[string][]byte{"layouts/sample.yaml": nil, "a/deep/sample.yaml": nil, "a/samples.yaml": nil}, message.Env{Data: data()}, &ps)
	require.Len(t, ps.List(), 3)
}
