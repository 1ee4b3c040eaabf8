package behaviour

import (
	"math"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Total is the number of events of one period.
type Total struct {
	Start time.Time // its first day on the customer's clock of that time, as midnight UTC: who moves keeps their weeks
	Count int64
	Last  time.Time // newest instant
}

// addTotal counts an event into its period. late says that the period is older
// than those that are kept.
func (s *Series) addTotal(d planned, e customer.Event, c Clock) (late bool) {
	start, _, ok := d.Per.Bounds(e.At, c)
	if !ok {
		return false
	}
	start = Date(start, c.Zone)
	if s.First.IsZero() || e.At.Before(s.First) {
		s.First = e.At
	}
	at, found := slices.BinarySearchFunc(s.Totals, start, func(t Total, start time.Time) int { return t.Start.Compare(start) })
	if !found {
		if at == 0 && len(s.Totals) > d.Keep {
			return true
		}
		s.Totals = slices.Insert(s.Totals, at, Total{Start: start})
	}
	s.Totals[at].Count++
	if e.At.After(s.Totals[at].Last) {
		s.Totals[at].Last = e.At
	}
	if over := len(s.Totals) - d.Keep - 1; over > 0 {
		s.Totals = slices.Delete(s.Totals, 0, over)
	}
	return false
}

// Count gives the number of events of the periods that begin on a day from
// start on, before that of end, of a series that keeps periods.
func (s *Series) Count(start, end time.Time, zone *time.Location) int64 {
	if s == nil {
		return 0
	}
	start, end = Date(start, zone), Date(end, zone)
	var n int64
	for _, t := range s.Totals {
		if !t.Start.Before(start) && t.Start.Before(end) {
			n += t.Count
		}
	}
	return n
}

// maxDays is how many days with an event are kept: twenty gaps between them.
const maxDays = 21

// Date gives an instant's day on a clock as midnight UTC: the same one in every
// zone.
func Date(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// dayNumber counts days since 1970 on the customer's clock.
func dayNumber(t time.Time, zone *time.Location) int {
	return int(Date(t, zone).Unix() / (24 * 60 * 60))
}

// addDay keeps the day of an event, whichever order they come in.
func (s *Series) addDay(e customer.Event, c Clock) {
	if e.At.After(s.All.Last) {
		s.All.Last = e.At
	}
	day := dayNumber(e.At, c.Zone)
	at, found := slices.BinarySearch(s.Days, day)
	if found || at == 0 && len(s.Days) >= maxDays {
		return
	}
	s.Days = slices.Insert(s.Days, at, day)
	if len(s.Days) > maxDays {
		s.Days = slices.Delete(s.Days, 0, 1)
	}
}

// Gaps gives the numbers of days between the newest days with an event, oldest
// first: at most twenty.
func (s *Series) Gaps() []int {
	if s == nil || len(s.Days) < 2 {
		return nil
	}
	gaps := make([]int, 0, len(s.Days)-1)
	for i := 1; i < len(s.Days); i++ {
		gaps = append(gaps, s.Days[i]-s.Days[i-1])
	}
	return gaps
}

// EnoughGaps is how many gaps it takes to say what is usual: fewer say nothing.
const EnoughGaps = 5

// Bounds of what an unusual silence is.
const (
	leastUnusual = 3   // days: nobody is missed sooner
	mostUnusual  = 365 // days
)

// Unusual gives the number of days after which a silence is longer than these
// gaps usually are; ok is false with fewer than five of them. It is the
// greatest of three days, twice the longest gap when the longest tenth of them is left out, and the
// median plus three times the spread of the gaps around it (their median
// absolute deviation times 1.4826, which is the standard deviation where gaps
// are spread normally), and at most a year.
func Unusual(gaps []int) (days int, ok bool) {
	if len(gaps) < EnoughGaps {
		return 0, false
	}
	sorted := inOrder(gaps)
	usual := sorted[len(sorted)-1-(len(sorted)+9)/10]
	middle := Median(sorted)
	away := make([]float64, len(sorted))
	for i, g := range sorted {
		away[i] = math.Abs(g - middle)
	}
	slices.Sort(away)
	const sigma = 1.4826
	far := middle + 3*sigma*Median(away)
	return int(min(math.Ceil(max(leastUnusual, 2*usual, far)), mostUnusual)), true
}

// Median gives the middle of sorted numbers, 0 of none.
func Median(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Middle gives the middle of gaps in any order, 0 of none.
func Middle(gaps []int) float64 { return Median(inOrder(gaps)) }

func inOrder(gaps []int) []float64 {
	sorted := make([]float64, len(gaps))
	for i, g := range gaps {
		sorted[i] = float64(g)
	}
	slices.Sort(sorted)
	return sorted
}
