package pages_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/pages"
)

var now = time.Date(2026, time.November, 23, 9, 30, 0, 0, time.UTC)

const (
	sendKey = "price-drop.c1.1.price-drop.email"
	oneTap  = "List-Unsubscribe=One-Click"
)

// world is an engine in memory: what customers say changes what pages read.
type world struct {
	mu    sync.Mutex
	now   time.Time
	state pages.State
	taken []observe.Incoming
	ids   map[string]bool
	fails error // what taking gives; nil: nothing fails
	deaf  bool  // events are refused

	signer  *link.Signer
	handler http.Handler
}

func newWorld(t *testing.T) *world {
	t.Helper()
	signer, err := link.NewSigner([]link.Key{{1}})
	require.NoError(t, err)
	w := &world{now: now, ids: map[string]bool{}, signer: signer, state: pages.State{
		Profile: customer.Profile{
			ID: "c1", External: "jo-77", Locale: "en-GB", Email: "jo.miller@example.com", Phone: "+12025550006", PushTokens: []string{"token-of-a-phone"},
			Consents: map[customer.Topic]customer.Consent{"offers": {Given: true, At: now.AddDate(-1, 0, 0)}},
		},
		Topics:  map[customer.Topic]bool{"service": true, "urgent": true, "offers": false, "tips-and-tricks": false},
		Company: "Larkline",
	}}
	w.handler = pages.Handler(pages.Options{Links: signer, Reader: w, Taker: w, Now: func() time.Time { return w.now }})
	return w
}

// Read gives what is known of c1, and nothing of anybody else.
func (w *world) Read(_ context.Context, l link.Link) (pages.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l.Customer == "c-broken" {
		return pages.State{}, errors.New("the store is away")
	}
	if l.Customer != w.state.Profile.ID {
		return pages.State{}, nil
	}
	s := w.state
	s.Profile = s.Profile.Clone()
	return s, nil
}

// Take changes the customer as the engine would.
func (w *world) Take(_ context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fails != nil {
		return nil, w.fails
	}
	var list []observe.Outcome
	for _, in := range batch {
		switch {
		case w.deaf:
			list = append(list, observe.Outcome{Status: observe.Refused, Reason: "it does not fit"})
			continue
		case w.ids[in.Event.MessageID]:
			list = append(list, observe.Outcome{Status: observe.Duplicate})
			continue
		}
		w.ids[in.Event.MessageID] = true
		w.taken = append(w.taken, in)
		w.change(in.Change, in.Event.At)
		list = append(list, observe.Outcome{Status: observe.Taken})
	}
	return list, nil
}

func (w *world) change(c observe.Change, at time.Time) {
	p := w.state.Profile.Clone()
	for topic, given := range c.Consents {
		p.Consents[topic] = customer.Consent{Given: given, At: at}
	}
	if c.Preferences != nil {
		p.Preferences = *c.Preferences
	}
	blocked := map[customer.Channel]string{}
	for channel, reason := range w.state.Blocked {
		blocked[channel] = reason
	}
	for channel, on := range c.Blocks {
		if delete(blocked, channel); on {
			blocked[channel] = customer.Unsubscribed
		}
	}
	w.state.Profile, w.state.Blocked = p, blocked
}

// path gives where a link leads.
func (w *world) path(kind link.Kind) string {
	return strings.TrimPrefix(w.signer.URL("https://x", w.linkOf(kind)), "https://x")
}

func (w *world) linkOf(kind link.Kind) link.Link {
	return link.Link{
		Kind: kind, Customer: "c1", Topic: "offers", Channel: customer.Email, Message: sendKey,
		Issued: now.AddDate(0, 0, -2).Truncate(24 * time.Hour),
	}
}

// page is an answer.
type page struct {
	status int
	header http.Header
	body   string
}

func (w *world) do(r *http.Request) page {
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, r)
	response := recorder.Result()
	body, _ := io.ReadAll(response.Body)
	return page{status: response.StatusCode, header: response.Header, body: string(body)}
}

func (w *world) get(path string) page {
	return w.do(httptest.NewRequest(http.MethodGet, path, http.NoBody))
}

func (w *world) post(path, form string) page {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(r)
}

// fields gives the form of the preference page as a browser would send it
// untouched.
func fields(body string) url.Values {
	form := url.Values{}
	for tag := range strings.SplitSeq(body, "<") {
		tag, _, _ = strings.Cut(tag, ">")
		checkable := strings.Contains(tag, `type="checkbox"`) || strings.Contains(tag, `type="radio"`)
		if strings.HasPrefix(tag, "input ") && (!checkable || strings.HasSuffix(tag, " checked")) {
			form.Add(attribute(tag, "name"), attribute(tag, "value"))
		}
	}
	for _, list := range strings.Split(body, "<select ")[1:] {
		list, _, _ = strings.Cut(list, "</select>")
		for _, option := range strings.Split(list, "<option ")[1:] {
			if tag, _, _ := strings.Cut(option, ">"); strings.HasSuffix(tag, " selected") {
				form.Set(attribute(list, "name"), attribute(tag, "value"))
			}
		}
	}
	return form
}

func attribute(tag, name string) string {
	_, rest, _ := strings.Cut(tag, name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// untick takes a box out of a form.
func untick(form url.Values, name string) {
	var rest []string
	for _, on := range form["on"] {
		if on != name {
			rest = append(rest, on)
		}
	}
	form["on"] = rest
}
