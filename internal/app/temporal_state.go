package app

import "sync"

// temporalState says whether Temporal can be worked with, for readiness. Its
// zero value is that nobody has looked yet. It is safe for concurrent use.
type temporalState struct {
	mu     sync.Mutex
	ok     bool
	detail string // why not, with what to do
}

// Check gives whether Temporal is there and fits, and why not.
func (s *temporalState) Check() (ok bool, detail string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ok && s.detail == "" {
		return false, "temporal was not looked at yet"
	}
	return s.ok, s.detail
}

// set takes what a look gave, nil for all is well, and reports whether that is
// news: that it is well now, or not any more, or that somebody has to do
// something else than before.
func (s *temporalState) set(err error) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ok, detail := err == nil, ""
	if err != nil {
		detail = err.Error()
	}
	news = ok != s.ok || lasting(err) && detail != s.detail
	s.ok, s.detail = ok, detail
	return news
}
