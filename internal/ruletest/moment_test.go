package ruletest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

func in(t testing.TB, zone, text string) time.Time {
	t.Helper()
	z, err := time.LoadLocation(zone)
	require.NoError(t, err)
	at, err := time.ParseInLocation(minuteLayout, text, z)
	require.NoError(t, err)
	return at
}

// TestMoments: each time after a line before, as the clock in Berlin shows it.
func TestMoments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ before, text, from, to string }{
		{"2026-11-23 09:00", "Mon 14:20", "2026-11-23 14:20", "2026-11-23 14:21"},
		{"2026-11-23 14:20", "Mon 14:20", "2026-11-23 14:20", "2026-11-23 14:21"},
		{"2026-11-23 14:21", "Mon 14:20", "2026-11-30 14:20", "2026-11-30 14:21"},
		{"2026-11-23 09:00", "sunday 8:05", "2026-11-29 08:05", "2026-11-29 08:06"},
		{"2026-11-23 09:00", "Mon 18:00-21:00", "2026-11-23 18:00", "2026-11-23 21:00"},
		{"2026-11-23 20:00", "Mon 18:00 - 21:00", "2026-11-23 18:00", "2026-11-23 21:00"}, // still open
		{"2026-11-23 21:00", "Mon 18:00-21:00", "2026-11-30 18:00", "2026-11-30 21:00"},   // over
		{"2026-11-23 09:00", "Mon 00:00-24:00", "2026-11-23 00:00", "2026-11-24 00:00"},
		{"2026-11-24 01:00", "Mon 22:00-02:00", "2026-11-23 22:00", "2026-11-24 02:00"}, // since yesterday
		{"2026-11-24 02:00", "Mon 22:00-02:00", "2026-11-30 22:00", "2026-12-01 02:00"},
		{"2026-11-23 09:00", "2026-12-01 10:00", "2026-12-01 10:00", "2026-12-01 10:01"},
		{"2026-11-23 09:00", "2026-12-01 18:00-21:00", "2026-12-01 18:00", "2026-12-01 21:00"},
		{"2026-11-23 09:00", "+3d", "2026-11-26 09:00", "2026-11-26 09:01"},
		{"2026-11-23 09:00", "+2h30min", "2026-11-23 11:30", "2026-11-23 11:31"},
		{"2026-11-23 09:00", "+1d 2h", "2026-11-24 11:00", "2026-11-24 11:01"},
		{"2026-11-23 09:00", "+1.5h", "2026-11-23 10:30", "2026-11-23 10:31"},
		{"2026-01-31 09:00", "+1 month", "2026-02-28 09:00", "2026-02-28 09:01"},
		{"2026-03-27 09:00", "Sun 02:30", "2026-03-29 03:00", "2026-03-29 03:01"}, // skipped: the end of the gap
		{"2026-03-28 02:30", "+1d", "2026-03-29 03:00", "2026-03-29 03:01"},       // the same
		{"2026-03-28 12:00", "+24h", "2026-03-29 13:00", "2026-03-29 13:01"},      // elapsed time runs on
		{"2026-10-24 09:00", "Sun 02:30", "2026-10-25 02:30", "2026-10-25 02:31"}, // twice: the first
		{"2026-10-24 12:00", "+24h", "2026-10-25 11:00", "2026-10-25 11:01"},      // elapsed time runs on
		{"2026-10-24 12:00", "+1d", "2026-10-25 12:00", "2026-10-25 12:01"},       // the wall clock is kept
		{"2026-03-28 12:00", "Sun 01:00-04:00", "2026-03-29 01:00", "2026-03-29 04:00"},
	} {
		m, trouble, hint := parseMoment(c.text)
		require.Empty(t, trouble+hint, c.text)
		before := in(t, "Europe/Berlin", c.before)
		from, to := m.between(before, before.Location())
		require.Equal(t, []string{c.from, c.to}, []string{
			from.In(before.Location()).Format(minuteLayout), to.In(before.Location()).Format(minuteLayout),
		}, "%s after %s", c.text, c.before)
	}
}

