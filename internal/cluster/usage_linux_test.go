package cluster

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUsedByThisProcess(t *testing.T) {
	t.Parallel()
	before := usedBy(os.Getpid(), alone)
	require.Greater(t, before.memory, int64(1<<20))
	for until := time.Now().Add(time.Minute); usedBy(os.Getpid(), alone).processor <= before.processor; {
		require.True(t, time.Now().Before(until), "a minute of work takes no time")
	}
}

func TestUsedByChildren(t *testing.T) {
	t.Parallel()
	parent := exec.Command("sh", "-c", `i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done & wait; read line`)
	in, err := parent.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	require.Eventually(t, func() bool { return usedBy(parent.Process.Pid, withChildren).processor >= 5*tick }, time.Minute, time.Millisecond)
	require.Less(t, usedBy(parent.Process.Pid, alone).processor, 5*tick)
	require.NoError(t, in.Close())
	_ = parent.Wait() // it found no line to read
}
