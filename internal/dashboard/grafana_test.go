package dashboard_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGrafanasSchemaTakesTheDashboard compiles the dashboard as a value of the
// types that Grafana publishes: each key has to be one that it knows.
func TestGrafanasSchemaTakesTheDashboard(t *testing.T) {
	t.Parallel()
	modules, err := filepath.Abs("../../.cache/grafana/node_modules")
	require.NoError(t, err)
	if _, err := os.Stat(filepath.Join(modules, ".bin", "tsc")); err != nil {
		t.Skip("@grafana/schema is not there; make grafana installs it")
	}
	text, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	require.Empty(t, compiled(t, modules, string(text)))
	for _, wrong := range [][2]string{
		{`"drawStyle": "line"`, `"drawStyle": "crayon"`},
		{`"gridPos": {`, `"gridPlace": {`},
		{`"colorMode": "none"`, `"colourMode": "none"`},
		{`"schemaVersion": 39`, `"schemaVersion": "39"`},
	} {
		require.Contains(t, string(text), wrong[0])
		require.NotEmpty(t, compiled(t, modules, strings.Replace(string(text), wrong[0], wrong[1], 1)), wrong[1])
	}
}

// compiled gives what the compiler has to say of a dashboard.
func compiled(t *testing.T, modules, board string) string {
	t.Helper()
	dir := t.TempDir()
	types, err := os.ReadFile("testdata/grafana/board.ts")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(modules, filepath.Join(dir, "node_modules")))
	for name, text := range map[string]string{
		"board.ts":      string(types),
		"file.ts":       "import type { Board } from './board';\nexport const board: Board = " + board,
		"package.json":  `{"type": "module"}`,
		"tsconfig.json": `{"compilerOptions": {"strict": true, "noEmit": true, "module": "esnext", "moduleResolution": "bundler", "skipLibCheck": true}, "files": ["file.ts"]}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(modules, ".bin", "tsc"), "-p", dir).CombinedOutput()
	if err == nil {
		return ""
	}
	return string(out)
}
