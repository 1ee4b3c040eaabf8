package backtest

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// How the past is cut up: parts are small enough to lie in memory beside those
// of the other workers, and many enough to keep all workers busy.
const (
	partSize = 1 << 20 // bytes aimed at
	minParts = 32
	maxParts = 1024
	dealt    = 16 << 10 // bytes of one part that are written at once
	reading  = 256 << 10
)

// ErrEmpty says that there is nothing to play.
var ErrEmpty = errors.New("events: there are none that could be read")

// nothing is ErrEmpty with the first rows of each file that were refused.
func nothing(sources []Source) error {
	const shown = 3
	text := ""
	for _, s := range sources {
		for _, trouble := range s.Trouble[:min(shown, len(s.Trouble))] {
			text += "\n    " + s.Name + ": " + trouble
		}
	}
	if text == "" {
		return fmt.Errorf("%w; give a file with rows in it", ErrEmpty)
	}
	return fmt.Errorf("%w; mend the rows, or the map:%s", ErrEmpty, text)
}

// past is everything that was told, dealt out to parts.
type past struct {
	sources     []Source
	parts       *extents
	news        []record // facts that name nobody
	unnamed     int      // those that there were
	groups      int
	events      int
	duplicates  int
	first, last time.Time // of the events
}

func (p *past) close() error { return p.parts.close() }

// gatherer takes facts into a file.
type gatherer struct {
	past
	groups groups
	seen   seen
	out    *bufio.Writer
	number uint64
	size   int64
	buffer []byte
}

// gather reads the past and deals it out.
func gather(ctx context.Context, o Options, dir string) (_ *past, err error) {
	file, err := os.Create(filepath.Join(dir, "facts"))
	if err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	g := &gatherer{groups: groups{nodes: map[uint64]uint32{}}, out: bufio.NewWriterSize(file, reading)}
	if g.sources, err = o.Past.Tell(ctx, g.take, o.Progress); err != nil {
		return nil, err
	}
	if g.events == 0 {
		return nil, nothing(g.sources)
	}
	if err := g.out.Flush(); err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	if err := g.deal(ctx, file, dir); err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	whole := g.past // alone: the ids that were joined are no longer needed
	return &whole, os.Remove(file.Name())
}

// take writes one fact down: the node of its customer, its length, and the
// record.
func (g *gatherer) take(f Fact) (err error) {
	if !g.seen.add(f.Event.MessageID) {
		g.duplicates++
		return nil
	}
	g.number++
	r := record{Fact: f, number: g.number}
	if !f.Undated && f.Event.Name != customer.Identified {
		g.events++
		if g.first.IsZero() || f.Event.At.Before(g.first) {
			g.first = f.Event.At
		}
		if f.Event.At.After(g.last) {
			g.last = f.Event.At
		}
	}
	ids := idsOf(f)
	if len(ids) == 0 {
		g.news, g.unnamed = append(g.news, r), g.unnamed+1
		return nil
	}
	const head = 8
	g.buffer = append(g.buffer[:0], make([]byte, head)...)
	if g.buffer, err = r.append(g.buffer); err != nil {
		return err
	}
	binary.BigEndian.PutUint32(g.buffer, g.groups.join(ids...))
	binary.BigEndian.PutUint32(g.buffer[4:], uint32(len(g.buffer)-head))
	g.size += int64(len(g.buffer))
	_, err = g.out.Write(g.buffer)
	return err
}

// deal writes every record to the part of its group, with the group in place of
// the node.
func (g *gatherer) deal(ctx context.Context, file io.Reader, dir string) (err error) {
	n := min(max(int(g.size/partSize), minParts), maxParts)
	if g.parts, err = newExtents(filepath.Join(dir, "parts"), n); err != nil {
		return err
	}
	for node := range g.groups.parent {
		if g.groups.find(uint32(node)) == uint32(node) {
			g.past.groups++
		}
	}
	in := bufio.NewReaderSize(file, reading)
	var b []byte
	for i := 0; ; i++ {
		if b, err = readFrame(in, b); errors.Is(err, io.EOF) {
			return g.parts.flush()
		}
		group := uint32(0)
		if err == nil {
			group = g.groups.find(binary.BigEndian.Uint32(b))
			binary.BigEndian.PutUint32(b, group)
			err = g.parts.add(int(group)%n, b)
		}
		if i%reading == 0 {
			err = cmp.Or(err, ctx.Err())
		}
		if err != nil {
			return errors.Join(err, g.parts.close())
		}
	}
}

// readFrame reads one record with its head into b.
func readFrame(in *bufio.Reader, b []byte) ([]byte, error) {
	head, err := in.Peek(8)
	if err != nil {
		return b, err
	}
	n := 8 + int(binary.BigEndian.Uint32(head[4:]))
	if cap(b) < n {
		b = make([]byte, n)
	}
	b = b[:n]
	_, err = io.ReadFull(in, b)
	return b, err
}

// extents is one file that holds several, each in pieces.
type extents struct {
	file   *os.File
	end    int64
	parts  []extent
	closed bool
}

type extent struct {
	pieces []piece
	size   int64
	buffer []byte
}

type piece struct{ at, size int64 }

func newExtents(path string, n int) (*extents, error) {
	file, err := os.Create(path)
	return &extents{file: file, parts: make([]extent, n)}, err
}

func (e *extents) add(part int, b []byte) error {
	p := &e.parts[part]
	p.buffer = append(p.buffer, b...)
	if len(p.buffer) < dealt {
		return nil
	}
	return e.write(p)
}

func (e *extents) write(p *extent) error {
	size := int64(len(p.buffer))
	_, err := e.file.WriteAt(p.buffer, e.end)
	p.pieces, p.buffer = append(p.pieces, piece{e.end, size}), p.buffer[:0]
	p.size += size
	e.end += size
	return err
}

func (e *extents) flush() error {
	for i := range e.parts {
		if err := e.write(&e.parts[i]); err != nil {
			return err
		}
		e.parts[i].buffer = nil
	}
	return nil
}

// read gives all of a part. It may be called by several goroutines after flush.
func (e *extents) read(part int) ([]byte, error) {
	p := e.parts[part]
	b := make([]byte, p.size)
	at := int64(0)
	for _, piece := range p.pieces {
		if _, err := e.file.ReadAt(b[at:at+piece.size], piece.at); err != nil {
			return nil, fmt.Errorf("temporary file: %w", err)
		}
		at += piece.size
	}
	return b, nil
}

func (e *extents) close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	return e.file.Close()
}
