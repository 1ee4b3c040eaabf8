package habit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/habit"
)

func TestAPopulationIsStoredWhole(t *testing.T) {
	t.Parallel()
	_, profiles := crowd(7, 600)
	now := monday.AddDate(0, 0, 120)
	pop := habit.Learn(profiles, now)
	b := pop.Encode()
	require.True(t, json.Valid(b))
	require.Less(t, len(b), 16_000)
	t.Logf("a population of 8 kinds takes %d bytes", len(b))
	read, err := habit.DecodePopulation(b)
	require.NoError(t, err)
	require.Equal(t, pop, read)
	require.Equal(t, pop, habit.Learn(profiles, now), "learning is deterministic")
	require.Greater(t, pop.Customers(), 500)
}

// TestSimilarCustomers holds that two evenings of a customer say that the other evenings are theirs too,
// when there are customers of that kind.
func TestSimilarCustomers(t *testing.T) {
	t.Parallel()
	var profiles []habit.Profile
	for i := range 200 {
		evening := []int{19, 20, 24 + 19, 24 + 20, 48 + 19, 48 + 20, 72 + 19, 72 + 20, 96 + 19, 96 + 20}
		morning := []int{8, 24 + 8, 48 + 8, 72 + 8, 96 + 8, 120 + 8, 144 + 8}
		profiles = append(profiles, profileOf(weekly(3+i%5, habit.Seen, evening...)), profileOf(weekly(3+i%7, habit.Seen, morning...)))
	}
	pop := habit.Learn(profiles, at(8, 0, 0))
	p := profileOf(weekly(2, habit.Seen, 19, 48+20))
	now := at(2, 0, 0)
	friday, saturday := from(8, 21, 4), from(8, 21, 5)
	l, _ := pop.Good(&p, now, friday)
	require.Equal(t, from(19, 21, 4), l.Hours, l.Hours.String())
	alone, _ := (*habit.Population)(nil).Good(&p, now, saturday)
	require.Equal(t, alone.Hours, alone.Hours.And(from(17, 21, 5)), "alone, the same hours of other days: %s", alone.Hours)
}

func TestTooFewTeachNothing(t *testing.T) {
	t.Parallel()
	_, profiles := crowd(7, 19)
	require.Nil(t, habit.Learn(profiles, monday.AddDate(0, 0, 60)))
	require.Nil(t, habit.Learn(make([]habit.Profile, 5000), monday))
	var nobody *habit.Population
	require.Equal(t, "null", string(nobody.Encode()))
	read, err := habit.DecodePopulation(nobody.Encode())
	require.NoError(t, err)
	require.Nil(t, read)
	require.Zero(t, nobody.Customers())
}

func TestPopulationsThatWereNotLearned(t *testing.T) {
	t.Parallel()
	week := strings.TrimSuffix(strings.Repeat("5,", 168), ",")
	for _, c := range []struct{ text, want string }{
		{``, "population of habits: unexpected end of JSON input"},
		{`{}`, "population of habits: version 0 is not known: learn it again"},
		{`{"version":2}`, "population of habits: version 2 is not known: learn it again"},
		{`{"version":1,"strength":5}`, "population of habits: 0 kinds of strength 5 are not ones that were learned: learn it again"},
		{`{"version":1,"strength":5,"kinds":[{"customers":1,"week":[1]}]}`, "population of habits: kind 0: share of hour 1 is 0, not between 1 and 100000: learn it again"},
		{`{"version":1,"strength":5,"kinds":[{"customers":0,"week":[` + week + `]}]}`, "population of habits: kind 0: share of customers 0 is not between 1 and 100000: learn it again"},
	} {
		_, err := habit.DecodePopulation([]byte(c.text))
		require.EqualError(t, err, c.want)
	}
	_, err := habit.DecodePopulation([]byte(`{"version":1,"strength":5,"kinds":[{"customers":1,"week":[` + week + `]}]}`))
	require.NoError(t, err)
}

func TestProfilesThatWereNotWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bytes []byte
		want  string
	}{
		{nil, "habit profile: the bytes end too early: read it whole"},
		{[]byte{3}, "habit profile: form 3 is not known: it was written by a later version"},
		{[]byte{1, 200}, "habit profile: the bytes end too early: read it whole"},
		{[]byte{1, 5, 0, 0, 0}, "habit profile: newest hour 5, 0 days, 0 and 0 before it, are not ones that were written"},
		{[]byte{1, 200, 180, 30, 0, 0, 0, 1, 168, 1, 1}, "habit profile: cell 1 of hour 168 is not one that was written"},
		{[]byte{2, 200, 180, 30, 0, 0, 0, 1}, "habit profile: the bytes end too early: read it whole"},
	} {
		_, _, err := habit.Decode(c.bytes)
		require.EqualError(t, err, c.want)
	}
}

func FuzzDecodePopulation(f *testing.F) {
	_, profiles := crowd(7, 100)
	f.Add(habit.Learn(profiles, monday.AddDate(0, 0, 60)).Encode())
	f.Add([]byte(`null`))
	f.Add([]byte(`{"version":1,"strength":5,"kinds":[{"customers":1}]}`))
	p := profileOf(weekly(4, habit.Seen, mondays...))
	f.Fuzz(func(t *testing.T, b []byte) {
		pop, err := habit.DecodePopulation(b)
		if err != nil {
			require.Nil(t, pop)
			return
		}
		l, _ := pop.Good(&p, at(5, 0, 0), allowed)
		require.False(t, l.Hours.IsZero())
	})
}
