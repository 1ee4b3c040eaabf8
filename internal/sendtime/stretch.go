package sendtime

import "time"

// Ends gives when the allowed stretch ends that a request's Now lies in, its
// deadline at the latest, and two weeks later when it goes on for longer. Now is
// the answer when it lies in none; the minutes that points open are none.
func Ends(r Request) time.Time {
	now := r.Now.Unix()
	limit := now + longestStretch
	if !r.Deadline.IsZero() {
		limit = min(limit, ceilUnix(r.Deadline))
	}
	if r.Hours.isFull() {
		r.Hours = Hours{}
	}
	calendar := r.When.c
	if calendar != nil && calendar.any {
		calendar = nil
	}
	var room [1 + mostElsewhere]scanner
	all := clocks(room[:1])
	r.own(calendar, now, all)
	for _, zone := range r.Also {
		if zone != r.Zone {
			all = append(all, r.closing(now, zone))
		}
	}
	if end := all.lastOpen(now, limit); end > now {
		return time.Unix(end, 0).UTC()
	}
	return r.Now.UTC()
}
