package sendtime

import "time"

// moved is by how much clock changes and a zone's jump over the date line can
// make days longer or shorter.
const moved = 26 * time.Hour

// Least gives a bound that the duration is never shorter than, wherever and
// whenever it begins.
func (d Duration) Least() time.Duration {
	return d.bound(28, -moved)
}

// Most gives a bound that the duration is never longer than, wherever and
// whenever it begins.
func (d Duration) Most() time.Duration {
	return d.bound(31, moved)
}

func (d Duration) bound(daysOfMonth int, slack time.Duration) time.Duration {
	if d.Days == 0 && d.Months == 0 {
		return d.Elapsed
	}
	return d.Elapsed + approxDay*time.Duration(d.Days+daysOfMonth*d.Months) + slack
}

// AtMost reports whether a duration is certainly no longer than another one
// that begins at the same instant. False says nothing.
func (d Duration) AtMost(other Duration) bool {
	each := d.Elapsed <= other.Elapsed && d.Days <= other.Days && d.Months <= other.Months
	return each || d.Most() <= other.Least()
}

// Plus gives a duration after another one.
func (d Duration) Plus(other Duration) Duration {
	return Duration{Elapsed: d.Elapsed + other.Elapsed, Days: d.Days + other.Days, Months: d.Months + other.Months}
}
