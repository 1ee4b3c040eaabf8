package message_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/source"
)

// riding are templates that carry items, and templates that ride.
func riding(t testing.TB, more map[string]string) *message.Library {
	t.Helper()
	all := map[string]string{
		"bill/email.html":   "---\nsubject: Your bill\npreheader: It is ready\n---\n<p>Ready, {{ customer.first_name | default: 'you' }}.</p>",
		"week/email.html":   "---\nsubject: \"{{ items_count }} things{% if items_count > 1 %}!{% endif %}\"\n---\n<p>This week:</p>\n{{ items }}\n<p>Bye</p>",
		"app/email.html":    "---\nsubject: The <app>\npreheader: \"{{ match.nothing }}\"\n---\n<p>Get the app, {{ customer.first_name | default: 'you' }}: <a href=\"https://x.example/app\">here</a>.</p>",
		"app/email.html.de": "---\nsubject: Die App\n---\n<h3>Die App</h3><p>{{ 1234.5 | number }}</p>",
		"used/email.html":   "---\nsubject: S\n---\n<h1>{{ match.used | gigabytes }} used</h1>",
		"used/email.txt":    "You used {{ match.used | gigabytes }}.",
	}
	for name, text := range more {
		all[name] = text
	}
	return library(t, files(all))
}

func item(template string, v message.Vars) message.Item {
	return message.Item{Template: template, Vars: v}
}

// named is a customer of that first name, of whom nothing else is known.
func named(name string) message.Vars {
	return message.Vars{Customer: customer.Profile{Traits: map[string]customer.Value{"first_name": customer.Text(name)}}}
}

// compose gives what goes out, and that nothing failed.
func compose(t testing.TB, l *message.Library, name string, c customer.Channel, v message.Vars, items ...message.Item) channel.Content {
	t.Helper()
	got, failed, err := l.Compose(name, c, v, items)
	require.NoError(t, err)
	require.Len(t, failed, len(items))
	require.NoError(t, errors.Join(failed...))
	failed, err = l.TryCompose(name, c, v, items)
	require.NoError(t, err)
	require.Len(t, failed, len(items))
	require.NoError(t, errors.Join(failed...))
	return got
}

const appItem = `<div class="item">
<p>Get the app, &lt;b&gt;&amp;{{ now }}: <a href="https://x.example/app">here</a>.</p>
</div>`

func TestAnItemRidesBelowAnEmail(t *testing.T) {
	t.Parallel()
	got := compose(t, riding(t, nil), "bill", customer.Email, ana(t), item("app", named("<b>&{{ now }}")))
	require.Equal(t, channel.Content{
		Subject: "Your bill", Preheader: "It is ready",
		HTML: "<title>Your bill</title><i>It is ready</i><main><p>Ready, Ana.</p>\n" + appItem + "</main>",
		Text: "Your bill\n\nReady, Ana.\n\nGet the app, <b>&{{ now }}: here <https://x.example/app>.",
	}, got)
}

func TestItemsStandWhereTheLayoutSays(t *testing.T) {
	t.Parallel()
	l := riding(t, map[string]string{"layouts/default.html": "<main>{{ content }}</main>{% if items %}<aside>{{ items }}</aside>{% endif %}<footer>{{ items_count }}</footer>"})
	got := compose(t, l, "bill", customer.Email, ana(t), item("app", named("<b>&{{ now }}")))
	require.Equal(t, "<main><p>Ready, Ana.</p></main><aside>"+appItem+"</aside><footer>1</footer>", got.HTML)
	got = compose(t, l, "bill", customer.Email, ana(t))
	require.Equal(t, "<main><p>Ready, Ana.</p></main><footer>0</footer>", got.HTML)
	got = compose(t, l, "week", customer.Email, ana(t), item("used", ana(t)))
	require.NotContains(t, got.HTML, "<aside>")
}

