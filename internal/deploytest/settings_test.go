package deploytest_test

import (
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/dynamicconfig"

	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/callback"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/workflows"
)

var update = flag.Bool("update", false, "rewrite the lists of settings in the chart's values.schema.json")

const deploy = "../../deploy"

// read gives the text of a file of deploy/.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, name))
	require.NoError(t, err)
	return string(text)
}

// texts gives every file of deploy/ that is ours to write, by name.
func texts(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(deploy), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name == "tools" || name == "grafana" || name == "prometheus" || name == "secrets"):
			return fs.SkipDir
		case entry.Type().IsRegular():
			all[name] = read(t, name)
		}
		return nil
	})
	require.NoError(t, err)
	require.Contains(t, all, "compose.yaml")
	require.Contains(t, all, "helm/outreach/templates/deployment.yaml")
	return all
}

// settings gives the variables of settings, and those that are secrets or may
// hold one.
func settings() (open, secret []string) {
	options := app.Defaults()
	for _, s := range options.Settings() {
		if s.Secret || s.MayBeSecret {
			secret = append(secret, s.Env)
		} else {
			open = append(open, s.Env)
		}
	}
	return open, secret
}

var variable = regexp.MustCompile(`\bOUTREACH_[A-Z_]*[A-Z]`)

// TestVariablesAreSettings: no file sets what the engine does not read, and no
// secret is set but by a file.
func TestVariablesAreSettings(t *testing.T) {
	t.Parallel()
	open, secret := settings()
	for name, text := range texts(t) {
		for _, found := range variable.FindAllString(text, -1) {
			plain, byFile := strings.CutSuffix(found, "_FILE")
			if byFile {
				require.Contains(t, secret, plain, "%s: %s", name, found)
				continue
			}
			require.Contains(t, append(slices.Clone(open), secret...), found, "%s: %s", name, found)
		}
	}
}

var secretValue = regexp.MustCompile(`(?m)^\s*(OUTREACH_[A-Z_]+)(?:: |=)(.*)$`)

// TestSecretsComeFromFiles: in the compose files, the examples and the image no
// secret has a value.
func TestSecretsComeFromFiles(t *testing.T) {
	t.Parallel()
	_, secret := settings()
	for name, text := range texts(t) {
		if strings.HasPrefix(name, "helm/") || strings.HasSuffix(name, ".md") {
			continue // there a secret's keys are these names
		}
		for _, found := range secretValue.FindAllStringSubmatch(text, -1) {
			require.NotContains(t, secret, found[1], "%s: %s", name, found[0])
		}
	}
}

// ownedByChart are the settings that the chart sets itself.
func ownedByChart() []string {
	return []string{
		"OUTREACH_HTTP", "OUTREACH_ADMIN", "OUTREACH_ROLE", "OUTREACH_RULES", "OUTREACH_TEMPLATES", "OUTREACH_LOG", "OUTREACH_CALL_TIMEOUT",
		"OUTREACH_TEMPORAL_ADDRESS", "OUTREACH_TEMPORAL_NAMESPACE", "OUTREACH_TEMPORAL_TLS", "OUTREACH_TEMPORAL_CERT", "OUTREACH_TEMPORAL_KEY",
		"OUTREACH_TEMPORAL_CA", "OUTREACH_PUBLIC_URL", "OUTREACH_INBOX_FILE",
	}
}

// TestTheChartKnowsEverySetting: values.schema.json takes every setting and
// every secret of the engine, so that a wrong name ends an install and a right
// one never does.
func TestTheChartKnowsEverySetting(t *testing.T) {
	t.Parallel()
	open, secret := settings()
	open = slices.DeleteFunc(open, func(s string) bool { return slices.Contains(ownedByChart(), s) })
	const name = "helm/outreach/values.schema.json"
	text := read(t, name)
	for list, want := range map[string][]string{"setting": open, "secret": secret} {
		slices.Sort(want)
		lines, err := json.Marshal(want)
		require.NoError(t, err)
		pretty := strings.ReplaceAll(strings.Trim(string(lines), "[]"), ",", ",\n        ")
		pattern := regexp.MustCompile(`("` + list + `": \{\s*"enum": \[)[^\]]*(\])`)
		require.Len(t, pattern.FindAllString(text, -1), 1)
		should := pattern.ReplaceAllString(text, "${1}\n        "+pretty+"\n      ${2}")
		if *update {
			text = should
			continue
		}
		require.Equal(t, should, text, "run: make docs")
	}
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join(deploy, name), []byte(text), 0o600))
	}
}

// TestTheWorldSeesTheDoorsAlone: the ingress and the gateway let through every
// path that customers, providers and senders of events ask for.
func TestTheWorldSeesTheDoorsAlone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"caddy/Caddyfile", "helm/outreach/templates/ingress.yaml"} {
		for _, path := range []string{"/v1/", callback.Path, link.UnsubscribePath, link.PreferencesPath} {
			require.Regexp(t, `[ "]`+regexp.QuoteMeta(path)+`[*" ]`, read(t, name)+" ", "%s: %s", name, path)
		}
	}
}

// TestTheNamespaceIsWhatTheEngineNeeds: the script makes the search attributes
// that the engine asks for at its start, each of its type.
func TestTheNamespaceIsWhatTheEngineNeeds(t *testing.T) {
	t.Parallel()
	text := read(t, "temporal/namespace.sh")
	want := map[string]string{}
	for name, kind := range workflows.SearchAttributes() {
		want[name] = kind.String()
	}
	got := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^attribute (\w+) (\w+)$`).FindAllStringSubmatch(text, -1) {
		got[found[1]] = found[2]
	}
	require.Equal(t, want, got)
	require.Contains(t, text, "--retention 720h")
}

// TestTemporalKnowsItsSettings: Temporal itself reads the file, and knows every
// name in it.
func TestTemporalKnowsItsSettings(t *testing.T) {
	t.Parallel()
	result := dynamicconfig.LoadYamlFile([]byte(read(t, "temporal/dynamic.yaml")))
	require.Empty(t, result.Errors)
	require.Empty(t, result.Warnings)
	require.NotEmpty(t, dynamicconfig.LoadYamlFile([]byte("frontend.nobodyKnows:\n  - value: 1\n")).Warnings)
}
