package habit

import (
	"math"
	"math/bits"
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

// faded is what an engagement counts after so many hours of a week.
var faded = func() (c curve) {
	for hours := range c {
		c[hours] = math.Exp2(-float64(hours) / halfLife)
	}
	return c
}()

// weigh decays a profile to an instant. An instant before the newest engagement is read as that one's.
func (p *Profile) weigh(now time.Time, w *weighed) {
	if p.newest == 0 {
		return
	}
	hour := max(hourAt(now), int64(p.newest))
	one := math.Exp2(-float64(hour-int64(p.period())*halfLife)/halfLife) / unit
	sum := 0
	for i, v := range p.past {
		w.at[i] = float64(v) * one
		sum += int(v)
	}
	w.total, w.days = float64(sum)*one, float64(p.days)*one
	newest := math.Exp2(-float64(hour-int64(p.newest)) / halfLife)
	last := p.day
	for x := p.seenFrom(p.newest-week+1, p.newest); x <= p.newest; x = p.seenFrom(x+1, p.newest) {
		value := newest * faded[p.newest-x]
		if day := x / 24; day != last { // a day counts by its first hour, as it does in the past
			last = day
			w.days += value
		}
		slot := uint(slotOf(x)) % week
		value *= float64(1 + p.heavy[slot/64]>>(slot%64)&1) // Answered is twice Seen
		w.at[slot] += value
		w.total += value
	}
}

// inside adds up what lies in some hours.
func (w *weighed) inside(in sendtime.Hours) float64 {
	sum := 0.0
	for word, rest := range in {
		for ; rest != 0; rest &= rest - 1 {
			if i := word*64 + bits.TrailingZeros64(rest); i < week {
				sum += w.at[i]
			}
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
