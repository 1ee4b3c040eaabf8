package inbox_test

import (
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/browsertest"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/inbox"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func (w *world) get(path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec
}

// post sends a form with headers given as name, value, name, value ...
func (w *world) post(path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(string(want), got))
}

func TestJSON(t *testing.T) {
	t.Parallel()
	w := seed(t)
	for name, path := range map[string]string{
		"messages.json":       "/inbox/messages.json",
		"since.json":          "/inbox/messages.json?since=2&limit=1",
		"filtered.json":       "/inbox/messages.json?channel=sms&customer=user-1&rule=usage-limit",
		"reset.json":          "/inbox/messages.json?since=99&channel=email",
		"nobody.json":         "/inbox/messages.json?customer=nobody",
		"customer.json":       "/inbox/customers/user-1.json",
		"customer-short.json": "/inbox/customers/c7kq2ada.json?limit=2",
	} {
		rec := w.get(path)
		require.Equal(t, http.StatusOK, rec.Code)
		require.Equal(t, "application/json", rec.Header().Get("Content-Type"))
		golden(t, name, rec.Body.String())
	}
}

func TestAnswersToWrongRequests(t *testing.T) {
	t.Parallel()
	w := seed(t)
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/inbox/messages.json?since=x":       {400, "since: not a cursor"},
		"/inbox/messages.json?limit=0":       {400, "limit: not a number from 1 to 1000"},
		"/inbox?limit=1001":                  {400, "limit: not a number from 1 to 1000"},
		"/inbox/customers/nobody":            {404, "nobody has this id"},
		"/inbox/customers/nobody.json":       {404, "nobody has this id"},
		"/inbox/customers/user-1?limit=many": {400, "limit: not a number"},
		"/inbox/other":                       {404, "not found"},
	} {
		rec := w.get(path)
		require.Equal(t, want.status, rec.Code, path)
		require.Contains(t, rec.Body.String(), want.text, path)
	}
	require.NoError(t, w.store.Close())
	require.Equal(t, http.StatusInternalServerError, w.get("/inbox").Code)
	require.Equal(t, http.StatusInternalServerError, w.get("/inbox/messages.json").Code)
	require.Equal(t, http.StatusInternalServerError, w.get("/inbox/customers/user-1").Code)
}

