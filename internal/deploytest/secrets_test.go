package deploytest_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// makeSecrets runs secrets.sh and gives what it made, by name.
func makeSecrets(t *testing.T, dir string) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", filepath.Join(deploy, "secrets.sh"), dir).CombinedOutput()
	require.NoError(t, err, string(out))
	made := map[string]string{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		made[e.Name()] = string(text)
	}
	return made
}

// TestSecretsAreMade: every file that compose.yaml reads, once, for nobody else
// on this machine and for every user of a container.
func TestSecretsAreMade(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "secrets")
	made := makeSecrets(t, dir)
	var wanted, names []string
	for _, found := range regexp.MustCompile(`\{file: \./secrets/(\w+)\}`).FindAllStringSubmatch(read(t, "compose.yaml"), -1) {
		wanted = append(wanted, found[1])
	}
	seen := map[string]bool{}
	for name, value := range made {
		names = append(names, name)
		require.False(t, seen[value], "%s is the same as another", name)
		seen[value] = true
		if name != "store_url" {
			require.Regexp(t, `^[0-9a-f]{64}$`, value, name)
		}
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o444), info.Mode().Perm(), name)
	}
	require.ElementsMatch(t, wanted, names)
	at, err := url.Parse(made["store_url"])
	require.NoError(t, err)
	password, _ := at.User.Password()
	require.Equal(t, made["outreach_db_password"], password)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	require.Equal(t, made, makeSecrets(t, dir), "run again, it changes nothing")
}
