package message_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/source"
)

func TestAnEmail(t *testing.T) {
	t.Parallel()
	l := library(t, files(map[string]string{
		"a/email.html": "---\nsubject: \"{{ match.share | percent }} used, {{ customer.first_name | default: 'you' }}\"\npreheader: Only {{ match.left | gigabytes }} left\n---\n<h1>Hello</h1>\n<p>See <a href=\"https://x.example/p\">plans</a>.</p>",
		"b/email.html": "---\nsubject: S\nlayout: none\n---\n<p>x &amp; y</p>",
		"b/email.txt":  "only\n\n\ntext {{ match.used }}\n",
	}))
	got, err := l.Render("a", customer.Email, ana(t))
	require.NoError(t, err)
	body := "<h1>Hello</h1>\n<p>See <a href=\"https://x.example/p\">plans</a>.</p>"
	require.Equal(t, channel.Content{
		Subject: "81 % used, Ana", Preheader: "Only 2.9 GB left",
		HTML: "<title>81 % used, Ana</title><i>Only 2.9 GB left</i><main>" + body + "</main>",
		Text: "81 % used, Ana\n\nHello\n\nSee plans <https://x.example/p>.",
	}, got)
	got, err = l.Render("b", customer.Email, ana(t))
	require.NoError(t, err)
	require.Equal(t, channel.Content{Subject: "S", HTML: "<p>x &amp; y</p>", Text: "only\n\ntext 12100"}, got)
}

func TestAPush(t *testing.T) {
	t.Parallel()
	l := library(t, map[string][]byte{
		"a/push.txt": []byte("---\ntitle: \"{{ customer.first_name | default: 'Hi' }}\"\nlink: \"myapp://order/{{ order_placed.order_id }}\"\n---\nYour order is late.\n"),
		"b/push.txt": []byte("---\ntitle: T\n---\nx"),
	})
	got, err := l.Render("a", customer.Push, ana(t))
	require.NoError(t, err)
	require.Equal(t, channel.Content{Subject: "Ana", Text: "Your order is late.", Link: "myapp://order/A%201%262"}, got)
	got, err = l.Render("b", customer.Push, ana(t))
	require.NoError(t, err)
	require.Equal(t, channel.Content{Subject: "T", Text: "x"}, got)
}

func TestNamesAndChannels(t *testing.T) {
	t.Parallel()
	l := library(t, files(map[string]string{"b/sms.txt": "x", "b/email.html": mail("x"), "a/push.txt": "---\ntitle: T\n---\nx"}))
	require.Equal(t, []string{"a", "b"}, l.Names())
	require.Equal(t, []customer.Channel{customer.SMS, customer.Email}, l.Channels("b"))
	require.Empty(t, l.Channels("c"))
}

// hostile is what somebody may have typed for a name.
const hostile = `<script>alert("1")</script> ' & {{ customer.plan }} {% assign x = 1 %}` + "\r\n\x00\x1bBcc: x"

func TestValuesAreNeverMarkup(t *testing.T) {
	t.Parallel()
	v := ana(t)
	v.Customer.Traits["first_name"] = customer.Text(hostile)
	name := "{{ customer.first_name | default: 'x' }}"
	l := library(t, files(map[string]string{
		"a/sms.txt":    name,
		"a/email.html": "---\nsubject: \"" + name + "\"\n---\n<p title=\"" + name + "\">{% assign n = customer.first_name %}{{ n | default: 'x' }}</p>",
		"b/email.html": "---\nsubject: S\nlayout: none\n---\n<a href=\"https://x.example/?n=" + name + "&u={{ customer.first_name | default: 'x' | url_encode }}\">x</a>",
		"c/email.html": "---\nsubject: S\nlayout: none\n---\n{% capture c %}" + name + "{% endcapture %}<a href='{{ link.unsubscribe }}'>{{ c }}</a>",
	}))
	const clean = `<script>alert("1")</script> ' & {{ customer.plan }} {% assign x = 1 %}`
	const escaped = `&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &#39; &amp; {{ customer.plan }} {% assign x = 1 %}`
	text, err := l.Render("a", customer.SMS, v)
	require.NoError(t, err)
	require.Equal(t, clean+"\nBcc: x", text.Text)

	a, err := l.Render("a", customer.Email, v)
	require.NoError(t, err)
	require.Equal(t, clean+" Bcc: x", a.Subject)
	broken := escaped + "\nBcc: x"
	require.Equal(t, "<title>"+escaped+" Bcc: x</title><main><p title=\""+broken+"\">"+broken+"</p></main>", a.HTML)
	require.NotContains(t, a.Text, "Surf")

	b, err := l.Render("b", customer.Email, v)
	require.NoError(t, err)
	require.Regexp(t, `^<a href="https://x\.example/\?n=[A-Za-z0-9%._-]+&u=[A-Za-z0-9%._+-]+">x</a>$`, b.HTML)

	c, err := l.Render("c", customer.Email, v)
	require.NoError(t, err)
	require.Equal(t, `<a href='https://x.example/u?a=1&amp;b=2'>`+broken+`</a>`, c.HTML)
}