func TestADigest(t *testing.T) {
	t.Parallel()
	l := riding(t, nil)
	got := compose(t, l, "week", customer.Email, ana(t), item("used", ana(t)), item("app", named("Bo")))
	require.Equal(t, channel.Content{
		Subject: "2 things!",
		HTML: "<title>2 things!</title><main><p>This week:</p>\n<div class=\"item\">\n<h1>12.1 GB used</h1>\n</div>\n" +
			"<div class=\"item\">\n<h2>The &lt;app&gt;</h2>\n<p>Get the app, Bo: <a href=\"https://x.example/app\">here</a>.</p>\n</div>\n<p>Bye</p></main>",
		Text: "2 things!\n\nThis week:\n\n12.1 GB used\n\nThe <app>\n\nGet the app, Bo: here <https://x.example/app>.\n\nBye",
	}, got)
	got, err := l.Render("week", customer.Email, ana(t))
	require.NoError(t, err)
	require.Equal(t, "<title>0 things</title><main><p>This week:</p>\n\n<p>Bye</p></main>", got.HTML)
}

func TestItemsInATextPartOfItsOwn(t *testing.T) {
	t.Parallel()
	l := riding(t, map[string]string{"bill/email.txt": "Ready.\n", "week/email.txt": "This week:\n\n{{ items }}\n\nBye"})
	used, app := item("used", ana(t)), item("app", named("Bo"))
	require.Equal(t, "Ready.\n\nYou used 12.1 GB.\n\nGet the app, Bo: here <https://x.example/app>.",
		compose(t, l, "bill", customer.Email, ana(t), used, app).Text)
	require.Equal(t, "This week:\n\nYou used 12.1 GB.\n\nThe <app>\n\nGet the app, Bo: here <https://x.example/app>.\n\nBye",
		compose(t, l, "week", customer.Email, ana(t), used, app).Text)
}

func TestATextKnowsThatItRides(t *testing.T) {
	t.Parallel()
	const greeting = "{% unless riding %}Hi!{% endunless %}{% if riding == true %}By the way:{% endif %}"
	l := riding(t, map[string]string{
		"a/email.html": mail("<p>" + greeting + " a</p>"), "a/push.txt": "---\ntitle: T\n---\n" + greeting + " a",
		"b/email.html": "---\nsubject: S\nlayout: none\n---\n<p>" + greeting + " b</p>", "b/push.txt": "---\ntitle: T\n---\n" + greeting + " b",
		"a/email.txt": greeting + " a", "b/email.txt": greeting + " b",
	})
	a := item("a", ana(t))
	got := compose(t, l, "b", customer.Email, ana(t), a)
	require.Equal(t, channel.Content{
		Subject: "S", HTML: "<p>Hi! b</p>\n<div class=\"item\">\n<p>By the way: a</p>\n</div>", Text: "Hi! b\n\nBy the way: a",
	}, got)
	require.Equal(t, "Hi! b\nBy the way: a", compose(t, l, "b", customer.Push, ana(t), a).Text)
}

func TestNoPlaceLosesAnItem(t *testing.T) {
	t.Parallel()
	l := riding(t, map[string]string{
		"layouts/never.html": "<main>{{ content }}</main>{% if customer.plan == \"basic\" %}{{ items }}{% endif %}",
		"a/email.html":       "---\nsubject: S\nlayout: never\n---\n<p>a</p>{% if customer.plan == \"basic\" %}{{ items }}{% endif %}",
		"b/email.html":       "---\nsubject: S\nlayout: none\n---\n<p>b</p>",
	})
	const rides = "<div class=\"item\">\n<h1>12.1 GB used</h1>\n</div>"
	require.Equal(t, "<main><p>a</p>\n"+rides+"</main>", compose(t, l, "a", customer.Email, ana(t), item("used", ana(t))).HTML)
	require.Equal(t, "<p>b</p>\n"+rides, compose(t, l, "b", customer.Email, ana(t), item("used", ana(t))).HTML)
}

