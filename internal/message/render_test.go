package message_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/message"
)

func TestWhatTemplatesSay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Hi {{ customer.first_name | default: \"there\" }}!":                                                         "Hi Ana!",
		"{{ match.used | gigabytes }} of {{ customer.plan_mb | gigabytes }}":                                         "12.1 GB of 15 GB",
		"{{ match.left | gigabytes }}, {{ 999.6 | gigabytes }}, {{ 850 | gigabytes }}":                               "2.9 GB, 1 GB, 850 MB",
		"{{ match.share | percent }} {{ match.share | percent: 1 }}":                                                 "81 % 80.7 %",
		"{{ order_placed.total | number: 2 }} {{ order_placed.total | number }}":                                     "1,234.50 1,234.5",
		"{{ order_placed.total }} {{ order_placed.total | times: 1000000 }}":                                         "1234.5 1234500000",
		"{{ order_placed.promised_at | date: \"%A %-d %B %H:%M\" }}":                                                 "Wednesday 25 November 00:30",
		"{{ now | date: \"%F %R %Z\" }} {{ customer.renewal_at | date: \"%d.%m.%Y\" }}":                              "2026-11-24 00:30 CET 01.12.2026",
		"{{ customer.renewal_at }} {{ now }}":                                                                        "2026-12-01 2026-11-24 00:30",
		"{% if customer.plan == \"surf\" and match.left > 2000 %}yes{% else %}no{% endif %}":                         "yes",
		"{% if customer.plan == \"basic\" %}a{% elsif customer.account == \"010\" %}b{% endif %}":                    "b",
		"{% unless customer.plan == \"basic\" %}a{% else %}b{% endunless %}":                                         "a",
		"{% unless customer.plan == \"surf\" %}a{% else %}b{% endunless %}":                                          "b",
		"{% case customer.plan %}{% when \"basic\" %}a{% when \"surf\", \"basic\" %}b{% else %}c{% endcase %}":       "b",
		"{% case customer.plan_mb %}\n{% when 1 or 2 %}a{% else %}c{% endcase %}":                                    "c",
		"{% if customer.renewal_at > now %}later{% endif %}{% if customer.renewal_at < now %}past{% endif %}":        "later",
		"{% assign name = customer.first_name | upcase | append: \"!\" %}{{ name | default: \"you\" }}":              "ANA!",
		"{% capture x %}{{ customer.plan | default: \"\" }}-{{ match.used }}{% endcapture %}{{ x | upcase }}":        "SURF-12100",
		"{% for i in (1..3) %}{{ i }}{% unless forloop.last %}, {% endunless %}{% endfor %}":                         "1, 2, 3",
		"{% for w in \"a,b,c\" | split: \",\" reversed limit: 2 %}{{ w }}{% endfor %}":                               "cb",
		"a {%- if customer.vip == \"yes\" -%} b {%- endif -%} c":                                                     "abc",
		"{% raw %}{{ customer.nobody }}{% endraw %}{% comment %}{{ x }{% endcomment %}{% raw %}{{% endraw %}{{ 1 }}": "{{ customer.nobody }}{1",
		"{ {{ 1 }} }":                 "{ 1 }",
		"x\n\n\n\n\ny  \n":            "x\n\ny",
		"{{ \"a\" | append: 'b\"' }}": "ab\"",
		"{{ 7 | divided_by: 2 }}":     "3.5",
		"{{ -7 | modulo: 3 }}":        "2",
		"{{ 2.5 | round }}{{ 3 | at_most: 2 }}{{ 0.1 | plus: 0.2 }}":                                                   "320.3",
		"{{ \"größe\" | size }}{{ \"größe\" | slice: 2, 2 }}{{ \"größer\" | truncate: 4, \".\" }}":                     "5ößgrö.",
		"{{ \"a b c d\" | truncatewords: 2 }}":                                                                         "a b...",
		"{% if customer.first_name contains \"n\" %}has{% endif %}":                                                    "has",
		"{% if customer.first_name == blank %}none{% else %}{{ customer.first_name }}{% endif %}":                      "Ana",
		"{% if (customer.plan == \"basic\" or customer.vip == \"yes\") and match.used >= 12100 %}in{% endif %}":        "in",
		"{% if customer.vip == \"yes\" %}{% assign g = \"Dear\" %}{% else %}{% assign g = \"Hi\" %}{% endif %}{{ g }}": "Dear",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := sms(t, text, ana(t))
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestWhatNoValueMeans(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{{ customer.first_name }}":                      "template a: sms: t/a/sms.txt:1:4: customer.first_name has no value; add | default: or put it in an if",
		"{{ customer.first_name | upcase }}":             "template a: sms: t/a/sms.txt:1:4: customer.first_name has no value; add | default: or put it in an if",
		"a\n{{ \"Hi \" | append: customer.first_name }}": "template a: sms: t/a/sms.txt:2:20: customer.first_name has no value; add | default: or put it in an if",
		"{{ order_placed.total | number }}":              "template a: sms: t/a/sms.txt:1:4: order_placed.total has no value; add | default: or put it in an if",
		"{{ match.used }}":                               "template a: sms: t/a/sms.txt:1:4: match.used has no value; add | default: or put it in an if",
		"{{ link.unsubscribe }}":                         "template a: sms: t/a/sms.txt:1:4: link.unsubscribe has no value; add | default: or put it in an if",
		"{% assign x = customer.plan %}{{ x }}":          "template a: sms: t/a/sms.txt:1:34: x has no value; add | default: or put it in an if",
		"{{ 1 | divided_by: 0 }}":                        "template a: sms: t/a/sms.txt:1:8: divides by zero",
		"{{ \"x\" | split: \"x\" | first }}":             "template a: sms: t/a/sms.txt:1:23: has no value; add | default: or put it in an if",
	} {
		_, err := sms(t, text, message.Vars{})
		require.EqualError(t, err, want, text)
	}
	for text, want := range map[string]string{
		"{{ customer.first_name | default: \"you\" | upcase }}":                       "YOU",
		"a{% if customer.plan_mb > 5 or customer.first_name %}b{% endif %}":           "a",
		"a{% if customer.first_name != blank %}b{% endif %}":                          "a",
		"a{% unless customer.first_name %}b{% endunless %}":                           "ab",
		"a{% case customer.plan %}{% when \"surf\" %}b{% when blank %}c{% endcase %}": "ac",
		"a{% if customer.renewal_at < now %}b{% endif %}":                             "a",
	} {
		v := message.Vars{Customer: customer.Profile{Traits: map[string]customer.Value{"first_name": customer.Text(" ")}}}
		got, err := sms(t, text, v)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestRenderErrorsNameTheirPlace(t *testing.T) {
	t.Parallel()
	l := library(t, map[string][]byte{"a/sms.txt": []byte("Hi\n {{ customer.first_name }}")})
	_, err := l.Render("a", customer.SMS, message.Vars{})
	var e *message.RenderError
	require.ErrorAs(t, err, &e)
	require.Equal(t, &message.RenderError{Template: "a", Channel: customer.SMS, File: "t/a/sms.txt", Line: 2, Column: 5,
		Variable: "customer.first_name", Trouble: "has no value", Hint: "add | default: or put it in an if"}, e)
	for _, c := range customer.Channels() {
		_, err = l.Render("b", c, message.Vars{})
		require.EqualError(t, err, "template b: "+string(c)+": is not written for this channel")
	}
	_, err = l.Render("a", customer.Push, message.Vars{})
	require.EqualError(t, err, "template a: push: is not written for this channel")
}

func TestBounds(t *testing.T) {
	t.Parallel()
	long := func(n int) message.Vars {
		return message.Vars{Match: map[string]customer.Value{"x": customer.Text(strings.Repeat("ü", n))}}
	}
	got, err := sms(t, "{{ match.x }}", long(1600))
	require.NoError(t, err)
	require.Len(t, []rune(got), 1600)
	_, err = sms(t, "{{ match.x }}", long(1601))
	require.EqualError(t, err, "template a: sms: t/a/sms.txt: makes a message of more than 1600 characters; shorten the text, or bound what it holds with | truncate: 40")

	l := library(t, files(map[string]string{
		"a/email.html": "---\nsubject: \"{{ match.x }}\"\n---\nx",
		"b/email.html": "---\nsubject: S\n---\n{% for i in (1..100) %}{{ match.x }}{% endfor %}",
		"c/email.html": "---\nsubject: S\n---\n{% assign x = \"aaaaaaaaaa\" %}{% for i in (1..100) %}{% assign x = x | append: x %}{% endfor %}{{ x }}",
		"d/email.html": "---\nsubject: S\n---\n{{ match.x | replace: \"ü\", match.x }}",
	}))
	for name, want := range map[string]string{
		"a": "template a: email: t/a/email.html:2:11: makes a message of more than 998 bytes in one line; shorten the text, or bound what it holds with | truncate: 40",
		"b": "template b: email: t/b/email.html: makes a message of more than 100 kB; shorten the text, or bound what it holds with | truncate: 40",
		"c": "template c: email: t/c/email.html:4:67: x makes a text that is too long",
		"d": "template d: email: t/d/email.html:4:4: match.x makes a text that is too long",
	} {
		_, err := l.Render(name, customer.Email, long(600))
		require.EqualError(t, err, want)
	}
}
