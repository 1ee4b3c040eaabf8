package simulate_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/outreach-engine/outreach/internal/simulate"
)

var update = flag.Bool("update", false, "write the timelines that the engine gives")

// TestTimelines plays testdata/*.txt over the shipped rules. Each has a script
// and the timeline that comes of it.
func TestTimelines(t *testing.T) {
	t.Parallel()
	s := shipped(t)
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			got := timeline(play(t, s, scriptOf(t, archive)).Lines)
			if *update {
				archive.Files = append(archive.Files[:1], txtar.File{Name: "timeline", Data: []byte(got)})
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o600))
			}
			require.Equal(t, string(archive.Files[1].Data), got)
		})
	}
}

func scriptOf(t testing.TB, a *txtar.Archive) simulate.Script {
	t.Helper()
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "script" })
	require.Zero(t, i, "a script stands first")
	return readScript(t, string(a.Files[0].Data))
}
