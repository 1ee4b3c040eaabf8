package simulate

import "time"

// alarm is an instant at which an outreach goes on, or a rule has due times.
type alarm struct {
	at     time.Time
	waiter *waiter // nil: a rule's due time
	rule   string
}

// alarms are kept as a binary heap, the earliest first. Of equal ones any may
// come first: those of one instant are taken together.
type alarms []alarm

func (a alarms) first() (at time.Time, ok bool) {
	if len(a) == 0 {
		return time.Time{}, false
	}
	return a[0].at, true
}

func (a *alarms) set(x alarm) {
	h := append(*a, x)
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h[i].at.Before(h[parent].at) {
			break
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
	*a = h
}

// take takes an alarm that is not after an instant.
func (a *alarms) take(now time.Time) (alarm, bool) {
	h := *a
	if len(h) == 0 || h[0].at.After(now) {
		return alarm{}, false
	}
	taken, last := h[0], len(h)-1
	h[0], h[last] = h[last], alarm{}
	h = h[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].at.Before(h[child].at) {
			child++
		}
		if !h[child].at.Before(h[i].at) {
			break
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
	*a = h
	return taken, true
}
