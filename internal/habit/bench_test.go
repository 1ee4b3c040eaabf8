package habit_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/habit"
)

// histories are profiles of little, of some and of all kinds of hours.
func histories() map[string]habit.Profile {
	var sparse, dense habit.Profile
	r := rand.New(rand.NewPCG(3, 3))
	c := drawPerson(r, 0)
	c.engage(&sparse, monday, 16)
	for hour := range 20 * 168 {
		dense.Add(monday.Add(time.Duration(hour)*time.Hour), habit.Seen)
	}
	return map[string]habit.Profile{"empty": {}, "sixteen": sparse, "full": dense}
}

func BenchmarkGood(b *testing.B) {
	_, profiles := crowd(7, 600)
	now := monday.AddDate(0, 0, 140)
	pop := habit.Learn(profiles, now)
	for name, p := range histories() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				pop.Good(&p, now, allowed)
			}
		})
	}
}

func BenchmarkUsual(b *testing.B) {
	now := monday.AddDate(0, 0, 140)
	for name, p := range histories() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Usual(now)
			}
		})
	}
}

func BenchmarkAdd(b *testing.B) {
	for name, every := range map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 23 * time.Hour, "week": 167 * time.Hour} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var p habit.Profile
			at, i := monday, 0
			for b.Loop() {
				if i++; i%10_000 == 0 {
					at, p = monday, habit.Profile{}
				}
				at = at.Add(every)
				p.Add(at, habit.Seen)
			}
		})
	}
}

func BenchmarkStored(b *testing.B) {
	for name, p := range histories() {
		buffer := p.Append(nil)
		b.Run("write/"+name, func(b *testing.B) {
			b.ReportAllocs()
			b.ReportMetric(float64(len(buffer)), "bytes")
			for b.Loop() {
				buffer = p.Append(buffer[:0])
			}
		})
		b.Run("read/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _, _ = habit.Decode(buffer)
			}
		})
	}
}

func BenchmarkLearn(b *testing.B) {
	_, profiles := crowd(7, 3000)
	for b.Loop() {
		habit.Learn(profiles, monday.AddDate(0, 0, 140))
	}
}

func TestNothingIsAllocated(t *testing.T) {
	_, profiles := crowd(7, 100)
	now := monday.AddDate(0, 0, 140)
	pop := habit.Learn(profiles, now)
	p := profiles[0]
	next := now
	require.Zero(t, testing.AllocsPerRun(100, func() {
		pop.Good(&p, now, allowed)
		p.Usual(now)
		p.Evidence(now)
		next = next.Add(time.Hour)
		p.Add(next, habit.Seen)
	}))
}
