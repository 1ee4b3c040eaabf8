package sqltx

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Values are the columns of the row under way, by number from 0. What is empty
// in the database reads as the zero value.
type Values interface {
	Text(i int) string
	Int(i int) int64
	Float(i int) float64
	Blob(i int) []byte
}

// Row gives the columns of a row one after the other.
type Row struct {
	values Values
	next   int
	err    error // of the first column that did not read
}

// NewRow gives a row of the values. It may be used again after Reset.
func NewRow(v Values) *Row { return &Row{values: v} }

// Reset begins with the first column again.
func (r *Row) Reset() { r.next, r.err = 0, nil }

// Skip leaves columns out.
func (r *Row) Skip(columns int) { r.next += columns }

// Err is what the first column gave that did not read.
func (r *Row) Err() error { return r.err }

func (r *Row) column() int {
	i := r.next
	r.next++
	return i
}

// Text reads the next column as a text.
func (r *Row) Text() string { return r.values.Text(r.column()) }

// Int64 reads the next column as a whole number.
func (r *Row) Int64() int64 { return r.values.Int(r.column()) }

func (r *Row) int() int { return int(r.Int64()) }

func (r *Row) float() float64 { return r.values.Float(r.column()) }

func (r *Row) bool() bool { return r.Int64() != 0 }

func (r *Row) at() time.Time { return instant(r.Int64()) }

// Blob reads the next column as bytes, nil for none.
func (r *Row) Blob() []byte { return r.values.Blob(r.column()) }

// json reads a column of JSON; an empty text leaves v as it is.
func (r *Row) json(v any) {
	s := r.Text()
	if s == "" || r.err != nil {
		return
	}
	if err := json.Unmarshal([]byte(s), v); err != nil {
		r.err = fmt.Errorf("column %d is not the JSON that was written: %w", r.next, err)
	}
}

func (r *Row) properties() map[string]customer.Value {
	var m map[string]customer.Value
	r.json(&m)
	return m
}

// Text and Number read rows of one column.
func Text(r *Row) string { return r.Text() }

// Number reads a row of one whole number.
func Number(r *Row) int64 { return r.Int64() }

// Micros gives the stored form of an instant.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant reads what Micros wrote. The very instant 1970-01-01T00:00:00Z
// comes back as the zero time.
func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// Properties writes a JSON object, "" for an empty map.
func Properties(m map[string]customer.Value) (string, error) {
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

// Bound gives the LIMIT of a limit of which 0 and less mean none. Neither database
// takes a sign for none that the other understands.
func Bound(limit int) int {
	if limit <= 0 {
		return math.MaxInt64
	}
	return limit
}
