package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// Trouble is what goes wrong with one call.
type Trouble string

// What goes wrong. Those that end in "taken" are the ones that lie: the
// message is on its way.
const (
	Fine        Trouble = "fine"
	CutTaken    Trouble = "cut, taken" // the connection breaks
	Cut         Trouble = "cut"
	FailedTaken Trouble = "5xx, taken" // in the provider's own form
	Failed      Trouble = "5xx"
	PageTaken   Trouble = "html page, taken" // a gateway's 5xx
	Page        Trouble = "html page"
	Busy        Trouble = "429"
	HungTaken   Trouble = "no answer, taken" // taken while, or soon after, the caller waits
	Hung        Trouble = "no answer"
	Slow        Trouble = "slow" // taken and answered, late in the caller's time
)

// Rates say how often each trouble comes, as shares of all calls.
type Rates map[Trouble]float64

// Troubles gives all that can go wrong, in a fixed order.
func Troubles() []Trouble {
	return []Trouble{CutTaken, Cut, FailedTaken, Failed, PageTaken, Page, Busy, HungTaken, Hung, Slow}
}

// Taken reports whether the message is on its way although the answer does not
// say so.
func (t Trouble) Taken() bool {
	switch t {
	case CutTaken, FailedTaken, PageTaken, HungTaken:
		return true
	}
	return false
}

// UsualRates make so large a share of all calls go wrong, in a mixture in which
// half of what goes wrong was taken.
func UsualRates(share float64) Rates {
	parts := Rates{CutTaken: 20, Cut: 10, FailedTaken: 20, Failed: 10, PageTaken: 5, Page: 5, Busy: 20, HungTaken: 10, Hung: 5, Slow: 15}
	const sum = 120
	for t, n := range parts {
		parts[t] = share * n / sum
	}
	return parts
}

// trouble decides what goes wrong with the n-th call of a name.
func (s *Sandbox) trouble(name string, n int) Trouble {
	roll := s.draw("trouble", name, strconv.Itoa(n))
	for _, t := range Troubles() {
		if roll -= s.config.Rates[t]; roll < 0 {
			return t
		}
	}
	return Fine
}

// call is one request, and how its provider answers it.
type call struct {
	provider string
	name     string        // of what is asked for, the same at every try
	key      string        // the send key of the message that is to be taken; "" for what is none
	take     func() string // puts the message into the book and gives its name; nil takes nothing
	yes      func(w http.ResponseWriter, name string)
	no       func(w http.ResponseWriter, status int) // in the provider's own form
}

// answer lets a call go well, or wrong.
func (s *Sandbox) answer(w http.ResponseWriter, r *http.Request, c call) {
	n := s.book.ask(c.provider, c.name, c.key)
	t := s.trouble(c.provider+" "+c.name, n)
	s.book.met(t)
	if c.take == nil {
		c.take = func() string { return "" }
	}
	words := []string{c.provider, c.name, strconv.Itoa(n)}
	s.pause(s.ctx, s.between(0, s.config.Latency, append(words, "latency")...)) // a caller that is gone changes nothing
	switch t {
	case CutTaken, FailedTaken, PageTaken:
		c.take()
	case HungTaken:
		s.later(s.between(0, s.config.CallTimeout*3/2, append(words, "taken")...), func() { c.take() })
	}
	switch t {
	case CutTaken, Cut:
		panic(http.ErrAbortHandler) // net/http's way to break a connection
	case FailedTaken, Failed:
		c.no(w, []int{500, 502, 503, 504}[int(s.draw(append(words, "status")...)*4)])
	case PageTaken, Page:
		gatewayPage(w)
	case Busy:
		w.Header().Set("Retry-After", "1")
		c.no(w, http.StatusTooManyRequests)
	case HungTaken, Hung:
		s.hang(r)
	case Slow:
		s.pause(r.Context(), s.between(s.config.CallTimeout/8, s.config.CallTimeout/2, append(words, "slow")...))
		c.yes(w, c.take())
	default:
		name := c.take()
		s.pause(r.Context(), s.between(0, s.config.Latency, append(words, "way back")...))
		c.yes(w, name)
	}
}

// hang keeps the caller waiting for longer than it waits.
func (s *Sandbox) hang(r *http.Request) {
	s.pause(r.Context(), s.config.CallTimeout+time.Second)
	panic(http.ErrAbortHandler)
}

// gatewayPage is what stands in front of providers and knows nothing of them.
func gatewayPage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusBadGateway)
	_, _ = w.Write([]byte("<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"))
}
