package sendtime_test

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The contract is tried in every zone, around every clock change of ten years and elsewhere in each of them,
// for all hours of the week. What is right is read off strips of quarter hours, on which the wall clock was
// looked at with time.Time.In and nothing else.

// decade is the span that every zone is tried in.
var decade = [2]time.Time{
	time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC),
	time.Date(2036, time.January, 1, 0, 0, 0, 0, time.UTC),
}

// oddities are zones and years in which the date line moved, or the clock by something else than an hour.
var oddities = []struct {
	zone       string
	from, till int // years
	why        string
}{
	{"Pacific/Apia", 2009, 2022, "no 30 December 2011; summer time begun and given up"},
	{"Pacific/Fakaofo", 2011, 2013, "no 30 December 2011"},
	{"Pacific/Kwajalein", 1993, 1994, "no 21 August 1993"},
	{"Pacific/Kiritimati", 1994, 1996, "no 31 December 1994"},
	{"Pacific/Enderbury", 1994, 1996, "no 31 December 1994"},
	{"America/Caracas", 2007, 2017, "half an hour back, and forth again"},
	{"Asia/Pyongyang", 2015, 2019, "half an hour back, and forth again"},
	{"Asia/Kathmandu", 1985, 1987, "a quarter of an hour forward, for good"},
	{"Pacific/Chatham", 2016, 2026, "three quarters of an hour off, and summer time"},
	{"Australia/Lord_Howe", 2016, 2026, "summer time by half an hour"},
	{"Antarctica/Troll", 2016, 2026, "summer time by two hours"},
	{"Antarctica/Casey", 2009, 2020, "three hours back and forth"},
	{"America/Sao_Paulo", 2012, 2020, "midnight is skipped"},
	{"Asia/Amman", 2012, 2023, "midnight is skipped"},
	{"Africa/Casablanca", 2016, 2026, "summer time with Ramadan left out"},
	{"America/Metlakatla", 2010, 2020, "summer time and zone changed together"},
}

const (
	quarter     = 15 * 60 // seconds
	quarterWeek = 7 * 24 * 4
	stripBefore = 7 * 24 * 60 * 60 // seconds of a strip before the scene's middle
	stripLength = 17 * 24 * 4      // quarters
)

// strip is what a zone's wall clock reads at the quarters of some days.
type strip struct {
	zone *time.Location
	from int64   // Unix seconds of the first quarter
	week []int16 // quarter of the week that the clock shows, 0 is Monday 00:00
	wall []int64 // what it reads, in minutes since 1 January 1970 on that clock
}

func stripOf(zone *time.Location, from int64) strip {
	s := strip{zone: zone, from: from, week: make([]int16, stripLength), wall: make([]int64, stripLength)}
	for i := range s.week {
		local := time.Unix(from+int64(i)*quarter, 0).In(zone)
		year, month, day := local.Date()
		hour, minute, _ := local.Clock()
		s.week[i] = int16(((int(local.Weekday())+6)%7*24+hour)*4 + minute/15)
		s.wall[i] = time.Date(year, month, day, hour, minute, 0, 0, time.UTC).Unix() / 60
	}
	return s
}

// clockChanges finds when the offset of a zone changes, by looking at it four times a day.
func clockChanges(t *testing.T, zone *time.Location, from, till time.Time) (turns []int64, key string) {
	offset := func(at int64) int { _, o := time.Unix(at, 0).In(zone).Zone(); return o }
	var b strings.Builder
	fmt.Fprint(&b, offset(from.Unix()))
	const step = 6 * 60 * 60
	for at := from.Unix(); at < till.Unix(); at += step {
		if offset(at) == offset(at+step) {
			continue
		}
		before, after := at, at+step
		for after-before > 1 {
			if middle := (before + after) / 2; offset(middle) == offset(before) {
				before = middle
			} else {
				after = middle
			}
		}
		require.Zero(t, after%quarter, "%s changes its clock at %d, between two quarters", zone, after)
		turns = append(turns, after)
		fmt.Fprint(&b, " ", after, offset(after))
	}
	return turns, b.String()
}

// scene is a strip around an instant, and another zone's beside it.
type scene struct {
	middle    int64
	own, also strip
	random    *rand.Rand
}

var (
	night    = spoken{text: "daily 21:00-08:00", weekdays: allDays, from: 21 * 60, to: 8 * 60}
	siesta   = spoken{text: "daily 13:15-14:45", weekdays: allDays, from: 13*60 + 15, to: 14*60 + 45}
	daytime  = spoken{text: "daily 08:00-21:00", weekdays: allDays, from: 8 * 60, to: 21 * 60}
	workdays = spoken{text: "Mon-Sat 07:30-20:00", weekdays: allDays[1:], from: 7*60 + 30, to: 20 * 60}
	allDays  = []time.Weekday{0, 1, 2, 3, 4, 5, 6}
)

// wanted is a question in the test's own words.
type wanted struct {
	wish     []spoken // none: any time
	hours    []int    // none: any
	quiet    []spoken
	laws     [][]spoken
	holidays bool // one or two days are closed
	everyone bool // the other zone of the scene counts
}

