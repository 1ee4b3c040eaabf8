package backtest

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// record is a fact with its place in the reading.
type record struct {
	Fact
	number uint64 // of the fact, in the order of reading
}

// errRecord says that a temporary file does not hold what was written to it.
var errRecord = errors.New("temporary file: was changed by somebody else while it was used; run the command again")

// append adds the record's own encoding: numbers as in encoding/binary, texts
// with their length before them, a change of the profile as JSON.
func (r *record) append(b []byte) ([]byte, error) {
	var change []byte
	if !r.Change.IsZero() {
		var err error
		if change, err = json.Marshal(r.Change); err != nil {
			return b, fmt.Errorf("keep a change of a profile: %w", err)
		}
	}
	b = binary.AppendUvarint(b, r.number)
	b = binary.AppendVarint(b, r.Event.At.UnixMicro())
	undated := byte(0)
	if r.Undated {
		undated = 1
	}
	b = append(b, undated)
	for _, text := range []string{string(r.ID), r.User, r.Anonymous, r.Previous, r.Event.Name, r.Event.MessageID, string(r.Event.Via), string(change)} {
		b = appendText(b, text)
	}
	b = binary.AppendUvarint(b, uint64(len(r.Event.Properties)))
	for _, name := range slices.Sorted(maps.Keys(r.Event.Properties)) {
		b = appendText(b, name)
		b = appendValue(b, r.Event.Properties[name])
	}
	return b, nil
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func appendValue(b []byte, v customer.Value) []byte {
	if f, ok := v.Float(); ok && v == customer.Number(f) {
		return binary.BigEndian.AppendUint64(append(b, 1), math.Float64bits(f))
	}
	return appendText(append(b, 0), v.String())
}

// decoder reads records; words that come again and again are kept once.
type decoder struct {
	b     []byte
	err   error
	words map[string]string
}

func (d *decoder) read(b []byte) (record, error) {
	d.b, d.err = b, nil
	r := record{number: d.uvarint()}
	at, n := binary.Varint(d.b)
	d.skip(n)
	r.Event.At = time.UnixMicro(at).UTC()
	r.Undated = len(d.b) > 0 && d.b[0] == 1
	d.skip(1)
	r.ID, r.User, r.Anonymous, r.Previous = customer.ID(d.text()), d.text(), d.text(), d.text()
	r.Event.Name, r.Event.MessageID, r.Event.Via = d.word(), d.text(), customer.Via(d.word())
	if change := d.bytes(); len(change) > 0 && d.err == nil {
		d.err = json.Unmarshal(change, &r.Change)
	}
	if n := d.uvarint(); n > 0 && d.err == nil && n <= uint64(len(d.b)) {
		r.Event.Properties = make(map[string]customer.Value, n)
		for range n {
			name := d.word()
			r.Event.Properties[name] = d.value()
		}
	}
	if d.err == nil && len(d.b) != 0 {
		d.err = errRecord
	}
	return r, d.err
}

// skip passes over n bytes; n below 1 is what encoding/binary says of a number
// that is none.
func (d *decoder) skip(n int) {
	if n < 1 || n > len(d.b) {
		d.b, d.err = nil, errRecord
		return
	}
	d.b = d.b[n:]
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	d.skip(n)
	return v
}

// bytes gives a text as it lies in the record.
func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.b, d.err = nil, errRecord
		return nil
	}
	text := d.b[:n]
	d.b = d.b[n:]
	return text
}

func (d *decoder) text() string { return string(d.bytes()) }

// maxWords bounds the words that are kept.
const maxWords = 10_000

func (d *decoder) word() string {
	text := d.bytes()
	if word, ok := d.words[string(text)]; ok {
		return word
	}
	word := string(text)
	if d.words == nil || len(d.words) >= maxWords {
		d.words = map[string]string{}
	}
	d.words[word] = word
	return word
}

func (d *decoder) value() customer.Value {
	if len(d.b) == 0 {
		d.err = errRecord
		return customer.Value{}
	}
	kind := d.b[0]
	d.b = d.b[1:]
	if kind == 0 {
		return customer.Text(d.text())
	}
	if len(d.b) < 8 {
		d.b, d.err = nil, errRecord
		return customer.Value{}
	}
	f := math.Float64frombits(binary.BigEndian.Uint64(d.b))
	d.b = d.b[8:]
	return customer.Number(f)
}
