package pages_test

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/observe"
)

func TestALinkThatIsFollowedChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 3 {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			for _, kind := range []link.Kind{link.Unsubscribe, link.Preferences} {
				p := w.do(httptest.NewRequest(method, w.path(kind)+"?"+oneTap+"&undo=1", http.NoBody))
				require.Equal(t, http.StatusOK, p.status)
			}
		}
	}
	require.Empty(t, w.taken)
	p := w.get(w.path(link.Unsubscribe))
	require.Contains(t, p.body, "Press the button, and you get no more messages about “Offers” from us.")
	require.Equal(t, 1, strings.Count(p.body, "<button"))
	require.Contains(t, p.body, `<p class="brand">Larkline</p>`)
}

// TestOneClick is the promise of RFC 8058: one POST without cookies, login or
// redirect, in either encoding.
func TestOneClick(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	require.NoError(t, parts.WriteField("List-Unsubscribe", "One-Click"))
	require.NoError(t, parts.Close())
	for name, c := range map[string]struct{ kind, body string }{
		"as a form": {"application/x-www-form-urlencoded", oneTap}, "in parts": {parts.FormDataContentType(), body.String()},
	} {
		w := newWorld(t)
		for range 2 {
			r := httptest.NewRequest(http.MethodPost, w.path(link.Unsubscribe), strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.kind)
			p := w.do(r)
			require.Equal(t, http.StatusOK, p.status, name)
			require.Empty(t, p.header.Values("Set-Cookie"))
			require.Empty(t, p.header.Get("Location"))
		}
		require.Len(t, w.taken, 1, "%s: twice is once", name)
		id := w.taken[0].Event.MessageID
		require.Regexp(t, `^link-[0-9a-f]{32}$`, id)
		require.Equal(t, observe.Incoming{
			Of:       "c1",
			Event:    customer.Event{MessageID: id, Name: customer.Identified, At: now, Via: customer.ViaWeb},
			Change:   observe.Change{Consents: map[customer.Topic]bool{"offers": false}},
			Evidence: &customer.Evidence{How: customer.ByOneClick, Channel: customer.Email, Message: sendKey, Source: id},
		}, w.taken[0])
	}
}

func TestTheButtonAndItsUndo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.path(link.Unsubscribe)
	p := w.post(path, "")
	require.Equal(t, http.StatusOK, p.status)
	require.Contains(t, p.body, "You get no more messages about “Offers”.")
	require.Equal(t, customer.ByLink, w.taken[0].Evidence.How)
	require.Contains(t, w.get(path).body, "You are unsubscribed", "the link shows how it stands")

	w.now = now.Add(time.Hour)
	p = w.post(path, "undo=1")
	require.Equal(t, http.StatusOK, p.status)
	require.Contains(t, p.body, "You go on getting messages about “Offers”.")
	require.Len(t, w.taken, 2)
	require.Equal(t, map[customer.Topic]bool{"offers": true}, w.taken[1].Change.Consents)
	require.Contains(t, w.post(path, "undo=1").body, "You are subscribed again")
	require.Len(t, w.taken, 2, "twice is once")

	w.now = now.Add(2 * time.Hour)
	w.post(path, oneTap)
	require.Len(t, w.taken, 3, "a later click counts anew")
	require.Equal(t, customer.Consent{At: w.now}, w.state.Profile.Consents["offers"])
}

func TestUndoEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.path(link.Unsubscribe)
	w.post(path, oneTap)
	w.now = now.Add(24 * time.Hour)
	for _, p := range []page{w.post(path, "undo=1"), w.get(path)} {
		require.Equal(t, http.StatusOK, p.status)
		require.Contains(t, p.body, "You are unsubscribed")
		require.NotContains(t, p.body, "<button")
		require.Contains(t, p.body, `href="../p/`)
	}
	require.Len(t, w.taken, 1)
}

// TestTheWayToThePreferencePage holds as long as the one in the same message.
func TestTheWayToThePreferencePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := w.path(link.Unsubscribe)
	p := w.post(path, oneTap)
	require.Contains(t, p.body, `href="..`+w.path(link.Preferences)+`"`)
	require.Equal(t, http.StatusOK, w.get(w.path(link.Preferences)).status)
	w.now = now.AddDate(0, 0, 100)
	require.NotContains(t, w.get(path).body, "href=\"..")
	require.Equal(t, http.StatusGone, w.get(w.path(link.Preferences)).status)
}

func TestClicksAtOnceAreOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { w.post(w.path(link.Unsubscribe), oneTap) })
	}
	group.Wait()
	require.Len(t, w.taken, 1)
}

