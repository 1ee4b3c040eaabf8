package habit

import (
	"math"
	"time"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

// curve is a number for each hour of the week.
type curve [week]float64

// weighed is a profile as it counts at one instant.
type weighed struct {
	at    curve   // engagements by their decayed weight
	total float64 // their sum
	days  float64 // days with engagements, decayed alike
}

// hourly is what an engagement keeps from one hour to the next.
var hourly = math.Exp2(-1.0 / halfLife)

// weigh decays a profile to an instant. An instant before the newest engagement is read as that one's.
func (p *Profile) weigh(now time.Time, w *weighed) {
	if p.newest == 0 {
		return
	}
	hour := max(hourAt(now), int64(p.newest))
	one := math.Exp2(-float64(hour-int64(p.period())*halfLife)/halfLife) / unit
	for i, v := range p.past {
		w.at[i] = float64(v) * one
	}
	w.days = float64(p.days) * one
	p.weighWeek(math.Exp2(-float64(hour-int64(p.newest))/halfLife), w)
	for _, v := range w.at {
		w.total += v
	}
}

// weighWeek adds the last seven days, newest first; newest is what their last hour counts.
func (p *Profile) weighWeek(newest float64, w *weighed) {
	if p.seen.IsZero() {
		return
	}
	slot := slotOf(p.newest)
	counts, day := 0.0, int32(-1)
	for hour := p.newest; hour > p.newest-week; hour-- {
		if p.seen.Has(slot) {
			if hour/24 != day { // a day counts by its first hour, as it does in the past
				w.days += counts
				day = hour / 24
			}
			counts = newest
			w.at[slot] += newest
			if p.heavy.Has(slot) {
				w.at[slot] += newest
			}
		}
		newest *= hourly
		if slot--; slot < 0 {
			slot = week - 1
		}
	}
	if day != p.day {
		w.days += counts
	}
}

// inside adds up what lies in some hours.
func (w *weighed) inside(in sendtime.Hours) float64 {
	sum := 0.0
	for i, v := range w.at {
		if in.Has(i) {
			sum += v
		}
	}
	return sum
}

func (w *weighed) share(in sendtime.Hours) float64 {
	if w.total <= 0 {
		return 0
	}
	return min(w.inside(in)/w.total, 1)
}