func TestTheVersionForALocale(t *testing.T) {
	t.Parallel()
	l := library(t, files(map[string]string{
		"a/sms.txt": "en {{ 1234.5 | number }}", "a/sms.txt.de": "de {{ 1234.5 | number }} {{ now | date: \"%A, %-d. %B\" }}", "a/sms.txt.de-CH": "ch {{ 1234.5 | number }}",
		"a/sms.txt.fr": "fr {{ 1234.5 | number }} {{ 12100 | gigabytes }}",
		"a/email.html": mail("en"), "a/email.html.de": mail("de"),
		"a/email.txt":             "en text",
		"layouts/default.html.de": "[{{ content }}]",
	}))
	for locale, want := range map[string]string{
		"": "en 1,234.5", "en-GB": "en 1,234.5", "pl": "en 1,234.5", "d": "en 1,234.5",
		"de": "de 1.234,5 Dienstag, 24. November", "de-AT": "de 1.234,5 Dienstag, 24. November", "de-Latn-AT": "de 1.234,5 Dienstag, 24. November",
		"de-CH": "ch 1'234.5", "de_ch": "ch 1'234.5", "fr-CA": "fr 1 234,5 12,1 GB",
	} {
		v := ana(t)
		v.Customer.Locale = locale
		got, err := l.Render("a", customer.SMS, v)
		require.NoError(t, err)
		require.Equal(t, want, got.Text, locale)
	}
	v := ana(t)
	v.Customer.Locale = "de-AT"
	got, err := l.Render("a", customer.Email, v)
	require.NoError(t, err)
	require.Equal(t, channel.Content{Subject: "S", HTML: "[de]", Text: "[de]"}, got)
}

func TestCheckUse(t *testing.T) {
	t.Parallel()
	l := library(t, files(map[string]string{
		"a/sms.txt":    "{{ match.used }} {% if match.shar %}x{% endif %}{% if match.before %}y{% endif %}",
		"a/push.txt":   "---\ntitle: \"{{ match.usd }}\"\n---\n{{ order_placed.order_id }} {{ order_placed.total | default: 1 }}",
		"b/email.html": mail("{{ match.left }}"),
	}))
	for name, c := range map[string]struct {
		use  message.Use
		want []string
	}{
		"fine":        {message.Use{Rule: "r.yaml", Template: "b", Match: []string{"left"}}, nil},
		"no template": {message.Use{Rule: "r.yaml", Template: "bb"}, []string{`r.yaml: "bb": is not a template; known: a, b`}},
		"no channel":  {message.Use{Rule: "r.yaml", Template: "b", Channels: []customer.Channel{customer.SMS}}, []string{`r.yaml: "b": is not written for sms; add t/b/sms.txt`}},
		"of one channel": {message.Use{Rule: "r.yaml", Template: "a", Channels: []customer.Channel{customer.SMS}, Match: []string{"used", "share"}}, []string{
			`t/a/sms.txt:1:24: warning [not-given]: "match.shar": is not known in rule r.yaml; did you mean share?`}},
		"of all": {message.Use{Rule: "r.yaml", Template: "a", Match: []string{"used"}}, []string{
			`t/a/push.txt:2:12: title: "match.usd": is not known in rule r.yaml; did you mean used?`,
			`t/a/push.txt:4:4: "order_placed.order_id": is not known in rule r.yaml; put it in an if, add | default:, or use another template`}},
		"all given": {message.Use{Rule: "r.yaml", Template: "a", Match: []string{"used", "usd", "shar"}, Events: []string{"order_placed"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ps source.Problems
			l.CheckUse(c.use, &ps)
			var got []string
			for _, p := range ps.List() {
				got = append(got, p.String())
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	l := library(t, map[string][]byte{"layouts/default.html": ownLayout(t), "a/email.html": []byte(mail("{% for i in (1..5) %}{% assign x = match.used | plus: i %}{{ x }} {% endfor %}"))})
	want, err := l.Render("a", customer.Email, ana(t))
	require.NoError(t, err)
	got, all := make([]channel.Content, 16), sync.WaitGroup{}
	for i := range got {
		v := ana(t)
		all.Go(func() { got[i], _ = l.Render("a", customer.Email, v) })
	}
	all.Wait()
	for _, c := range got {
		require.Equal(t, want, c)
	}
}

func TestOwnLayout(t *testing.T) {
	t.Parallel()
	l := library(t, map[string][]byte{"layouts/default.html": ownLayout(t), "a/email.html": []byte("---\nsubject: Nearly used up\npreheader: Only 2.9 GB left\n---\n<h1>Hello</h1>\n<p>Bye</p>")})
	got, err := l.Render("a", customer.Email, ana(t))
	require.NoError(t, err)
	require.Contains(t, got.HTML, "<title>Nearly used up</title>")
	require.Contains(t, got.HTML, ">Only 2.9 GB left&#847;")
	require.Contains(t, got.HTML, `<a href="https://x.example/u?a=1&amp;b=2" style="color:#5f6770;">Unsubscribe</a>`)
	require.NotContains(t, got.HTML, "Choose what you hear")
	require.NotContains(t, got.HTML, "src=")
	require.Equal(t, "Hello\n\nBye\n\nYou get this message because you are our customer.\nUnsubscribe <https://x.example/u?a=1&b=2>", got.Text)
	require.Less(t, strings.Count(got.HTML, "")-1, 8_000)
}

func BenchmarkRender(b *testing.B) {
	l := library(b, map[string][]byte{
		"layouts/default.html": ownLayout(b),
		"a/sms.txt":            []byte("Hi {{ customer.first_name | default: 'there' }}, {{ match.share | percent }} of your {{ customer.plan_mb | default: 0 | gigabytes }} is used."),
		"a/email.html":         []byte(mail("<p>Hi {{ customer.first_name | default: 'there' }}, {{ match.share | percent }} is used.</p>")),
		"a/email.txt":          []byte("Hi {{ customer.first_name | default: 'there' }}"),
	})
	v := ana(b)
	for _, c := range []customer.Channel{customer.SMS, customer.Email} {
		b.Run(string(c), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Render("a", c, v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
