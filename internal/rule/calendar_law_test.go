package rule_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// identify changes a trait, or the zone, as an identify call does.
func (a *alive) identify(at time.Time, do func()) {
	a.live(at)
	a.keep(a.m.ExpireBefore(a.s, "", at))
	do()
	a.event(customer.Event{MessageID: fmt.Sprint("i", len(a.events)), Name: customer.Identified, At: at, ReceivedAt: at})
}

// naivePoint is the local day that lies a length from a day, counted on paper.
func naivePoint(day time.Time, length sendtime.Duration, after bool, z *time.Location) time.Time {
	sign := -1
	if after {
		sign = 1
	}
	y, m, d := day.In(z).Date()
	if length.Months > 0 {
		first := time.Date(y, m+time.Month(sign*length.Months), 1, 0, 0, 0, 0, time.UTC)
		y, m = first.Year(), first.Month()
		d = min(d, first.AddDate(0, 1, -1).Day())
	}
	return customer.StartOfDay(y, m, d+sign*length.Days, z)
}

// pointKeys are the keys of points in (from, to], with their instants; beside
// holds those that lie at one instant with another, which stands for them.
func pointKeys(m *rule.Matcher, v customer.Value, z *time.Location, from, to time.Time) (keys map[string]time.Time, beside []string) {
	keys = map[string]time.Time{}
	side := "before"
	if m.When.Date.After {
		side = "after"
	}
	at, ok := v.Time(z)
	name, _ := v.Time(time.UTC)
	taken := map[time.Time]bool{}
	for _, length := range m.When.Date.Points {
		point := naivePoint(at, length, m.When.Date.After, z)
		key := name.UTC().Format(time.DateOnly) + "/" + side + "/" + length.String()
		switch {
		case !ok || !point.After(from) || point.After(to):
		case taken[point]:
			beside = append(beside, key)
		default:
			keys[key], taken[point] = point, true
		}
	}
	return keys, beside
}

// TestDatesEqualAModel: traits are set, cleared, and nonsense; people travel.
func TestDatesEqualAModel(t *testing.T) {
	t.Parallel()
	for _, points := range []string{"before: [30d, 7d, 1d]", "after: 1 month", "before: [1 month, 31d, 0d]", "after: [0d, 1d, 2w]"} {
		m := matcherOf(t, "when: {date: {of: ends, "+points+"}}")
		t.Run(points, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				start := anyStart(rt)
				a := newAlive(t, rt, m, anyZone(t, rt), start)
				var covered []string
				must, may, at := map[string]time.Time{}, map[string]bool{}, start
				for range rapid.IntRange(1, 12).Draw(rt, "changes") {
					move := rapid.SampledFrom([]string{"day", "day", "instant", "midnight", "clear", "garbage", "zone", "zone"}).Draw(rt, "change")
					day := at.AddDate(0, 0, rapid.IntRange(-40, 60).Draw(rt, "day"))
					a.identify(at, func() {
						switch move {
						case "day":
							a.s.Profile.Traits["ends"] = customer.Text(day.Format(time.DateOnly))
						case "instant":
							a.s.Profile.Traits["ends"] = customer.Text(day.Add(time.Duration(rapid.IntRange(0, 1440).Draw(rt, "minute")) * time.Minute).Format(time.RFC3339))
						case "midnight":
							a.s.Profile.Traits["ends"] = customer.Text(day.In(a.s.Zone).Format(time.DateOnly) + rapid.SampledFrom([]string{"T00:00:00Z", " 00:00:00", "T23:59:59+02:00", "T00:00:00+01:00"}).Draw(rt, "hour"))
						case "clear":
							delete(a.s.Profile.Traits, "ends")
						case "garbage":
							a.s.Profile.Traits["ends"] = customer.Text(rapid.SampledFrom([]string{"soon", "2026-02-30", "2026-13-01", "0000-00-00"}).Draw(rt, "garbage"))
						case "zone":
							a.s.Zone = anyZone(t, rt)
						}
					})
					next := at.Add(time.Duration(rapid.IntRange(1, 30*24*60).Draw(rt, "minutes")) * time.Minute)
					v := a.s.Profile.Traits["ends"]
					sure, beside := pointKeys(m, v, a.s.Zone, at.AddDate(0, 0, -29), next)
					covered = append(covered, beside...)
					for key, point := range sure {
						if _, ok := must[key]; !ok {
							must[key] = point
						}
					}
					perhaps, _ := pointKeys(m, v, a.s.Zone, at.AddDate(0, 0, -31), next)
					for key := range perhaps {
						may[key] = true
					}
					a.live(next)
					for _, why := range a.reasons {
						name, ok := v.Time(time.UTC)
						require.Equal(rt, ok && strings.HasPrefix(why.Key, name.UTC().Format(time.DateOnly)), m.Holds(a.s, why, a.now))
					}
					at = next
				}
				got := map[string]bool{}
				for _, why := range a.reasons {
					got[why.Key] = true
					require.True(rt, may[why.Key], "%v", why)
				}
				for key, point := range must {
					require.True(rt, got[key] || slices.Contains(covered, key), "%s at %v", key, point)
				}
			})
		})
	}
}

