package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
)

var (
	// What a runbook tells to type: a line of a block, or words in a sentence.
	typedLine  = regexp.MustCompile(`(?m)^(?:docker compose exec \w+ |kubectl exec [\w/-]+ -- )?(outreach .*)$`)
	typedWords = regexp.MustCompile("`(outreach [^`\n]*)`")
	shellWord  = regexp.MustCompile(`"[^"]*"|\S+`)
)

// TestCommandsOfTheRunbooks has the program read each command, with its flags
// and arguments, without running it.
func TestCommandsOfTheRunbooks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../docs/runbooks/*.md")
	require.NoError(t, err)
	lines := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range typedLine.FindAllStringSubmatch(string(text), -1) {
			require.NoError(t, understood(m[1]), "%s: %s", file, m[1])
			lines++
		}
		for _, m := range typedWords.FindAllStringSubmatch(string(text), -1) {
			if _, rest, err := rootCommand(time.Now).Find(strings.Fields(m[1])[1:]); err != nil || len(rest) > 0 { // else it only names a command
				require.NoError(t, understood(m[1]), "%s: %s", file, m[1])
			}
		}
	}
	require.Greater(t, lines, 30)
	require.Error(t, understood("outreach pause --everything"))
	require.Error(t, understood("outreach explain"))
	require.Error(t, understood("outreach guess u-1001"))
}

// understood reads a command as the program would.
func understood(line string) error {
	words := shellWord.FindAllString(line, -1)
	for i, word := range words {
		words[i] = strings.Trim(word, `"`)
	}
	cmd, rest, err := rootCommand(time.Now).Find(words[1:])
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if err := cmd.ValidateFlagGroups(); err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

// TestAStoreThatOnlyTheEnvironmentNames types a runbook's command as it stands
// there: without --store.
func TestAStoreThatOnlyTheEnvironmentNames(t *testing.T) {
	s := seed(t, func(ledger.Tx) error { return nil })
	want := s.call("rules", "list")
	t.Setenv("OUTREACH_STORE", s.path)
	var out, trouble bytes.Buffer
	r := rim{now: func() time.Time { return monday }, stdin: strings.NewReader(""), stdout: &out, stderr: &trouble}
	require.Zero(t, run(t.Context(), []string{"rules", "list"}, r), trouble.String())
	require.Equal(t, want, out.String())
}
