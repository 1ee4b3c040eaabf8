package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNoBrowser is not parallel, since it empties the path of programs.
func TestNoBrowser(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	require.False(t, browse(t.Context(), "page.html"))
}
