package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
)

const guideFile = "../../rules/README.md"

// The blocks of the author's guide: a file, whose name stands behind its
// language; an edit of a file, as lines with - and +; commands with what they
// say, of which "fails" end with 1; and where an engine works meanwhile.
var guideBlock = regexp.MustCompile("(?s)```(?:yaml|csv|text) (\\S+)\n(.*?)```|```diff (\\S+)\n(.*?)```|```sh( fails)?\n(.*?)```|<!-- (an engine) runs -->")

// Groups of guideBlock.
const (
	fileName = iota + 1
	fileText
	editedName
	editedText
	fails
	typed
	engineRuns
)

// guide turns the blocks into a story for testscript.
type guide struct {
	t      *testing.T
	story  strings.Builder
	files  map[string]string // as the reader has them by now
	shown  []string          // what each command says, as the page has it
	copies strings.Builder   // the files of the story
	setup  func(*testscript.Env) error
}

// TestTheGuide does what rules/README.md tells an author to do, in a folder
// with the company's data.yaml and policy.yaml, and compares what is said.
func TestTheGuide(t *testing.T) {
	t.Parallel()
	require.Greater(t, follow(t, guideFile, authorsFolder), 8)
}

// follow does what a page tells a reader to do, in a folder made by setup,
// compares what is said, and gives the number of commands.
func follow(t *testing.T, file string, setup func(*testscript.Env) error) int {
	t.Helper()
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	g := guide{t: t, files: map[string]string{}, setup: setup}
	for _, m := range guideBlock.FindAllStringSubmatch(string(page), -1) {
		g.block(m)
	}
	said := g.play()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(g.written(string(page), said)), 0o600))
		return len(g.shown)
	}
	for i, shown := range g.shown {
		require.Equal(t, shown, said[i], "run: make docs")
	}
	return len(g.shown)
}

// written gives the page with what the commands said in place of what it shows.
func (g *guide) written(page string, said []string) string {
	var b strings.Builder
	for i, shown := range g.shown {
		before, after, found := strings.Cut(page, shown)
		require.True(g.t, found)
		b.WriteString(before + said[i])
		page = after
	}
	return b.String() + page
}

func (g *guide) block(m []string) {
	switch {
	case m[fileName] != "":
		g.put(m[fileName], m[fileText])
	case m[editedName] != "":
		g.put(m[editedName], edit(g.t, g.files[m[editedName]], m[editedText]))
	case m[engineRuns] != "":
		g.story.WriteString("exec engine\n")
	default:
		for _, command := range regexp.MustCompile(`(?m)^\$ `).Split(m[typed], -1)[1:] {
			line, _, _ := strings.Cut(command, "\n")
			not := ""
			if m[fails] != "" {
				not = "wrong 1 "
			}
			fmt.Fprintf(&g.story, "exec %s%s\nkeep %d\n", not, line, len(g.shown))
			g.shown = append(g.shown, "$ "+command)
		}
	}
}

// put writes a file into the reader's folder.
func (g *guide) put(name, text string) {
	g.files[name] = text
	source := fmt.Sprintf("file-%d", strings.Count(g.copies.String(), "-- file-"))
	fmt.Fprintf(&g.copies, "-- %s --\n%s", source, text)
	fmt.Fprintf(&g.story, "mkdir %s\ncp %s %s\n", filepath.ToSlash(filepath.Dir(name)), source, name)
}

// edit replaces the lines with - by those with +.
func edit(t *testing.T, text, diff string) string {
	t.Helper()
	var before, after strings.Builder
	for line := range strings.Lines(diff) {
		if line[0] != '+' {
			before.WriteString(line[1:])
		}
		if line[0] != '-' {
			after.WriteString(line[1:])
		}
	}
	require.Equal(t, 1, strings.Count(text, before.String()), "the edit fits once:\n%s", diff)
	return strings.Replace(text, before.String(), after.String(), 1)
}

