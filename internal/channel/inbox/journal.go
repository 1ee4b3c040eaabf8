package inbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// form is the file's form, which its first line names.
const form = 1

// header is a file's first line. It counts what came before the file's first
// message and was dropped when the file was compacted.
type header struct {
	Form     int   `json:"inbox"`
	Received int64 `json:"received"`
	Repeats  int64 `json:"repeats"`
}

// entry is a line of the file: one message.
type entry struct {
	Seq      int64            `json:"seq"`
	At       time.Time        `json:"at"`
	Repeat   bool             `json:"repeat,omitempty"`
	Key      string           `json:"key"`
	Customer customer.ID      `json:"customer"`
	Channel  customer.Channel `json:"channel"`
	To       string           `json:"to"`
	Topic    customer.Topic   `json:"topic,omitempty"`
	Template string           `json:"template,omitempty"`
	Locale   string           `json:"locale,omitempty"`
	Content  channel.Content  `json:"content"`
}

func entryOf(k Kept) entry {
	return entry{
		Seq: k.Seq, At: k.At, Repeat: k.Repeat, Key: k.Key, Customer: k.Customer, Channel: k.Channel,
		To: k.To, Topic: k.Topic, Template: k.Template, Locale: k.Locale, Content: k.Content,
	}
}

func (e entry) kept() Kept {
	return Kept{Seq: e.Seq, At: e.At.UTC(), Repeat: e.Repeat, Message: channel.Message{
		Key: e.Key, Customer: e.Customer, Channel: e.Channel,
		To: e.To, Topic: e.Topic, Template: e.Template, Locale: e.Locale, Content: e.Content,
	}}
}

// file is what a journal needs of an *os.File.
type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

// journal is the file under an inbox. One goroutine uses it.
type journal struct {
	file   file
	size   int64 // of what is surely on the disk
	broken bool  // the file holds what nobody knows
}

// errUndecided says that a write left the file in an unknown state.
var errUndecided = errors.New("file is in an unknown state")

// append makes messages durable: all of them, or, with an error, none. With
// errUndecided some may be there when the file is read again.
func (j *journal) append(list []Kept) error {
	if j.broken {
		return errors.New("file is broken")
	}
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, k := range list {
		if err := encoder.Encode(entryOf(k)); err != nil {
			return err
		}
	}
	n, err := j.file.Write(lines.Bytes())
	if err == nil {
		err = j.file.Sync()
	}
	if err == nil {
		j.size += int64(n)
		return nil
	}
	if undo := errors.Join(j.file.Truncate(j.size), j.file.Sync()); undo != nil {
		j.broken = true
		return errors.Join(errUndecided, err, undo)
	}
	return err
}

func (j *journal) close() error { return j.file.Close() }

// load reads the file at path into b, and leaves it open for appending.
func (b *Box) load(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("path %s: not a file; name another path", path)
	}
	if err := b.restore(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("file: %w; make its folder, or name another path", err)
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	b.journal = &journal{file: f, size: info.Size()}
	return nil
}

// restore reads a file that is there, and brings it into order: a cut-off end
// is dropped, and a file that holds much more than is kept is written anew.
func (b *Box) restore(path string) error {
	r, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return b.rewrite(path)
	}
	if err != nil {
		return fmt.Errorf("file: %w", err)
	}
	whole, lines, err := b.read(r)
	if err = errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("file %s: %w", path, err)
	}
	const muchLarger = 2
	if whole == 0 || lines > muchLarger*len(b.kept) {
		return b.rewrite(path)
	}
	if err := os.Truncate(path, whole); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	return nil
}

// read reads a whole file. It gives how many bytes of it are whole lines, and
// how many messages these hold.
func (b *Box) read(r io.Reader) (whole int64, lines int, err error) {
	in := bufio.NewReaderSize(r, 1<<20)
	first, err := in.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, err
	}
	if len(first) == 0 {
		return 0, 0, nil
	}
	var h header
	if json.Unmarshal(first, &h) != nil || h.Form != form {
		return 0, 0, errors.New("line 1: not of an inbox, or of another version's; name another path")
	}
	b.seq, b.repeats = h.Received, h.Repeats
	whole = int64(len(first))
	for {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, lines, nil // what has no end of line was never accepted
		}
		if err != nil {
			return 0, 0, err
		}
		var e entry
		if json.Unmarshal(text, &e) != nil || e.Seq <= b.seq {
			return 0, 0, fmt.Errorf("line %d: not a message; move the file away, or remove the line", lines+2)
		}
		b.keep(e.kept())
		whole += int64(len(text))
		lines++
	}
}

func headerLine(h header) []byte {
	h.Form = form
	text, _ := json.Marshal(h) // three whole numbers: never fails
	return append(text, '\n')
}

// rewrite writes a file with what is kept, beside the old one, and puts it in
// the old one's place.
func (b *Box) rewrite(path string) (err error) {
	fresh := path + ".new"
	f, err := os.OpenFile(fresh, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("file: %w; make its folder, or name another path", err)
	}
	if err := errors.Join(b.dump(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("file: %w", err), os.Remove(fresh))
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	b.forget()
	return syncFolder(filepath.Dir(path))
}

// forget drops the keys of messages that are no longer in the file.
func (b *Box) forget() {
	clear(b.keys)
	for _, k := range b.kept {
		b.keys[digestOf(k.Key)] = struct{}{}
	}
}

func (b *Box) dump(w io.Writer) error {
	h := header{Received: b.seq, Repeats: b.repeats}
	for _, k := range b.kept {
		h.Received = min(h.Received, k.Seq-1)
		if k.Repeat {
			h.Repeats--
		}
	}
	out := bufio.NewWriter(w)
	if _, err := out.Write(headerLine(h)); err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	for _, k := range b.kept {
		if err := encoder.Encode(entryOf(k)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// syncFolder makes a new name in a folder durable, where the system can.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	_ = folder.Sync() // some systems have no such thing, and keep names anyway
	return folder.Close()
}
