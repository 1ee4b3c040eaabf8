package ruletest

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/outreach-engine/outreach/internal/source"
)

// File is the text of one file of tests.
type File struct {
	Name string // as problems name it, with slashes: rules/usage-limit.test.yaml
	Path string // for whoever writes it
	Text []byte
}

// ReadDir gives the files of tests of a rules folder, without its subfolders,
// sorted by name. Hidden files are passed over.
func ReadDir(dir string) ([]File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("rules folder: %w; name the folder that holds your rules", err)
	}
	var files []File
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !strings.HasSuffix(e.Name(), Ending) {
			continue
		}
		f := File{Name: path.Join(filepath.ToSlash(dir), e.Name()), Path: filepath.Join(dir, e.Name())}
		if f.Text, err = readFile(f.Path); err != nil {
			return nil, fmt.Errorf("rules folder: %w", err)
		}
		files = append(files, f)
	}
	return files, nil
}

// readFile reads one byte more than a file may have, so that one that is too
// long is seen to be.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, source.MaxFile+1))
}