// play gives what each command said: its line, and both streams.
func (g *guide) play() []string {
	dir, said := g.t.TempDir(), make([]string, len(g.shown))
	script := filepath.Join(dir, "guide.txt")
	require.NoError(g.t, os.WriteFile(script, []byte(g.story.String()+g.copies.String()), 0o600))
	keep := func(ts *testscript.TestScript, _ bool, args []string) {
		var n int
		_, err := fmt.Sscan(args[0], &n)
		ts.Check(err)
		line, _, _ := strings.Cut(g.shown[n], "\n")
		text := ts.ReadFile("stdout") + ts.ReadFile("stderr")
		said[n] = like(g.shown[n], line+"\n"+text)
	}
	g.t.Run("story", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Files: []string{script}, RequireExplicitExec: true, Setup: g.setup,
			Cmds: map[string]func(*testscript.TestScript, bool, []string){"keep": keep},
		})
	})
	return said
}

var policyDigests = regexp.MustCompile(`(?m)^digests:\n( .*\n)+`)

// authorsFolder is where the guide begins: the company's data, and its policy
// without digests.
func authorsFolder(env *testscript.Env) error {
	env.Setenv("NOW", "2026-11-23T14:00:00Z")
	for _, name := range []string{bundle.DataFile, bundle.PolicyFile} {
		text, err := os.ReadFile(filepath.Join("..", "..", "rules", name))
		if err != nil {
			return err
		}
		text = policyDigests.ReplaceAll(text, nil)
		if err := os.MkdirAll(filepath.Join(env.WorkDir, "rules"), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(env.WorkDir, "rules", name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

var tookTime = regexp.MustCompile(`\d+ ms`)

// like gives what the page shows when a command said that: ids, versions and
// the time that it took aside, and lines left out where the page has "...".
// Else it gives what the command said.
func like(shown, said string) string {
	plain := func(text string) string {
		text = ruleVersion.ReplaceAllString(ownID.ReplaceAllString(text, "CUSTOMER"), "VERSION")
		return strings.TrimSpace(tookTime.ReplaceAllString(text, "ms"))
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(plain(shown)), "\n"+`\.\.\.`, `(?:\n[^\n]*)*`)
	if regexp.MustCompile(`^` + pattern + `$`).MatchString(plain(said)) {
		return shown
	}
	return said
}

// TestTheGuideNoticesWhatIsSaid: what is compared may differ in names and times
// only.
func TestTheGuideNoticesWhatIsSaid(t *testing.T) {
	t.Parallel()
	const shown = "$ outreach test\nok  welcome  3 ms\n...\n3 cases\n"
	require.Equal(t, shown, like(shown, "$ outreach test\nok  welcome  17 ms\nother\nlines\n3 cases\n"))
	other := "$ outreach test\nok  welcome  17 ms\n4 cases\n"
	require.Equal(t, other, like(shown, other))
}

// TestTheTableOfRules holds the guide's list of what is shipped to the folder.
// It is not parallel: with -update it and TestTheGuide write the same page.
func TestTheTableOfRules(t *testing.T) {
	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	b, _ := bundle.Check(files)
	var rows strings.Builder
	for _, r := range b.Rules {
		if _, made := b.Made[r.Name]; made {
			continue
		}
		fmt.Fprintf(&rows, "| [`%s`](%s.yaml) | %s |\n", r.Name, r.Name, r.Description)
	}
	const head = "| rule | what it is for |\n|---|---|\n"
	text, err := os.ReadFile(guideFile)
	require.NoError(t, err)
	before, after, found := strings.Cut(string(text), head)
	require.True(t, found)
	table := regexp.MustCompile(`^(?:\|.*\n)*`).FindString(after)
	if *update {
		require.NoError(t, os.WriteFile(guideFile, []byte(before+head+rows.String()+after[len(table):]), 0o600))
		return
	}
	require.Equal(t, rows.String(), table, "run: make docs")
}