func TestPagesShowWhatMatters(t *testing.T) {
	t.Parallel()
	w := seed(t)
	page := w.get("/").Body.String()
	require.Equal(t, page, w.get("/inbox").Body.String())
	for _, want := range []string{
		"Ada Lovelace", "Tue 3 Mar 18:06", "Berlin", "Hi Ada, you have used 4150", "Thanks!", "opened Tue 3 Mar 18:09",
		"Still thinking about it?", "Repeat.", "not_fresh", "the usual window for email, after quiet hours", "paused by a hold",
	} {
		require.Contains(t, page, want)
	}
	only := w.get("/inbox?channel=push&customer=4711").Body.String()
	require.Contains(t, only, "Works in your street")
	require.NotContains(t, only, "Still thinking")
	require.NotContains(t, only, "Hi Ada")
	filtered := w.get("/inbox?channel=sms&rule=usage-limit&customer=user-1&limit=1").Body.String()
	for _, want := range []string{
		`href="/inbox?channel=push&amp;customer=user-1&amp;limit=1&amp;rule=usage-limit"`, `href="/inbox?customer=user-1&amp;limit=1&amp;rule=usage-limit"`,
		`name="filter" value="channel=sms&amp;customer=user-1&amp;limit=1&amp;rule=usage-limit"`, `<option selected>usage-limit</option>`,
	} {
		require.Contains(t, filtered, want)
	}
	short := w.get("/inbox?limit=1").Body.String()
	for _, want := range []string{`id="m-6"`, `id="m-5"`, `id="m-2"`, `href="/inbox?limit=1000"`} {
		require.Contains(t, short, want, "each channel has its own limit")
	}
	require.NotContains(t, short, `id="m-4"`)
	story := w.get("/inbox/customers/user-1").Body.String()
	for _, want := range []string{
		"Not sent, parcel-late by SMS: the reason is gone", "plan usage-limit/1 warn sms usage-warning 2026-03-03T17:06:00Z (preferred time, said by the customer)",
		"Replied: Thanks!", "Mon-Fri 18:00-21:00", "Europe/Berlin", "Tue 3 Mar 18:30", "data_session",
	} {
		require.Contains(t, story, want)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	w := seed(t)
	for _, path := range []string{"/inbox", "/inbox/messages.json", "/inbox/customers/user-1", "/inbox/customers/nobody", "/none"} {
		h := w.get(path).Header()
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'; script-src 'sha256-", path)
		require.NotContains(t, h.Get("Content-Security-Policy"), "http", "nothing from elsewhere")
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-store", h.Get("Cache-Control"), path)
	}
}

const adaSMS = "/inbox/messages/usage-limit.c7kq2ada.1.warn.sms/"

// TestActs: each button makes its event, in the customer's name.
func TestActs(t *testing.T) {
	t.Parallel()
	w := seed(t)
	for _, tc := range []struct {
		act  string
		form url.Values
		name string
		text string
	}{
		{"opened", nil, customer.MessageOpened, ""},
		{"clicked", url.Values{"text": {"ignored"}}, customer.MessageClicked, ""},
		{"replied", url.Values{"text": {" STOP\n"}}, customer.MessageReplied, "STOP"},
	} {
		rec := w.post(adaSMS+tc.act, tc.form, "Sec-Fetch-Site", "same-origin", "Accept", "application/json")
		require.Equal(t, http.StatusOK, rec.Code, rec.Body.String())
		taken := w.taker.all()
		got := taken[len(taken)-1]
		var answer struct {
			Status    observe.Status
			MessageID string `json:"message_id"`
		}
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &answer))
		require.Equal(t, observe.Taken, answer.Status)
		require.Equal(t, answer.MessageID, got.Event.MessageID)
		require.Regexp(t, "^inbox-[a-z0-9]{20,}$", got.Event.MessageID)
		properties := map[string]customer.Value{
			"message": customer.Text("usage-limit.c7kq2ada.1.warn.sms"), "template": customer.Text("usage-warning"), "channel": customer.Text("sms"),
		}
		if tc.text != "" {
			properties["text"] = customer.Text(tc.text)
		}
		got.Event.MessageID = ""
		require.Equal(t, observe.Incoming{User: "user-1", Event: customer.Event{Name: tc.name, At: now, Properties: properties}}, got)
	}
	w.post(adaSMS+"opened", nil, inbox.ActHeader, "1")
	taken := w.taker.all()
	require.Len(t, taken, 4)
	require.NotEqual(t, taken[0].Event.MessageID, taken[3].Event.MessageID)
}

// TestActsWithoutScript: a plain form leads back to where it came from.
func TestActsWithoutScript(t *testing.T) {
	t.Parallel()
	w := seed(t)
	rec := w.post(adaSMS+"opened", url.Values{"filter": {"channel=sms&rule=a b"}}, "Sec-Fetch-Site", "same-origin")
	require.Equal(t, http.StatusSeeOther, rec.Code)
	require.Equal(t, "/inbox?channel=sms&rule=a+b", rec.Header().Get("Location"))
	rec = w.post(adaSMS+"opened", url.Values{"filter": {"//evil.example/"}}, "Sec-Fetch-Site", "same-origin")
	require.Equal(t, "/inbox?%2F%2Fevil.example%2F=", rec.Header().Get("Location"))
}

func TestActsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	w := seed(t)
	for _, tc := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"says nothing", nil, http.StatusForbidden},
		{"another site", []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"another host of the site", []string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{"typed address", []string{"Sec-Fetch-Site", "none"}, http.StatusForbidden},
		{"other origin", []string{"Origin", "http://evil.example"}, http.StatusForbidden},
		{"hidden origin", []string{"Origin", "null"}, http.StatusForbidden},
		{"site goes before origin", []string{"Sec-Fetch-Site", "cross-site", "Origin", "http://example.com"}, http.StatusForbidden},
		{"own origin, over plain HTTP", []string{"Origin", "http://example.com"}, http.StatusSeeOther},
		{"own site", []string{"Sec-Fetch-Site", "same-origin"}, http.StatusSeeOther},
		{"a program", []string{inbox.ActHeader, "1"}, http.StatusSeeOther},
	} {
		before := len(w.taker.all())
		rec := w.post(adaSMS+"opened", nil, tc.headers...)
		require.Equal(t, tc.want, rec.Code, tc.name)
		require.Equal(t, tc.want == http.StatusSeeOther, len(w.taker.all()) > before, tc.name)
	}
}

func TestActsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	w := seed(t)
	w.send(now, channel.Message{Key: "k.gone.1.s.sms", Customer: "gone", Channel: customer.SMS, To: "+1", Content: channel.Content{Text: "t"}})
	for _, tc := range []struct {
		path string
		text string
		want int
		says string
	}{
		{adaSMS + "bounced", "", 404, "act: is not opened, clicked or replied"},
		{adaSMS + "sent", "", 404, "act: is not opened, clicked or replied"},
		{adaSMS + "replied", " ", 400, "text: is empty"},
		{adaSMS + "replied", strings.Repeat("x", 1601), 400, "longer than 1600 bytes"},
		{adaSMS + "replied", strings.Repeat("x", 20<<10), 400, "form: cannot be read"},
		{"/inbox/messages/none/opened", "", 404, "message: is not in the inbox"},
		{"/inbox/messages/k.gone.1.s.sms/opened", "", 409, "customer: has no outside id"},
	} {
		rec := w.post(tc.path, url.Values{"text": {tc.text}}, inbox.ActHeader, "1", "Accept", "application/json")
		require.Equal(t, tc.want, rec.Code, tc.path)
		require.Contains(t, rec.Body.String(), tc.says)
	}
	require.Empty(t, w.taker.all())
	w.taker.answer = observe.Outcome{Status: observe.Refused, Reason: "not known"}
	rec := w.post(adaSMS+"opened", nil, inbox.ActHeader, "1")
	require.Equal(t, http.StatusConflict, rec.Code)
	require.Contains(t, rec.Body.String(), "not known")
	w.taker.err = errors.New("disk")
	rec = w.post(adaSMS+"opened", nil, inbox.ActHeader, "1")
	require.Equal(t, http.StatusServiceUnavailable, rec.Code)
	require.NotContains(t, rec.Body.String(), "disk")
}

// evil is put wherever a text from outside may stand.
const evil = `"'></p></pre></iframe><script>window.hacked=1</script><img src=x onerror=window.hacked=1>{{.}}javascript:`

// seedEvil fills a world with texts that want to be more than texts.
func seedEvil(t testing.TB) *world {
	w := newWorld(t)
	w.customer(customer.Profile{
		ID: "c-evil", External: evil, Zone: evil, Country: evil, Locale: evil, Phone: evil, Email: evil, PushTokens: []string{evil},
		Traits:      map[string]customer.Value{"first_name": customer.Text(evil), evil: customer.Text(evil)},
		Consents:    map[customer.Topic]customer.Consent{customer.Topic(evil): {Given: true, At: now}},
		Preferences: customer.Preferences{Channels: []customer.Channel{customer.Channel(evil)}, Hours: map[customer.Channel]string{customer.Channel(evil): evil}},
	})
	ref := ledger.Ref{Rule: evil, Customer: "c-evil", N: 1}
	w.outreach(ledger.Outreach{Ref: ledger.Ref{Rule: evil, Customer: "c-evil"}, Key: "k", About: evil, At: now, Status: ledger.Open, Reason: customer.Reason(evil), Match: traits(evil, evil)})
	w.decide(
		ledger.Decision{Ref: ref, At: now, Kind: ledger.KindMatch, Note: evil},
		ledger.Decision{Ref: ref, At: now, Kind: ledger.Kind(evil), Step: evil, Channel: customer.SMS, Template: evil, Reason: customer.Reason(evil), Note: evil},
		ledger.Decision{Ref: ref, At: now, Kind: ledger.KindPlan, Step: evil, Channel: customer.SMS, Template: evil, Planned: now, Note: evil},
	)
	w.part(ledger.Part{Ref: ref, Step: evil, Channel: customer.SMS, Template: evil, Planned: now, Status: ledger.Planned, Updated: now})
	w.event(customer.Event{MessageID: "e1", Customer: "c-evil", Name: evil, At: now, Via: customer.Via(evil), Properties: traits(evil, evil)})
	for _, c := range customer.Channels() {
		key := "rule" + evil[:6] + ".c-evil.1." + string(c) + "." + string(c)
		w.event(customer.Event{MessageID: "e-" + string(c), Customer: "c-evil", Name: customer.MessageReplied, At: now, Properties: traits("message", key, "text", evil)})
		w.send(now, channel.Message{Key: key, Customer: "c-evil", Channel: c, To: evil, Template: evil, Content: channel.Content{Subject: evil, Preheader: evil, HTML: "<body>" + evil, Text: evil, Link: "javascript:window.hacked=1"}})
	}
	return w
}

