//go:build unix

package child_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/child"
)

// ready is written to its log by a script that is to be ended.
const ready = "ready\n"

// start runs a shell script until it wrote that it is ready.
func start(t *testing.T, script string) *child.Process {
	t.Helper()
	read, write := io.Pipe()
	p, err := child.Start(exec.Command("sh", "-c", script), syscall.SIGKILL, write)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Kill()) })
	said := make([]byte, len(ready))
	_, err = io.ReadFull(read, said)
	require.NoError(t, err)
	require.Equal(t, ready, string(said))
	go func() { _, _ = io.Copy(io.Discard, read) }()
	return p
}

func TestStopAsks(t *testing.T) {
	t.Parallel()
	p := start(t, `trap 'echo asked; exit 0' TERM; echo ready; while :; do sleep 0.01; done`)
	require.NoError(t, p.Stop(t.Context(), syscall.SIGTERM))
	<-p.Ended()
	require.Equal(t, "ready; asked", p.Last())
	require.NoError(t, p.Stop(t.Context(), syscall.SIGTERM), "one that is gone is no error")
	require.NoError(t, p.Kill())
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	t.Parallel()
	p := start(t, `trap '' TERM; echo ready; while :; do sleep 0.01; done`)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, p.Stop(ctx, syscall.SIGTERM), context.DeadlineExceeded)
	<-p.Ended()
}

func TestKillTakesItsChildrenWithIt(t *testing.T) {
	t.Parallel()
	p := start(t, `sleep 1000 & sleep 1001 & echo ready; wait`)
	family, err := child.Children(p.Pid())
	require.NoError(t, err)
	require.Len(t, family, 2)
	require.NoError(t, p.Kill())
	for _, pid := range append(family, p.Pid()) {
		require.True(t, gone(pid), "process %d is still there", pid)
	}
}

// gone asks ps, not the package. One that ended and that nobody asked after is gone.
func gone(pid int) bool {
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err != nil || strings.HasPrefix(string(state), "Z")
}

func TestALogGetsAllAndTheTailTheLast(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p, err := child.Start(exec.Command("sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; echo trouble >&2"), syscall.SIGKILL, &log)
	require.NoError(t, err)
	<-p.Ended()
	require.Equal(t, "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nline 8\nline 9\ntrouble\n", log.String())
	require.Equal(t, "line 3; line 4; line 5; line 6; line 7; line 8; line 9; trouble", p.Last())
}

func TestAProgramThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := child.Start(exec.Command("/there/is/none"), syscall.SIGKILL, nil)
	require.ErrorContains(t, err, "/there/is/none")
}

func TestFreePortCanBeTakenWhileProgramsStart(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	var starting sync.WaitGroup
	starting.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
				_ = exec.Command("true").Run()
			}
		}
	})
	defer starting.Wait()
	defer close(over)
	for range 200 {
		port, err := child.FreePort()
		require.NoError(t, err)
		require.NoError(t, func() error {
			syscall.ForkLock.RLock()
			defer syscall.ForkLock.RUnlock()
			listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				return err
			}
			return listener.Close()
		}())
	}
}
