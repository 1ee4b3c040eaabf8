// Package pages is what customers see of the engine beside its messages: the
// page behind an unsubscribe link, the button of their mail program, and the
// page on which they choose what they hear, how and when. It decides what a
// page says and what a form asks for. What is changed goes through observe as
// events like any other; who may see a page is decided by link.
//
// There is no login and there are no cookies. The token in the path is all the
// authority there is, and nobody can guess it: a foreign page that made a
// browser post here would have to know it already. So forms need no token of
// their own against forgery.
package pages

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/observe"
)

// State is what the pages show of one customer, as of one instant.
type State struct {
	// Profile of the customer, whose id may be another than the link's since
	// customers were merged. With an empty id nobody is known.
	Profile customer.Profile
	// Topics of the policy in force, and whether consent is assumed until the
	// customer says no.
	Topics map[customer.Topic]bool
	// Blocked says why the customer's address by a channel is suppressed, one
	// of the reasons of customer.Suppression; absent: it is not.
	Blocked map[customer.Channel]string
	Company string // who sends, as customers know it; "" unknown
}

// Reader gives what is known of whoever a link was made for; a State without a
// profile's id when nothing is.
type Reader interface {
	Read(ctx context.Context, l link.Link) (State, error)
}

// Taker takes in what a customer said, durably before it returns. An
// observe.Observer is one.
type Taker interface {
	Take(ctx context.Context, batch []observe.Incoming) ([]observe.Outcome, error)
}

// Options are what the pages need.
type Options struct {
	Links  *link.Signer
	Reader Reader
	Taker  Taker
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: nothing is logged
}

// server serves the pages.
type server struct {
	Options
	look look
}

// Handler serves the pages of customers:
//
//	GET  /u/{token}  says what the button does; changes nothing, since mail
//	                 scanners follow links
//	POST /u/{token}  takes the customer off the topic: List-Unsubscribe=One-Click
//	                 as RFC 8058 has it, or the page's button; undo=1 takes that
//	                 back for a day
//	GET  /p/{token}  the preference page
//	POST /p/{token}  saves it
//
// A body has at most 8 kB, as a form or multipart. Every answer is a page in
// the customer's language: 403 for a link that is not whole or not ours, 410
// for one that has expired, 500 when nothing could be saved.
func Handler(o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &server{Options: o, look: newLook()}
	mux := http.NewServeMux()
	mux.Handle(link.UnsubscribePath+"{token}", s.opened(link.Unsubscribe, s.unsubscribe))
	mux.Handle(link.PreferencesPath+"{token}", s.opened(link.Preferences, s.preferences))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.sorry(w, r, http.StatusNotFound)
	})
	return s.guarded(mux)
}

// guarded keeps pages out of caches, frames and search engines, and the token
// out of what other sites learn.
func (s *server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", s.look.policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// visit is one request with a link that holds.
type visit struct {
	w     http.ResponseWriter
	r     *http.Request
	token string
	link  link.Link
	state State
	now   time.Time
	lang  string
	words words
	form  map[string][]string // of a POST; nil of a GET
}

// opened checks the method, the link and the form, and reads the customer.
func (s *server) opened(kind link.Kind, serve func(*visit)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
			w.Header().Set("Allow", "GET, HEAD, POST")
			s.sorry(w, r, http.StatusMethodNotAllowed)
			return
		}
		v := &visit{w: w, r: r, token: r.PathValue("token"), now: s.Now().UTC()}
		var err error
		if v.link, err = s.Links.Verify(v.token, v.now); err != nil || v.link.Kind != kind {
			s.sorry(w, r, refused(err))
			return
		}
		if r.Method == http.MethodPost {
			var status int
			if v.form, status = readForm(w, r); status != http.StatusOK {
				s.sorry(w, r, status)
				return
			}
		}
		if v.state, err = s.Reader.Read(r.Context(), v.link); err != nil {
			s.trouble(w, r, "read a customer for their page", err)
			return
		}
		v.lang, v.words = s.look.wordsFor(v.state.Profile.Locale, r.Header.Get("Accept-Language"))
		if v.state.Profile.ID == "" {
			s.show(v, http.StatusOK, notice{Title: v.words.GoneTitle, Text: v.words.GoneText})
			return
		}
		serve(v)
	})
}

// refused gives the status of a link that does not hold.
func refused(err error) int {
	if errors.Is(err, link.ErrExpired) {
		return http.StatusGone
	}
	return http.StatusForbidden
}

// maxForm bounds a body, in bytes.
const maxForm = 8 << 10

// readForm reads a body that is a form, as RFC 8058 section 3.1 wants in either
// encoding, and gives 200 for the status; a body of another kind has no fields.
func readForm(w http.ResponseWriter, r *http.Request) (form map[string][]string, status int) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	var err error
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "multipart/form-data") {
		err = r.ParseMultipartForm(maxForm)
	} else {
		err = r.ParseForm()
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, http.StatusRequestEntityTooLarge
	case err != nil:
		return nil, http.StatusBadRequest
	case r.PostForm == nil:
		return map[string][]string{}, http.StatusOK
	}
	return r.PostForm, http.StatusOK
}

// say hands what the customer said to the engine, and reports whether it is
// kept; where it is not, the customer has been told.
func (v *visit) say(s *server, id string, change observe.Change, how string) bool {
	in := observe.Incoming{
		Of:     v.state.Profile.ID,
		Event:  customer.Event{MessageID: id, Name: customer.Identified, At: v.now, Via: customer.ViaWeb},
		Change: change,
		Evidence: &customer.Evidence{
			How: how, Channel: v.link.Channel, Message: v.link.Message, Source: id,
		},
	}
	outcomes, err := s.Taker.Take(v.r.Context(), []observe.Incoming{in})
	if err == nil && (len(outcomes) != 1 || outcomes[0].Status == observe.Refused) {
		err = errors.New("the event was refused")
	}
	if err != nil {
		s.trouble(v.w, v.r, "take what a customer said on their page", err)
		return false
	}
	return true
}

func (s *server) trouble(w http.ResponseWriter, r *http.Request, what string, err error) {
	s.Logger.Error(what, "error", err)
	s.sorry(w, r, http.StatusInternalServerError)
}
