//go:build unix

package devserver

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// It runs alone, because it counts the whole process.
func TestIdleCost(t *testing.T) {
	if testing.Short() {
		t.Skip("it watches an idle server for three seconds; run without -short")
	}
	began := time.Now()
	s := startServer(t, Options{UIAddr: ":0"})
	took := time.Since(began)
	c := dial(t, s, "default")
	startWorker(t, c)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: queue}, "nap", 3*time.Second)
	require.NoError(t, err)

	before := cpuTime(t)
	require.NoError(t, run.Get(t.Context(), nil))
	idle := cpuTime(t) - before
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("started in %s; idle for 3 s: %s of cpu, %d MB of heap, %d goroutines", took, idle, memory.HeapAlloc>>20, runtime.NumGoroutine())
	require.Less(t, idle, time.Second)
	require.Less(t, memory.HeapAlloc, uint64(100<<20))
}

func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
