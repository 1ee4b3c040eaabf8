package behaviour_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

func apply(s *behaviour.State, p *behaviour.Plan, c behaviour.Clock, events ...customer.Event) (results []behaviour.Result) {
	for _, e := range events {
		results = append(results, s.Apply(p, e, c))
	}
	return results
}

func TestKeysTellDefinitionsApart(t *testing.T) {
	t.Parallel()
	defs := []behaviour.Def{
		{Event: "used"}, {Event: "used", Property: "mb"}, within("24h", t), within("1d", t),
		per(behaviour.Day, ""), per(behaviour.MonthFrom, "day"), per(behaviour.SinceEvent, "day"),
		{Event: "used", Property: "mb", About: "device"}, {Event: "used", About: "device"},
	}
	keys := map[string]bool{}
	for _, d := range defs {
		keys[d.Key()] = true
	}
	require.Len(t, keys, len(defs))
	p := planOf(append(defs, defs...)...)
	require.Equal(t, defs, p.Defs(), "equal ones are kept once")
	require.Equal(t, []string{"day", "used"}, p.Events())
}

func TestTotalsOfThisPeriodAndTheOneBefore(t *testing.T) {
	t.Parallel()
	d := per(behaviour.Day, "")
	p, s := planOf(d), &behaviour.State{}
	results := apply(s, p, utc(), use(after(1), 10, ""), use(after(3), 5, ""), use(after(25), 7, ""),
		use(after(2), 1, ""), use(after(24), 2, ""))
	require.Equal(t, []behaviour.Result{{}, {}, {}, {Disorder: true}, {Disorder: true}}, results)
	series := s.Find(d.Key(), "")
	require.Equal(t, behaviour.Bucket{Start: after(0), End: after(24), Sum: 16, Count: 3, Last: after(3), Value: customer.Number(5)}, series.In(after(5)))
	require.Equal(t, behaviour.Bucket{Start: after(24), End: after(48), Sum: 9, Count: 2, Last: after(25), Value: customer.Number(7)}, series.In(after(30)))
	require.Zero(t, series.In(after(48)), "nothing of tomorrow")
	require.Zero(t, series.In(after(-1)), "nor of what came before both")

	require.Equal(t, []behaviour.Result{{Late: true, Disorder: true}}, apply(s, p, utc(), use(after(-1), 1, "")))
	require.InDelta(t, 16, series.In(after(5)).Sum, 0, "too late changes nothing")

	apply(s, p, utc(), use(after(24*5), 3, ""))
	require.Zero(t, series.In(after(30)), "a period was left out, so this one is no more the one before")
	require.Equal(t, []behaviour.Result{{Disorder: true}}, apply(s, p, utc(), use(after(24*4+1), 4, "")), "the day before is empty, not unknown")
	require.InDelta(t, 4, series.In(after(24*4)).Sum, 0)
}

func TestNothingIsCountedWhileThePeriodIsNotKnown(t *testing.T) {
	t.Parallel()
	d := per(behaviour.MonthFrom, "day")
	p, s := planOf(d), &behaviour.State{}
	require.Equal(t, []behaviour.Result{{}}, apply(s, p, utc(), use(after(1), 10, "")))
	require.Zero(t, s.Find(d.Key(), "").In(after(1)))
	apply(s, p, clock(time.UTC, customer.Number(15)), use(after(2), 5, ""))
	require.InDelta(t, 5, s.Find(d.Key(), "").In(after(2)).Sum, 0)
}

func TestAllOfTime(t *testing.T) {
	t.Parallel()
	d := behaviour.Def{Event: "used", Property: "mb"}
	s := &behaviour.State{}
	results := apply(s, planOf(d), utc(), use(after(10), 1, ""), use(after(5), 2, ""), named("used", after(12)))
	require.Equal(t, []behaviour.Result{{}, {Disorder: true}, {}}, results)
	require.Equal(t, behaviour.Bucket{Sum: 3, Count: 3, Last: after(12)}, s.Find(d.Key(), "").All, "the newest has no mb")
	require.Equal(t, after(12), s.Find(d.Key(), "").Newest())
	var nobody *behaviour.Series
	require.Zero(t, nobody.Newest())
	require.Zero(t, nobody.In(after(0)))
}

func TestWindows(t *testing.T) {
	t.Parallel()
	d := within("2d", t)
	s := &behaviour.State{}
	results := apply(s, planOf(d), utc(), use(after(0), 1, ""), use(after(24), 2, ""), use(after(36), 4, ""), use(after(12), 8, ""), use(after(60), 16, ""), use(after(1), 32, ""))
	require.Equal(t, []behaviour.Result{{}, {}, {}, {Disorder: true}, {}, {Late: true, Disorder: true}}, results)
	series := s.Find(d.Key(), "")
	for hours, want := range map[int]float64{59: 2 + 4, 60: 2 + 4 + 16, 72: 4 + 16, 84: 16, 107: 16, 108: 0, 24: 2} {
		_, sum := series.Window(d.Window, after(hours), time.UTC)
		require.InDelta(t, want, sum, 0, "%d hours", hours)
	}
	require.Equal(t, after(72), series.Leaves(d.Window, after(60), time.UTC))
	require.Equal(t, after(108), series.Leaves(d.Window, after(84), time.UTC))
	require.Zero(t, series.Leaves(d.Window, after(108), time.UTC))
}

func TestAWindowOfDaysKeepsTheWallClock(t *testing.T) {
	t.Parallel()
	d, berlin := within("1d", t), zone(t, "Europe/Berlin")
	s := &behaviour.State{}
	at := instant(t, "2026-10-24T10:00:00Z") // noon on the wall; the clocks go back that night
	apply(s, planOf(d), clock(berlin, customer.Value{}), use(at, 1, ""))
	count, _ := s.Find(d.Key(), "").Window(d.Window, at.Add(24*time.Hour+59*time.Minute), berlin)
	require.EqualValues(t, 1, count)
	count, _ = s.Find(d.Key(), "").Window(d.Window, at.Add(25*time.Hour), berlin)
	require.Zero(t, count)
}

