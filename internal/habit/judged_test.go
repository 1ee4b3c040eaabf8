package habit_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

var (
	// allowed is what quiet and legal hours leave open, and window the policy's.
	allowed = from(8, 21, allDays...)
	window  = from(9, 20, weekdays...)
	// fixed is one hour for all: ten o'clock on weekdays.
	fixed = from(10, 11, weekdays...)
	after = []int{0, 2, 4, 8, 16}
)

// score adds up judgements of one way to choose.
type score struct{ hit, regret, count float64 }

func (s *score) add(c *person, in sendtime.Hours) {
	hit, response := c.judge(in)
	s.hit += hit
	s.regret += 1 - response/c.oracle(allowed)
	s.count++
}

func (s score) String() string {
	if s.count == 0 {
		return "     -      "
	}
	return fmt.Sprintf("%4.0f%% %5.2f ", 100*s.hit/s.count, s.regret/s.count)
}

func (s score) mean() float64 { return s.regret / s.count }

// bestHour is the hour that the most of a crowd would answer in: what a population's best hour is at most.
func bestHour(people []person) sendtime.Hours {
	best, most := 0, 0.0
	for hour := range 168 {
		sum := 0.0
		for i := range people {
			sum += people[i].responds(hour)
		}
		if allowed.Has(hour) && sum > most {
			best, most = hour, sum
		}
	}
	return hoursOf(best)
}

// chosen is where a message goes: to the good hours, else to others.
func chosen(l habit.Learned, ok bool, else_ sendtime.Hours) sendtime.Hours {
	if ok {
		return l.Hours
	}
	return else_
}

// TestJudged judges what is learned by simulated customers of known habits: after so many engagements, how
// often the hours are within one of a habitual hour, and the regret, the share of the best hour's response
// that is lost.
func TestJudged(t *testing.T) {
	t.Parallel()
	people, profiles := crowd(7, 600)
	pop := habit.Learn(profiles, monday.AddDate(0, 0, 120))
	popular := bestHour(people)
	ways := []string{"fixed hour", "population's best hour", "own evidence alone", "learned", "learned when ok, else window"}
	all := map[string]*[5]score{}
	byKind := map[string]*[5]score{}
	var sure [6][5]float64
	for _, way := range ways {
		all[way] = new([5]score)
	}
	const each = 150
	for kind := range kinds {
		of := new([5]score)
		byKind[kinds[kind].name] = of
		for i := range each {
			for n, count := range after {
				r := rand.New(rand.NewPCG(uint64(kind*1000+i), 99))
				c := drawPerson(r, kind)
				var p habit.Profile
				now := c.engage(&p, monday.AddDate(0, 0, 60), count)
				alone, _ := (*habit.Population)(nil).Good(&p, now, allowed)
				l, ok := pop.Good(&p, now, allowed)
				if ok {
					sure[kind][n] += 1.0 / each
				}
				all["fixed hour"][n].add(&c, fixed)
				all["population's best hour"][n].add(&c, popular)
				all["own evidence alone"][n].add(&c, chosen(alone, !alone.Hours.IsZero(), window))
				all["learned"][n].add(&c, l.Hours)
				all["learned when ok, else window"][n].add(&c, chosen(l, ok, window))
				of[n].add(&c, l.Hours)
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "hits within an hour, and regret against the oracle (regret 0, hits 100%%); %d customers, population of %d\n", each*len(kinds), pop.Customers())
	fmt.Fprintf(&b, "%-30s", "engagements")
	for _, count := range after {
		fmt.Fprintf(&b, "%8d    ", count)
	}
	for _, way := range ways {
		fmt.Fprintf(&b, "\n%-30s", way)
		for _, s := range all[way] {
			b.WriteString(s.String())
		}
	}
	for kind, k := range kinds {
		fmt.Fprintf(&b, "\n  learned: %-19s", k.name)
		for _, s := range byKind[k.name] {
			b.WriteString(s.String())
		}
		b.WriteString("  ok:")
		for _, share := range sure[kind] {
			fmt.Fprintf(&b, "%5.0f%%", 100*share)
		}
	}
	t.Log("\n" + b.String())

	learned, certain := all["learned"], all["learned when ok, else window"]
	require.LessOrEqual(t, learned[0].mean(), all["population's best hour"][0].mean()+0.05, "without evidence")
	for n := range after {
		if after[n] >= 4 {
			require.Less(t, learned[n].mean(), all["fixed hour"][n].mean()-0.1)
			require.Less(t, learned[n].mean(), all["population's best hour"][n].mean()-0.1)
			require.Less(t, certain[n].mean(), all["fixed hour"][n].mean()-0.1)
			require.LessOrEqual(t, learned[n].mean(), all["own evidence alone"][n].mean()+0.02, "similar customers must not spoil what is known")
		}
	}
}