func TestAnItemInTheCustomersLanguage(t *testing.T) {
	t.Parallel()
	l := riding(t, map[string]string{"layouts/default.html.de": "[{{ content }}]", "bill/email.html.de": "---\nsubject: Rechnung\n---\n<p>Da.</p>"})
	for locale, want := range map[string]string{
		"de-AT": "[<p>Da.</p>\n<div class=\"item\">\n<h3>Die App</h3><p>1.234,5</p>\n</div>]",
		"fr":    "<title>Your bill</title><i>It is ready</i><main><p>Ready, you.</p>\n<div class=\"item\">\n<p>Get the app, you: <a href=\"https://x.example/app\">here</a>.</p>\n</div></main>",
	} {
		v := message.Vars{Customer: customer.Profile{Locale: locale}}
		require.Equal(t, want, compose(t, l, "bill", customer.Email, v, item("app", v)).HTML)
	}
}

func TestANotificationWithItems(t *testing.T) {
	t.Parallel()
	l := library(t, map[string][]byte{
		"a/push.txt": []byte("---\ntitle: Order late\n---\nWe are sorry."),
		"b/push.txt": []byte("---\ntitle: \"{{ items_count }} things\"\nlink: https://x.example/b\n---\nThis week:\n{{ items }}\nMore inside."),
		"c/push.txt": []byte("---\ntitle: Never shown\n---\n{{ customer.first_name | default: 'You' }}, rate us."),
		"d/push.txt": []byte("---\ntitle: T\nlink: \"myapp://d/{{ customer.account | default: 'x' }}\"\n---\nGet it."),
	})
	require.Equal(t, channel.Content{Subject: "Order late", Text: "We are sorry.\n<Bo> {{ now }}, rate us.\nGet it.", Link: "myapp://d/010"},
		compose(t, l, "a", customer.Push, ana(t), item("c", named("<Bo> {{ now }}")), item("d", ana(t))))
	require.Equal(t, channel.Content{Subject: "1 things", Text: "This week:\nGet it.\nMore inside.", Link: "https://x.example/b"},
		compose(t, l, "b", customer.Push, ana(t), item("d", ana(t))))
	require.Equal(t, channel.Content{Subject: "0 things", Text: "This week:\n\nMore inside.", Link: "https://x.example/b"}, compose(t, l, "b", customer.Push, ana(t)))
}

func TestAnItemThatCannotRide(t *testing.T) {
	t.Parallel()
	l := riding(t, map[string]string{
		"bill/sms.txt": "Ready.", "app/sms.txt": "Get it.",
		"page/email.html": "---\nsubject: S\nlayout: none\n---\n<!doctype html><html><body>x</body></html>",
		"asks/email.html": mail("x{% if items_count == 1 %}{{ match.y }}{% endif %}"),
		"late/email.html": "---\nsubject: S\n---\n<p>{{ order_placed.order_id }}</p>",
		"text/email.html": mail("<p>x</p>"), "text/email.txt": "{{ match.left }}",
	})
	fits := item("used", ana(t))
	alone := compose(t, l, "bill", customer.Email, ana(t), fits)
	for _, c := range []struct {
		template string
		want     string
	}{
		{"late", "template late: email: t/late/email.html:4:7: order_placed.order_id has no value; add | default: or put it in an if"},
		{"text", "template text: email: t/text/email.txt:1:4: match.left has no value; add | default: or put it in an if"},
		{"page", "template page: email: t/page/email.html: is a whole page, which cannot stand inside of another; leave out <html>, <head> and <body>; the layout has them"},
		{"week", "template week: email: t/week/email.html: is a digest, which holds items and is none; attach another template"},
		{"none", "template none: email: is not written for this channel"},
	} {
		got, failed, err := l.Compose("bill", customer.Email, ana(t), []message.Item{item(c.template, message.Vars{}), fits})
		require.NoError(t, err)
		require.Len(t, failed, 2)
		require.EqualError(t, failed[0], c.want)
		require.IsType(t, &message.RenderError{}, failed[0])
		require.NoError(t, failed[1])
		require.Equal(t, alone, got)
		tried, err := l.TryCompose("bill", customer.Email, ana(t), []message.Item{item(c.template, message.Vars{}), fits})
		require.NoError(t, err)
		require.Equal(t, failed, tried)
	}
	got, failed, err := l.Compose("bill", customer.SMS, ana(t), []message.Item{item("app", ana(t))})
	require.NoError(t, err)
	require.Equal(t, channel.Content{Text: "Ready."}, got)
	require.EqualError(t, failed[0], "template app: sms: rides on a text message, which carries no items")
	got, failed, err = l.Compose("asks", customer.Email, ana(t), []message.Item{item("none", ana(t)), fits})
	require.NoError(t, err)
	require.Equal(t, compose(t, l, "asks", customer.Email, ana(t)), got)
	require.EqualError(t, failed[0], "template none: email: is not written for this channel")
	require.EqualError(t, failed[1], "template used: email: t/asks/email.html:4:30: match.y has no value; add | default: or put it in an if")
	_, failed, err = l.Compose("late", customer.Email, message.Vars{}, []message.Item{fits})
	require.EqualError(t, err, "template late: email: t/late/email.html:4:7: order_placed.order_id has no value; add | default: or put it in an if")
	require.Equal(t, []error{nil}, failed)
}