// oneLine is a line that begins in an hour of the week, some minutes after it, and is so long; 0 is a point.
func oneLine(hour, after, minutes int) spoken {
	day := time.Weekday((hour/24 + 1) % 7)
	s := spoken{weekdays: []time.Weekday{day}, from: hour%24*60 + after}
	s.to = (s.from + minutes) % (24 * 60)
	s.text = fmt.Sprintf("%s %02d:%02d", day.String()[:3], s.from/60, s.from%60)
	if minutes > 0 {
		s.text += fmt.Sprintf("-%02d:%02d", s.to/60, s.to%60)
	}
	return s
}

// kinds are the shapes of a question about an hour of the week.
var kinds = []func(hour int) wanted{
	func(h int) wanted { return wanted{wish: []spoken{oneLine(h, 0, 60)}} },
	func(h int) wanted { return wanted{hours: []int{h}} },
	func(h int) wanted { return wanted{wish: []spoken{oneLine(h, h%4*15, 0)}} },
	func(h int) wanted { return wanted{wish: []spoken{oneLine(h, h%4*15, 0)}, hours: []int{h}} },
	func(h int) wanted { return wanted{wish: []spoken{oneLine(h, 45, 3*60)}, quiet: []spoken{siesta}} },
	func(h int) wanted {
		return wanted{wish: []spoken{oneLine(h, 30, 0)}, quiet: []spoken{night}, holidays: true}
	},
	func(h int) wanted {
		return wanted{hours: []int{h, (h + 1) % 168}, laws: [][]spoken{{workdays}}, everyone: true}
	},
	func(h int) wanted {
		return wanted{wish: []spoken{oneLine(h, 15, 5*60)}, hours: []int{(h + 1) % 168, (h + 2) % 168}, quiet: []spoken{night}, everyone: true}
	},
	func(h int) wanted {
		return wanted{wish: []spoken{oneLine(h, 0, 23*60)}, laws: [][]spoken{{daytime}, {workdays, siesta}}, holidays: true, everyone: true}
	},
	func(h int) wanted {
		return wanted{wish: []spoken{oneLine(h, 0, 0), oneLine((h+90)%168, 0, 45)}, quiet: []spoken{night}, holidays: true, everyone: true}
	},
	func(h int) wanted {
		return wanted{quiet: []spoken{night, siesta}, laws: [][]spoken{{workdays}}, holidays: true, everyone: true}
	},
}

// TestNext_contract is the calendar's promise, in every zone.
func TestNext_contract(t *testing.T) {
	t.Parallel()
	listed := listedZones(t)
	claims := allClaims(t)
	var seen []string
	var places []place
	alike, changes := map[string]string{}, 0
	for i, name := range listed {
		if sampled() && i%16 != 0 {
			continue
		}
		p := place{zone: zone(t, name)}
		var key string
		p.turns, key = clockChanges(t, p.zone, decade[0], decade[1])
		seen, changes = append(seen, name), changes+len(p.turns)
		if alike[key] != "" {
			continue // another zone has the same clock in these years
		}
		alike[key] = name
		places = append(places, p.in(decade[0].Year(), decade[1].Year()))
	}
	for _, o := range oddities {
		p := place{zone: zone(t, o.zone)}.in(o.from, o.till)
		p.turns, _ = clockChanges(t, p.zone, time.Date(o.from, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(o.till, 1, 1, 0, 0, 0, 0, time.UTC))
		require.NotEmpty(t, p.turns, "%s: %s", o.zone, o.why)
		places = append(places, p)
	}
	t.Logf("%d clock changes seen in %d zones; %d clocks differ and are tried", changes, len(seen), len(places))
	if !sampled() {
		require.Equal(t, listed, seen)
	}
	for shard := range 8 {
		t.Run(fmt.Sprint("part ", shard), func(t *testing.T) {
			t.Parallel()
			for i := shard; i < len(places); i += 8 {
				places[i].try(t, claims, places[(i*7+3)%len(places)].zone)
			}
		})
	}
}

// sampled says that a sample has to do.
func sampled() bool { return testing.Short() || raced }

// place is a zone, its clock changes in some years, and an instant in each of the years.
type place struct {
	zone  *time.Location
	turns []int64
	years []int64
}

func (p place) in(from, till int) place {
	for year := from; year < till; year++ {
		p.years = append(p.years, time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC).Unix())
	}
	return p
}

// try asks about every hour of the week around every clock change and somewhere in every year.
func (p place) try(t *testing.T, claims [][]claim, other *time.Location) {
	t.Helper()
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(p.zone.String()))
	random := rand.New(rand.NewPCG(seed.Sum64(), 4))
	middles := p.turns
	for _, year := range p.years {
		middles = append(middles, year+random.Int64N(365*24*4)*quarter)
	}
	for _, middle := range middles {
		from := middle - stripBefore
		s := scene{middle: middle, own: stripOf(p.zone, from), also: stripOf(other, from), random: random}
		for hour := range claims {
			kinds := claims[hour]
			s.check(t, &kinds[0])
			s.check(t, &kinds[1+random.IntN(len(kinds)-1)])
		}
	}
}
