package importer_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// megaline imports one file of the Megaline data through the map of testdata.
func megaline(t testing.TB, r *recorder, kind importer.Kind, rules, name string) importer.Report {
	t.Helper()
	data := os.Getenv("OUTREACH_DATA")
	if data == "" {
		t.Skip("OUTREACH_DATA names no folder with megaline/*.csv")
	}
	report, err := importer.Run(t.Context(), importer.Options{
		Taker: r, Keeper: r, Zones: r, Kind: kind, Now: monday(),
		Path: filepath.Join(data, "megaline", name), Map: filepath.Join("testdata", rules),
	})
	require.NoError(t, err)
	return report
}

func TestMegaline(t *testing.T) {
	t.Parallel()
	customers := newRecorder()
	require.Equal(t, importer.Report{Rows: 500, Taken: 500},
		megaline(t, customers, importer.Customers, "megaline-customers.yaml", "megaline_users.csv"))

	events := newRecorder()
	left := 0
	for _, in := range customers.taken {
		require.NotNil(t, in.Change.Zone, in.User)
		events.zones[in.User] = *in.Change.Zone
		if _, ok := in.Change.Traits["left_at"]; ok {
			left++
		}
	}
	require.Equal(t, 34, left)
	require.Equal(t, customer.Text("30720"), customers.taken[0].Change.Traits["plan_mb"])

	report := megaline(t, events, importer.Events, "megaline-internet.yaml", "megaline_internet.csv")
	require.Equal(t, importer.Report{Rows: 104_825, Taken: 104_825, Oldest: report.Oldest, Newest: report.Newest}, report)
	require.True(t, slices.IsSortedFunc(events.taken, func(a, b observe.Incoming) int { return a.Event.At.Compare(b.Event.At) }))
	require.Equal(t, 2018, report.Oldest.Year())
	again := megaline(t, events, importer.Events, "megaline-internet.yaml", "megaline_internet.csv")
	require.Equal(t, 104_825, again.Duplicates)
	require.Equal(t, 1271, monthsNearTheLimit(t, customers, events))
}

// monthsNearTheLimit counts the customers' months whose use reaches 80 % of
// the plan.
func monthsNearTheLimit(t testing.TB, customers, events *recorder) int {
	t.Helper()
	limits := map[string]float64{}
	for _, in := range customers.taken {
		limits[in.User], _ = in.Change.Traits["plan_mb"].Float()
	}
	zones := sendtime.NewZones()
	type month struct{ user, name string }
	used := map[month]float64{}
	for _, in := range events.taken {
		zone, err := zones.Load(events.zones[in.User])
		require.NoError(t, err)
		mb, ok := in.Event.Properties["mb"].Float()
		require.True(t, ok)
		used[month{in.User, in.Event.At.In(zone).Format("2006-01")}] += mb
	}
	near := 0
	for m, mb := range used {
		if mb >= 0.8*limits[m.user] {
			near++
		}
	}
	return near
}

type nowhere struct{}

func (nowhere) Take(_ context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	return make([]observe.Outcome, len(batch)), nil
}

// BenchmarkEvents imports a shuffled file; us/row is both readings and the sort.
func BenchmarkEvents(b *testing.B) {
	const rows = 50_000
	r := newRecorder()
	o := importing(b, r, importer.Events, "id: u\nevent: a\nat: t\nproperties: {n: n}\n", "e.csv", shuffled(rows, random(1)))
	o.Taker = nowhere{}
	for b.Loop() {
		report, err := importer.Run(b.Context(), o)
		require.NoError(b, err)
		require.Equal(b, rows, report.Taken)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*rows), "us/row")
}