func TestItemsThatNoLongerFit(t *testing.T) {
	t.Parallel()
	long := func(n int) message.Vars {
		return message.Vars{Match: map[string]customer.Value{"x": customer.Text(strings.Repeat("x", n))}}
	}
	l := riding(t, map[string]string{
		"layouts/place.html": "<main>{{ content }}</main>{{ items }}",
		"big/email.html":     mail("<p>{{ match.x }}</p>"),
		"bare/email.html":    "---\nsubject: S\nlayout: none\n---\nx",
		"placed/email.html":  "---\nsubject: S\nlayout: place\n---\nx",
		"own/email.html":     mail("x"), "own/email.txt": "x",
		"note/push.txt": "---\ntitle: T\n---\nx", "big/push.txt": "---\ntitle: T\n---\n{{ match.x }}",
	})
	for _, carrier := range []string{"bill", "week", "bare", "placed", "own"} {
		got, failed, err := l.Compose(carrier, customer.Email, ana(t), []message.Item{item("big", long(60_000)), item("big", long(60_000)), item("app", named("Bo"))})
		require.NoError(t, err)
		require.NoError(t, failed[0], carrier)
		require.EqualError(t, failed[1], "template big: email: makes the message that it rides on too long")
		require.EqualError(t, failed[2], "template app: email: makes the message that it rides on too long")
		require.Equal(t, 60_000, strings.Count(got.HTML, "xxxxxxxxxx")*10)
		require.LessOrEqual(t, len(got.HTML), 100_000)
	}
	got, failed, err := l.Compose("note", customer.Push, ana(t), []message.Item{item("big", long(3_000)), item("big", long(1_000))})
	require.NoError(t, err)
	require.Equal(t, "x\n"+strings.Repeat("x", 3_000), got.Text)
	require.NoError(t, failed[0])
	require.EqualError(t, failed[1], "template big: push: makes the message that it rides on too long")

	var many []message.Item
	for range 21 {
		many = append(many, item("app", named("Bo")))
	}
	got, failed, err = l.Compose("week", customer.Email, ana(t), many)
	require.NoError(t, err)
	require.Equal(t, "20 things!", got.Subject)
	require.EqualError(t, failed[20], "template app: email: stands behind 20 others, and a message carries no more")
	require.Equal(t, make([]error, 20), failed[:20])
}

func TestRidesAndHasItems(t *testing.T) {
	t.Parallel()
	l := riding(t, map[string]string{
		"bill/sms.txt": "Ready.", "bill/push.txt": "---\ntitle: T\n---\nx",
		"page/email.html": "---\nsubject: S\nlayout: none\n---\n<HTML lang=en><body>x</body></html>",
		"half/email.html": mail("{{ items }}"), "half/email.html.de": mail("x"), "half/push.txt": "---\ntitle: T\n---\n{{ items }}",
	})
	type answer struct{ rides, holds bool }
	got := map[string]answer{}
	for _, name := range []string{"bill", "week", "page", "half", "none"} {
		for _, c := range customer.Channels() {
			if a := (answer{l.Rides(name, c), l.HasItems(name, c)}); a != (answer{}) {
				got[name+" "+string(c)] = a
			}
		}
	}
	require.Equal(t, map[string]answer{
		"bill email": {rides: true}, "bill push": {rides: true}, "week email": {holds: true}, "half push": {holds: true},
	}, got)
}

