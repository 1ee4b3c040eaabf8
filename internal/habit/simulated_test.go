package habit_test

import (
	"math/rand/v2"
	"time"

	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// person is a simulated customer whose habit is known.
type person struct {
	kind  string
	habit sendtime.Hours
	every float64 // days between engagements, on average
	awake sendtime.Hours
	r     *rand.Rand
}

// faithful is the share of engagements that fall into the habit; the others fall anywhere in waking hours.
const faithful = 0.9

var (
	weekdays = []int{0, 1, 2, 3, 4}
	allDays  = []int{0, 1, 2, 3, 4, 5, 6}
)

// kinds are how simulated customers differ; each draws their own hours.
var kinds = []struct {
	name  string
	every float64
	habit func(*rand.Rand) sendtime.Hours
}{
	{"evening weekdays", 2, func(r *rand.Rand) sendtime.Hours { h := 16 + r.IntN(3); return from(h, h+3, weekdays...) }},
	{"mornings", 2, func(r *rand.Rand) sendtime.Hours { h := 7 + r.IntN(3); return from(h, h+2, allDays...) }},
	{"weekend", 3, func(r *rand.Rand) sendtime.Hours { h := 9 + r.IntN(5); return from(h, h+4, 5, 6) }},
	{"one day a week", 7, func(r *rand.Rand) sendtime.Hours { h := 9 + r.IntN(11); return from(h, h+2, r.IntN(7)) }},
	{"shift worker", 2, func(r *rand.Rand) sendtime.Hours {
		d := r.IntN(7)
		days := []int{d, (d + 1) % 7, (d + 2) % 7, (d + 3) % 7}
		return union(from(12, 14, days...), from(23, 24, days...))
	}},
	{"flat", 2, func(*rand.Rand) sendtime.Hours { return from(7, 23, allDays...) }},
}

func union(a, b sendtime.Hours) sendtime.Hours {
	for i := range a {
		a[i] |= b[i]
	}
	return a
}

func drawPerson(r *rand.Rand, kind int) person {
	k := kinds[kind]
	return person{kind: k.name, habit: k.habit(r), every: k.every, awake: from(7, 24, allDays...), r: r}
}

// engage draws so many engagements from monday on, each some days after the one before; it gives when it is then.
func (c *person) engage(p *habit.Profile, start time.Time, count int) time.Time {
	now := start
	for range count {
		now = now.Add(time.Duration((0.5 + c.r.Float64()) * c.every * 24 * float64(time.Hour)))
		set := c.habit
		if c.r.Float64() > faithful {
			set = c.awake
		}
		now = c.next(now, set)
		p.Add(now, habit.Seen)
	}
	return now.Add(time.Hour)
}

// next draws an hour of a set, on the first of its days from an instant on that has any.
func (c *person) next(now time.Time, set sendtime.Hours) time.Time {
	for day := now.Truncate(24 * time.Hour); ; day = day.Add(24 * time.Hour) {
		var of []int
		for hour := range 24 {
			if set.Has(weekday(day)*24 + hour) {
				of = append(of, hour)
			}
		}
		if len(of) > 0 {
			return day.Add(time.Duration(of[c.r.IntN(len(of))])*time.Hour + time.Duration(c.r.IntN(60))*time.Minute)
		}
	}
}

func weekday(day time.Time) int { return (int(day.Weekday()) + 6) % 7 }

// responds is how likely they answer a message of an hour, against their best hour.
func (c *person) responds(hour int) float64 {
	outside := (1 - faithful) / float64(c.awake.Len())
	inside := outside + faithful/float64(c.habit.Len())
	switch {
	case c.habit.Has(hour):
		return 1
	case c.awake.Has(hour):
		return outside / inside
	}
	return 0
}

// judge says how often hours are within one of a habitual hour, and what response they get on average.
func (c *person) judge(in sendtime.Hours) (hit, response float64) {
	for hour := range 168 {
		if !in.Has(hour) {
			continue
		}
		response += c.responds(hour)
		if c.habit.Has(hour) || c.habit.Has((hour+1)%168) || c.habit.Has((hour+167)%168) {
			hit++
		}
	}
	count := float64(in.Len())
	return hit / count, response / count
}

// oracle is the response at the best hour allowed.
func (c *person) oracle(allowed sendtime.Hours) (best float64) {
	for hour := range 168 {
		if allowed.Has(hour) {
			best = max(best, c.responds(hour))
		}
	}
	return best
}

// crowd draws the customers that a population is learned from.
func crowd(seed uint64, count int) ([]person, []habit.Profile) {
	r := rand.New(rand.NewPCG(seed, 1))
	people := make([]person, count)
	profiles := make([]habit.Profile, count)
	for i := range people {
		people[i] = drawPerson(r, i%len(kinds))
		people[i].engage(&profiles[i], monday.AddDate(0, 0, r.IntN(60)), 3+r.IntN(20))
	}
	return people, profiles
}
