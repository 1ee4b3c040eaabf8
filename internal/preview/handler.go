package preview

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// Options are what the pages need.
type Options struct {
	// Current gives what is in force, and a text that changes with it.
	Current func() (*bundle.Bundle, string)
	// Refused says why the newest edit is not in force, "" when it is; nil:
	// nothing is said.
	Refused func(context.Context) (string, error)
	Now     func() time.Time // nil: time.Now
	Logger  *slog.Logger     // nil: nothing is logged
}

// server serves the pages.
type server struct {
	Options
	pages *pages
}

// Handler serves previews of all templates in force, and shows every edit as
// soon as it is loaded:
//
//	GET /preview              all templates
//	GET /preview/{template}   one; channel, locale, sample, item (again for each)
//	GET /preview/version.txt  a text that changes when a page would
//
// It shows samples only, so no personal data.
func Handler(o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Refused == nil {
		o.Refused = func(context.Context) (string, error) { return "", nil }
	}
	s := &server{Options: o, pages: newPages()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /preview", s.list)
	mux.HandleFunc("GET /preview/version.txt", s.version)
	mux.HandleFunc("GET /preview/{template}", s.template)
	return s.guarded(mux)
}

func (s *server) guarded(next http.Handler) http.Handler {
	policy := policyFor(s.pages.script)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// nav is what stands around a page that is served.
type nav struct {
	Version string
	Refused string
	Locales []choice
	Samples []choice
}

// choice is a link that changes one thing of a page.
type choice struct {
	Name, Address string
	Chosen        bool
}

func (s *server) nav(ctx context.Context) nav {
	_, version := s.Current()
	n := nav{}
	var err error
	if n.Refused, err = s.Refused(ctx); err != nil {
		s.Logger.ErrorContext(ctx, "preview page: why the newest edit is not in force", "error", err)
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintln(h, version, n.Refused) // a hash takes everything
	n.Version = fmt.Sprintf("%x", h.Sum64())
	return n
}

func (s *server) version(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(s.nav(r.Context()).Version)) // a browser that left misses nothing
}

// listView is what the page of all templates shows.
type listView struct {
	Nav       nav
	Templates []listedTemplate
	Style     template.CSS
	Script    template.JS
}

// listedTemplate is one template among all.
type listedTemplate struct {
	Name     string
	Subject  string // how it opens
	Channels []customer.Channel
	Rules    []string
	Verdict  string
	Worst    Severity // "" nothing was found but notes
}

func (s *server) list(w http.ResponseWriter, r *http.Request) {
	b, _ := s.Current()
	v := listView{Nav: s.nav(r.Context()), Style: s.pages.style, Script: s.pages.script}
	for _, name := range b.Templates.Names() {
		person, err := Sample(b, name, FirstSample, s.Now())
		if err != nil {
			person = Invent(b, name, s.Now())
		}
		p, err := Show(b, Request{Template: name, Person: person})
		if err == nil {
			v.Templates = append(v.Templates, summed(p, b.Templates.Channels(name)))
		}
	}
	s.answer(w, http.StatusOK, "list.html", v)
}

func summed(p *Preview, channels []customer.Channel) listedTemplate {
	t := listedTemplate{Name: p.Template, Channels: channels, Rules: p.Rules, Verdict: p.Count(), Worst: p.Worst()}
	switch {
	case p.Email != nil && p.Email.Subject != "":
		t.Subject = p.Email.Subject
	case p.Push != nil && p.Push.Title != "":
		t.Subject = p.Push.Title
	case p.SMS != nil:
		t.Subject = cut(p.SMS.Text, 90)
	}
	return t
}

func (s *server) template(w http.ResponseWriter, r *http.Request) {
	b, _ := s.Current()
	name, query := r.PathValue("template"), r.URL.Query()
	around := s.nav(r.Context())
	var channels []customer.Channel
	if c := query.Get("channel"); c != "" {
		channels = []customer.Channel{customer.Channel(c)}
	}
	person, err := Sample(b, name, query.Get("sample"), s.Now())
	var p *Preview
	if len(b.Templates.Channels(name)) == 0 {
		err = nil // Show says it better
	}
	if err == nil {
		p, err = Show(b, Request{Template: name, Channels: channels, Locale: query.Get("locale"), Items: query["item"], Person: person})
	}
	if err != nil {
		s.sorry(w, around, err)
		return
	}
	around.Locales = choices(query, "locale", localesOf(b, name), "default")
	around.Samples = choices(query, "sample", SampleNames(b, name), "")
	s.answer(w, http.StatusOK, "template.html", pageView{Preview: p, Style: s.pages.style, Script: s.pages.script, Nav: &around})
}

// localesOf gives the locales that any channel of a template is written in.
func localesOf(b *bundle.Bundle, name string) []string {
	var list []string
	for _, c := range b.Templates.Channels(name) {
		list = append(list, b.Templates.Locales(name, c)...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// choices gives a link for each value of a key; none for fewer than two.
func choices(query url.Values, key string, values []string, unnamed string) []choice {
	if len(values) < 2 {
		return nil
	}
	chosen := query.Get(key)
	if chosen == "" {
		chosen = values[0]
	}
	var list []choice
	for _, value := range values {
		other := url.Values{}
		for k, v := range query {
			other[k] = v
		}
		other.Set(key, value)
		name := value
		if name == "" {
			name = unnamed
			other.Del(key)
		}
		list = append(list, choice{Name: name, Address: "?" + other.Encode(), Chosen: value == chosen})
	}
	return list
}

// sorryView is what a page with nothing else to say shows.
type sorryView struct {
	Nav    nav
	Lines  []string
	Style  template.CSS
	Script template.JS
}

func (s *server) sorry(w http.ResponseWriter, around nav, err error) {
	status := http.StatusInternalServerError
	if _, ok := errors.AsType[*NotFoundError](err); ok {
		status = http.StatusNotFound
	} else if _, ok := errors.AsType[*source.InvalidError](err); ok {
		status = http.StatusUnprocessableEntity
	}
	s.answer(w, status, "sorry.html", sorryView{Nav: around, Lines: strings.Split(err.Error(), "\n"), Style: s.pages.style, Script: s.pages.script})
}

func (s *server) answer(w http.ResponseWriter, status int, name string, view any) {
	page, err := s.pages.render(name, view)
	if err != nil {
		s.Logger.Error("preview page", "page", name, "error", err)
		http.Error(w, "page: cannot be written; the program's log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page) // as above
}
