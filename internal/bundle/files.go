package bundle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/outreach-engine/outreach/internal/source"
)

// ReadDir reads the files of a rules folder, without its subfolders, and of a
// templates folder, with them. Hidden files are passed over, and of the rules
// folder everything but YAML and everything that ends in .test.yaml. A
// templates folder that does not exist is empty; a rules folder that does not
// is an error.
func ReadDir(rulesDir, templatesDir string) (Files, error) {
	files := Files{
		Rules: map[string][]byte{}, Templates: map[string][]byte{},
		RulesDir: filepath.ToSlash(rulesDir), TemplatesDir: filepath.ToSlash(templatesDir),
	}
	entries, err := os.ReadDir(rulesDir)
	if err != nil {
		return files, fmt.Errorf("rules folder: %w; name the folder that holds your rules", err)
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || hidden(name) || !isYAML(name) {
			continue
		}
		if files.Rules[name], err = readFile(filepath.Join(rulesDir, name)); err != nil {
			return files, fmt.Errorf("rules folder: %w", err)
		}
	}
	err = filepath.WalkDir(templatesDir, func(path string, d fs.DirEntry, err error) error {
		return files.template(templatesDir, path, d, err)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return files, fmt.Errorf("templates folder: %w", err)
	}
	return files, nil
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

func isYAML(name string) bool {
	return strayEnding(name) != "" || strings.HasSuffix(name, ruleEnding) && !strings.HasSuffix(name, testEnding)
}

// template takes one entry of the templates folder.
func (f *Files) template(root, path string, d fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return err
	case path != root && hidden(d.Name()) && d.IsDir():
		return filepath.SkipDir
	case d.IsDir() || hidden(d.Name()):
		return nil
	}
	name, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	f.Templates[filepath.ToSlash(name)], err = readFile(path)
	return err
}

// readFile reads one byte more than a file may have, so that one that is too
// long is seen to be.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, source.MaxFile+1))
	return text, errors.Join(err, f.Close())
}
