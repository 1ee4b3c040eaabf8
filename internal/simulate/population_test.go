package simulate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/insight"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// person is a customer of a known habit.
type person struct {
	id    string
	zone  *time.Location
	hour  int            // from which on they are on, for two hours
	days  []time.Weekday // nil: any
	often float64        // how likely they are on, on such a day
}

// population draws people: commuters, evening people, those of one day, and
// some without a habit, in four zones.
func population(t *testing.T, count int, draw *rand.Rand) (people []person) {
	t.Helper()
	kinds := []person{
		{hour: 9, days: []time.Weekday{1, 2, 3, 4, 5}, often: 0.4}, {hour: 12, days: []time.Weekday{1, 2, 3, 4, 5}, often: 0.3},
		{hour: 18, often: 0.4}, {hour: 19, often: 0.3}, {hour: 19, days: []time.Weekday{1}, often: 0.9}, {hour: 10, days: []time.Weekday{6, 0}, often: 0.7},
	}
	zones := []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney"}
	for i := range count {
		p := kinds[draw.IntN(len(kinds))]
		p.id = fmt.Sprintf("p%03d", i)
		var err error
		p.zone, err = time.LoadLocation(zones[i%len(zones)])
		require.NoError(t, err)
		people = append(people, p)
	}
	return people
}

// on gives what a person does by themselves from a day on: nine in ten times at
// their hour, else at any.
func (p person) on(from time.Time, weeks int, draw *rand.Rand) (acts []simulate.Act) {
	for day := range 7 * weeks {
		date := from.In(p.zone).AddDate(0, 0, day)
		if p.days != nil && !slices.Contains(p.days, date.Weekday()) || draw.Float64() > p.often {
			continue
		}
		hour, minute := p.hour+draw.IntN(2), draw.IntN(60)
		if draw.IntN(10) == 0 {
			hour = 9 + draw.IntN(12)
		}
		acts = append(acts, opened(p.id, time.Date(date.Year(), date.Month(), date.Day(), hour, minute, 0, 0, p.zone)))
	}
	return acts
}

// hits reports whether an instant lies within an hour of the person's own two.
func (p person) hits(at time.Time) bool {
	local := at.In(p.zone)
	minute := local.Hour()*60 + local.Minute()
	return (p.days == nil || slices.Contains(p.days, local.Weekday())) && minute >= 60*(p.hour-1) && minute < 60*(p.hour+3)
}

// TestMessagesMoveIntoTheHoursOfCustomers plays 300 customers of known habits
// for eight weeks under a weekly rule: with nothing learned, with what each does
// alone, and with what is known of everybody besides, at its best (it is learned
// from the play itself, to its end).
func TestMessagesMoveIntoTheHoursOfCustomers(t *testing.T) {
	t.Parallel()
	const people, weeks = 300, 8
	draw := rand.New(rand.NewPCG(7, 8))
	from := time.Date(2026, time.September, 6, 0, 0, 0, 0, time.UTC) // a Sunday
	crowd := population(t, people, draw)
	script := simulate.Script{From: from.AddDate(0, 0, -1), To: from.AddDate(0, 0, 7*weeks)}
	for _, p := range crowd {
		script.Acts = append(script.Acts, appears(p.id, p.zone.String(), script.From))
		script.Acts = append(script.Acts, p.on(from, weeks, draw)...)
	}
	files := habitual("    channel: push\n    within: 7d\n", "")
	share := func(p *simulate.Play, week int) float64 {
		hits, all := 0, 0
		for _, l := range p.Lines {
			if l.Kind != ledger.KindSend || int(l.At.Sub(from).Hours()/24/7) != week {
				continue
			}
			i := slices.IndexFunc(crowd, func(p person) bool { return p.id == l.External })
			all++
			if crowd[i].hits(l.At) {
				hits++
			}
		}
		return float64(hits) / float64(max(all, 1))
	}
	plain := stage(t, files)
	off := play(t, stage(t, habitual("    channel: push\n    within: 7d\n", "learning: {hours: no}\n")), script)
	on := play(t, plain, script)
	known := play(t, plain.Knowing(knownOf(t, on, script.To)), script)
	t.Logf("week: share of messages within an hour of the customer's own two, without learning / learned alone / with what is known of everybody")
	for week := range weeks {
		t.Logf("%d: %3.0f %% / %3.0f %% / %3.0f %%", week+1, 100*share(off, week), 100*share(on, week), 100*share(known, week))
	}
	require.Greater(t, share(on, weeks-1), 0.7)
	require.Greater(t, share(on, weeks-1), 2*share(off, weeks-1))
	require.GreaterOrEqual(t, share(known, weeks-1), share(on, weeks-1)-0.05)
}

// knownOf learns of everybody from a play's store.
func knownOf(t *testing.T, p *simulate.Play, now time.Time) *insight.Insight {
	t.Helper()
	var s insight.Sample
	require.NoError(t, p.Store.Read(t.Context(), func(tx ledger.Tx) error {
		records, err := tx.CustomersAfter("", 0)
		for _, r := range records {
			state, err := behaviour.Decode(r.State)
			require.NoError(t, err)
			s.Customer(state.Habits)
		}
		return err
	}))
	known := s.Learn(now)
	require.NotNil(t, known.Others(customer.Push))
	return known
}

// BenchmarkPlan plans one message of somebody with eight weeks of habits, by
// what it goes: a step of an outreach from its facts in memory on.
func BenchmarkPlan(b *testing.B) {
	for _, learning := range []string{"learning: {hours: no, channels: no}\n", ""} {
		b.Run(map[bool]string{true: "learned", false: "window"}[learning == ""], func(b *testing.B) {
			s := stage(b, habitual("    channel: push\n    within: 7d\n", learning))
			from := time.Date(2026, time.September, 7, 0, 0, 0, 0, time.UTC)
			script := simulate.Script{From: from.Add(-time.Hour), To: from.AddDate(0, 0, 7*8)}
			script.Acts = append(script.Acts, appears("mia", "Europe/Berlin", script.From))
			for week := range 8 {
				script.Acts = append(script.Acts, opened("mia", from.AddDate(0, 0, 7*week+2).Add(19*time.Hour)))
			}
			plans := 0
			for b.Loop() {
				plans = len(lines(play(b, s, script), "mia", ledger.KindPlan))
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*plans), "µs/message")
		})
	}
}
