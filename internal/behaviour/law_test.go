package behaviour_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// TestOrderDoesNotMatter shuffles a history within the newest period of each
// definition and the one before: the state is the same.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	rapid.Check(t, func(t *rapid.T) {
		joined := per(behaviour.Month, "")
		joined.About = "device"
		defs := []behaviour.Def{
			per(behaviour.Month, ""), per(behaviour.MonthFrom, "day"), joined,
			{Event: "used", Property: "mb"}, {Event: "used", Window: sendtime.Duration{Days: 90}},
		}
		c := clock(berlin, customer.Number(float64(rapid.IntRange(1, 28).Draw(t, "day"))))
		p := planOf(defs...)
		// Any 30 days lie within two months next to each other, by every day of the month.
		from := time.Date(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "first"), 0, 0, 0, 0, time.UTC)
		events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) customer.Event {
			at := from.Add(time.Duration(rapid.IntRange(0, 27*24*60).Draw(t, "minute")) * time.Minute)
			return use(at, float64(rapid.IntRange(0, 500).Draw(t, "mb")), rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "device"))
		}), 1, 40).Draw(t, "events")
		inOrder, shuffled := &behaviour.State{}, &behaviour.State{}
		for _, e := range events {
			if r := inOrder.Apply(p, e, c); r.Late {
				t.Fatalf("%s is late", e.At)
			}
		}
		for _, e := range rapid.Permutation(events).Draw(t, "shuffled") {
			shuffled.Apply(p, e, c)
		}
		for _, d := range defs {
			for _, about := range []string{"", "a", "b"} {
				one, other := inOrder.Find(d.Key(), about), shuffled.Find(d.Key(), about)
				require.Equal(t, one == nil, other == nil, d.Key())
				if one == nil {
					continue
				}
				require.Equal(t, one.All, other.All, d.Key())
				for _, e := range events {
					require.Equal(t, one.In(e.At), other.In(e.At), "%s at %s", d.Key(), e.At)
					n, sum := one.Window(d.Window, e.At, berlin)
					n2, sum2 := other.Window(d.Window, e.At, berlin)
					require.Equal(t, []any{n, sum}, []any{n2, sum2}, d.Key())
				}
			}
		}
		require.Equal(t, inOrder.LastAct, shuffled.LastAct)
	})
}

func anyTime(t *rapid.T, name string) time.Time {
	if rapid.Bool().Draw(t, name+" is there") {
		return time.UnixMicro(rapid.Int64().Draw(t, name) >> 4).UTC()
	}
	return time.Time{}
}

func anyValue(t *rapid.T) customer.Value {
	return rapid.OneOf(rapid.Just(customer.Value{}), rapid.Map(rapid.String(), customer.Text),
		rapid.Map(rapid.Float64(), customer.Number), rapid.Just(customer.Text("12"))).Draw(t, "value")
}

func anyBucket(t *rapid.T) behaviour.Bucket {
	if rapid.Bool().Draw(t, "no bucket") {
		return behaviour.Bucket{}
	}
	return behaviour.Bucket{
		Start: anyTime(t, "start"), End: anyTime(t, "end"), Sum: rapid.Float64().Draw(t, "sum"), Count: rapid.Int64().Draw(t, "count"),
		Last: anyTime(t, "last"), Value: anyValue(t),
	}
}

func anySeries() *rapid.Generator[*behaviour.Series] {
	return rapid.Custom(func(t *rapid.T) *behaviour.Series {
		s := &behaviour.Series{All: anyBucket(t), Now: anyBucket(t), Before: anyBucket(t)}
		for range rapid.IntRange(0, 3).Draw(t, "entries") {
			s.Entries = append(s.Entries, behaviour.Entry{
				At: time.UnixMicro(rapid.Int64().Draw(t, "at") >> 4).UTC(), Count: rapid.Int64().Draw(t, "count"), Sum: rapid.Float64().Draw(t, "sum"),
			})
		}
		for range rapid.IntRange(0, 3).Draw(t, "totals") {
			s.First = anyTime(t, "first")
			s.Totals = append(s.Totals, behaviour.Total{Start: anyTime(t, "start"), Count: rapid.Int64().Draw(t, "count"), Last: anyTime(t, "last")})
		}
		for range rapid.IntRange(0, 3).Draw(t, "days") {
			s.Days = append(s.Days, rapid.IntRange(-1e6, 1e6).Draw(t, "day"))
		}
		return s
	})
}

func anyHabit() *rapid.Generator[*habit.Profile] {
	return rapid.Custom(func(t *rapid.T) *habit.Profile {
		p := &habit.Profile{}
		at := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
		for range rapid.IntRange(0, 20).Draw(t, "acts") {
			at = at.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "hours")) * time.Hour)
			p.Add(at, habit.Seen)
		}
		return p
	})
}

