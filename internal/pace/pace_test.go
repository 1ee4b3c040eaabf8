package pace_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pace"
)

var nine = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

// road keeps rows as a store would, and the calls that were let go.
type road struct {
	rates map[string]float64
	rows  map[string]ledger.Pace
	calls map[string][]time.Time
}

func newRoad(rates map[string]float64) *road {
	return &road{rates: rates, rows: map[string]ledger.Pace{}, calls: map[string][]time.Time{}}
}

func (r *road) take(a pace.Ask, names ...string) pace.Answer {
	a.Second = time.Second
	var scopes []pace.Scope
	for _, name := range names {
		row := r.rows[name]
		row.Scope = name
		scopes = append(scopes, pace.Scope{Row: row, PerSecond: r.rates[name]})
	}
	answer := pace.Take(scopes, a)
	for _, row := range answer.Rows {
		r.rows[row.Scope] = row
	}
	if answer.Go {
		for _, name := range names {
			r.calls[name] = append(r.calls[name], answer.At)
		}
	}
	return answer
}

// rider is a message that asks until it goes.
type rider struct {
	at     time.Time
	turn   time.Time
	urgent bool
	names  []string
	asked  int
	went   time.Time
}

// run lets all ask, each at its time, and gives them as they went.
func (r *road) run(t require.TestingT, riders []*rider) []*rider {
	var went []*rider
	for open := slices.Clone(riders); len(open) > 0; {
		slices.SortStableFunc(open, func(a, b *rider) int { return a.at.Compare(b.at) })
		m := open[0]
		answer := r.take(pace.Ask{Now: m.at, Turn: m.turn, Urgent: m.urgent}, m.names...)
		m.asked++
		require.Less(t, m.asked, 1000)
		if answer.Go {
			require.False(t, answer.At.Before(m.at))
			require.LessOrEqual(t, answer.At.Sub(m.at), 500*time.Millisecond)
			m.went, went, open = answer.At, append(went, m), open[1:]
			continue
		}
		require.True(t, answer.At.After(m.at), "who does not go waits")
		m.at, m.turn = answer.At, answer.Turn
	}
	return went
}

