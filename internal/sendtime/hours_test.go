package sendtime_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

// hours gives some hours of the week, 0 is Monday 00:00.
func hours(list ...int) (h sendtime.Hours) {
	for _, hour := range list {
		h.Add(hour)
	}
	return h
}

func span(from, to int) (list []int) {
	for hour := from; hour < to; hour++ {
		list = append(list, hour)
	}
	return list
}

const (
	monday    = 24 * iota
	tuesday   // hours at which days begin
	wednesday //
	thursday
	friday
	saturday
	sunday
)

func TestHours_String(t *testing.T) {
	t.Parallel()
	for want, h := range map[string]sendtime.Hours{
		"":                                     {},
		"daily 00:00-24:00":                    hours(span(0, 168)...),
		"Mon 19:00-21:00":                      hours(monday+19, monday+20),
		"Mon 19:00-21:00, Sat-Sun 10:00-12:00": hours(monday+19, monday+20, saturday+10, saturday+11, sunday+10, sunday+11),
		"Mon,Wed,Fri-Sat 09:00-10:00":          hours(monday+9, wednesday+9, friday+9, saturday+9),
		"Mon 08:00-09:00, Mon 10:00-11:00":     hours(monday+8, monday+10),
		"Fri 22:00-02:00":                      hours(span(friday+22, saturday+2)...),
		"Sun 23:00-01:00":                      hours(sunday+23, monday),
		"Sat-Sun 00:00-24:00":                  hours(span(saturday, sunday+24)...),
		"Sat 23:00-24:00, Sun 00:00-24:00":     hours(span(saturday+23, sunday+24)...),
		"Tue 12:00-24:00, Wed 00:00-13:00":     hours(span(tuesday+12, wednesday+13)...),
		"Tue-Sun 00:00-24:00, Mon 00:00-01:00": hours(append(span(24, 168), 0)...),
		"Thu 00:00-01:00":                      hours(thursday, -1, 168, 1000),
		"daily 19:00-20:00":                    hours(19, 43, 67, 91, 115, 139, 163),
	} {
		require.Equal(t, want, h.String())
	}
}

func TestHoursOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]sendtime.Hours{
		"none":                                 hours(span(0, 168)...),
		"any time":                             hours(span(0, 168)...),
		"daily 08:00-20:00; daily 20:00-08:00": hours(span(0, 168)...),
		"Mon 18:00-21:00":                      hours(monday+18, monday+19, monday+20),
		"Mon 18:30-20:10":                      hours(monday+18, monday+19, monday+20),
		"Mon 18:59-19:01":                      hours(monday+18, monday+19),
		"Sun 23:00-01:00":                      hours(sunday+23, monday),
		"Mon 20:30":                            hours(monday + 20),
		"Mon 20:30; Tue 9:00-10:00":            hours(monday+20, tuesday+9),
		"Tue 10:00-12:00; 1st 9:00":            hours(span(0, 168)...),
		"cron 30 20 * * MON":                   hours(span(0, 168)...),
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			var w sendtime.When
			if text != "none" {
				w = when(t, text)
			}
			require.Equal(t, want, sendtime.HoursOf(w))
		})
	}
}

func TestHours_areASet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		hour := rapid.IntRange(-2, 169)
		some, others := rapid.SliceOf(hour).Draw(rt, "some"), rapid.SliceOf(hour).Draw(rt, "others")
		h, o := hours(some...), hours(others...)
		both, count := h.And(o), 0
		for i := -2; i < 170; i++ {
			has := contains(some, i)
			if h.Has(i) != has || both.Has(i) != (has && contains(others, i)) {
				rt.Fatalf("%v and %v: hour %d", some, others, i)
			}
			if has {
				count++
			}
		}
		if h.Len() != count || h.IsZero() != (count == 0) || (h == hours()) != (count == 0) {
			rt.Fatalf("%v: %d hours", some, h.Len())
		}
		if !h.IsZero() {
			text := strings.Split(h.String(), ", ")
			if back := sendtime.HoursOf(when(t, text...)); back != h {
				rt.Fatalf("%q is %q", text, back)
			}
		}
	})
}

func contains(hours []int, hour int) bool {
	return hour >= 0 && hour < 168 && slices.Contains(hours, hour)
}
