package behaviour_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
)

func renewed(hours int) customer.Event { return named("renewed", after(hours)) }

func TestAPeriodSinceAnEvent(t *testing.T) {
	t.Parallel()
	d := per(behaviour.SinceEvent, "renewed")
	p, s := planOf(d), &behaviour.State{}
	results := apply(s, p, utc(), use(after(1), 1, ""), renewed(10), use(after(10), 2, ""), use(after(11), 4, ""), use(after(2), 8, ""),
		renewed(10), renewed(20), use(after(15), 16, ""), use(after(3), 32, ""))
	require.Equal(t, []behaviour.Result{{}, {}, {}, {}, {Disorder: true}, {}, {}, {Disorder: true}, {Late: true, Disorder: true}}, results)
	series := s.Find(d.Key(), "")
	require.InDelta(t, 2+4+16, series.In(after(12)).Sum, 0)
	require.Equal(t, after(20), series.Before.End)
	require.Zero(t, series.In(after(25)).Count)
	require.Equal(t, after(20), series.In(after(25)).Start)
}

// TestATurnFirst holds that what came before the first turn is the period
// before it, also when the turn is heard of first.
func TestATurnFirst(t *testing.T) {
	t.Parallel()
	d := per(behaviour.SinceEvent, "renewed")
	s := &behaviour.State{}
	results := apply(s, planOf(d), utc(), renewed(10), use(after(5), 1, ""), use(after(11), 2, ""))
	require.Equal(t, []behaviour.Result{{}, {Disorder: true}, {}}, results)
	require.InDelta(t, 1, s.Find(d.Key(), "").In(after(9)).Sum, 0)
	require.InDelta(t, 2, s.Find(d.Key(), "").In(after(12)).Sum, 0)
}

func TestALateTurnNeedsTheLog(t *testing.T) {
	t.Parallel()
	d := per(behaviour.SinceEvent, "renewed")
	for name, c := range map[string]struct {
		before  []customer.Event
		turn    int
		rebuild bool
	}{
		"newer ones were counted":          {[]customer.Event{use(after(11), 1, "")}, 10, true},
		"one of its own instant":           {[]customer.Event{use(after(10), 1, "")}, 10, true},
		"older than the period":            {[]customer.Event{use(after(1), 1, ""), renewed(20)}, 10, true},
		"older than the one before":        {[]customer.Event{renewed(10), renewed(20)}, 5, false},
		"the same again":                   {[]customer.Event{renewed(10), use(after(12), 1, "")}, 10, false},
		"only older ones were counted":     {[]customer.Event{use(after(9), 1, "")}, 10, false},
		"the turn of the period before it": {[]customer.Event{renewed(10), renewed(20)}, 10, false},
	} {
		s := &behaviour.State{}
		p := planOf(d)
		apply(s, p, utc(), c.before...)
		var want []behaviour.Def
		if c.rebuild {
			want = []behaviour.Def{d}
		}
		require.Equal(t, want, s.Apply(p, renewed(c.turn), utc()).Rebuild, name)
	}
}

func TestAnEventMayStartItsOwnPeriod(t *testing.T) {
	t.Parallel()
	d := behaviour.Def{Event: "used", Property: "mb", Per: behaviour.Period{Kind: behaviour.SinceEvent, Of: "used"}}
	s := &behaviour.State{}
	results := apply(s, planOf(d), utc(), use(after(1), 1, ""), use(after(2), 2, ""))
	require.Equal(t, []behaviour.Result{{}, {}}, results)
	require.InDelta(t, 1, s.Find(d.Key(), "").In(after(1)).Sum, 0)
	require.InDelta(t, 2, s.Find(d.Key(), "").In(after(3)).Sum, 0)
}

// TestTurnsOfAboutValues: a turn with the property concerns its value, one
// without concerns them all, those that come later included.
func TestTurnsOfAboutValues(t *testing.T) {
	t.Parallel()
	d := per(behaviour.SinceEvent, "renewed")
	d.About = "device"
	s := &behaviour.State{}
	one := renewed(10)
	one.Properties = map[string]customer.Value{"device": customer.Text("a")}
	p := planOf(d)
	apply(s, p, utc(), use(after(1), 1, "a"), use(after(2), 2, "b"), one, use(after(11), 4, "a"), use(after(12), 8, "b"))
	sum := func(about string, hours int) float64 { return s.Find(d.Key(), about).In(after(hours)).Sum }
	require.Equal(t, []float64{4, 2 + 8}, []float64{sum("a", 13), sum("b", 13)})
	apply(s, p, utc(), renewed(20), use(after(21), 16, "c"), use(after(15), 32, "c"))
	require.Equal(t, []float64{0, 0, 16}, []float64{sum("a", 22), sum("b", 22), sum("c", 22)})
	require.Equal(t, []float64{4, 10, 32}, []float64{sum("a", 13), sum("b", 13), sum("c", 13)})
}
