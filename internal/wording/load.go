package wording

import (
	"math"
	"time"
)

// Rate says in words how many messages a second may go out: 5 per second, 90
// per minute, 200 per hour, as policy.yaml has it.
func Rate(perSecond float64) string {
	switch {
	case perSecond >= 1:
		return Number(perSecond) + " per second"
	case perSecond*60 >= 1:
		return Number(perSecond*60) + " per minute"
	}
	return Number(perSecond*3600) + " per hour"
}

// Span says in words how long something takes, in the unit that fits: 40
// seconds, 16 minutes, 5 hours, 3 days.
func Span(d time.Duration) string {
	const most = 2 // of a unit that a smaller one says better
	for _, unit := range []struct {
		name string
		long time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if d >= most*unit.long {
			return Count(int64(math.Round(float64(d)/float64(unit.long))), unit.name)
		}
	}
	return Count(int64(math.Round(d.Seconds())), "second")
}
