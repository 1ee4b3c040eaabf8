package preview_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/preview"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

const head = "description: Say so.\nowner: a@larkline.test\ntopic: service\n"

func rule(when string) map[string]string {
	return map[string]string{"rules/say.yaml": head + when + "\nsteps:\n  - send: a\n", "a/sms.txt": "Larkline: x"}
}

func TestInvented(t *testing.T) {
	t.Parallel()
	newYork, err := sendtime.NewZones().Load("America/New_York")
	require.NoError(t, err)
	type values = map[string]customer.Value
	number, text := customer.Number, customer.Text
	traits := values{"first_name": text("Ana"), "plan": text("basic"), "plan_mb": number(15_000), "renews_on": text("2026-11-26")}
	order := values{"order_id": text("A10482"), "product": text("Fjord speaker"), "promised_at": text("2026-11-26T14:00:00Z"), "total": number(29)}
	for name, c := range map[string]struct {
		files  map[string]string
		match  values
		events map[string]values
	}{
		"no rule": {map[string]string{"a/sms.txt": "x"}, values{}, map[string]values{}},
		"event":   {rule("when: {event: order_placed}"), values{}, map[string]values{"order_placed": order}},
		"usage of a trait": {
			rule("when: {usage: {sum: data_session.mb, per: month, limit: plan_mb, reaches: 80%}}"),
			values{"used": number(12_360), "limit": number(15_000), "left": number(2_640), "share": number(12_360. / 15_000)},
			map[string]values{"data_session": {"mb": number(15_000)}},
		},
		"usage of a number": {
			rule("when: {usage: {count: order_placed, per: month, limit: 5, reaches: 100%}}"),
			values{"used": number(5), "limit": number(5), "left": number(0), "share": number(1)},
			map[string]values{"order_placed": order},
		},
		"count": {rule("when: {count: {event: order_placed, times: 3, within: 30d}}"), values{"count": number(3)}, map[string]values{"order_placed": order}},
		"drop":  {rule("when: {drop: {event: order_placed, by: 50%, per: week}}"), values{"count": number(5), "usual": number(10)}, map[string]values{"order_placed": order}},
		"missing": {
			rule("when: {missing: {event: order_delivered, after: order_placed, by: promised_at}}"),
			values{"promised_at": text("2026-11-23T13:30:00Z")},
			map[string]values{"order_placed": {"order_id": text("A10482"), "product": text("Fjord speaker"), "promised_at": text("2026-11-23T13:30:00Z"), "total": number(29)},
				"order_delivered": {"order_id": text("A10482")}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := preview.Invent(company(t, c.files), "a", now)
			require.Equal(t, preview.Person{Name: "a sample customer", Vars: message.Vars{
				Customer: customer.Profile{External: "sample", Country: "US", Zone: "America/New_York", Phone: "+12025550123", Email: "ana@example.com", Traits: traits},
				Match:    c.match, Events: c.events, Now: now, Zone: newYork,
			}}, p)
		})
	}
}

// TestADayThatIsToCome holds that trait and figures agree.
func TestADayThatIsToCome(t *testing.T) {
	t.Parallel()
	files := rule("when: {date: {of: renews_on, before: [30d, 7d]}}")
	files["a/sms.txt"] = "Larkline: {{ match.before }} to go, until {{ match.day }} {{ customer.renews_on | default: now | date: '%d %B' }}"
	require.Equal(t, "Larkline: 30d to go, until 2026-12-23 23 December", show(t, files).SMS.Text)
	files["rules/say.yaml"] = strings.Replace(files["rules/say.yaml"], "before: [30d, 7d]", "after: 1d", 1)
	files["a/sms.txt"] = "Larkline: {{ match.after }} since {{ match.day }}"
	require.Equal(t, "Larkline: 1d since 2026-11-22", show(t, files).SMS.Text)
}

// TestEveryShippedTemplateCanBeShown previews all of templates/ in each of its
// languages: the invented person has all that they ask for.
func TestEveryShippedTemplateCanBeShown(t *testing.T) {
	t.Parallel()
	b := shipped(t)
	for _, name := range b.Templates.Names() {
		for _, locale := range []string{"", "de", "es", "en-GB"} {
			person, err := preview.Sample(b, name, preview.FirstSample, now)
			require.NoError(t, err)
			p, err := preview.Show(b, preview.Request{Template: name, Person: person, Locale: locale})
			require.NoError(t, err)
			require.False(t, p.Broken(), "%s in %s: %v", name, locale, p.Findings)
			for _, f := range p.Findings {
				require.Equal(t, preview.LinkExample, f.Code, "%s in %s: %s", name, locale, f)
			}
		}
	}
}

