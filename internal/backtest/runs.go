package backtest

import (
	"bufio"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// runs are sorted lists of decisions in one file, for a merge of them all.
type runs struct {
	mu    sync.Mutex
	file  *os.File
	lists []piece
	end   int64
}

func newRuns(dir string) (*runs, error) {
	file, err := os.Create(filepath.Join(dir, "decisions"))
	return &runs{file: file}, err
}

func (r *runs) close() error { return r.file.Close() }

// add sorts and writes one list.
func (r *runs) add(list []entry) error {
	if len(list) == 0 {
		return nil
	}
	slices.SortFunc(list, entry.compare)
	var b []byte
	for _, e := range list {
		b = binary.AppendVarint(b, e.at)
		b = appendText(appendText(b, e.customer), e.rule)
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(e.n)), uint64(e.sequence))
		b = binary.AppendUvarint(b, uint64(len(e.text)))
		b = append(b, e.text...)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.end
	r.end += int64(len(b))
	r.lists = append(r.lists, piece{at, int64(len(b))})
	_, err := r.file.WriteAt(b, at)
	return err
}

// merge writes all decisions in order.
func (r *runs) merge(out io.Writer) error {
	var heads heads
	for _, list := range r.lists {
		h := &head{in: bufio.NewReaderSize(io.NewSectionReader(r.file, list.at, list.size), dealt)}
		if err := h.next(); err != nil {
			return err
		}
		heads = append(heads, h)
	}
	heap.Init(&heads)
	w := bufio.NewWriterSize(out, reading)
	for len(heads) > 0 {
		if _, err := w.Write(heads[0].entry.text); err != nil {
			return err
		}
		switch err := heads[0].next(); {
		case err == nil:
			heap.Fix(&heads, 0)
		case errors.Is(err, io.EOF):
			heap.Pop(&heads)
		default:
			return err
		}
	}
	return w.Flush()
}

// head is the next decision of one list.
type head struct {
	in *bufio.Reader
	entry
}

// next reads the next decision; io.EOF when there is none.
func (h *head) next() (err error) {
	if h.at, err = binary.ReadVarint(h.in); err != nil {
		return err
	}
	var n, sequence uint64
	customer, err1 := h.bytes()
	rule, err2 := h.bytes()
	n, err3 := binary.ReadUvarint(h.in)
	sequence, err4 := binary.ReadUvarint(h.in)
	text, err5 := h.bytes()
	h.customer, h.rule, h.n, h.sequence, h.text = string(customer), string(rule), int(n), int(sequence), text
	if errors.Join(err1, err2, err3, err4, err5) != nil {
		return errRecord
	}
	return nil
}

func (h *head) bytes() ([]byte, error) {
	n, err := binary.ReadUvarint(h.in)
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err = io.ReadFull(h.in, b)
	return b, err
}

// heads are a heap, the earliest decision first.
type heads []*head

func (h heads) Len() int           { return len(h) }
func (h heads) Less(i, j int) bool { return h[i].compare(h[j].entry) < 0 }
func (h heads) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *heads) Push(x any) { *h = append(*h, x.(*head)) }

// Pop implements heap.Interface.
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
