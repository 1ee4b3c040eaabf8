package sendtime_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

// week says of the quarters of a week, from Monday 00:00, whether something holds.
type week [quarterWeek]bool

// weekOf marks what some windows cover in a week, by the test's own reading of them.
func weekOf(lines []spoken) (w week) {
	monday := time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC)
	for i := range w {
		w[i] = anyCovers(lines, monday.Add(time.Duration(i)*15*time.Minute))
	}
	return w
}

// claim is a question made ready: what the engine is asked, and what the test knows of it.
type claim struct {
	wanted
	request sendtime.Request
	windows week // where a message may start, points aside
	hourly  week // the hours that it may start in
	open    week // neither quiet nor against a law
}

// allClaims are the kinds of questions for each hour of the week.
func allClaims(t *testing.T) [][]claim {
	t.Helper()
	claims := make([][]claim, 168)
	for hour := range claims {
		for _, kind := range kinds {
			claims[hour] = append(claims[hour], newClaim(t, kind(hour)))
		}
	}
	return claims
}

func newClaim(t *testing.T, asked wanted) claim {
	t.Helper()
	c := claim{wanted: asked, windows: weekOf(asked.wish)}
	c.request = sendtime.Request{When: parse(t, asked.wish), Quiet: parse(t, asked.quiet), Hours: hours(asked.hours...)}
	quiet := weekOf(asked.quiet)
	for i := range c.open {
		c.hourly[i] = len(asked.hours) == 0 || slices.Contains(asked.hours, i/4)
		c.windows[i] = (len(asked.wish) == 0 || c.windows[i]) && c.hourly[i]
		c.open[i] = !quiet[i]
	}
	for _, law := range asked.laws {
		c.request.Legal = append(c.request.Legal, parse(t, law))
		lawful := weekOf(law)
		for i := range c.open {
			c.open[i] = c.open[i] && lawful[i]
		}
	}
	return c
}

// question is a claim asked at an instant of a scene.
type question struct {
	*claim
	*scene
	request sendtime.Request
	holiday int64 // in days since 1 January 1970; 0: none
}

// check asks once somewhere in the days before the middle of a scene, or close to it, and compares.
func (s *scene) check(t *testing.T, c *claim) {
	t.Helper()
	q := question{claim: c, scene: s, request: c.request}
	now := s.middle - 4*3600 + s.random.Int64N(8*3600)
	if s.random.IntN(2) == 0 {
		now = s.middle - s.random.Int64N(5*24*3600)
	}
	q.request.Now, q.request.Zone = time.Unix(now, 0).UTC(), s.own.zone
	q.request.Deadline = time.Unix(s.own.from+stripLength*quarter, 0)
	if c.everyone {
		q.request.Also = []*time.Location{s.also.zone}
	}
	if c.holidays {
		q.holiday = now/(24*3600) + s.random.Int64N(4)
		closed := time.Unix(q.holiday*24*3600, 0).UTC()
		q.request.Holiday = func(year int, month time.Month, day int) bool {
			return year == closed.Year() && month == closed.Month() && day == closed.Day()
		}
	}
	first, found := q.first(now)
	got := sendtime.Next(q.request)
	if got.OK != found || (found && got.At.Unix() != first) {
		t.Fatalf("%s; want %v %s", q.tell(got), found, reads(time.Unix(first, 0), s.own.zone))
	}
	if found {
		q.checkAnswer(t, got, first)
	}
}

func (q question) checkAnswer(t *testing.T, got sendtime.Answer, first int64) {
	t.Helper()
	now := q.request.Now.Unix()
	if (got.Moved == 0) != (first == now) || got.At.Before(q.request.Now) {
		t.Fatalf("%s; moved by %b", q.tell(got), got.Moved)
	}
	again := q.request
	again.Now = time.Unix(now+q.random.Int64N(first-now+1), 0)
	if second := sendtime.Next(again); !second.OK || !second.At.Equal(got.At) {
		t.Fatalf("%s; asked at %s: %s", q.tell(got), reads(again.Now, again.Zone), reads(second.At, again.Zone))
	}
	again.Now = got.At
	if second := sendtime.Next(again); second != (sendtime.Answer{At: got.At, OK: true}) {
		t.Fatalf("%s; asked again: %s, moved by %b", q.tell(got), reads(second.At, again.Zone), second.Moved)
	}
	q.checkSpread(t, first)
}

