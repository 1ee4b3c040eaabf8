package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/schema"
)

// TestTheShippedSchemasAreCurrent holds rules/.schema to what the command
// writes from the shipped rules and templates.
func TestTheShippedSchemasAreCurrent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if *update {
		dir = "../../rules/.schema"
	}
	var stdout, stderr bytes.Buffer
	order := schemaOrder{kinds: schema.Kinds(), rules: "../../rules", out: dir}
	require.NoError(t, order.run(&stdout, &stderr))
	require.Empty(t, stderr.String())
	for _, kind := range schema.Kinds() {
		want, err := os.ReadFile(filepath.Join(dir, kind.File()))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join("../../rules/.schema", kind.File()))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "run: make docs")
	}
}
