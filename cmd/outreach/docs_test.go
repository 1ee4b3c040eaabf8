package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/app"
)

var update = flag.Bool("update", false, "rewrite the generated pages of docs and the expected texts of testdata/script")

// page holds that a generated page of docs is as the program says it.
func page(t *testing.T, name, want string) {
	t.Helper()
	file := filepath.Join("..", "..", "docs", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, want, string(text), "run: make docs")
}

func TestConfigurationPage(t *testing.T) {
	t.Parallel()
	options := app.Defaults()
	var settings, secrets strings.Builder
	for _, s := range options.Settings() {
		if s.Secret {
			fmt.Fprintf(&secrets, "| `%s` | %s |\n", s.Env, s.Help)
			continue
		}
		value := ""
		if *s.Value != "" {
			value = "`" + *s.Value + "`"
		}
		fmt.Fprintf(&settings, "| `--%s` | `%s` | %s | %s |\n", s.Flag, s.Env, value, s.Help)
	}
	page(t, "configuration.md", configurationHead+settings.String()+secretsHead+secrets.String())
}

const configurationHead = `# Configuration

What ` + "`outreach serve`" + ` can be told, by a flag or by an environment variable. A flag wins. The commands that work on
the store know ` + "`--store`" + `, ` + "`OUTREACH_STORE`" + ` and ` + "`OUTREACH_STORE_FILE`" + ` only. What marketing decides - hours, caps, topics, zones - is not
here: it stands in ` + "`rules/policy.yaml`" + `.

This page is written by a test; ` + "`make docs`" + ` writes it anew.

| flag | variable | default | what it is |
|---|---|---|---|
`

const secretsHead = `
## Secrets

Secrets have no flag, since flags can be seen by others on the same machine. Each comes from its variable, or from the
file that the variable with ` + "`_FILE`" + ` behind its name names: ` + "`OUTREACH_WRITE_KEYS_FILE=/run/secrets/write-keys`" + `.

| variable | what it is |
|---|---|
`

func TestCommandPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(commandHead)
	describe(&b, rootCommand(time.Now))
	page(t, "cli.md", b.String())
}

const commandHead = `# Commands

Every command ends with 0 when all is well, 1 when it failed or found problems, and 2 when it was called wrongly.
Commands with ` + "`--store`" + `, beside ` + "`outreach serve`" + `, work on the store alone: they may run while the engine runs, while
it does not, and while Temporal is down. A running engine sees what they changed within a second.

This page is written by a test; ` + "`make docs`" + ` writes it anew.
`

// describe writes a command that does something, and those below it.
func describe(b *strings.Builder, cmd *cobra.Command) {
	if !cmd.HasSubCommands() {
		about := cmd.Long
		if about == "" {
			about = cmd.Short
		}
		fmt.Fprintf(b, "\n## %s\n\n%s\n\n```\n%s\n", cmd.CommandPath(), about, cmd.UseLine())
		if cmd.Example != "" {
			fmt.Fprintf(b, "\n%s\n", cmd.Example)
		}
		b.WriteString("```\n")
		if flags := cmd.NonInheritedFlags().FlagUsages(); flags != "" {
			fmt.Fprintf(b, "\n```\n%s```\n", flags)
		}
	}
	for _, child := range cmd.Commands() {
		describe(b, child)
	}
}
