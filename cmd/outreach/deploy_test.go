package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Where deploy/ calls the program: by name, by its path in a container, as the
// compose file's job, and in the lists of arguments of YAML and the Dockerfile.
var (
	called   = regexp.MustCompile(`(?m)(?:^[ \t]*(?:\$ )?outreach|/usr/bin/outreach|compose run --rm rules|` + "`outreach" + `) ([^` + "`" + `\n]*)`)
	listed   = regexp.MustCompile(`(?:command|args|CMD): ?\[([^\]\n]*)\]|CMD \[([^\]\n]*)\]|test: \["CMD", "/usr/bin/outreach", ([^\]\n]*)\]`)
	afterIt  = regexp.MustCompile(`\s*(?:[#>|;)].*|\\)$`)
	quotes   = regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)
	elements = regexp.MustCompile(`[^", ]+`)
)

// TestDeployCallsTheProgramRight: every command line of the program in deploy/
// is one that it takes.
func TestDeployCallsTheProgramRight(t *testing.T) {
	t.Parallel()
	calls := 0
	const root = "../../deploy"
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && (name == "tools" || name == "grafana" || name == "prometheus") {
			return fs.SkipDir
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		for _, args := range calling(string(text)) {
			calls++
			require.NoError(t, taken(args), "%s: outreach %s", name, strings.Join(args, " "))
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, calls, 25)
}

// calling gives the arguments of each call of the program in a file.
func calling(text string) (calls [][]string) {
	for _, found := range called.FindAllStringSubmatch(text, -1) {
		var args []string
		for _, word := range quotes.FindAllString(afterIt.ReplaceAllString(found[1], ""), -1) {
			args = append(args, strings.Trim(word, `"'`))
		}
		if len(args) > 0 {
			calls = append(calls, args)
		}
	}
	for _, found := range listed.FindAllStringSubmatch(text, -1) {
		args := elements.FindAllString(found[1]+found[2]+found[3], -1)
		if len(args) > 0 && args[0] == "/usr/bin/outreach" {
			args = args[1:]
		}
		if len(args) > 0 && args[0] != "CMD" && args[0] != "CMD-SHELL" && args[0] != "follow" {
			calls = append(calls, args)
		}
	}
	return calls
}

// taken asks the program whether it would take a command line, without running
// it. A command alone may stand for itself, in a sentence.
func taken(args []string) error {
	cmd, rest, err := rootCommand(time.Now).Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if cmd.Args == nil || len(rest) == 0 {
		return nil
	}
	return cmd.Args(cmd, cmd.Flags().Args())
}

// TestAWrongCallIsNoticed: what is looked for can be found wrong.
func TestAWrongCallIsNoticed(t *testing.T) {
	t.Parallel()
	require.Equal(t, [][]string{
		{"pause", "--all", "--note", "a b"}, {"status"}, {"serve"}, {"health", "--live"}, {"rules", "load", "/outreach/rules"},
	}, calling("outreach pause --all --note \"a b\"   # why\n `outreach status`\nCMD [\"serve\"]\nHEALTHCHECK CMD [\"/usr/bin/outreach\", \"health\", \"--live\"]\n"+
		"command: [rules, load, /outreach/rules]\n"))
	for _, wrong := range []string{"resume --all --when now", "pauze --all", "rules list x", "stop a b c", "explain --json"} {
		require.Error(t, taken(strings.Fields(wrong)), wrong)
	}
}