func TestASampleFile(t *testing.T) {
	t.Parallel()
	b := company(t, map[string]string{
		"rules/say.yaml": head + "when: {event: order_placed}\nsteps:\n  - send: a\n",
		"a/sms.txt":      "{{ customer.first_name | default: 'you' }} {{ customer.plan }} {{ match.left | default: 0 }} {{ order_placed.order_id }} {{ order_placed.total }} {{ now | date: '%H:%M' }} {{ customer.country }}",
		"a/sample.yaml": `samples:
  jo:
    traits: {first_name: Jo, plan: surf}
    match: {left: 2.5}
    order_placed: {order_id: "007"}
    zone: Europe/Berlin
    country: DE
    now: 2026-07-01 09:30
  nobody:
    without: [first_name]
`,
	})
	require.Equal(t, []string{"jo", "nobody"}, preview.SampleNames(b, "a"))
	for name, want := range map[string][2]string{
		"":       {"the sample jo", "Jo surf 2.5 007 29 09:30 DE"},
		"jo":     {"the sample jo", "Jo surf 2.5 007 29 09:30 DE"},
		"nobody": {"the sample nobody", "you basic 0 A10482 29 09:00 US"},
	} {
		person, err := preview.Sample(b, "a", name, now)
		require.NoError(t, err)
		p, err := preview.Show(b, preview.Request{Template: "a", Person: person})
		require.NoError(t, err)
		require.Equal(t, want, [2]string{p.Person, p.SMS.Text})
	}
	_, err := preview.Sample(b, "a", "jon", now)
	require.EqualError(t, err, `sample "jon": is not there; did you mean jo?`)
	_, err = preview.Sample(company(t, sms("x")), "a", "jo", now)
	require.EqualError(t, err, `sample "jo": is not there; write samples: jo: ... in templates/a/sample.yaml`)
}

func TestWhatAWebhookAnswers(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"rules/data.yaml": dataText + "webhooks:\n  coupon: {code: text, percent: number}\n",
		"rules/say.yaml":  head + "when: {event: signed_up}\nsteps:\n  - {webhook: https://larkline.test/new, as: coupon}\n  - send: a\n",
		"a/sms.txt":       "Larkline: {{ coupon.code | default: 'none' }}, {{ coupon.percent | default: 0 }} percent",
	}
	require.Equal(t, "Larkline: code, 80 percent", show(t, files).SMS.Text)
	files["a/sample.yaml"] = "coupon: {code: LARK-7, percent: 15}\n"
	require.Equal(t, "Larkline: LARK-7, 15 percent", show(t, files).SMS.Text)
	files["a/sample.yaml"] = "coupon: {cod: LARK-7}\n"
	var ps source.Problems
	preview.CheckSamples(company(t, files), &ps)
	require.ErrorContains(t, ps.Err(), `coupon.cod: "cod": is not a field of coupon that data.yaml declares; did you mean code?`)
}

func TestOneSampleWithoutAName(t *testing.T) {
	t.Parallel()
	b := company(t, with(map[string]string{"a/sms.txt": "Hi {{ customer.first_name }}", "a/sample.yaml": "traits: {first_name: Jo}\nlocale: de\n"}))
	require.Empty(t, preview.SampleNames(b, "a"))
	person, err := preview.Sample(b, "a", preview.FirstSample, now)
	require.NoError(t, err)
	require.Equal(t, "a sample customer", person.Name)
	require.Equal(t, "de", person.Vars.Customer.Locale)
	require.Equal(t, customer.Text("Jo"), person.Vars.Customer.Traits["first_name"])
	_, err = preview.Sample(b, "a", "jo", now)
	require.Error(t, err)
}

func TestFaultsOfSamples(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"key":      {"trait: {plan: surf}", `1:1: trait: "trait": is neither a key of a sample nor an event that data.yaml declares; did you mean traits?`},
		"trait":    {"traits: {plam: surf}", `1:10: traits.plam: "plam": is not a trait that data.yaml declares; did you mean plan?`},
		"choice":   {"traits: {plan: gold}", `1:16: traits.plan: "gold": is not what data.yaml says that plan is; write one of basic, surf`},
		"number":   {"traits: {plan_mb: many}", `1:19: traits.plan_mb: "many": is not what data.yaml says that plan_mb is; write a number`},
		"day":      {"traits: {renews_on: soon}", `1:21: traits.renews_on: "soon": is not what data.yaml says that renews_on is; write a day: 2026-11-23`},
		"event":    {"order_place: {total: 1}", `1:1: order_place: "order_place": is neither a key of a sample nor an event that data.yaml declares; did you mean order_placed?`},
		"property": {"order_placed: {totl: 1}", `1:16: order_placed.totl: "totl": is not a property of order_placed that data.yaml declares; did you mean total?`},
		"time":     {"order_placed: {promised_at: noon}", `1:29: order_placed.promised_at: "noon": is not what data.yaml says that promised_at is; write a time: 2026-11-23 18:30`},
		"list":     {"match: {left: [1]}", `1:15: match.left: is a list where a single value is due; give one value, without [ ] and without a dash`},
		"now":      {"now: noon", `1:6: now: "noon": is not a time; write it on the customer's clock: 2026-11-23 18:30`},
		"zone":     {"zone: Berlin", `1:7: zone: "Berlin": is not a time zone; write it as in Europe/Berlin`},
		"without":  {"without: [nick]", `1:11: without[0]: "nick": is not a trait that data.yaml declares; known: first_name, plan, plan_mb, renews_on, country, email, locale, phone, region, zone`},
		"both":     {"samples: {a: {now: 2026-11-23}}\nnow: 2026-11-23", `2:1: now: "now": is not a key that is known here; known: samples`},
		"no keys":  {"[a]", `1:1: is a list where keys with values are due; leave out the dashes and the [ ], and write key: value, one a line`},
		"not yaml": {"a: [", `1:1: "a: [": opens a bracket and does not close it`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := company(t, with(map[string]string{"a/sms.txt": "x", "a/sample.yaml": c.text}))
			var ps source.Problems
			preview.CheckSamples(b, &ps)
			require.Len(t, ps.List(), 1)
			require.True(t, strings.HasPrefix(ps.List()[0].String(), "templates/a/sample.yaml:"+c.want), ps.List()[0].String())
			_, err := preview.Sample(b, "a", preview.FirstSample, now)
			require.ErrorContains(t, err, "templates/a/sample.yaml:")
			require.Empty(t, preview.SampleNames(company(t, sms("x")), "a"))
		})
	}
}