// most gives how many calls of a scope there are in the fullest second.
func (r *road) most(name string) (most int) {
	calls := slices.SortedFunc(slices.Values(r.calls[name]), time.Time.Compare)
	for i, first := range calls {
		n := 0
		for _, call := range calls[i:] {
			if call.Sub(first) < time.Second {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func crowd(n int, at time.Time, names ...string) []*rider {
	list := make([]*rider, n)
	for i := range list {
		list[i] = &rider{at: at, names: names}
	}
	return list
}

// TestAtOnceForAllIsNoOneSecond: 5,000 messages that are due at one instant go
// at the rate, in the order in which they came. None asks more than twice.
func TestAtOnceForAllIsNoOneSecond(t *testing.T) {
	t.Parallel()
	const messages, perSecond = 5000, 50
	r := newRoad(map[string]float64{"sms": perSecond})
	all := crowd(messages, nine, "sms")
	require.Equal(t, all, r.run(t, all))
	require.LessOrEqual(t, r.most("sms"), perSecond)
	for i, m := range all {
		require.LessOrEqual(t, m.asked, 2, "message %d", i)
	}
	require.InEpsilon(t, messages/perSecond, all[messages-1].went.Sub(nine).Seconds(), 0.06, "turns are a little further apart than the rate has it")
}

// TestUrgentGoesBeforeTheQueue: nobody urgent waits for the turns of others, and
// no second has more calls for it.
func TestUrgentGoesBeforeTheQueue(t *testing.T) {
	t.Parallel()
	const perSecond = 5
	r := newRoad(map[string]float64{"sms": perSecond})
	all := crowd(500, nine, "sms")
	var urgent []*rider
	for i := range 20 {
		urgent = append(urgent, &rider{at: nine.Add(time.Duration(i)*3*time.Second + 10*time.Millisecond), urgent: true, names: []string{"sms"}})
	}
	asked := make([]time.Time, len(urgent))
	for i, m := range urgent {
		asked[i] = m.at
	}
	r.run(t, append(all, urgent...))
	for i, m := range urgent {
		require.Less(t, m.went.Sub(asked[i]), time.Second, "urgent message %d", i)
	}
	require.LessOrEqual(t, r.most("sms"), perSecond)
	latest := slices.MaxFunc(all, func(a, b *rider) int { return a.went.Compare(b.went) })
	require.Less(t, latest.went.Sub(nine), 110*time.Second, "the rate is used")
}

// TestASlowSenderHoldsNobodyElseUp: who waits for a narrow scope takes no place
// in the wide one before it goes.
func TestASlowSenderHoldsNobodyElseUp(t *testing.T) {
	t.Parallel()
	r := newRoad(map[string]float64{"sms": 20, "sms/US": 1})
	us, de := crowd(100, nine, "sms", "sms/US"), crowd(100, nine.Add(time.Second), "sms")
	r.run(t, slices.Concat(us, de))
	require.LessOrEqual(t, r.most("sms"), 20)
	require.LessOrEqual(t, r.most("sms/US"), 1)
	for _, m := range de {
		require.Less(t, m.went.Sub(nine), 8*time.Second)
	}
}

// TestTurnsThatNobodyTakesCostNobodyAnything: when a crowd is called off, those
// who come later do not wait for its turns.
func TestTurnsThatNobodyTakesCostNobodyAnything(t *testing.T) {
	t.Parallel()
	r := newRoad(map[string]float64{"sms": 5})
	for range 10_000 {
		r.take(pace.Ask{Now: nine}, "sms")
	}
	require.Greater(t, r.rows["sms"].Next.Sub(nine), 30*time.Minute)
	later := crowd(50, nine.Add(10*time.Second), "sms")
	r.run(t, later)
	require.Less(t, later[49].went.Sub(nine), 22*time.Second)
}

// TestAProviderThatAskedToWait is called by nobody until then, and by few after
// it: by one a second first, and twice as many with each second.
func TestAProviderThatAskedToWait(t *testing.T) {
	t.Parallel()
	r := newRoad(nil)
	until := nine.Add(30 * time.Second)
	r.rows["twilio"] = pace.Slow(ledger.Pace{Scope: "twilio"}, until, "too many requests")
	require.Equal(t, r.rows["twilio"], pace.Slow(r.rows["twilio"], nine, "less"), "no word shortens another")
	all := crowd(200, nine, "twilio")
	all = append(all, &rider{at: nine.Add(time.Second), urgent: true, names: []string{"twilio"}})
	r.run(t, all)
	perSecond := map[int]int{}
	for _, call := range r.calls["twilio"] {
		perSecond[int(call.Sub(until).Seconds())]++
		require.False(t, call.Before(until))
	}
	for second, want := range []int{1, 2, 4, 8, 16} {
		require.InDelta(t, want, perSecond[second], 1, "second %d", second)
	}
	for _, m := range all {
		require.LessOrEqual(t, m.asked, 3)
	}
	require.Less(t, all[200].went.Sub(until), 3*time.Second, "what is urgent is among the first")
	later := r.take(pace.Ask{Now: until.Add(11 * time.Second)}, "twilio")
	require.Equal(t, pace.Answer{Go: true, At: until.Add(11 * time.Second)}, later, "then it is as any other")
}

// TestNoRateCostsNothing changes no row of what nothing slows.
func TestNoRateCostsNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, pace.Answer{Go: true, At: nine}, newRoad(nil).take(pace.Ask{Now: nine}, "twilio", "twilio/+15550100100"))
}

// TestAHintBeforeTheTurnChangesNothing: who asks early keeps the turn, and
// takes no second one.
func TestAHintBeforeTheTurnChangesNothing(t *testing.T) {
	t.Parallel()
	for _, urgent := range []bool{false, true} {
		r := newRoad(map[string]float64{"sms": 1})
		r.take(pace.Ask{Now: nine, Urgent: urgent}, "sms")
		first := r.take(pace.Ask{Now: nine, Urgent: urgent}, "sms")
		require.False(t, first.Go)
		require.Equal(t, pace.Answer{At: first.At, Turn: first.Turn}, r.take(pace.Ask{Now: nine.Add(100 * time.Millisecond), Turn: first.Turn, Urgent: urgent}, "sms"))
	}
}

// TestThoseWhoMissedTheirTurnsDoNotComeAtOnce: a process that died had the turns
// of many in hand, who come seconds later, and all together. Others go on
// meanwhile.
func TestThoseWhoMissedTheirTurnsDoNotComeAtOnce(t *testing.T) {
	t.Parallel()
	for _, urgent := range []bool{false, true} {
		r := newRoad(map[string]float64{"sms": 10})
		var all []*rider
		for i := range 60 {
			answer := r.take(pace.Ask{Now: nine, Urgent: urgent}, "sms")
			if answer.Go {
				continue
			}
			m := &rider{at: answer.At, turn: answer.Turn, urgent: urgent, names: []string{"sms"}}
			if i%2 == 0 {
				m.at = nine.Add(8 * time.Second) // it was in the hands of the one that died
			}
			all = append(all, m)
		}
		r.run(t, all)
		require.LessOrEqual(t, r.most("sms"), 10)
		for _, m := range all {
			require.Less(t, m.went.Sub(nine), 20*time.Second, "all go in the end")
		}
	}
}

// TestNoSecondHasMoreThanTheRate, whoever comes when, urgent or not, on one road
// or two, and on a clock of any speed.
func TestNoSecondHasMoreThanTheRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wide, narrow := rapid.IntRange(1, 40).Draw(t, "wide"), rapid.IntRange(1, 10).Draw(t, "narrow")
		r := newRoad(map[string]float64{"sms": float64(wide), "sms/US": float64(narrow)})
		var all []*rider
		for range rapid.IntRange(1, 120).Draw(t, "messages") {
			m := &rider{at: nine.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "at")) * time.Millisecond), names: []string{"sms"}}
			m.urgent = rapid.IntRange(0, 4).Draw(t, "urgent") == 0
			if rapid.Bool().Draw(t, "us") {
				m.names = append(m.names, "sms/US")
			}
			all = append(all, m)
		}
		if rapid.Bool().Draw(t, "slowed") {
			r.rows["sms"] = pace.Slow(ledger.Pace{Scope: "sms"}, nine.Add(3*time.Second), "busy")
		}
		r.run(t, all)
		require.LessOrEqual(t, r.most("sms"), wide)
		require.LessOrEqual(t, r.most("sms/US"), narrow)
	})
}