func TestFaultsOfItems(t *testing.T) {
	t.Parallel()
	page := func(body string) map[string]string { return map[string]string{"a/email.html": mail(body)} }
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"fine":            {page("{% if items %}<p>{{ items_count }}</p>{{ items }}{% endif %}{% unless items %}x{% endunless %}{% if items == blank and items_count > 1 %}x{% endif %}"), nil},
		"at the end":      {map[string]string{"a/email.html": mail("{{ items }}"), "a/email.txt": "x"}, []string{`t/a/email.txt: warning [items-at-end]: has no {{ items }}, so they stand at its very end; write {{ items }} where email.html has it`}},
		"in a layout":     {map[string]string{"layouts/x.html": "{{ content }}{% if items %}<hr>{{ items }}{% endif %}"}, nil},
		"in a subject":    {map[string]string{"a/email.html": "---\nsubject: \"{{ items }}\"\n---\nx"}, []string{`t/a/email.html:2:14: subject: "items": are whole texts, and this is one line; write {{ items }} in the text, and {{ items_count }} here`}},
		"in a title":      {map[string]string{"a/push.txt": "---\ntitle: \"{{ items }}\"\n---\nx"}, []string{`t/a/push.txt:2:12: title: "items": are whole texts, and this is one line; write {{ items }} in the text, and {{ items_count }} here`}},
		"in an SMS":       {map[string]string{"a/sms.txt": "{{ items }}"}, []string{`t/a/sms.txt:1:4: "items": is known in emails and notifications only; leave it out: no item rides on this text`}},
		"counted in SMS":  {map[string]string{"a/sms.txt": "{{ items_count }}"}, []string{`t/a/sms.txt:1:4: "items_count": is known in emails and notifications only; leave it out: no item rides on this text`}},
		"in a link":       {map[string]string{"a/push.txt": "---\ntitle: T\nlink: https://x.example/{{ items_count }}\n---\nx"}, []string{`t/a/push.txt:3:28: link: "items_count": is known in emails and notifications only; leave it out: no item rides on this text`}},
		"twice":           {page("{{ items }}\n{{ items }}"), []string{`t/a/email.html:5:4: "items": stand in a second place; write {{ items }} once`}},
		"in a loop":       {page("{% for i in (1..2) %}{{ items }}{% endfor %}"), []string{`t/a/email.html:4:25: "items": stand in a {% for %}; write {{ items }} outside of it`}},
		"in a capture":    {page("{% capture x %}{{ items }}{% endcapture %}{{ x }}"), []string{`t/a/email.html:4:19: "items": stand in a {% capture %}; write {{ items }} outside of it`}},
		"looped over":     {page("{% for i in items %}x{% endfor %}"), []string{`t/a/email.html:4:13: "items": is no list to run over; write a range as (1..3), or a text with | split: ","`}},
		"in an attribute": {page("<a title=\"{{ items }}\">x</a>"), []string{`t/a/email.html:4:11: "{{ items }}": stand in an attribute's value; put it between tags`}},
		"in a tag":        {page("<p {{ items }}>x</p>"), []string{`t/a/email.html:4:4: "{{ items }}": stand inside of a tag; put it between tags`}},
		"in a comment":    {page("<!-- {{ items }} -->"), []string{`t/a/email.html:4:6: "{{ items }}": stand in a comment; put it between tags`}},
		"filtered":        {page("{{ items | upcase }}"), []string{`t/a/email.html:4:4: "items": are whole texts, with which nothing can be done; write {{ items }} by itself, {% if items %}, or items_count`}},
		"assigned":        {page("{% assign x = items %}{{ x | default: 'x' }}"), []string{`t/a/email.html:4:15: "items": are whole texts, with which nothing can be done; write {{ items }} by itself, {% if items %}, or items_count`}},
		"compared":        {page("{% if items == \"x\" %}x{% endif %}"), []string{`t/a/email.html:4:7: "items": are whole texts, with which nothing can be done; write {{ items }} by itself, {% if items %}, or items_count`}},
		"riding, shown":   {page("{{ riding }}"), []string{`t/a/email.html:4:4: "riding": is a yes or no and cannot be written out; use {% if %}, or the filters first, last or join`}},
		"riding, in SMS":  {map[string]string{"a/sms.txt": "{% if riding %}x{% endif %}"}, []string{`t/a/sms.txt:1:7: "riding": is known in emails and notifications only; leave it out: no item rides on this text`}},
		"taken":           {page("{% assign items = 1 %}x"), []string{`t/a/email.html:4:11: "items": is taken; choose another name`}},
		"a field of them": {page("{{ items.first }}"), []string{`t/a/email.html:4:4: "items.first": is not a name that is known here; write items without a dot`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, problems(files(c.files)))
		})
	}
}

