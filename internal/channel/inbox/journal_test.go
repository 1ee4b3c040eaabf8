package inbox

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// sick is a file whose disk is full, or worse.
type sick struct {
	*os.File
	full, stuck bool // cannot be written; cannot be cut
}

var errDisk = errors.New("no space")

func (s *sick) Write(b []byte) (int, error) {
	if s.full {
		n, _ := s.File.Write(b[:len(b)/2])
		return n, errDisk
	}
	return s.File.Write(b)
}

func (s *sick) Truncate(size int64) error {
	if s.stuck {
		return errDisk
	}
	return s.File.Truncate(size)
}

// TestDiskTrouble: a message that was not taken leaves nothing behind, one of
// which nobody knows is ambiguous, and after that nothing is taken.
func TestDiskTrouble(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	b, err := Open(path, Options{})
	require.NoError(t, err)
	disk := &sick{File: b.journal.file.(*os.File)}
	b.journal.file = disk
	send := func(key string) channel.Kind {
		_, err := b.Send(t.Context(), channel.Message{Key: key, Channel: customer.SMS, To: "+1", Content: channel.Content{Text: "t"}})
		if err == nil {
			return ""
		}
		return channel.KindOf(err)
	}
	require.Empty(t, send("a"))
	disk.full = true
	require.Equal(t, channel.Unavailable, send("b"))
	require.False(t, b.Has("b"))
	disk.full = false
	require.Empty(t, send("c"))
	disk.full, disk.stuck = true, true
	require.Equal(t, channel.Ambiguous, send("d"))
	disk.full, disk.stuck = false, false
	require.Equal(t, channel.Unavailable, send("e"))
	require.NoError(t, b.Close())

	after, err := Open(path, Options{})
	require.NoError(t, err)
	require.Equal(t, int64(2), after.Received())
	require.True(t, after.Has("a") && after.Has("c"))
	require.NoError(t, after.Close())
}
