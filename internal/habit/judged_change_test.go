package habit_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/habit"
)

// TestJudgedWithNoise judges as TestJudged does, with acts of machines that nobody kept out: scanners that open
// at any hour, and ones that open what is always sent on Tuesdays at ten.
func TestJudgedWithNoise(t *testing.T) {
	t.Parallel()
	_, profiles := crowd(7, 600)
	pop := habit.Learn(profiles, monday.AddDate(0, 0, 120))
	machines := []struct {
		name   string
		opened func(*rand.Rand, time.Time) time.Time
	}{
		{"none", nil},
		{"at any hour", func(r *rand.Rand, now time.Time) time.Time {
			return now.Add(time.Duration(r.IntN(48)-24) * time.Hour)
		}},
		{"Tuesdays at ten", func(_ *rand.Rand, now time.Time) time.Time {
			return now.Truncate(24*time.Hour).AddDate(0, 0, -(weekday(now)+6)%7).Add(10 * time.Hour)
		}},
	}
	var b strings.Builder
	b.WriteString("hits and regret by engagements; after three in ten of them a machine opened too;\nown evidence alone, and learned")
	for _, m := range machines {
		var learned, alone, unmoved [5]score
		for i := range 150 * (len(kinds) - 1) { // not the flat ones
			for n, count := range after {
				r := rand.New(rand.NewPCG(uint64(i), 17))
				c := drawPerson(r, i%(len(kinds)-1))
				var p habit.Profile
				now := monday.AddDate(0, 0, 60)
				for range count {
					now = c.engage(&p, now, 1)
					if m.opened != nil && r.IntN(10) < 3 {
						p.Add(m.opened(r, now), habit.Seen)
					}
				}
				l, _ := pop.Good(&p, now, allowed)
				learned[n].add(&c, l.Hours)
				l, _ = (*habit.Population)(nil).Good(&p, now, allowed)
				alone[n].add(&c, chosen(l, !l.Hours.IsZero(), window))
				unmoved[n].add(&c, fixed)
			}
		}
		fmt.Fprintf(&b, "\n%-22s", m.name)
		for _, s := range alone {
			b.WriteString(s.String())
		}
		b.WriteString("\n  learned             ")
		for n, s := range learned {
			b.WriteString(s.String())
			require.LessOrEqual(t, s.mean(), alone[n].mean()+0.02, "%s, %d engagements", m.name, after[n])
			if after[n] >= 4 {
				require.Less(t, s.mean(), unmoved[n].mean()-0.1, "%s, %d engagements", m.name, after[n])
			}
		}
	}
	t.Log(b.String())
}

// TestJudgedChange changes the habit of customers who have had one for sixteen engagements, and asks how soon
// the new one is found: within the eight weeks in which the old evidence halves.
func TestJudgedChange(t *testing.T) {
	t.Parallel()
	_, profiles := crowd(7, 600)
	pop := habit.Learn(profiles, monday.AddDate(0, 0, 120))
	var b strings.Builder
	weeks := []int{0, 1, 2, 4, 6, 8, 12}
	fmt.Fprintf(&b, "hits and regret %v weeks after the habit changed", weeks)
	for kind := range len(kinds) - 1 {
		scores := make([]score, len(weeks))
		for i := range 150 {
			r := rand.New(rand.NewPCG(uint64(i), uint64(kind)))
			c := drawPerson(r, (kind+1)%(len(kinds)-1))
			var p habit.Profile
			now := c.engage(&p, monday, 16)
			changed := now
			c.habit, c.every = kinds[kind].habit(r), kinds[kind].every
			for n, week := range weeks {
				for now.Before(changed.AddDate(0, 0, 7*week)) {
					now = c.engage(&p, now, 1)
				}
				l, _ := pop.Good(&p, now, allowed)
				scores[n].add(&c, l.Hours)
			}
		}
		fmt.Fprintf(&b, "\nto %-20s", kinds[kind].name)
		for _, s := range scores {
			b.WriteString(s.String())
		}
		require.Less(t, scores[len(weeks)-1].mean(), 0.1, "twelve weeks after a change to %s", kinds[kind].name)
		require.Less(t, scores[5].mean(), 0.35, "eight weeks after a change to %s", kinds[kind].name)
	}
	t.Log(b.String())
}
