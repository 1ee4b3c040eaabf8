package inbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Taker takes in what customers did. *observe.Observer is one.
type Taker interface {
	Take(ctx context.Context, batch []observe.Incoming) ([]observe.Outcome, error)
}

// PageOptions are what the page needs beside the messages.
type PageOptions struct {
	Store ledger.Store // who the customers are, and why things went as they did
	Taker Taker        // where the acts of the page's buttons go
	// Zone gives a customer's clock. Nil: the profile's zone, else that of
	// their phone number, else UTC.
	Zone   func(customer.Profile) *time.Location
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // for trouble with the store; nil: nothing is logged
	Beside []Link           // pages of others, for the head of the inbox
}

// Link leads to a page that somebody else serves.
type Link struct{ Name, Address string }

func (o PageOptions) complete() PageOptions {
	if o.Zone == nil {
		o.Zone = guessZone(sendtime.NewZones())
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func guessZone(zones *sendtime.Zones) func(customer.Profile) *time.Location {
	return func(p customer.Profile) *time.Location {
		if zone, err := zones.Load(p.Zone); err == nil {
			return zone
		}
		if name, ok := zones.ZoneOfPhone(p.Phone); ok {
			if zone, err := zones.Load(name); err == nil {
				return zone
			}
		}
		return time.UTC
	}
}

//go:embed page
var files embed.FS

// page serves one inbox.
type page struct {
	PageOptions
	box       *Box
	templates *template.Template
	style     template.CSS
	script    template.JS
	policy    string // the Content-Security-Policy
}

// Handler serves the inbox's page, each customer's page, both as JSON, and the
// buttons that play the customer:
//
//	GET  /  and  /inbox                       what customers received
//	GET  /inbox/messages.json                 the same; since, channel, customer, rule, limit
//	GET  /inbox/customers/{id}[.json]         one customer's story; {id} is ours or an outside one
//	POST /inbox/messages/{key}/{act}          opened, clicked or replied (form field text)
//
// It shows personal data and asks for no password: serve it on the loopback
// interface, or behind something that asks. Acts are taken from the page's own
// origin, or with the header X-Inbox-Act, which no other site can set.
func Handler(box *Box, o PageOptions) http.Handler {
	p := &page{PageOptions: o.complete(), box: box}
	p.templates = template.Must(template.New("").Funcs(words()).ParseFS(files, "page/*.html"))
	p.style, p.script = template.CSS(embedded("page.css")), template.JS(embedded("page.js"))
	p.policy = policyFor(p.script)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.inbox)
	mux.HandleFunc("GET /inbox", p.inbox)
	mux.HandleFunc("GET /inbox/messages.json", p.messages)
	mux.HandleFunc("GET /inbox/customers/{id}", p.customer)
	mux.HandleFunc("POST /inbox/messages/{key}/{act}", p.act)
	return p.guarded(mux)
}

// embedded gives a file that is part of the program, so it is there.
func embedded(name string) string {
	text, _ := files.ReadFile("page/" + name)
	return string(text)
}

// policyFor lets the page run its one script, and nothing else: mails bring
// their own styles and inlined pictures, and are cut off from the network.
func policyFor(script template.JS) string {
	sum := sha256.Sum256([]byte(script))
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
		"style-src 'unsafe-inline'",
		"img-src data:",
		"connect-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

func (p *page) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", p.policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// inboxView is what the inbox page shows.
type inboxView struct {
	listView
	Columns []columnView
	Filter  filter
	Rules   []string
	Beside  []Link
	Style   template.CSS
	Script  template.JS
}

// columnView is one channel's messages.
type columnView struct {
	Channel  customer.Channel
	Messages []messageView
}

func (p *page) inbox(w http.ResponseWriter, r *http.Request) {
	f, trouble := filterOf(r.URL.Query())
	if trouble != "" {
		p.sorry(w, http.StatusBadRequest, trouble)
		return
	}
	f.Since = 0
	list, err := p.list(r.Context(), f, f.columns)
	if err != nil {
		p.broken(w, r, err)
		return
	}
	v := inboxView{listView: list, Filter: f, Rules: p.box.Rules(), Beside: p.Beside, Style: p.style, Script: p.script}
	for _, q := range f.columns("") {
		column := columnView{Channel: q.Channel}
		for _, m := range list.Messages {
			if m.Channel == q.Channel {
				column.Messages = append(column.Messages, m)
			}
		}
		v.Columns = append(v.Columns, column)
	}
	p.render(w, http.StatusOK, "inbox.html", v)
}

func (p *page) messages(w http.ResponseWriter, r *http.Request) {
	f, trouble := filterOf(r.URL.Query())
	if trouble != "" {
		writeJSON(w, http.StatusBadRequest, errorView{trouble})
		return
	}
	list, err := p.list(r.Context(), f, func(who customer.ID) []Query { return []Query{f.query(who)} })
	if err != nil {
		p.log(r, err)
		writeJSON(w, http.StatusInternalServerError, errorView{unreadable})
		return
	}
	writeJSON(w, http.StatusOK, list)
}

// customerView is what a customer's page shows.
type customerView struct {
	storyView
	Style template.CSS
}

func (p *page) customer(w http.ResponseWriter, r *http.Request) {
	id, asJSON := strings.CutSuffix(r.PathValue("id"), ".json")
	f, trouble := filterOf(r.URL.Query())
	status, story := http.StatusBadRequest, storyView{}
	if trouble == "" {
		var ok bool
		var err error
		story, ok, err = p.story(r.Context(), id, cmp.Or(f.Limit, storyLimit))
		switch {
		case err != nil:
			p.log(r, err)
			status, trouble = http.StatusInternalServerError, unreadable
		case !ok:
			status, trouble = http.StatusNotFound, "customer: nobody has this id; take one from the inbox"
		}
	}
	switch {
	case trouble != "" && asJSON:
		writeJSON(w, status, errorView{trouble})
	case trouble != "":
		p.sorry(w, status, trouble)
	case asJSON:
		writeJSON(w, http.StatusOK, story)
	default:
		p.render(w, http.StatusOK, "customer.html", customerView{storyView: story, Style: p.style})
	}
}

// unreadable is what is told of trouble with the store; the log has more.
const unreadable = "store: cannot be read at the moment; the program's log says why"

// errorView is an error as JSON.
type errorView struct {
	Error string `json:"error"`
}

// sorryView is what a page with nothing else to say shows.
type sorryView struct {
	Text  string
	Style template.CSS
}

func (p *page) sorry(w http.ResponseWriter, status int, text string) {
	p.render(w, status, "sorry.html", sorryView{Text: text, Style: p.style})
}

func (p *page) broken(w http.ResponseWriter, r *http.Request, err error) {
	p.log(r, err)
	p.sorry(w, http.StatusInternalServerError, unreadable)
}

// log writes the route, not the address: that holds customers' ids.
func (p *page) log(r *http.Request, err error) {
	if r.Context().Err() == nil {
		p.Logger.ErrorContext(r.Context(), "inbox page", "route", r.Pattern, "error", err)
	}
}

func (p *page) render(w http.ResponseWriter, status int, name string, data any) {
	var out bytes.Buffer
	if err := p.templates.ExecuteTemplate(&out, name, data); err != nil {
		p.Logger.Error("inbox page", "template", name, "error", err)
		http.Error(w, "page: cannot be written; the program's log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // a browser that left misses nothing
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		http.Error(w, "answer: cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // as above
}
