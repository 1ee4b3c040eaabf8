package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// outcome runs check and gives what it wrote and its exit code.
func outcome(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, problems bytes.Buffer
	cmd := checkCommand()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&problems)
	err := cmd.Execute()
	if err == nil {
		return out.String(), problems.String(), 0
	}
	var exit *exitError
	require.ErrorAs(t, err, &exit)
	return out.String(), problems.String() + exit.Error(), exit.code
}

// company writes files below a new folder.
func company(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	return dir
}

const (
	checkedData = "events: {signed_up: {}}\n"
	checkedRule = "description: Welcome.\nowner: a@example.com\ntopic: service\nwhen: {event: signed_up}\nsteps:\n  - send: welcome\n"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	dir := company(t, map[string]string{
		"rules/data.yaml": checkedData, "rules/welcome.yaml": checkedRule, "rules/README.md": "#", "rules/welcome.test.yaml": "tests: []\n",
		"templates/welcome/sms.txt": "Hello.\n", "texts/other/sms.txt": "Hello.\n",
	})
	rules := filepath.Join(dir, "rules")

	stdout, stderr, code := outcome(t, rules)
	require.Equal(t, []any{"1 rule, 1 template: fine\n", "", 0}, []any{stdout, stderr, code})

	stdout, stderr, code = outcome(t, rules, "--templates", filepath.Join(dir, "texts"))
	require.Equal(t, []any{"", filepath.ToSlash(rules) + `/welcome.yaml:6:11: steps[0].send: "welcome": is not a template; known: other` + "\n", 1},
		[]any{stdout, stderr, code})
}

func TestCheckWarns(t *testing.T) {
	t.Parallel()
	dir := company(t, map[string]string{
		"rules/data.yaml": checkedData, "rules/welcome.yaml": checkedRule + "  - wait: 3d\n", "rules/welcome.test.yaml": "tests: []\n", "templates/welcome/sms.txt": "Hello.\n",
	})
	stdout, stderr, code := outcome(t, filepath.Join(dir, "rules"))
	require.Equal(t, "1 rule, 1 template: fine, with 1 warning\n", stdout)
	require.Contains(t, stderr, "welcome.yaml:7:5: warning [idle-wait]: steps[1]: waits for nothing")
	require.Zero(t, code)

	stdout, _, code = outcome(t, filepath.Join(dir, "rules"), "--strict")
	require.Equal(t, "1 rule, 1 template: fine, with 1 warning\n", stdout)
	require.Equal(t, 1, code)
}

func TestCheckLetsPassWhatIsAllowed(t *testing.T) {
	t.Parallel()
	dir := company(t, map[string]string{
		"rules/data.yaml": checkedData, "templates/welcome/sms.txt": "Hello.\n",
		"rules/welcome.yaml": "# allow untested: it is a draft\n" + checkedRule + "  # allow idle-wait: more steps follow next week\n  - wait: 3d\n",
	})
	stdout, stderr, code := outcome(t, filepath.Join(dir, "rules"), "--strict")
	require.Equal(t, []any{"1 rule, 1 template: fine\n", "", 0}, []any{stdout, stderr, code})
}

func TestCheckWithoutAFolder(t *testing.T) {
	t.Parallel()
	stdout, stderr, code := outcome(t, filepath.Join(t.TempDir(), "absent"))
	require.Empty(t, stdout)
	require.Contains(t, stderr, "rules folder: ")
	require.Contains(t, stderr, "name the folder that holds your rules")
	require.Equal(t, 2, code)
}
