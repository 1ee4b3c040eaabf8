package house_test

import (
	"go/ast"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// How long a file and a function may be, in lines. Tests are not counted.
const (
	maxFile     = 400
	maxFunction = 60
)

func TestEachPackageHasOneComment(t *testing.T) {
	t.Parallel()
	all := repository(t)
	for _, name := range all.names() {
		var comments []string
		for _, f := range all.product(name) {
			if f.ast.Doc != nil {
				comments = append(comments, f.ast.Doc.Text())
			}
		}
		if len(comments) != 1 {
			t.Errorf("%s has %d package comments: write one that says what it decides and what it refuses to know", name, len(comments))
			continue
		}
		opening := "Package " + path.Base(name) + " "
		if strings.HasPrefix(name, "cmd/") {
			opening = "Command " + path.Base(name) + " "
		}
		require.True(t, strings.HasPrefix(comments[0], opening), "%s: its package comment opens with %q", name, opening)
	}
}

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	all := repository(t)
	for _, name := range all.names() {
		for _, f := range all.product(name) {
			if lines := strings.Count(f.text, "\n"); lines > maxFile {
				t.Errorf("%s: %d lines, %d are allowed: split it by idea", f.name, lines, maxFile)
			}
		}
	}
}

func TestFunctionsAreShort(t *testing.T) {
	t.Parallel()
	all := repository(t)
	for _, name := range all.names() {
		for _, f := range all.product(name) {
			for _, declaration := range f.ast.Decls {
				function, ok := declaration.(*ast.FuncDecl)
				if !ok {
					continue
				}
				lines := all.set.Position(function.End()).Line - all.set.Position(function.Pos()).Line + 1
				if lines > maxFunction {
					t.Errorf("%s: %s has %d lines, %d are allowed", all.line(function.Pos()), function.Name.Name, lines, maxFunction)
				}
				if function.Recv == nil && function.Name.Name == "init" {
					t.Errorf("%s: init does work that nobody asked for; do it where it is needed", all.line(function.Pos()))
				}
			}
		}
	}
}

var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b|(?i:not (yet )?implemented|unimplemented)`)

func TestNothingIsLeftUnfinished(t *testing.T) {
	t.Parallel()
	all := repository(t)
	for _, name := range all.names() {
		for _, f := range all.product(name) {
			require.Empty(t, unfinished.FindString(f.text), f.name)
		}
	}
	for name, text := range all.pages {
		require.Empty(t, unfinished.FindString(text), name)
	}
}