// FuzzSample holds that no sample ends the process, and that every problem has
// a place.
func FuzzSample(f *testing.F) {
	f.Add("samples:\n  jo: {traits: {first_name: Jo}, without: [plan], match: {left: 2}, order_placed: {total: 1}, zone: Europe/Berlin, now: 2026-07-01 09:30}")
	f.Add("traits: [a]\nwithout: {a: b}\nmatch: x\nnow: [1]\nzone: {}\norder_placed: 1")
	f.Add("samples: [x]")
	f.Fuzz(func(t *testing.T, text string) {
		b, _ := read(with(map[string]string{"a/sms.txt": "{{ customer.first_name | default: 'x' }}", "a/sample.yaml": text}))
		person, err := preview.Sample(b, "a", preview.FirstSample, now)
		if err == nil {
			_, err = preview.Show(b, preview.Request{Template: "a", Person: person})
			require.NoError(t, err)
			return
		}
		var ps source.Problems
		preview.CheckSamples(b, &ps)
		for _, p := range ps.List() {
			require.Equal(t, "templates/a/sample.yaml", p.File)
			unread := strings.HasPrefix(p.Message, "is not YAML") || p.Message == "is empty" || p.Message == "is not UTF-8 text"
			require.True(t, unread || p.Line > 0 && p.Column > 0, p.String())
		}
	})
}

// FuzzShow holds that no template ends the process, that what is found says
// what, and that the pages can be written.
func FuzzShow(f *testing.F) {
	for _, s := range []string{
		"Larkline: {{ customer.first_name }} {{ match.left | default: 1 }} {% if customer.region %}x{% endif %} https://bit.ly/x!!", "<a href=\"mailto:x\">x</a><img src=x><p style='display:none'>x",
		"---\nsubject: HELLO WORLD\ntitle: HELLO WORLD\n---\n<style>@media (prefers-color-scheme: dark) {}</style></head>", "---\nsubject: x\ntitle: x\nlink: https://{{ customer.plan }}\n---\nfree cash win prize", "<img srcset='a' src=\"data:x\" ><IMG\nsrc=x", "<!-- <a href=x>", "http://[::1]/ https://%zz mailto:%zz",
	} {
		f.Add(s, "de")
	}
	f.Fuzz(func(t *testing.T, text, locale string) {
		for _, name := range []string{"a/sms.txt", "a/email.html", "a/push.txt"} {
			b, problems := read(map[string]string{name: text, "rules/greet.yaml": sent("a", "tips")})
			var ps source.Problems
			ps.Add(problems...)
			if ps.Err() != nil {
				continue
			}
			checkShown(t, b, locale)
		}
	})
}

func checkShown(t *testing.T, b *bundle.Bundle, locale string) {
	t.Helper()
	p, err := preview.Show(b, preview.Request{Template: "a", Person: preview.Invent(b, "a", now), Locale: locale})
	require.NoError(t, err)
	for _, f := range p.Findings {
		require.NotEmpty(t, f.Message)
		require.NotEmpty(t, f.Code)
		require.True(t, f.File == "" || f.Line >= 0)
	}
	page, err := p.HTML()
	require.NoError(t, err)
	require.NotContains(t, string(page), "ZgotmplZ")
	require.NoError(t, p.Print(&strings.Builder{}))
}

func TestShowAsksForWhatIsThere(t *testing.T) {
	t.Parallel()
	b := company(t, sms("Larkline: x"))
	_, err := preview.Show(b, preview.Request{Template: "b", Person: preview.Invent(b, "b", now)})
	require.EqualError(t, err, `template "b": is not there; known: a`)
	_, err = preview.Show(b, preview.Request{Template: "a", Channels: []customer.Channel{customer.Push}})
	require.EqualError(t, err, `channel "push": is not there; the template is written for sms`)
	_, err = preview.Show(bundle.Empty(), preview.Request{Template: "a", Person: preview.Person{Vars: message.Vars{Now: time.Time{}}}})
	require.EqualError(t, err, `template "a": is not there; no template is sound; outreach check says what is wrong`)
}
