package ruletest_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ruletest"
)

// manyCases gives a file of tests of a journey that goes over 90 days: usage
// in three months, and each time a warning and a follow-up.
func manyCases(n int) string {
	var b strings.Builder
	b.WriteString("start: 2026-09-01 09:00\ncustomer: {zone: Europe/Berlin, phone: +4915112345678, email: a@example.com, consent: [service, offers],\n" +
		"  traits: {plan: surf, plan_mb: 15000, billing_day: 15}}\ntests:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - name: case %d\n    until: 1d\n    do:\n", i)
		for _, day := range []string{"2026-09-03", "2026-10-20", "2026-11-29"} {
			fmt.Fprintf(&b, "      - {at: %s 09:%02d, event: data_session, mb: 11000}\n", day, i%60)
			fmt.Fprintf(&b, "      - {at: %s 10:%02d, event: data_session, mb: 1500}\n", day, i%60)
		}
		b.WriteString("    expect:\n" +
			"      - {at: 2026-09-03 09:00-21:00, sent: usage-warning, contains: 83 %}\n" +
			"      - {at: Sat 09:00-21:00, sent: usage-warning-followup}\n" +
			"      - {at: 2026-10-20 09:00-21:00, sent: usage-warning}\n" +
			"      - {at: Thu 09:00-21:00, sent: usage-warning-followup}\n" +
			"      - {at: 2026-11-29 09:00-21:00, sent: usage-warning}\n" +
			"      - {at: Tue 09:00-21:00, sent: usage-warning-followup}\n")
	}
	return b.String()
}

// BenchmarkCases reads and plays 500 cases of a 90-day journey, on the way
// that the command takes.
func BenchmarkCases(b *testing.B) {
	const cases = 500
	env := company(b)
	text := manyCases(cases)
	for b.Loop() {
		suite := read(b, env, "usage-limit", text)
		runner := ruletest.Runner{Env: env, Now: time.Now, Workers: runtime.GOMAXPROCS(0)}
		reports, err := runner.Run(context.Background(), []*ruletest.Suite{suite}, nil)
		require.NoError(b, err)
		require.Len(b, reports[0].Results, cases)
		require.Empty(b, told(reports[0].Results[0]))
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*cases), "µs/case")
}
