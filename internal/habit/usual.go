package habit

import (
	"time"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

const (
	// nearlyAll is the share of the evidence that the usual hours hold.
	nearlyAll = 0.8
	// fewHours bounds the usual hours: four a day.
	fewHours = 7 * 4
	// often is how many engagements a usual hour has on average, and how many days with engagements there are
	// to a usual day of the week; with fewer, hours are merely different.
	often = 1.5
	// beside is the share of the heaviest hour's evidence from which on an hour next to a usual one is usual too.
	beside = 1.0 / 3
)

// Usual gives the hours in which nearly all falls that this customer does: the fewest that hold 80 % of the
// evidence, one stray act aside, and the hours beside them that hold a third as much as the heaviest. It is
// ok when there are engagements on three days within some weeks (2.2, decayed), the hours are at most 28 of
// the week, and each of them, and each of their days of the week, was met again (1.5 times on average).
func (p *Profile) Usual(now time.Time) (Learned, bool) {
	var w weighed
	if p != nil {
		p.weigh(now, &w)
	}
	l := Learned{Evidence: w.total}
	if w.days < enoughDays {
		return l, false
	}
	heaviest, few := w.fewest(&l.Hours)
	if !few {
		return Learned{Evidence: w.total}, false
	}
	l.Hours = w.widen(l.Hours, heaviest*beside)
	l.Share = w.share(l.Hours)
	count := l.Hours.Len()
	again := w.inside(l.Hours) >= often*float64(count) && w.days*l.Share >= often*weekdays(l.Hours)
	return l, count <= fewHours && again
}

// weekdays counts the days of the week on which there are hours of a set.
func weekdays(in sendtime.Hours) (days float64) {
	for day := range 7 {
		var hours sendtime.Hours
		for hour := range 24 {
			hours.Add(day*24 + hour)
		}
		if !in.And(hours).IsZero() {
			days++
		}
	}
	return days
}

// fewest takes the heaviest hours until they hold nearly all; it gives the heaviest of them.
func (w *weighed) fewest(taken *sendtime.Hours) (heaviest float64, ok bool) {
	left := w.at
	next, value := left.heaviest()
	heaviest = value
	held := 0.0
	for range fewHours {
		taken.Add(next)
		held += value
		left[next] = 0
		if next, value = left.heaviest(); held >= nearlyAll*(w.total-stray(value)) {
			return heaviest, true
		}
	}
	return heaviest, false
}

// stray is what an hour holds if that may be one single act.
func stray(value float64) float64 {
	if value > float64(Answered) {
		return 0
	}
	return value
}

// heaviest finds the largest value, the earliest of equals.
func (c *curve) heaviest() (hour int, value float64) {
	for i, v := range c {
		if v > value {
			hour, value = i, v
		}
	}
	return hour, value
}

// widen adds the hours beside those of a set, on and on, that hold enough.
func (w *weighed) widen(in sendtime.Hours, enough float64) sendtime.Hours {
	out := in
	for _, step := range []int{1, week - 1} {
		for hour := range week {
			if !in.Has(hour) {
				continue
			}
			for next := (hour + step) % week; !out.Has(next) && w.at[next] >= enough; next = (next + step) % week {
				out.Add(next)
			}
		}
	}
	return out
}
