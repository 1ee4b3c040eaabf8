package habit_test

import (
	"encoding/csv"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/habit"
)

// TestJudgedByMegaline learns from the earlier half of the days on which a phone provider's customers called,
// texted or went online, and looks at the later half. The data hold dates without hours: what can be judged is
// the day of the week, and whether customers who have no habit are told to wait for one.
func TestJudgedByMegaline(t *testing.T) {
	t.Parallel()
	data := os.Getenv("OUTREACH_DATA")
	if data == "" {
		t.Skip("OUTREACH_DATA names no folder with megaline/*.csv")
	}
	days := megalineDays(t, filepath.Join(data, "megaline"))
	noons := from(12, 13, allDays...)
	profiles, later, ends := halves(days, func(int) int { return 12 })
	pop := habit.Learn(profiles, slices.MaxFunc(ends, time.Time.Compare))
	popular, _ := pop.Good(nil, time.Time{}, noons)

	var learned, best, oracle, chosen float64
	count := float64(len(profiles))
	for i := range profiles {
		l, _ := pop.Good(&profiles[i], ends[i], noons)
		require.False(t, l.Hours.IsZero())
		learned += inLater(later[i], l.Hours.Has) / count
		best += inLater(later[i], popular.Hours.Has) / count
		oracle += busiest(later[i]) / count
		chosen += float64(l.Hours.Len()) / count
	}
	r := rand.New(rand.NewPCG(1, 1))
	profiles, _, ends = halves(days, func(int) int { return 8 + r.IntN(12) })
	pop = habit.Learn(profiles, slices.MaxFunc(ends, time.Time.Compare))
	sure := 0.0
	for i := range profiles {
		if _, ok := pop.Good(&profiles[i], ends[i], allowed); ok {
			sure += 1 / count
		}
	}
	t.Logf("%d customers, dates without hours: only the day of the week can be judged.\n"+
		"share of the later half's active days on a day that was chosen from the earlier half:\n"+
		"any day %.3f, population's best %.3f, learned %.3f (%.1f days chosen), busiest day in hindsight %.3f\n"+
		"with an hour thrown for each day, told to wait for good hours: %.1f%%",
		len(profiles), 1.0/7, best, learned, chosen, oracle, 100*sure)
	require.Greater(t, learned, 1.0/7-0.01, "these customers have no weekday of their own: learning must not lose by it")
	require.Less(t, sure, 0.1, "who has no habit has nothing to wait for")
}

// inLater is the mean share of the active days that fall on one of the chosen days.
func inLater(counts [7]float64, chosen func(int) bool) float64 {
	sum, inside, days := 0.0, 0.0, 0.0
	for day, n := range counts {
		sum += n
		if chosen(day*24 + 12) {
			inside += n
			days++
		}
	}
	return inside / days / sum
}

func busiest(counts [7]float64) float64 {
	sum := 0.0
	for _, n := range counts {
		sum += n
	}
	return slices.Max(counts[:]) / sum
}

// halves makes profiles of the earlier half of each customer's days, counts the later half by
// weekday, and says when the first half ended. hour says at which hour something happened on a day.
func halves(days map[string][]time.Time, hour func(i int) int) (profiles []habit.Profile, later [][7]float64, ends []time.Time) {
	users := make([]string, 0, len(days))
	for user := range days {
		users = append(users, user)
	}
	slices.Sort(users)
	for _, user := range users {
		of := slices.Clone(days[user])
		slices.SortFunc(of, time.Time.Compare)
		of = slices.Compact(of)
		half := len(of) / 2
		if half < 4 {
			continue
		}
		var p habit.Profile
		for i, day := range of[:half] {
			p.Add(day.Add(time.Duration(hour(i))*time.Hour), habit.Seen)
		}
		var counts [7]float64
		for _, day := range of[half:] {
			counts[weekday(day)]++
		}
		profiles, later, ends = append(profiles, p), append(later, counts), append(ends, of[half])
	}
	return profiles, later, ends
}

// megalineDays gives the days on which each customer did anything.
func megalineDays(t *testing.T, folder string) map[string][]time.Time {
	days := map[string][]time.Time{}
	for _, name := range []string{"megaline_calls.csv", "megaline_internet.csv", "megaline_messages.csv"} {
		file, err := os.Open(filepath.Join(folder, name))
		require.NoError(t, err)
		rows := csv.NewReader(file)
		rows.ReuseRecord = true
		_, err = rows.Read()
		require.NoError(t, err)
		for {
			row, err := rows.Read()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			day, err := time.Parse(time.DateOnly, row[2])
			require.NoError(t, err)
			user := string(append([]byte(nil), row[1]...))
			days[user] = append(days[user], day)
		}
		require.NoError(t, file.Close())
	}
	return days
}