// reads reports whether a line of a schedule begins at a reading of the clock.
func reads(line string, wall time.Time) bool {
	day, clock, _ := strings.Cut(line, " ")
	clock, _, _ = strings.Cut(clock, "-")
	if wall.Format("15:04") != clock {
		return false
	}
	switch day {
	case "daily":
		return true
	case "1st":
		return wall.Day() == 1
	case "Mon-Fri":
		return wall.Weekday() != time.Saturday && wall.Weekday() != time.Sunday
	}
	return wall.Format("Mon") == day
}

// TestSchedulesEqualAModel that looks at the clock on the wall every minute.
func TestSchedulesEqualAModel(t *testing.T) {
	t.Parallel()
	for _, lines := range [][]string{{"Mon 18:00"}, {"daily 09:00"}, {"1st 09:30"}, {"Mon-Fri 09:00-11:00", "Sun 23:45"}, {"Tue 00:00", "Fri 12:00"}} {
		m := matcherOf(t, `when: {schedule: ["`+strings.Join(lines, `", "`)+`"]}`)
		t.Run(strings.Join(lines, ", "), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				start := anyStart(rt)
				a := newAlive(t, rt, m, anyZone(t, rt), start)
				a.due("", m.NextDue(a.s, "", start))
				want, anywhere := map[string]bool{}, map[string]bool{}
				zones := []*time.Location{a.s.Zone}
				for at, n := start, rapid.IntRange(1, 4).Draw(rt, "trips"); n > 0; n-- {
					next := at.Add(time.Duration(rapid.IntRange(1, 12*24*60).Draw(rt, "minutes")) * time.Minute)
					for t := at.Truncate(time.Minute).Add(time.Minute); !t.After(next); t = t.Add(time.Minute) {
						for _, z := range zones {
							wall := t.In(z)
							if slices.ContainsFunc(lines, func(line string) bool { return reads(line, wall) }) {
								anywhere[wall.Format("2006-01-02T15:04")] = true
								want[wall.Format("2006-01-02T15:04")] = want[wall.Format("2006-01-02T15:04")] || z == a.s.Zone
							}
						}
					}
					a.live(next)
					a.identify(next, func() { a.s.Zone = anyZone(t, rt) })
					if !slices.Contains(zones, a.s.Zone) {
						zones = append(zones, a.s.Zone)
					}
					at = next
				}
				got := keysOf(a.reasons)
				require.Equal(rt, slices.Compact(slices.Clone(got)), got)
				for _, key := range got {
					require.True(rt, len(zones) > 1 || anywhere[key], "%s: %v", key, got)
				}
				for key, mine := range want {
					require.True(rt, !mine || slices.Contains(got, key), "%s: %v", key, got)
				}
			})
		})
	}
}

// naiveUnusual is the rule of the page, on a list of acts.
func naiveUnusual(acts []time.Time, z *time.Location) (days int, ok bool) {
	var list []float64
	last := ""
	var before time.Time
	for _, at := range acts {
		if text := at.In(z).Format(time.DateOnly); text != last {
			day, _ := time.Parse(time.DateOnly, text)
			if last != "" {
				list = append(list, day.Sub(before).Hours()/24)
			}
			last, before = text, day
		}
	}
	gaps := slices.Clone(list[max(0, len(list)-20):])
	if len(gaps) < 5 {
		return 0, false
	}
	middle := func(list []float64) float64 {
		list = slices.Sorted(slices.Values(list))
		if n := len(list); n%2 == 0 {
			return (list[n/2-1] + list[n/2]) / 2
		}
		return list[len(list)/2]
	}
	var away []float64
	for _, g := range gaps {
		away = append(away, math.Abs(g-middle(gaps)))
	}
	slices.Sort(gaps)
	kept := len(gaps) // without the longest tenth, and without one at least
	for out := 0; out*10 < len(gaps); out++ {
		kept--
	}
	usual := gaps[kept-1]
	return int(math.Ceil(min(365, max(3, 2*usual, middle(gaps)+3*1.4826*middle(away))))), true
}

func TestUnusualSilencesEqualAModel(t *testing.T) {
	t.Parallel()
	for _, trigger := range []string{"{event: used, for: unusual}", "{for: unusual}"} {
		m := matcherOf(t, "when: {silent: "+trigger+"}")
		t.Run(trigger, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				start := anyStart(rt)
				a := newAlive(t, rt, m, anyZone(t, rt), start)
				var acts []time.Time
				want := []string{}
				silence := func(to time.Time) {
					if len(acts) == 0 {
						return
					}
					last := acts[len(acts)-1]
					days, ok := naiveUnusual(acts, a.s.Zone)
					due := sendtime.Duration{Days: days}.After(last, a.s.Zone)
					if key := last.Format(time.RFC3339Nano); ok && !due.After(to) && !slices.Contains(want, key) {
						want = append(want, key)
					}
				}
				for _, e := range anyHistory(rt, start, 60, time.Hour, 20*time.Hour, 50*time.Hour) {
					silence(e.At)
					acts = append(acts, e.At)
					if trigger == "{for: unusual}" { // which event it is does not matter
						a.live(e.At)
						a.take(e)
						a.settle("")
						a.reload()
						continue
					}
					a.event(e)
				}
				now := a.now.AddDate(0, 0, rapid.IntRange(0, 40).Draw(rt, "days"))
				silence(now)
				a.live(now)
				slices.Sort(want)
				require.Equal(rt, want, keysOf(a.reasons))
				require.Equal(rt, want, keysOf(a.replayed(now)))
			})
		})
	}
}
