package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/outreach-engine/outreach/"

// goFile is one Go file. The name is its path in the repository.
type goFile struct {
	name string
	test bool
	text string
	ast  *ast.File
}

// tree is the repository as this test reads it, by itself and not through the
// go command, so that a cached result of the test is never an old one.
type tree struct {
	set      *token.FileSet
	packages map[string][]goFile // by path in the module
	pages    map[string]string   // Markdown texts by name
}

var readOnce = sync.OnceValues(func() (tree, error) { return readTree("../..") })

func repository(t *testing.T) tree {
	t.Helper()
	all, err := readOnce()
	require.NoError(t, err)
	require.NotEmpty(t, all.packages)
	return all
}

func readTree(root string) (tree, error) {
	all := tree{set: token.NewFileSet(), packages: map[string][]goFile{}, pages: map[string]string{}}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if file != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		return all.read(file, filepath.ToSlash(name))
	})
	return all, err
}

func (all tree) read(file, name string) error {
	switch path.Ext(name) {
	case ".md":
		text, err := os.ReadFile(file)
		all.pages[name] = string(text)
		return err
	case ".go":
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(all.set, name, text, parser.ParseComments)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		all.packages[dir] = append(all.packages[dir], goFile{
			name: name, test: strings.HasSuffix(name, "_test.go"), text: string(text), ast: parsed,
		})
	}
	return nil
}

// names gives the packages in order.
func (all tree) names() []string { return slices.Sorted(maps.Keys(all.packages)) }

// product gives a package's files that are no tests.
func (all tree) product(name string) []goFile {
	return slices.DeleteFunc(slices.Clone(all.packages[name]), func(f goFile) bool { return f.test })
}

// line gives where something stands, as file:line.
func (all tree) line(at token.Pos) string {
	position := all.set.Position(at)
	return position.Filename + ":" + strconv.Itoa(position.Line)
}

// imports gives what files import, each once, in order.
func imports(files []goFile) []string {
	var paths []string
	for _, f := range files {
		for _, spec := range f.ast.Imports {
			paths = append(paths, strings.Trim(spec.Path.Value, `"`))
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// within gives a path without the module's name in front; ok is false for
// what is not of this module.
func within(imported string) (name string, ok bool) { return strings.CutPrefix(imported, module) }
