package sendtime_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

// turns are days on which clocks change, one or more for each of the zones beside them: the laws are tried
// around them more often than elsewhere.
var turns = []struct{ zone, around string }{
	{"America/New_York", "2026-03-08T07:00:00Z"},
	{"America/New_York", "2026-11-01T06:00:00Z"},
	{"Europe/Berlin", "2026-03-29T01:00:00Z"},
	{"Europe/Berlin", "2026-10-25T01:00:00Z"},
	{"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
	{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"},
	{"Pacific/Apia", "2011-12-30T10:00:00Z"},
	{"America/Sao_Paulo", "2018-11-04T03:00:00Z"},
	{"America/Sao_Paulo", "2018-02-18T02:00:00Z"},
	{"America/Nuuk", "2026-03-29T01:00:00Z"},
	{"Asia/Kathmandu", "2026-02-28T18:15:00Z"},
	{"Asia/Beirut", "2026-03-28T22:00:00Z"},
	{"Africa/Casablanca", "2026-02-15T02:00:00Z"},
	{"UTC", "2028-02-29T00:00:00Z"},
}

func drawZone(rt *rapid.T, t testing.TB) *time.Location {
	return zone(t, rapid.SampledFrom(turns).Draw(rt, "zone").zone)
}

func drawInstant(rt *rapid.T) time.Time {
	turn, _ := time.Parse(time.RFC3339, rapid.SampledFrom(turns).Draw(rt, "turn").around)
	return turn.Add(time.Duration(rapid.IntRange(-3*24*3600, 3*24*3600).Draw(rt, "seconds")) * time.Second).UTC()
}

// spoken is one line as the test understands it, apart from the engine's own reading.
type spoken struct {
	text     string
	weekdays []time.Weekday
	dates    []int // 0 is the last of the month
	from, to int
}

func (s spoken) point() bool { return s.from == s.to }

func (s spoken) on(date time.Time) bool {
	last := date.AddDate(0, 0, 1).Day() == 1
	return slices.Contains(s.weekdays, date.Weekday()) || slices.Contains(s.dates, date.Day()) ||
		(last && slices.Contains(s.dates, 0))
}

// covers says that a window holds what a wall clock reads.
func (s spoken) covers(wall time.Time) bool {
	minute := wall.Hour()*60 + wall.Minute()
	date := time.Date(wall.Year(), wall.Month(), wall.Day(), 0, 0, 0, 0, time.UTC)
	if s.from < s.to {
		return s.on(date) && s.from <= minute && minute < s.to
	}
	return (s.on(date) && minute >= s.from) || (s.on(date.AddDate(0, 0, -1)) && minute < s.to)
}

func drawLine(rt *rapid.T, windows bool) spoken {
	var s spoken
	s.from = 15 * rapid.IntRange(0, 95).Draw(rt, "from")
	s.to = s.from
	if windows {
		s.to = (s.from + 15*rapid.IntRange(1, 95).Draw(rt, "length")) % (24 * 60)
	}
	days := ""
	switch rapid.IntRange(0, 3).Draw(rt, "kind") {
	case 0:
		days, s.weekdays = "daily", []time.Weekday{0, 1, 2, 3, 4, 5, 6}
	case 1:
		s.dates = []int{rapid.IntRange(0, 31).Draw(rt, "date")}
		days = map[int]string{0: "last", 1: "1st", 2: "2nd", 3: "3rd", 21: "21st", 22: "22nd", 23: "23rd", 31: "31st"}[s.dates[0]]
		if days == "" {
			days = fmt.Sprintf("%dth", s.dates[0])
		}
	default:
		s.weekdays = rapid.SliceOfNDistinct(rapid.SampledFrom([]time.Weekday{0, 1, 2, 3, 4, 5, 6}), 1, 4, rapid.ID).Draw(rt, "weekdays")
		var names []string
		for _, day := range s.weekdays {
			names = append(names, day.String()[:3])
		}
		days = strings.Join(names, ",")
	}
	s.text = fmt.Sprintf("%s %02d:%02d", days, s.from/60, s.from%60)
	if windows {
		s.text += fmt.Sprintf("-%02d:%02d", s.to/60, s.to%60)
	}
	return s
}

// world is a request and what the test knows of it.
type world struct {
	request            sendtime.Request
	when, quiet, legal []spoken
	holidays           []string
}

func drawLines(rt *rapid.T, most int, points bool) []spoken {
	lines := make([]spoken, rapid.IntRange(0, most).Draw(rt, "lines"))
	for i := range lines {
		lines[i] = drawLine(rt, !points || rapid.Bool().Draw(rt, "window"))
	}
	return lines
}

func parse(t testing.TB, lines []spoken) sendtime.When {
	var texts []string
	for _, l := range lines {
		texts = append(texts, l.text)
	}
	return when(t, texts...)
}

func drawWorld(rt *rapid.T, t testing.TB) world {
	turn := rapid.SampledFrom(turns).Draw(rt, "turn")
	around, _ := time.Parse(time.RFC3339, turn.around)
	w := world{when: drawLines(rt, 3, true), quiet: drawLines(rt, 1, false), legal: drawLines(rt, 2, false)}
	now := around.Add(time.Duration(rapid.IntRange(-2*24*3600, 24*3600).Draw(rt, "now")) * time.Second).UTC()
	w.request = sendtime.Request{
		Now: now, Zone: zone(t, turn.zone),
		When: parse(t, w.when), Quiet: parse(t, w.quiet), Legal: []sendtime.When{parse(t, w.legal)},
		Deadline: now.Add(time.Duration(rapid.IntRange(1, 4*24*3600).Draw(rt, "deadline")) * time.Second),
	}
	for range rapid.IntRange(0, 2).Draw(rt, "holidays") {
		day := now.AddDate(0, 0, rapid.IntRange(-1, 3).Draw(rt, "holiday"))
		w.holidays = append(w.holidays, day.Format(time.DateOnly))
	}
	w.request.Holiday = func(year int, month time.Month, day int) bool {
		return slices.Contains(w.holidays, fmt.Sprintf("%04d-%02d-%02d", year, month, day))
	}
	return w
}

func anyCovers(lines []spoken, wall time.Time) bool {
	return slices.ContainsFunc(lines, func(s spoken) bool { return !s.point() && s.covers(wall) })
}

// closed says that something other than When forbids an instant.
func (w world) closed(instant time.Time) bool {
	wall := instant.In(w.request.Zone)
	return anyCovers(w.quiet, wall) || (len(w.legal) > 0 && !anyCovers(w.legal, wall)) ||
		slices.Contains(w.holidays, wall.Format(time.DateOnly))
}

// pointMinutes are the first instants of all points of nearby days, found by walking through the seconds
// that end a minute or a gap: the first instant at which the clock has reached the point.
func (w world) pointMinutes() []time.Time {
	var found []time.Time
	now, where := w.request.Now, w.request.Zone
	for offset := -3; offset <= 6; offset++ {
		date := time.Date(now.Year(), now.Month(), now.Day()+offset, 0, 0, 0, 0, time.UTC)
		for _, s := range w.when {
			if !s.point() || !s.on(date) || !exists(date, where) {
				continue
			}
			found = append(found, reached(date.Add(time.Duration(s.from)*time.Minute), where))
		}
	}
	return found
}

// reached steps through quarter hours, in which all clock changes of the tested years lie, to the first one
// at which the clock shows at least a reading.
func reached(wall time.Time, where *time.Location) time.Time {
	const layout = "2006-01-02 15:04:05"
	instant := wall.Add(-27 * time.Hour)
	for instant.In(where).Format(layout) < wall.Format(layout) {
		instant = instant.Add(15 * time.Minute)
	}
	return instant
}

func exists(date time.Time, where *time.Location) bool {
	for hour := -27; hour < 51; hour++ {
		if date.Add(time.Duration(hour)*time.Hour).In(where).Format(time.DateOnly) == date.Format(time.DateOnly) {
			return true
		}
	}
	return false
}

// oracle tells the allowed instants one by one.
func (w world) oracle() func(time.Time) bool {
	points := w.pointMinutes()
	return func(instant time.Time) bool {
		if w.closed(instant) {
			return false
		}
		if len(w.when) == 0 || anyCovers(w.when, instant.In(w.request.Zone)) {
			return true
		}
		return slices.ContainsFunc(points, func(p time.Time) bool {
			return !instant.Before(p) && instant.Before(p.Add(time.Minute))
		})
	}
}

// first steps from now through all whole minutes.
func (w world) first() (time.Time, bool) {
	allowed := w.oracle()
	for instant := w.request.Now; instant.Before(w.request.Deadline); instant = instant.Truncate(time.Minute).Add(time.Minute) {
		if allowed(instant) {
			return instant, true
		}
	}
	return time.Time{}, false
}

func (w world) describe(answer sendtime.Answer) string {
	r := w.request
	return fmt.Sprintf("now %s, deadline %s, when %q, quiet %q, legal %q, holidays %v: answer %v %s",
		reads(r.Now, r.Zone), reads(r.Deadline, r.Zone), r.When, r.Quiet, r.Legal, w.holidays, answer.OK, reads(answer.At, r.Zone))
}

func TestNext_isTheFirstAllowedInstant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		got := sendtime.Next(w.request)
		want, found := w.first()
		if got.OK != found || !got.At.Equal(want) {
			rt.Fatalf("%s; want %v %s", w.describe(got), found, reads(want, w.request.Zone))
		}
		if got.OK && got.At.Equal(w.request.Now) != (got.Moved == 0) {
			rt.Fatalf("%s; moved by %b", w.describe(got), got.Moved)
		}
	})
}

