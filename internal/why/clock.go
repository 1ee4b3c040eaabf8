package why

import (
	"time"

	"github.com/outreach-engine/outreach/internal/wording"
)

// clock is the customer's.
type clock struct {
	zone *time.Location
	now  time.Time
}

// The ways to write instants.
const (
	dayLayout  = "Mon 2 Jan"
	yearLayout = "Mon 2 Jan 2006"
)

// date writes an instant's day, with the year when it is not this one.
func (c clock) date(at time.Time) string {
	there := at.In(c.zone)
	if there.Year() != c.now.In(c.zone).Year() {
		return there.Format(yearLayout)
	}
	return there.Format(dayLayout)
}

// local writes an instant as the customer's clock shows it.
func (c clock) local(at time.Time) string { return c.date(at) + at.In(c.zone).Format(" 15:04") }

// times writes a story's instants, those with seconds that share their minute
// with another one.
func (c clock) times(instants []time.Time) []string {
	texts := make([]string, len(instants))
	for i, at := range instants {
		texts[i] = c.local(at)
		for _, other := range instants {
			same := other.Truncate(time.Minute).Equal(at.Truncate(time.Minute))
			if same && !other.Truncate(time.Second).Equal(at.Truncate(time.Second)) {
				texts[i] = c.date(at) + at.In(c.zone).Format(" 15:04:05")
				break
			}
		}
	}
	return texts
}

// ago says how long an instant is past, in whole days, hours or minutes.
func (c clock) ago(at time.Time) string {
	gone := c.now.Sub(at)
	switch {
	case gone >= 48*time.Hour:
		return wording.Count(int64(gone/(24*time.Hour)), "day") + " ago"
	case gone >= 2*time.Hour:
		return wording.Count(int64(gone/time.Hour), "hour") + " ago"
	case gone >= time.Minute:
		return wording.Count(int64(gone/time.Minute), "minute") + " ago"
	}
	return "just now"
}
