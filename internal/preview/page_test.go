package preview_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/preview"
)

func refusedWhen(is *atomic.Bool) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		if is.Load() {
			return "templates/a/sms.txt:1:1: is wrong", nil
		}
		return "", nil
	}
}

func get(b *bundle.Bundle, path string) *httptest.ResponseRecorder {
	h := preview.Handler(preview.Options{Current: func() (*bundle.Bundle, string) { return b, "7" }, Now: func() time.Time { return now }})
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec
}

func TestPages(t *testing.T) {
	t.Parallel()
	b := company(t, with(map[string]string{
		"a/sms.txt": "Larkline: hi {{ customer.first_name }}", "a/sms.txt.de": "Larkline: hallo {{ customer.first_name }}", "a/push.txt": goodPush,
		"a/sample.yaml": "samples:\n  jo: {traits: {first_name: Jo}}\n  mo: {traits: {first_name: Mo}}\n", "broken/sms.txt": "x {{ customer.region }}",
		"faulty/sms.txt": "x", "faulty/sample.yaml": "traits: {nick: x}\n",
	}))
	for path, want := range map[string]struct {
		status    int
		text, not string
	}{
		"/preview":                       {200, `href="/preview/broken"`, ""},
		"/preview/a":                     {200, "Larkline: hi Jo", "hallo"},
		"/preview/a?sample=mo&locale=de": {200, "Larkline: hallo Mo", "hi "},
		"/preview/a?channel=push":        {200, "See what is left.", "Larkline: hi"},
		"/preview/a?sample=no":           {404, "sample &#34;no&#34;: is not there; known: jo, mo", ""},
		"/preview/a?channel=email":       {404, "the template is written for push, sms", ""},
		"/preview/ab":                    {404, "template &#34;ab&#34;: is not there; known: a, broken, faulty", ""},
		"/preview/broken":                {200, "Cannot be written.", "class=\"bubble\""},
		"/preview/faulty":                {422, "templates/faulty/sample.yaml:1:10: traits.nick: &#34;nick&#34;: is not a trait", ""},
	} {
		rec := get(b, path)
		require.Equal(t, want.status, rec.Code, path)
		require.Contains(t, rec.Body.String(), want.text, path)
		if want.not != "" {
			require.NotContains(t, rec.Body.String(), want.not, path)
		}
		require.Contains(t, rec.Header().Get("Content-Security-Policy"), "default-src 'none'; ", path)
		require.NotContains(t, rec.Header().Get("Content-Security-Policy"), "http", path)
	}
	first := get(b, "/preview/version.txt").Body.String()
	require.NotEmpty(t, first)
	require.Equal(t, first, get(b, "/preview/version.txt").Body.String())
	require.Contains(t, get(b, "/preview/a").Body.String(), `data-version="`+first+`"`)
}

// TestWhatPeopleTypedIsShownAsText puts hostile values into every place.
func TestWhatPeopleTypedIsShownAsText(t *testing.T) {
	t.Parallel()
	const hostile = `</pre><script>alert(1)</script>" onload="x`
	b := company(t, with(map[string]string{
		"a/sms.txt": "Larkline: {{ customer.first_name }}", "a/push.txt": "---\ntitle: \"{{ customer.first_name }}\"\n---\n{{ customer.first_name }}",
		"a/email.html": mail("{{ customer.first_name }}", "{{ customer.first_name }}", "<p>{{ customer.first_name }}</p>"),
	}))
	person := preview.Invent(b, "a", now)
	person.Name = hostile
	person.Vars.Customer.Traits["first_name"] = customer.Text(hostile)
	p, err := preview.Show(b, preview.Request{Template: "a", Person: person, Locale: hostile})
	require.NoError(t, err)
	page, err := p.HTML()
	require.NoError(t, err)
	require.NotContains(t, string(page), "<script")
	require.NotContains(t, string(page), `" onload="`)
	require.Contains(t, string(page), `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">`)
}

func TestPrinted(t *testing.T) {
	t.Parallel()
	p := show(t, with(map[string]string{
		"a/sms.txt": "Larkline: it’s {{ customer.first_name }}", "a/push.txt": goodPush, "a/email.html": goodMail("<h1>Hello</h1>\n<p>Words.</p>"),
	}))
	var out strings.Builder
	require.NoError(t, p.Print(&out))
	require.Equal(t, `a, for a sample customer, sent by greet about service

SMS from +12025550100
  Larkline: it’s Ana

  18 characters in UCS-2, 1 segment

Email from Larkline <hello@larkline.test>
  Subject     Your number is ready
  Preheader   It takes a minute.
  In a list   Your number is ready - It takes a minute.
  Size        0.1 kB of the 102 kB that Gmail shows

  Hello

  Words.

Push
  Your week in data
  See what is left.
  -> https://www.larkline.test/week

  title 17 of 40 letters, text 17 of 178 letters

2 warnings:
  warning: sms: default_missing: templates/a/sms.txt:1:21: "customer.first_name": may be missing for others, and then nothing is sent; write customer.first_name | default: "...", or put it in {% if customer.first_name %}
  warning: sms: sms_unicode: "’": is not in the SMS alphabet, so a segment holds 70 characters instead of 160; for ’ write '
`, out.String())

	out.Reset()
	require.NoError(t, show(t, sms("Larkline: {{ customer.region }}")).Print(&out))
	require.Contains(t, out.String(), "SMS from +12025550100\n  cannot be written: template a: sms: templates/a/sms.txt:1:14: customer.region has no value; add | default: or put it in an if\n")
}

func TestATerminalIsGivenNoOrders(t *testing.T) {
	t.Parallel()
	p := &preview.Preview{Template: "a", SMS: &preview.SMS{Text: "x\x1b[2Jy\u009bz"}}
	var out strings.Builder
	require.NoError(t, p.Print(&out))
	require.Contains(t, out.String(), "  x[2Jyz\n")
}

func TestAsJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(show(t, sms("Larkline: hi")))
	require.NoError(t, err)
	require.JSONEq(t, `{"template":"a","for":"a sample customer","made_up":false,"locale":"","rules":["greet"],"topics":["service"],
		"sms":{"from":"+12025550100","text":"Larkline: hi","characters":12,"encoding":"GSM-7","segments":1},"findings":[]}`, string(text))
}