// tableOf draws a map; an empty one is nil, as it is decoded.
func tableOf[K comparable, V any](t *rapid.T, key *rapid.Generator[K], value *rapid.Generator[V]) map[K]V {
	m := rapid.MapOfN(key, value, 0, 3).Draw(t, "table")
	if len(m) == 0 {
		return nil
	}
	return m
}

func anyState(t *rapid.T) *behaviour.State {
	times := rapid.Custom(func(t *rapid.T) time.Time { return anyTime(t, "at") })
	marks := rapid.Custom(func(t *rapid.T) []behaviour.Mark {
		var list []behaviour.Mark
		for range rapid.IntRange(0, 2).Draw(t, "marks") {
			list = append(list, behaviour.Mark{Period: anyTime(t, "period"), Limit: rapid.Float64().Draw(t, "limit")})
		}
		return list
	})
	pending := rapid.Custom(func(t *rapid.T) *behaviour.Pending {
		return &behaviour.Pending{
			After: anyTime(t, "after"), Due: anyTime(t, "due"), MessageID: rapid.String().Draw(t, "id"), Promised: anyValue(t),
			Came: anyTime(t, "came"), Fired: rapid.Bool().Draw(t, "fired"), Seen: anyTime(t, "seen"),
		}
	})
	return &behaviour.State{
		LastAct: anyTime(t, "act"), Running: rapid.Bool().Draw(t, "running"),
		Used:       tableOf(t, rapid.SampledFrom(customer.Channels()), times),
		Unanswered: tableOf(t, rapid.SampledFrom(customer.Channels()), rapid.IntRange(0, 1e6)),
		Habits:     tableOf(t, rapid.SampledFrom(customer.Channels()), anyHabit()),
		Goals:      tableOf(t, rapid.String(), times),
		Marks:      tableOf(t, rapid.String(), marks),
		Pending:    tableOf(t, rapid.String(), pending),
		Series:     tableOf(t, rapid.String(), anySeries()),
	}
}

func TestStatesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anyState(t)
		back, err := behaviour.Decode(s.Encode())
		require.NoError(t, err)
		require.Equal(t, s, back)
	})
	empty, err := behaviour.Decode(nil)
	require.NoError(t, err)
	require.Equal(t, &behaviour.State{}, empty)
}

// TestAnEndlessPeriodComesBack: its end lies far beyond the years that have
// four digits.
func TestAnEndlessPeriodComesBack(t *testing.T) {
	t.Parallel()
	s := &behaviour.State{}
	apply(s, planOf(per(behaviour.SinceEvent, "renewed")), utc(), renewed(1), use(after(2), 1, ""))
	back, err := behaviour.Decode(s.Encode())
	require.NoError(t, err)
	require.Equal(t, s, back)
}

func TestDamagedStatesAreRefused(t *testing.T) {
	t.Parallel()
	s := &behaviour.State{}
	apply(s, planOf(per(behaviour.Day, ""), within("2d", t)), utc(), use(after(1), 1, ""), use(after(30), 2, ""))
	whole := s.Encode()
	for n := 1; n < len(whole); n++ {
		_, err := behaviour.Decode(whole[:n])
		require.Error(t, err, "%d of %d bytes", n, len(whole))
	}
	_, err := behaviour.Decode(append(bytes.Clone(whole), 0))
	require.Error(t, err)
	_, err = behaviour.Decode([]byte(`{"act":"2026-11-23T00:00:00Z"}`))
	require.EqualError(t, err, "behaviour state: layout 123 is not 2, run the version that wrote it")
}

func FuzzDecode(f *testing.F) {
	s := &behaviour.State{}
	apply(s, planOf(per(behaviour.Day, ""), within("2d", f)), utc(), use(after(1), 1, ""), use(after(30), 2, ""))
	f.Add(s.Encode())
	f.Add([]byte{1, 0, 0, 255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := behaviour.Decode(b)
		if err != nil {
			return
		}
		again, err := behaviour.Decode(s.Encode())
		require.NoError(t, err)
		require.Len(t, again.Series, len(s.Series))
	})
}

func BenchmarkState(b *testing.B) {
	s := &behaviour.State{}
	p := planOf(per(behaviour.Month, ""), within("30d", b), behaviour.Def{Event: "used"})
	for i := range 100 {
		s.Apply(p, use(after(i*7), 5, ""), utc())
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Encode()
		}
	})
	encoded := s.Encode()
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		b.ReportMetric(float64(len(encoded)), "bytes")
		for b.Loop() {
			if _, err := behaviour.Decode(encoded); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("apply", func(b *testing.B) {
		b.ReportAllocs()
		e := use(after(700), 5, "")
		for b.Loop() {
			s.Apply(p, e, utc())
		}
	})
}
