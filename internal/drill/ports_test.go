package drill

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNoTwoDrillsShareAPort, also while nobody listens there.
func TestNoTwoDrillsShareAPort(t *testing.T) {
	t.Parallel()
	const from = 23100
	one, other := &ports{}, &ports{}
	t.Cleanup(other.leave)
	first, err := one.free(from)
	require.NoError(t, err)
	second, err := other.free(from)
	require.NoError(t, err)
	require.NotEqual(t, first, second)

	listener, err := net.Listen("tcp", first)
	require.NoError(t, err, "its own process may listen there")
	require.NoError(t, listener.Close())
	one.leave()
	third, err := other.free(from)
	require.NoError(t, err)
	require.Equal(t, first, third)
}
