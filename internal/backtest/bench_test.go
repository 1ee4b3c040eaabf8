package backtest_test

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkPast plays the shipped rules over ten events a customer, with all
// decisions written: seconds, those of all cores together, and the most memory
// that the process has had (VmHWM); so that each size runs in a process of its
// own: make backtest.
func BenchmarkPast(b *testing.B) {
	for _, events := range []int{100_000, 300_000, 1_000_000} {
		b.Run(fmt.Sprintf("events=%d", events), func(b *testing.B) {
			o := filed(shipped(b), moment(b, "2026-05-01 00:00"), company(b, events/10)...)
			o.Lines = io.Discard
			defer debug.SetGCPercent(debug.SetGCPercent(400)) // as the command does
			for b.Loop() {
				began, busy := time.Now(), processorTime(b)
				report := play(b, o)
				require.Equal(b, events, report.Events)
				b.ReportMetric(time.Since(began).Seconds(), "s")
				b.ReportMetric((processorTime(b) - busy).Seconds(), "cpu-s")
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(peakMemory(b), "MB-peak")
		})
	}
}

// processorTime gives how long all cores together have worked for the process.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// peakMemory gives the process's high-water mark in MB, 0 where the system does
// not tell.
func peakMemory(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kB float64
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kB); err == nil {
			return kB / 1024
		}
	}
	return 0
}
