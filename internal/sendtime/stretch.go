package sendtime

import "time"

// Ends gives when the allowed stretch ends that a request's Now lies in, its
// deadline at the latest, and two weeks later when it goes on for longer. Now is
// the answer when it lies in none; one of the minutes that points open is none.
func Ends(r Request) time.Time {
	now := r.Now.Unix()
	limit := now + longestStretch
	if !r.Deadline.IsZero() {
		limit = min(limit, ceilUnix(r.Deadline))
	}
	calendar := r.When.c
	if calendar != nil && calendar.any {
		calendar = nil
	}
	s := r.scanner(calendar, now)
	if end := s.lastOpen(now, limit); end > now {
		return time.Unix(end, 0).UTC()
	}
	return r.Now.UTC()
}
