package insight_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/insight"
	"github.com/outreach-engine/outreach/internal/ledger"
)

var now = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC) // a Monday

// evenings gives the habits of somebody who is on in the evening hour of one
// day of the week.
func evenings(day, hour int) map[customer.Channel]*habit.Profile {
	p := &habit.Profile{}
	for weeks := 8; weeks > 0; weeks-- {
		p.Add(time.Date(2026, time.November, 23-7*weeks+day, hour, 10, 0, 0, time.UTC), habit.Seen)
	}
	return map[customer.Channel]*habit.Profile{customer.AnyChannel: p, customer.Push: p}
}

func outreach(rule string, sent int, reached bool) ledger.Outreach {
	o := ledger.Outreach{Ref: ledger.Ref{Rule: rule}, At: now.AddDate(0, 0, -10), Status: ledger.Ended, Reason: customer.Completed, Sent: sent}
	if reached {
		o.GoalAt = now.AddDate(0, 0, -9)
	}
	return o
}

func TestNothingIsKnown(t *testing.T) {
	t.Parallel()
	var none *insight.Insight
	require.Nil(t, none.Others(customer.Push))
	require.Zero(t, none.Value("rule"))
	require.Zero(t, none.Customers())
	require.True(t, none.At().IsZero())
	again, err := insight.Decode(none.Encode())
	require.NoError(t, err)
	require.Nil(t, again)
	var nobody insight.Sample
	require.Zero(t, nobody.Learn(now).Value("rule"))
	require.Nil(t, nobody.Learn(now).Others(customer.AnyChannel))
}

// TestWorth holds the documented formula: of 100 outreaches of a good rule 50
// reach their goal, of 200 of a poor one 10; their mean is a fifth.
func TestWorth(t *testing.T) {
	t.Parallel()
	var s insight.Sample
	for i := range 100 {
		s.Outreach(outreach("good", 1, i < 50), now)
	}
	for i := range 200 {
		s.Outreach(outreach("poor", 2, i < 10), now)
	}
	s.Outreach(outreach("lucky", 1, true), now)
	s.Outreach(outreach("unsent", 0, true), now)
	running := outreach("running", 1, false)
	running.Status, running.Reason = ledger.Open, ""
	s.Outreach(running, now)
	old := outreach("old", 1, true)
	old.At = now.Add(-insight.Recent - time.Hour)
	s.Outreach(old, now)
	held := outreach("held", 1, true)
	held.Reason = customer.HeldOut
	s.Outreach(held, now)
	i := s.Learn(now)
	values := map[string]float64{}
	for _, rule := range []string{"good", "poor", "lucky", "unsent", "running", "old", "held", "another"} {
		values[rule] = i.Value(rule)
	}
	require.Equal(t, map[string]float64{
		"good": 0.45, "poor": 0.06, "lucky": 0.24, "unsent": 0.2, "running": 0.2, "old": 0.2, "held": 0.2, "another": 0.2,
	}, values)
	own, all := i.Worth("good")
	require.Equal(t, insight.Worth{Sent: 100, Reached: 50}, own)
	require.Equal(t, insight.Worth{Sent: 301, Reached: 61}, all)
}

func TestValuesLieBetweenTheRulesOwnAndTheMean(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s insight.Sample
		for range rapid.IntRange(0, 300).Draw(t, "outreaches") {
			s.Outreach(outreach(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "rule"), 1, rapid.Bool().Draw(t, "reached")), now)
		}
		i := s.Learn(now)
		for _, rule := range []string{"a", "b", "c"} {
			own, all := i.Worth(rule)
			low, high := min(own.Share(), all.Share()), max(own.Share(), all.Share())
			if own.Sent == 0 {
				low, high = all.Share(), all.Share()
			}
			require.GreaterOrEqual(t, i.Value(rule), low-0.005)
			require.LessOrEqual(t, i.Value(rule), high+0.005)
		}
	})
}

func crowd(people int) *insight.Sample {
	s := &insight.Sample{}
	for i := range people {
		s.Customer(evenings(i%7, 18+i%3))
	}
	s.Customer(nil)
	for i := range 30 {
		s.Outreach(outreach("rule", 1, i < 10), now)
	}
	return s
}

// TestWhatIsStoredDecidesAlike stores and reads.
func TestWhatIsStoredDecidesAlike(t *testing.T) {
	t.Parallel()
	known := crowd(100).Learn(now)
	body := known.Encode()
	require.Equal(t, string(body), string(crowd(100).Learn(now).Encode()), "the same sample gives the same")
	again, err := insight.Decode(body)
	require.NoError(t, err)
	require.Equal(t, known, again)
	require.Equal(t, 101, again.Customers())
	require.Equal(t, now, again.At())
	require.NotNil(t, again.Others(customer.Push))
	require.Nil(t, again.Others(customer.Email))
	require.Equal(t, known.Value("rule"), again.Value("rule"))
}

func TestSamplesAreBounded(t *testing.T) {
	t.Parallel()
	var s insight.Sample
	four := evenings(0, 19)
	four[customer.Email], four[customer.SMS] = four[customer.Push], four[customer.Push]
	for range 2999 {
		s.Customer(four)
	}
	require.False(t, s.Full())
	s.Customer(four)
	require.True(t, s.Full())
}

func TestDocumentsThatAreNone(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{`:             "what was learned: unexpected end of JSON input",
		`{"version":2}`: "what was learned: version 2 is not known: it is learned anew within a day",
		`{"version":1,"rules":{"r":{"sent":1,"reached":2}}}`: "what was learned: rule r: 2 of 1 reached their goal: it is learned anew within a day",
		`{"version":1,"others":{"push":{"version":9}}}`:      "what was learned: channel push: population of habits: version 9 is not known: learn it again",
	} {
		_, err := insight.Decode([]byte(body))
		require.EqualError(t, err, want)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("null"))
	f.Add(crowd(60).Learn(now).Encode())
	f.Fuzz(func(t *testing.T, body []byte) {
		i, err := insight.Decode(body)
		if err != nil {
			require.Nil(t, i)
			return
		}
		if value := i.Value("rule"); value < 0 || value > 1 {
			t.Fatalf("a value of %v", value)
		}
		again, err := insight.Decode(i.Encode())
		require.NoError(t, err)
		require.Equal(t, i.Value("rule"), again.Value("rule"))
	})
}

// BenchmarkLearn learns from as many customers as are ever taken.
func BenchmarkLearn(b *testing.B) {
	s := &insight.Sample{}
	for i := range 3000 {
		habits := evenings(i%7, 8+i%14)
		habits[customer.Email] = habits[customer.Push]
		s.Customer(habits)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.ReportMetric(float64(len(s.Learn(now).Encode())), "bytes")
	}
}
