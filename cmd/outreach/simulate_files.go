package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/jedib0t/go-pretty/v6/progress"

	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/importer"
)

// mapFlag is the flag that names the map of the files before it.
const mapFlag = "map"

// pastFiles are the files of the past, in the order of the command line.
type pastFiles struct {
	list   []backtest.File
	common string // the map that stands before all files
}

// complete gives every file its map, and refuses what is missing.
func (p *pastFiles) complete() error {
	for _, kind := range []importer.Kind{importer.Customers, importer.Events} {
		there := false
		for _, file := range p.list {
			there = there || file.Kind == kind
		}
		if !there {
			return fmt.Errorf("--%s: is missing; name a file, or give --from-store", kind)
		}
	}
	for i, file := range p.list {
		if file.Map == "" {
			p.list[i].Map = p.common
		}
		if p.list[i].Map == "" {
			return fmt.Errorf("--map: is missing for %s; write it behind the file (docs/import.md)", file.Path)
		}
	}
	return nil
}

// pastFlag is one of the flags that fill a list of files; it implements
// pflag.Value.
type pastFlag struct {
	files *pastFiles
	name  string
}

// String gives no default.
func (f pastFlag) String() string { return "" }

// Type names what the flag takes, for the help.
func (f pastFlag) Type() string { return "file" }

// Set takes one more file, or the map of those that have none.
func (f pastFlag) Set(path string) error {
	if path == "" {
		return errors.New("is empty; name a file")
	}
	if f.name != mapFlag {
		f.files.list = append(f.files.list, backtest.File{Kind: importer.Kind(f.name), Path: path})
		return nil
	}
	if len(f.files.list) == 0 {
		f.files.common = path
	}
	for i, file := range f.files.list {
		if file.Map == "" {
			f.files.list[i].Map = path
		}
	}
	return nil
}

// defaultStore is where the engine keeps its store unless told otherwise.
func defaultStore() string { return app.Defaults().Store }

// outFile is where a report goes: written beside its place and put there when it
// is whole.
type outFile struct {
	io.Writer
	file *os.File // nil: standard output
	path string
}

func openOut(path string, stdout io.Writer) (*outFile, error) {
	if path == "" {
		return &outFile{Writer: stdout}, nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("--out: %s is a folder; name a file", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, fmt.Errorf("--out: %w; name a file in a folder that is there and may be written to", err)
	}
	return &outFile{Writer: file, file: file, path: path}, nil
}

// keep puts the file in its place.
func (o *outFile) keep() error {
	if o.file == nil {
		return nil
	}
	const readable = 0o644
	err := errors.Join(o.file.Chmod(readable), o.file.Close())
	if err == nil {
		err = os.Rename(o.file.Name(), o.path)
	}
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	o.file = nil
	return nil
}

// drop removes what was not kept.
func (o *outFile) drop() {
	if o.file != nil {
		_ = o.file.Close()           // what was written is not wanted
		_ = os.Remove(o.file.Name()) // nobody misses it
	}
}

// bars show one bar after the other.
type bars struct {
	out  io.Writer
	mu   sync.Mutex
	what string
	bar  *bar
}

func (b *bars) move(what string, done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if what != b.what {
		b.bar.end()
		units := progress.UnitsBytes
		if what == backtest.ReadingStore {
			units = progress.UnitsDefault
		}
		b.what, b.bar = what, newBar(b.out, what, units)
	}
	b.bar.move(done, total)
}

func (b *bars) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bar.end()
	b.bar = nil
}