func TestNext_spreadKeepsTheLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		first := sendtime.Next(w.request)
		w.request.Spread = rapid.Uint64().Draw(rt, "spread")
		got := sendtime.Next(w.request)
		if got.OK != first.OK {
			rt.Fatalf("%s; without a spread %v", w.describe(got), first.OK)
		}
		if !got.OK {
			return
		}
		if got.At.Before(first.At) || !got.At.Before(w.request.Deadline) || !w.oracle()(got.At) {
			rt.Fatalf("%s; not allowed", w.describe(got))
		}
		if got.At.After(first.At) != got.Moved.Has(sendtime.MovedSpread) {
			rt.Fatalf("%s; first %s, moved by %b", w.describe(got), reads(first.At, w.request.Zone), got.Moved)
		}
		again := w.request
		again.Now = got.At
		if second := sendtime.Next(again); !second.OK || !second.At.Equal(got.At) {
			rt.Fatalf("%s; asked again %s", w.describe(got), reads(second.At, w.request.Zone))
		}
	})
}

// Whoever asks on the way to a place in a window is sent to the same place.
func TestNext_placeInAWindowIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		if len(w.when) == 0 {
			return
		}
		w.request.Spread = rapid.Uint64().Draw(rt, "spread")
		got := sendtime.Next(w.request)
		if !got.OK {
			return
		}
		later := w.request
		share := time.Duration(rapid.IntRange(0, 1000).Draw(rt, "share"))
		later.Now = w.request.Now.Add(got.At.Sub(w.request.Now) * share / 1000)
		if second := sendtime.Next(later); !second.OK || !second.At.Equal(got.At) {
			rt.Fatalf("%s; asked at %s: %s", w.describe(got), reads(later.Now, later.Zone), reads(second.At, w.request.Zone))
		}
	})
}

func TestWhen_containsWhatTheClockReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		w.quiet, w.legal, w.holidays = nil, nil, nil
		want := len(w.when) > 0 && w.oracle()(w.request.Now)
		if got := w.request.When.Contains(w.request.Now, w.request.Zone); got != want {
			rt.Fatalf("%q contains %s: %v", w.request.When, reads(w.request.Now, w.request.Zone), got)
		}
	})
}
