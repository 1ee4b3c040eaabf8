package sendtime_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

var benchmarks = []struct {
	name string
	row  asked
}{
	{"AnyTime", asked{zone: "America/New_York", now: "2026-11-23T15:00:00Z"}},
	{"Inside", asked{zone: "America/New_York", now: "2026-11-23T15:00:00Z", when: "daily 09:00-20:00", quiet: "daily 21:00-08:00", spread: half}},
	{"Tonight", asked{zone: "America/New_York", now: "2026-11-23T15:00:00Z", when: "Mon-Fri 18:00-21:00", quiet: "daily 21:00-08:00", legal: "daily 08:00-21:00", spread: half}},
	{"NextWeek", asked{zone: "America/New_York", now: "2026-11-24T15:00:00Z", when: "Mon 18:00-21:00", quiet: "daily 21:00-08:00", legal: "daily 08:00-21:00", holiday: "2026-11-26", spread: half}},
	{"Point", asked{zone: "America/New_York", now: "2026-11-24T15:00:00Z", when: "Mon 20:30", quiet: "daily 21:00-08:00"}},
	{"OverClockChange", asked{zone: "America/New_York", now: "2027-03-12T15:00:00Z", when: "Mon 18:00-21:00", quiet: "daily 21:00-08:00", spread: half}},
	{"Cron", asked{zone: "America/New_York", now: "2026-11-24T15:00:00Z", when: "cron 30 20 * * MON"}},
	{"Hours", asked{zone: "America/New_York", now: "2026-11-24T15:00:00Z", when: "daily 08:00-22:00", hours: hours(monday+19, monday+20), quiet: "daily 21:00-08:00", legal: "daily 08:00-21:00", spread: threeQuarters}},
	{"HoursOnly", asked{zone: "America/New_York", now: "2026-11-24T15:00:00Z", hours: hours(monday+19, monday+20), quiet: "daily 21:00-08:00", spread: threeQuarters}},
	{"Laws", asked{zone: "America/New_York", now: "2026-11-23T15:00:00Z", when: "Mon-Fri 18:00-21:00", quiet: "daily 21:00-08:00", legal: "daily 08:00-21:00 & Mon-Sat 09:00-20:00", spread: half}},
	{"Also", asked{zone: "America/New_York", also: "America/Los_Angeles", now: "2026-11-23T15:00:00Z", when: "Mon-Fri 18:00-21:00", quiet: "daily 21:00-08:00", legal: "daily 08:00-21:00", spread: half}},
	{"AlsoSeven", asked{zone: "America/New_York", also: fromCoastToCoast, now: "2026-11-23T15:00:00Z", when: "Mon-Fri 14:00-21:00", quiet: "daily 21:00-08:00", legal: "daily 08:00-21:00", spread: half}},
	{"Never", asked{zone: "America/New_York", now: "2026-11-24T15:00:00Z", when: "daily 22:00-23:00", quiet: "daily 21:00-08:00"}},
}

func BenchmarkNext(b *testing.B) {
	for _, c := range benchmarks {
		r := c.row.request(b)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sendtime.Next(r)
			}
		})
	}
}

func BenchmarkZones_Version(b *testing.B) {
	now := at(b, "2026-11-23T10:00:00Z")
	for b.Loop() {
		sendtime.NewZones().Version(now)
	}
}

func BenchmarkParseWhen(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = sendtime.ParseWhen("Mon-Fri 18:00-21:00")
	}
}

// Not parallel: the count is the whole process's.
func TestNext_allocatesNothing(t *testing.T) {
	for _, c := range benchmarks {
		r := c.row.request(t)
		r.Holiday = nil
		require.Zero(t, testing.AllocsPerRun(20, func() { sendtime.Next(r) }), c.name)
	}
}
