package simulate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ninetyDays is a rule test's case as marketing writes them: three months of
// one customer near the limit, with what they did about it.
func ninetyDays() string {
	var b strings.Builder
	b.WriteString("from 2026-09-15T08:00\n")
	b.WriteString("2026-09-15T08:00 anna identified zone=Europe/Berlin country=DE phone=+4915112345678 email=anna@example.com " +
		"plan=surf plan_mb=15000 billing_day=15 consent.offers=yes prefers.sms=\"Mon-Fri 18:00-21:00\"\n")
	for _, month := range []string{"2026-09", "2026-10", "2026-11"} {
		for day := 16; day <= 20; day++ {
			fmt.Fprintf(&b, "%s-%dT13:20 anna data_session mb=2500\n", month, day)
		}
	}
	b.WriteString("2026-09-23T10:00 anna message_clicked of=usage-warning\n" +
		"2026-10-22T12:00 anna data_topped_up mb=5000\n" +
		"2026-10-24T12:00 anna data_session mb=5000\n" +
		"2026-11-27T12:00 anna plan_changed plan=ultimate\n" +
		"until 2026-12-14T08:00\n")
	return b.String()
}

// BenchmarkNinetyDays is a rule test's 90-day case: 20 events, and what comes
// of them. The budget is 1 ms.
func BenchmarkNinetyDays(b *testing.B) {
	s := shipped(b)
	script := readScript(b, ninetyDays())
	p, err := s.Play(b.Context(), script)
	require.NoError(b, err)
	b.ReportMetric(float64(len(p.Lines)), "lines")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Play(b.Context(), script); err != nil {
			b.Fatal(err)
		}
	}
}