// TestTextsStayTexts: no text becomes a tag, an attribute or a script.
func TestTextsStayTexts(t *testing.T) {
	t.Parallel()
	w := seedEvil(t)
	for _, path := range []string{"/inbox", "/inbox?rule=" + url.QueryEscape(evil), "/inbox?customer=" + url.QueryEscape(evil), "/inbox/customers/c-evil", "/inbox/customers/" + url.PathEscape(evil)} {
		rec := w.get(path)
		require.Equal(t, http.StatusOK, rec.Code, path)
		page := rec.Body.String()
		require.NotContains(t, page, "<img", path)
		require.NotContains(t, page, "onerror=window.hacked=1>", path)
		require.LessOrEqual(t, strings.Count(page, "<script"), 1, path)
		require.NotContains(t, page, `href="javascript:`, path)
		require.NotContains(t, page, "ZgotmplZ", path)
	}
	require.NotContains(t, w.get("/inbox/messages.json").Body.String(), "<script")
}

func TestTheHeadLeadsToOtherPages(t *testing.T) {
	t.Parallel()
	w := seed(t)
	require.NotContains(t, w.get("/inbox").Body.String(), `class="beside"`)
	w.handler = inbox.Handler(w.box, inbox.PageOptions{Store: w.store, Taker: w.taker, Beside: []inbox.Link{{Name: "Templates", Address: "/preview"}}})
	require.Contains(t, w.get("/inbox").Body.String(), `<nav class="beside" aria-label="Other pages"><a href="/preview">Templates</a></nav>`)
}

func TestTextsStayTextsInBrowser(t *testing.T) {
	t.Parallel()
	w := seedEvil(t)
	b := browsertest.Start(t)
	base := serve(t, w.handler)
	for _, path := range []string{"/inbox", "/inbox/customers/c-evil"} {
		b.Open(base + path)
		require.Equal(t, true, b.Eval(`window.hacked === undefined && document.images.length === 0`), path)
	}
	b.Open(base + "/inbox")
	b.Eval(`document.querySelector(".mail summary").click()`)
	b.Until(`document.querySelector(".letter iframe").offsetHeight > 100`)
	b.Until(`!document.getElementById("live").hidden`)
	require.Equal(t, true, b.Eval(`window.hacked === undefined && document.querySelector(".letter iframe").contentDocument === null`))
	require.Equal(t, true, b.Eval(`document.querySelector(".letter iframe").srcdoc.startsWith("<body>\"'></p>")`), "the mail is the mail")
	b.Eval(`document.querySelector("#list-sms .card form[data-act=opened] button").click()`)
	b.Until(`document.getElementById("toast").textContent !== ""`)
	require.Len(t, w.taker.all(), 1)
	require.Equal(t, evil, w.taker.all()[0].User)
}