// TestWhatWasNeverSaid withdraws what was only assumed.
func TestWhatWasNeverSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.linkOf(link.Unsubscribe)
	l.Topic = "service"
	w.post("/u/"+w.signer.Sign(l), oneTap)
	require.Equal(t, map[customer.Topic]bool{"service": false}, w.taken[0].Change.Consents)
}

func TestLinksThatDoNotHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, err := link.NewSigner([]link.Key{{2}})
	require.NoError(t, err)
	old := w.linkOf(link.Preferences)
	old.Issued = now.AddDate(0, 0, -91)
	gone, broken := w.linkOf(link.Unsubscribe), w.linkOf(link.Unsubscribe)
	gone.Customer, broken.Customer = "c-gone", "c-broken"
	for name, c := range map[string]struct {
		path   string
		status int
		words  string
	}{
		"not whole":            {"/u/abc", http.StatusForbidden, "This link does not work"},
		"forged":               {"/u/" + other.Sign(w.linkOf(link.Unsubscribe)), http.StatusForbidden, "This link does not work"},
		"forged preferences":   {"/p/" + other.Sign(w.linkOf(link.Preferences)), http.StatusForbidden, "This link does not work"},
		"for another page":     {"/u/" + w.signer.Sign(w.linkOf(link.Preferences)), http.StatusForbidden, "This link does not work"},
		"for the other page":   {"/p/" + w.signer.Sign(w.linkOf(link.Unsubscribe)), http.StatusForbidden, "This link does not work"},
		"expired":              {"/p/" + w.signer.Sign(old), http.StatusGone, "This link has expired"},
		"nobody any more":      {"/u/" + w.signer.Sign(gone), http.StatusOK, "Nothing to do"},
		"the store is away":    {"/u/" + w.signer.Sign(broken), http.StatusInternalServerError, "That did not work"},
		"no page":              {"/u/", http.StatusNotFound, "There is nothing here"},
		"no page of that name": {"/", http.StatusNotFound, "There is nothing here"},
		"behind the token":     {w.path(link.Unsubscribe) + "/x", http.StatusNotFound, "There is nothing here"},
	} {
		for _, p := range []page{w.get(c.path), w.post(c.path, oneTap)} {
			require.Equal(t, c.status, p.status, name)
			require.Contains(t, p.body, c.words, name)
			require.Contains(t, p.body, "<html lang=\"en\">", name)
			require.NotEmpty(t, p.header.Get("Content-Security-Policy"), name)
		}
	}
	require.Empty(t, w.taken)
}

func TestWhatIsNotKeptIsNotConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fails = errors.New("the disk is full")
	p := w.post(w.path(link.Unsubscribe), oneTap)
	require.Equal(t, http.StatusInternalServerError, p.status)
	require.Contains(t, p.body, "Nothing has changed.")
	w.fails, w.deaf = nil, true
	require.Equal(t, http.StatusInternalServerError, w.post(w.path(link.Unsubscribe), oneTap).status)
}

func TestMethodsAndBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, kind := range []link.Kind{link.Unsubscribe, link.Preferences} {
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
			p := w.do(httptest.NewRequest(method, w.path(kind), http.NoBody))
			require.Equal(t, http.StatusMethodNotAllowed, p.status, method)
			require.Equal(t, "GET, HEAD, POST", p.header.Get("Allow"))
		}
		require.Equal(t, http.StatusRequestEntityTooLarge, w.post(w.path(kind), "x="+strings.Repeat("a", 8<<10)).status)
		require.Equal(t, http.StatusBadRequest, w.post(w.path(kind), "%zz").status)
		torn := httptest.NewRequest(http.MethodPost, w.path(kind), strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"undo\"\r\n\r\n1"))
		torn.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		require.Equal(t, http.StatusBadRequest, w.do(torn).status)
	}
	require.Empty(t, w.taken)
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, p := range []page{w.get(w.path(link.Unsubscribe)), w.get(w.path(link.Preferences)), w.post(w.path(link.Unsubscribe), oneTap), w.get("/u/x")} {
		require.Equal(t, "text/html; charset=utf-8", p.header.Get("Content-Type"))
		require.Regexp(t, `^default-src 'none'; style-src 'sha256-[^']+'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$`,
			p.header.Get("Content-Security-Policy"))
		require.Equal(t, "no-referrer", p.header.Get("Referrer-Policy"))
		require.Equal(t, "noindex, nofollow, noarchive", p.header.Get("X-Robots-Tag"))
		require.Equal(t, "nosniff", p.header.Get("X-Content-Type-Options"))
		require.Equal(t, "DENY", p.header.Get("X-Frame-Options"))
		require.Equal(t, "no-store", p.header.Get("Cache-Control"))
		require.NotContains(t, p.body, "<script")
		require.NotContains(t, p.body, "http://")
		require.NotContains(t, p.body, "https://")
	}
}
