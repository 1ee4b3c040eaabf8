package twilio_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outreach-engine/outreach/internal/channel/twilio"
)

// noon is when the tests happen.
var noon = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

// row is a message as Twilio lists it.
type row struct {
	SID       string  `json:"sid"`
	To        *string `json:"to"`
	Body      *string `json:"body"`
	Direction string  `json:"direction"`
	Status    string  `json:"status"`
	Error     *int    `json:"error_code"`
	Created   string  `json:"date_created"`
	Sent      *string `json:"date_sent"`
}

// account is Messages.json of one account: it creates, keeps and lists. Safe
// for concurrent use.
type account struct {
	mu     sync.Mutex
	rows   []row
	now    time.Time
	drop   bool // hang up in place of an answer to a creation, which counts
	asked  []url.Values
	spoil  func(http.ResponseWriter, *http.Request) bool // answers a listing in its own way
	server *httptest.Server
}

func newAccount(t testing.TB) *account {
	a := &account{now: noon}
	a.server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.server.Close)
	return a
}

// sender makes one that talks to the account, with its settings changed.
func (a *account) sender(t testing.TB, change func(*twilio.Config)) *twilio.Sender {
	c := config(a.server.URL)
	if change != nil {
		change(&c)
	}
	s, err := twilio.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (a *account) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Method == http.MethodPost {
		a.create(w, r)
		return
	}
	a.asked = append(a.asked, r.URL.Query())
	if a.spoil != nil && a.spoil(w, r) {
		return
	}
	a.list(w, r)
}

func (a *account) create(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	m := a.add(r.PostForm.Get("To"), r.PostForm.Get("Body"), a.now)
	if a.drop {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(m)
}

// add puts a message that is still queued in front of the others.
func (a *account) add(to, body string, created time.Time) *row {
	a.rows = slices.Insert(a.rows, 0, row{
		SID: fmt.Sprintf("SM%032x", len(a.rows)+1), To: &to, Body: &body,
		Direction: "outbound-api", Status: "queued", Created: created.Format(time.RFC1123Z),
	})
	return &a.rows[0]
}

// sent says when a message went out, and what became of it.
func (r *row) sent(at time.Time, status string) *row {
	text := at.Format(time.RFC1123Z)
	r.Sent, r.Status = &text, status
	return r
}

// list answers as Twilio does: filtered, newest first, page by page.
func (a *account) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("PageSize"))
	from, _ := strconv.Atoi(strings.TrimPrefix(q.Get("PageToken"), "PASM"))
	matching := slices.DeleteFunc(slices.Clone(a.rows), func(m row) bool { return !listed(m, q) })
	to := min(from+size, len(matching))
	answer := map[string]any{"messages": append([]row{}, matching[from:to]...), "page_size": size, "next_page_uri": nil}
	if to < len(matching) {
		q.Set("Page", strconv.Itoa(to/size))
		q.Set("PageToken", "PASM"+strconv.Itoa(to))
		answer["next_page_uri"] = r.URL.Path + "?" + q.Encode()
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// listed compares days, as Twilio does, and leaves out what was not sent when
// it is asked for days of sending.
func listed(m row, q url.Values) bool {
	if m.To != nil && *m.To != q.Get("To") {
		return false
	}
	for name, fits := range map[string]func(sent, bound string) bool{
		"DateSent>": func(sent, bound string) bool { return sent >= bound },
		"DateSent<": func(sent, bound string) bool { return sent <= bound },
	} {
		if !q.Has(name) {
			continue
		}
		bound, err := time.Parse(time.RFC3339, q.Get(name))
		if err != nil || m.Sent == nil {
			return false
		}
		sent, _ := time.Parse(time.RFC1123Z, *m.Sent)
		if !fits(sent.UTC().Format(time.DateOnly), bound.UTC().Format(time.DateOnly)) {
			return false
		}
	}
	return true
}
