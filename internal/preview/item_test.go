package preview_test

import (
	"bytes"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/preview"
)

// carry previews template a with items.
func carry(t *testing.T, files map[string]string, items ...string) *preview.Preview {
	t.Helper()
	b := company(t, with(files))
	person, err := preview.Sample(b, "a", preview.FirstSample, now)
	require.NoError(t, err)
	p, err := preview.Show(b, preview.Request{Template: "a", Person: person, Items: items})
	require.NoError(t, err)
	return p
}

// small and headed are items, and digest holds some.
const (
	small  = "<p>Get the app, {{ customer.first_name | default: 'you' }}.</p>"
	headed = "<h1>Your week</h1><p>{{ order_placed.product | default: 'Nothing' }}.</p>"
	digest = "<p>This week:</p>{{ items }}"
)

func TestAMessageWithAnItem(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"a/email.html": goodMail("<p>Your number is ready.</p>"), "a/sms.txt": goodSMS, "a/push.txt": goodPush,
		"a/sample.yaml": "traits: {first_name: Jo}\n", "b/email.html": mail("The app", "x", small), "b/sms.txt": goodSMS,
		"b/sample.yaml": "traits: {first_name: Mo}\n",
	}
	p := carry(t, files, "b")
	require.Empty(t, p.Findings)
	require.Equal(t, "Your number is ready.\n\nGet the app, Jo.", p.Email.Text)
	require.Equal(t, "See what is left.", p.Push.Text)
	require.Equal(t, goodSMS, p.SMS.Text)
	var out bytes.Buffer
	require.NoError(t, p.Print(&out))
	require.Contains(t, out.String(), "a, for a sample customer, with b riding on it, sent by greet about service\n")
	page, err := p.HTML()
	require.NoError(t, err)
	require.Contains(t, string(page), "with <b>b</b> riding on it")
	rec := get(company(t, with(files)), "/preview/a?item=b")
	require.Equal(t, http.StatusOK, rec.Code)
	require.Contains(t, rec.Body.String(), "Get the app, Jo.")
	require.Equal(t, http.StatusNotFound, get(company(t, with(files)), "/preview/a?item=c").Code)
}

func TestADigestIsShownWithExamples(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"a/email.html": mail("{{ items_count }} things", "x", digest), "b/email.html": mail("S", "x", headed), "c/email.html": mail("S", "x", small),
		"d/email.html": mail("S", "x", "<h2>{{ order_placed.product }}</h2>"), "e/email.html": mail("S", "x", "<h2>Eee</h2>"), "f/email.html": mail("S", "x", "<h2>Fff</h2>"),
	}
	p := carry(t, files)
	require.Equal(t, "2 things", p.Email.Subject)
	require.Equal(t, "This week:\n\nYour week\n\nNothing.\n\nEee", p.Email.Text)
	require.Empty(t, p.Findings)
	p = carry(t, files, "c")
	require.Equal(t, "This week:\n\nS\n\nGet the app, Ana.", p.Email.Text)
	require.Equal(t, []preview.Code{preview.ItemNoHeading}, codes(p))
	p = show(t, map[string]string{"a/email.html": mail("S", "x", digest)})
	require.Empty(t, p.Findings, "a digest needs no rule")
	require.Equal(t, "This week:", p.Email.Text)
}