func TestCheckItem(t *testing.T) {
	t.Parallel()
	l := riding(t, map[string]string{
		"text/sms.txt": "x", "note/push.txt": "---\ntitle: \"{{ match.a }}\"\nlink: \"https://x.example/{{ match.b }}\"\n---\n{{ match.c }}",
		"mail/email.html": "---\nsubject: \"{{ match.a }}\"\n---\n{{ match.b }}", "mail/email.txt": "{{ match.c }}",
		"page/email.html": "---\nsubject: S\nlayout: none\n---\n<html></html>", "layouts/default.html.de": "{{ content }}{{ match.never }}",
	})
	for name, c := range map[string]struct {
		use  message.Use
		want []string
	}{
		"fine":      {message.Use{Template: "app", Channels: []customer.Channel{customer.Email}}, nil},
		"not there": {message.Use{Template: "ap"}, []string{`r.yaml: "ap": is not a template; known: app, bill, mail, note, page, text, used, week`}},
		"sms only":  {message.Use{Template: "text"}, []string{`r.yaml: "text": is written for sms only, on which nothing rides; add t/text/email.html`}},
		"on sms":    {message.Use{Template: "text", Channels: []customer.Channel{customer.SMS}}, []string{`r.yaml: "text": cannot ride on sms, which is paid for by length; let it ride on email or push`}},
		"unwritten": {message.Use{Template: "app", Channels: []customer.Channel{customer.Push}}, []string{`r.yaml: "app": is not written for push; add t/app/push.txt`}},
		"a digest":  {message.Use{Template: "week"}, []string{`t/week/email.html: is a digest, which holds items and is none; attach another template`}},
		"a page":    {message.Use{Template: "page"}, []string{`t/page/email.html: is a whole page, which cannot stand inside of another; leave out <html>, <head> and <body>; the layout has them`}},
		"of an email": {message.Use{Template: "mail"}, []string{
			`t/mail/email.html:4:4: "match.b": is not known in rule r.yaml; put it in an if, add | default:, or use another template`,
			`t/mail/email.txt:1:4: "match.c": is not known in rule r.yaml; put it in an if, add | default:, or use another template`}},
		"of a notification": {message.Use{Template: "note", Match: []string{"c"}}, []string{
			`t/note/push.txt:3:29: link: "match.b": is not known in rule r.yaml; known: c`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ps source.Problems
			c.use.Rule = "r.yaml"
			l.CheckItem(c.use, &ps)
			var got []string
			for _, p := range ps.List() {
				got = append(got, p.String())
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestHeaded(t *testing.T) {
	t.Parallel()
	l := riding(t, nil)
	require.True(t, l.Headed("used", "de"))
	require.True(t, l.Headed("app", "de"))
	require.False(t, l.Headed("app", "en"))
	require.False(t, l.Headed("none", ""))
}

func BenchmarkCompose(b *testing.B) {
	l := riding(b, map[string]string{"layouts/default.html": string(ownLayout(b))})
	for n := range 3 {
		var items []message.Item
		for range n {
			items = append(items, item("used", ana(b)))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := l.Compose("bill", customer.Email, ana(b), items); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
