package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// row gives the columns of a row one after the other.
type row struct {
	values []driver.Value
	next   int
	err    error // of the first column that did not read
}

func (r *row) value() driver.Value {
	v := r.values[r.next]
	r.next++
	return v
}

func (r *row) text() string {
	s, _ := r.value().(string)
	return s
}

func (r *row) int64() int64 {
	n, _ := r.value().(int64)
	return n
}

func (r *row) int() int { return int(r.int64()) }

func (r *row) float() float64 {
	f, _ := r.value().(float64)
	return f
}

func (r *row) bool() bool { return r.int64() != 0 }

func (r *row) at() time.Time { return instant(r.int64()) }

func (r *row) blob() []byte {
	b, _ := r.value().([]byte)
	return b
}

// json reads a column of JSON; an empty text leaves v as it is.
func (r *row) json(v any) {
	s := r.text()
	if s == "" || r.err != nil {
		return
	}
	if err := json.Unmarshal([]byte(s), v); err != nil {
		r.err = fmt.Errorf("column %d is not the JSON that was written: %w", r.next, err)
	}
}

func (r *row) properties() map[string]customer.Value {
	var m map[string]customer.Value
	r.json(&m)
	return m
}

func text(r *row) string  { return r.text() }
func number(r *row) int64 { return r.int64() }

// micros gives the stored form of an instant.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant reads what micros wrote. The very instant 1970-01-01T00:00:00Z
// comes back as the zero time.
func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// properties writes a JSON object, "" for an empty map.
func properties(m map[string]customer.Value) (string, error) {
	if len(m) == 0 {
		return "", nil
	}
	var room [16]string
	names := room[:0]
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	b := make([]byte, 0, 32*len(m))
	for i, name := range names {
		b = append(b, "{,"[min(i, 1)])
		quoted, err := json.Marshal(name)
		if err != nil {
			return "", err
		}
		value, err := m[name].MarshalJSON()
		if err != nil {
			return "", err
		}
		b = append(append(append(b, quoted...), ':'), value...)
	}
	return string(append(b, '}')), nil
}

// words writes a JSON list, "" for an empty one.
func words(list []string) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// bound gives the LIMIT of a limit of which 0 and less mean none.
func bound(limit int) int {
	if limit <= 0 {
		return -1
	}
	return limit
}