func TestFindingsOfItems(t *testing.T) {
	t.Parallel()
	push := func(text string) string { return "---\ntitle: T\n---\n" + text }
	long := strings.Repeat("x", 170)
	carrier := map[string]string{"a/email.html": goodMail("<p>Ready.</p>"), "a/push.txt": push(long)}
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"fine":    {map[string]string{"b/email.html": mail("S", "x", small)}, []string{}},
		"a page":  {map[string]string{"b/email.html": "---\nsubject: S\nlayout: none\n---\n<html><body>x</body></html>"}, []string{`warning: email: item_failed: templates/b/email.html: the item b does not ride: is a whole page, which cannot stand inside of another; leave out <html>, <head> and <body>; the layout has them`}},
		"no word": {map[string]string{"b/email.html": mail("S", "x", "<p>{{ order_placed.product }}</p>")}, []string{`warning: email: item_failed: templates/b/email.html:5:7: "order_placed.product": the item b does not ride: has no value; add | default: or put it in an if`}},
		"long": {map[string]string{"b/push.txt": push("And the app.")}, []string{
			`warning: push: item_push_long: "b": makes a text of 183 letters, and phones show about 178; shorten it, or let it ride on emails only`,
			`warning: push: push_text_long: "` + strings.Repeat("x", 60) + `...": the text has 183 letters, and phones show about 178; shorten it, or put the main thing first`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			maps.Copy(c.files, carrier)
			p := carry(t, c.files, "b")
			lines := []string{}
			for _, f := range p.Findings {
				lines = append(lines, f.String())
			}
			require.Equal(t, c.want, lines)
			require.False(t, p.Broken())
		})
	}
}

func TestItemsThatAreNotThere(t *testing.T) {
	t.Parallel()
	b := company(t, with(map[string]string{"a/email.html": goodMail("x"), "a/sms.txt": goodSMS, "bb/sms.txt": goodSMS, "cc/email.html": goodMail("x"), "cc/sample.yaml": "nick: x\n"}))
	for item, want := range map[string]string{
		"b":  `template "b": is not there; known: a, bb, cc`,
		"bb": `item "bb": is not there; it is written for sms, shown are sms, email, and nothing rides on sms`,
		"cc": `templates/cc/sample.yaml:1:1: nick: "nick": is neither a key of a sample nor an event that data.yaml declares`,
	} {
		_, err := preview.Show(b, preview.Request{Template: "a", Person: preview.Invent(b, "a", now), Items: []string{item}})
		require.ErrorContains(t, err, want)
	}
}

// TestTheDigestOfTheDocs previews the digest of templates/README.md with the
// shipped templates.
func TestTheDigestOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../templates/README.md")
	require.NoError(t, err)
	_, text, found := strings.Cut(string(page), "```html\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "```")
	_, greeting, found := strings.Cut(string(page), "```liquid\n")
	require.True(t, found)
	greeting, _, _ = strings.Cut(greeting, "```")
	p := carry(t, map[string]string{"a/email.html": goodMail(greeting + "x")})
	require.Equal(t, "Hi Ana,\n\nx", p.Email.Text)
	p = carry(t, map[string]string{"a/email.html": text, "b/email.html": goodMail(greeting + headed)}, "b", "b")
	require.False(t, p.Broken())
	require.Equal(t, "2 things for your week", p.Email.Subject)
	require.Contains(t, p.Email.Text, "Hi Ana, this is what is worth knowing.\n\nYour week\n\nNothing.\n\nYour week\n\nNothing.\n\nYour Larkline team")
}

// TestTheShippedItems previews the commands of templates/README.md.
func TestTheShippedItems(t *testing.T) {
	t.Parallel()
	b := shipped(t)
	page, err := os.ReadFile("../../templates/README.md")
	require.NoError(t, err)
	for template, item := range map[string]string{"invoice-reminder": "app-link", "weekly-digest": ""} {
		request, command := preview.Request{Template: template, Person: preview.Invent(b, template, now)}, "outreach preview "+template+" "
		if item != "" {
			request.Items, command = []string{item}, command+"--item "+item+" "
		}
		require.Contains(t, string(page), "\n"+command)
		p, err := preview.Show(b, request)
		require.NoError(t, err)
		require.False(t, p.Broken())
		require.Contains(t, p.Email.HTML, `<div class="item">`)
		require.NotContains(t, codes(p), preview.ItemFailed)
	}
	require.True(t, b.Templates.HasItems("weekly-digest", customer.Email))
	require.True(t, b.Templates.Rides("app-link", customer.Email))
}