// TestWeekdaysAreTheNextOnes: never before the line above, never a week or
// more behind it, and always what the clock on the wall shows.
func TestWeekdaysAreTheNextOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"Europe/Berlin", "America/St_Johns", "Pacific/Apia", "UTC"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		before := time.Unix(rapid.Int64Range(1_600_000_000, 2_000_000_000).Draw(t, "before"), 0)
		day := time.Weekday(rapid.IntRange(0, 6).Draw(t, "day"))
		minute := rapid.IntRange(0, minutesPerDay-1).Draw(t, "minute")
		m := moment{form: onWeekday, weekday: day, from: minute, to: minute}
		from, _ := m.between(before, zone)
		if from.Before(before) || from.Sub(before) > 7*24*time.Hour+3*time.Hour {
			t.Fatalf("%s after %s", from, before)
		}
		shown := sendtime.OnWall(from, zone)
		skipped := shown.Weekday() != day || shown.Hour()*60+shown.Minute() != minute
		if start, _ := from.In(zone).ZoneBounds(); skipped && !start.Equal(from) {
			t.Fatalf("%s is neither %s %d minutes after midnight nor the end of a gap", shown, day, minute)
		}
		if again, _ := m.between(from, zone); !again.Equal(from) {
			t.Fatalf("%s is not the first at or after itself, but %s", from, again)
		}
	})
}

func TestPlacesOfLists(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		at   place
		want string
	}{
		"brackets":  {"expect: [] # none\n", place{1, 9}, "[]"},
		"nested":    {"- {expect: [{a: [b, \"]\"]}, # ]\n  {c: 'it''s ]'}], x: y}", place{1, 12}, "[{a: [b, \"]\"]}, # ]\n  {c: 'it''s ]'}]"},
		"word":      {"e: [it's, don't]\nf: 1", place{1, 4}, "[it's, don't]"},
		"letters":   {"{ä: ö, e: [ü]}", place{1, 11}, "[ü]"},
		"dashes":    {"e:\n  - a: b\n    c: d\n\n  # more\n  - e\n\n# end\nf: g\n", place{2, 3}, "- a: b\n    c: d\n\n  # more\n  - e"},
		"level":     {"e:\n- a\n- b\nf: g\n", place{2, 1}, "- a\n- b"},
		"last":      {"e:\n  - a\n  - b", place{2, 3}, "- a\n  - b"},
		"next test": {"- e:\n    - a\n- e:\n    - b\n", place{2, 5}, "- a"},
	} {
		from, to, ok := c.at.span(c.text)
		require.True(t, ok, name)
		require.Equal(t, c.want, c.text[from:to], name)
	}
	for _, text := range []string{"e: [a", "e: a", "", "e:"} {
		_, _, ok := place{1, 4}.span(text)
		require.False(t, ok, text)
	}
}

// TestAnExpectationGivesWay: one that could take either line leaves the one
// that another needs.
func TestAnExpectationGivesWay(t *testing.T) {
	t.Parallel()
	at := func(clock string) time.Time { return in(t, "UTC", "2026-11-23 "+clock) }
	wide := Expectation{Kind: Sent, Name: "a", From: at("18:00"), To: at("21:00"), Window: true}
	narrow := Expectation{Kind: Sent, Name: "a", From: at("18:30"), To: at("18:31")}
	lines := []happening{{kind: Sent, name: "a", at: at("18:30")}, {kind: Sent, name: "a", at: at("20:00")}}
	v := judge([]Expectation{wide, narrow}, lines, "rule")
	require.Equal(t, []int{1, 0}, v.met)
	require.True(t, v.passed(lines))
	v = judge([]Expectation{wide, narrow}, lines[1:], "rule")
	require.Equal(t, []int{0, -1}, v.met)
	require.False(t, v.passed(lines[1:]))
}
