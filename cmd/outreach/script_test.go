package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/transfer"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"outreach": func() {
			os.Exit(run(context.Background(), os.Args[1:], rim{now: scriptClock, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
		},
		"engine": func() {
			if err := playEngine(context.Background(), scriptClock(), os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		},
		"wrong": wrong,
	})
}

// wrong runs outreach and holds that it ends with a code: wrong 2 outreach ...
func wrong() {
	code := run(context.Background(), os.Args[3:], rim{now: scriptClock, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr})
	if want := os.Args[1]; fmt.Sprint(code) != want {
		fmt.Fprintf(os.Stderr, "ended with %d, not with %s\n", code, want)
		os.Exit(1)
	}
}

// scriptClock reads the time that a story has set: env NOW=...
func scriptClock() time.Time {
	now, err := time.Parse(time.RFC3339, os.Getenv("NOW"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "NOW:", err)
		os.Exit(9)
	}
	return now
}

// TestScripts runs the stories of testdata/script: what operators type, and
// what they see. Each begins on Monday 23 November 2026 at 9:00 in New York,
// in a folder that holds testdata/company.
func TestScripts(t *testing.T) {
	t.Parallel()
	runScripts(t, "testdata/script", nil)
}

// TestServerScripts runs the stories of testdata/server, which have an empty
// database of PostgreSQL beside: PLACE is its URL, and PLACE_NAME what commands
// say of it.
func TestServerScripts(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	runScripts(t, "testdata/server", map[string]string{"PLACE": url, "PLACE_NAME": transfer.Name(store.Place(url))})
}

func runScripts(t *testing.T, dir string, variables map[string]string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir: dir, UpdateScripts: *update, RequireUniqueNames: true, RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NOW", "2026-11-23T14:00:00Z")
			for name, value := range variables {
				env.Setenv(name, value)
			}
			return os.CopyFS(env.WorkDir, os.DirFS("testdata/company"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"masked": masked},
	})
}

// ownID is how the engine names customers, at random; ruleVersion is how it
// names versions.
var (
	ownID       = regexp.MustCompile(`\bc[a-z2-7]{16}\b`)
	ruleVersion = regexp.MustCompile(`\b[0-9a-f]{12}\b`)
)

// masked writes the last output into a file, with customers' ids and rules'
// versions masked.
func masked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: masked FILE")
	}
	text := ruleVersion.ReplaceAllString(ownID.ReplaceAllString(ts.ReadFile("stdout"), "CUSTOMER"), "the-version-")
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), args[0]), []byte(text), 0o600))
}

func TestTheMaskIsNoWider(t *testing.T) {
	t.Parallel()
	require.Equal(t, "u-1001 (CUSTOMER) customers cabbages", ownID.ReplaceAllString("u-1001 (cabcdefghijklmn23) customers cabbages", "CUSTOMER"))
}