func TestAFullWindowJoinsNeighbours(t *testing.T) {
	t.Parallel()
	d, p := within("24h", t), planOf(within("24h", t))
	s := &behaviour.State{}
	const all = 2000
	for i := range all {
		s.Apply(p, use(start.Add(time.Duration(i)*time.Second), 1, ""), utc())
	}
	series := s.Find(d.Key(), "")
	require.LessOrEqual(t, len(series.Entries), 512)
	count, sum := series.Window(d.Window, start.Add(time.Hour), time.UTC)
	require.EqualValues(t, all, count, "nothing is lost")
	require.InDelta(t, all, sum, 0)
	require.True(t, series.Entries[0].At.After(start), "joined ones stand at the newest of them")
	for i := 1; i < len(series.Entries); i++ {
		require.True(t, series.Entries[i-1].At.Before(series.Entries[i].At))
	}
	half := start.Add(24*time.Hour + all/2*time.Second)
	count, _ = series.Window(d.Window, half, time.UTC)
	require.InDelta(t, all/2, count, 32, "they leave a little late")
	require.GreaterOrEqual(t, count, int64(all/2)-1)
	count, _ = series.Window(d.Window, start.Add(25*time.Hour), time.UTC)
	require.Zero(t, count)
}

func TestAboutKeepsSeriesApart(t *testing.T) {
	t.Parallel()
	d := per(behaviour.Day, "")
	d.About = "device"
	s := &behaviour.State{}
	apply(s, planOf(d), utc(), use(after(1), 1, "a"), use(after(2), 2, "b"), use(after(3), 4, "a"), use(after(3), 8, ""))
	require.InDelta(t, 5, s.Find(d.Key(), "a").In(after(4)).Sum, 0)
	require.InDelta(t, 2, s.Find(d.Key(), "b").In(after(4)).Sum, 0)
	require.Nil(t, s.Find(d.Key(), ""), "an event without the property concerns none of them")
	for _, c := range [][2]string{{"a", ""}, {"a/x", "b"}, {"", "c"}} {
		key, about := behaviour.Split(behaviour.Join(c[0], c[1]))
		require.Equal(t, c, [2]string{key, about})
	}
}

func TestAboutValuesAreBounded(t *testing.T) {
	t.Parallel()
	d := behaviour.Def{Event: "used", About: "device"}
	p, s := planOf(d), &behaviour.State{}
	for i := range 300 {
		s.Apply(p, use(after(i), 1, fmt.Sprintf("d%03d", i)), utc())
	}
	require.Len(t, s.Series, 200)
	require.Nil(t, s.Find(d.Key(), "d099"), "the one that was quiet longest is forgotten")
	require.NotNil(t, s.Find(d.Key(), "d100"))
}

func TestActs(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	p := behaviour.NewPlan(nil, func(event string) bool { return event != "invoice" })
	s := &behaviour.State{}
	opened := named(customer.MessageOpened, after(30))
	opened.Properties = map[string]customer.Value{customer.ChannelProperty: customer.Text("email")}
	clicked := named(customer.MessageClicked, after(20))
	clicked.Properties = opened.Properties
	app := named("app_opened", after(10))
	app.Via = customer.ViaApp
	apply(s, p, clock(berlin, customer.Value{}), app, named("bought", after(5)), named("invoice", after(40)),
		named(customer.Identified, after(41)), named(customer.MessageSent, after(42)), opened, clicked)
	habits := s.Habits
	s.Habits = nil
	require.Equal(t, &behaviour.State{
		LastAct: after(20),
		Used:    map[customer.Channel]time.Time{customer.Push: after(10), customer.Email: after(30)},
	}, s)
	require.Len(t, habits, 3)
	for by, hours := range map[customer.Channel][]int{customer.AnyChannel: {11, 6, 21}, customer.Push: {11}, customer.Email: {21, 31}} {
		var in sendtime.Hours
		for _, hour := range hours {
			in.Add(hour)
		}
		require.InDelta(t, 1, habits[by].Share(after(50), in), 1e-9, by)
	}
	require.True(t, p.Own("bought"))
	require.False(t, p.Own("invoice"))
}

func TestMostly(t *testing.T) {
	t.Parallel()
	var evening sendtime.Hours
	for day := range 7 {
		for hour := 18; hour < 24; hour++ {
			evening.Add(day*24 + hour)
		}
	}
	now := time.Date(2026, time.November, 29, 23, 0, 0, 0, time.UTC) // a Sunday
	for _, c := range []struct {
		hours        []int // of this week, 0 is Monday 00:00
		value, known bool
	}{
		{nil, false, false},
		{[]int{18, 42}, false, false},
		{[]int{18, 18, 18, 42}, false, false},
		{[]int{18, 42, 66, 90}, true, true},
		{[]int{18, 42, 66, 90, 9}, true, true},
		{[]int{18, 42, 66, 90, 114, 138, 162, 9, 33, 57}, false, true},
	} {
		s := &behaviour.State{Habits: map[customer.Channel]*habit.Profile{customer.AnyChannel: {}}}
		for _, hour := range c.hours {
			s.Habits[customer.AnyChannel].Add(time.Date(2026, time.November, 23, hour, 5, 0, 0, time.UTC), habit.Seen)
		}
		value, known := s.Mostly(evening, now)
		require.Equal(t, []bool{c.value, c.known}, []bool{value, known}, "%v", c.hours)
	}
}