// checkSpread looks for three quarters of the way through the stretch that the first instant is in, and looks
// again on the way there.
func (q question) checkSpread(t *testing.T, first int64) {
	t.Helper()
	if q.request.When.HasPoints() || len(q.wish)+len(q.hours) == 0 {
		return
	}
	from := int(first-q.own.from) / quarter
	till := from
	for from > 0 && q.allows(from-1) {
		from--
	}
	for till < stripLength && q.allows(till) {
		till++
	}
	place := int64(from*quarter + (till-from)*quarter/4*3)
	want := max(first, q.own.from+place)
	spread := q.request
	spread.Spread = threeQuarters
	if from == 0 {
		return // the stretch begins before the strip
	}
	for range 2 {
		if got := sendtime.Next(spread); !got.OK || got.At.Unix() != want {
			t.Fatalf("%s; spread, want %s", q.tell(got), reads(time.Unix(want, 0), q.own.zone))
		}
		spread.Now = spread.Now.Add(time.Duration(q.random.Int64N(want-spread.Now.Unix()+1)) * time.Second)
	}
}

// isOpen says that nothing closes a quarter, on the clocks that count.
func (q question) isOpen(i int) bool {
	return q.opens(&q.own, i) && (!q.everyone || q.opens(&q.also, i))
}

func (q question) opens(s *strip, i int) bool {
	return q.open[s.week[i]] && (q.holiday == 0 || s.wall[i]/(24*60) != q.holiday)
}

// allows says that a window holds a quarter and nothing closes it.
func (q question) allows(i int) bool { return q.windows[q.own.week[i]] && q.isOpen(i) }

// first walks through the quarters, and through the points.
func (q question) first(now int64) (int64, bool) {
	best, found := q.firstPoint(now)
	for i := int(now-q.own.from) / quarter; i < stripLength; i++ {
		at := max(now, q.own.from+int64(i)*quarter)
		if found && at >= best {
			break
		}
		if q.allows(i) {
			return at, true
		}
	}
	return best, found
}

// firstPoint is the first point whose minute is not over and that nothing closes.
func (q question) firstPoint(now int64) (best int64, found bool) {
	for _, s := range q.wish {
		if !s.point() {
			continue
		}
		for day := q.own.wall[0]/(24*60) + 1; day <= q.own.wall[stripLength-1]/(24*60); day++ {
			i, happens := q.own.reached(day, int64(s.from))
			at := q.own.from + int64(i)*quarter
			if !s.on(time.Unix(day*24*3600, 0).UTC()) || !happens || at+60 <= now || !q.isOpen(i) || !q.hourly[q.own.week[i]] {
				continue
			}
			if at = max(at, now); !found || at < best {
				best, found = at, true
			}
		}
	}
	return best, found
}

// reached is the first quarter at which the clock has come to a minute of a day, if the day exists.
func (s *strip) reached(day, minute int64) (int, bool) {
	at, happens := -1, false
	for i := max(0, int(day*24*3600-s.from)/quarter-2*96); i < stripLength; i++ {
		if at < 0 && s.wall[i] >= day*24*60+minute {
			at = i
		}
		happens = happens || s.wall[i]/(24*60) == day
		if s.wall[i]/(24*60) > day {
			break
		}
	}
	return at, happens && at >= 0
}

func (q question) tell(got sendtime.Answer) string {
	r := q.request
	also := ""
	if q.everyone {
		also = q.also.zone.String()
	}
	return fmt.Sprintf("%s %s, also %q, when %q in %q, quiet %q, legal %q, holiday %s: %v %s", r.Zone, reads(r.Now, r.Zone), also,
		r.When, r.Hours, r.Quiet, r.Legal, time.Unix(q.holiday*24*3600, 0).UTC().Format(time.DateOnly), got.OK, reads(got.At, r.Zone))
}
