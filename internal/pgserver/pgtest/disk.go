//go:build unix

package pgtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/pgserver"
)

// Disk is a small file system that a server's data lie on.
type Disk struct{ filler string }

// diskSize holds a new server with its log, and some more.
const diskSize = "80m"

// StartSmall is Start with data on a disk of the server's own that can be
// filled. Where this process may mount none the test is skipped, with words:
// only Linux's root may.
func StartSmall(t testing.TB) (*pgserver.Server, Disk) {
	t.Helper()
	folder, guard, err := place()
	require.NoError(t, err)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "mode=0711,size="+diskSize, "tmpfs", folder).CombinedOutput(); err != nil { //nolint:gosec // a folder of our own
		require.NoError(t, guard.Close())
		t.Skipf("a disk to fill has to be mounted, which this process may not do: %v: %s", err, out)
	}
	little := map[string]string{"min_wal_size": "32MB", "max_wal_size": "32MB", "wal_keep_size": "0"}
	return start(t, filepath.Join(folder, "data"), little, guard), Disk{filepath.Join(folder, "filler")}
}

// Fill takes all room that there is.
func (d Disk) Fill(t testing.TB) {
	t.Helper()
	f, err := os.OpenFile(d.filler, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	for page := make([]byte, os.Getpagesize()); err == nil; {
		_, err = f.Write(page)
	}
	require.True(t, errors.Is(err, syscall.ENOSPC), err)
	require.NoError(t, f.Close())
}

// Empty makes room again.
func (d Disk) Empty(t testing.TB) {
	t.Helper()
	require.NoError(t, os.Remove(d.filler))
}
