package behaviour

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
)

// errCut says that bytes are not what Encode writes.
var errCut = errors.New("behaviour state: is cut off or damaged, read the customer's history again")

// Decode reads what Encode wrote; no bytes are the zero state.
func Decode(b []byte) (*State, error) {
	s := &State{}
	if len(b) == 0 {
		return s, nil
	}
	if b[0] != layout && b[0] != countedHours {
		return nil, fmt.Errorf("behaviour state: layout %d is not %d, run the version that wrote it", b[0], layout)
	}
	r := &reader{rest: b[1:]}
	s.LastAct, s.Running = r.at(), r.truth()
	s.Used = table(r, func() (customer.Channel, time.Time) { return customer.Channel(r.text()), r.at() })
	if b[0] == countedHours {
		table(r, func() (int64, int64) { return r.int(), r.int() }) // learned anew
	} else {
		s.Unanswered = table(r, func() (customer.Channel, int) { return customer.Channel(r.text()), int(r.int()) })
		s.Habits = table(r, func() (customer.Channel, *habit.Profile) { return customer.Channel(r.text()), r.habit() })
	}
	s.Goals = table(r, func() (string, time.Time) { return r.text(), r.at() })
	s.Marks = table(r, func() (string, []Mark) { return r.text(), r.marks() })
	s.Pending = table(r, func() (string, *Pending) { return r.text(), r.pending() })
	s.Series = table(r, func() (string, *Series) { return r.text(), r.series() })
	if r.cut || len(r.rest) > 0 {
		return nil, errCut
	}
	return s, nil
}

// countedHours is the layout that had numbers of acts per hour of the week
// instead of habits.
const countedHours = 1

// habit reads one profile.
func (r *reader) habit() *habit.Profile {
	p, rest, err := habit.Decode(r.rest)
	if err != nil {
		r.fail()
		return nil
	}
	r.rest = rest
	return &p
}

// reader takes from the front. Once something is cut off, all that follows is
// zero.
type reader struct {
	rest []byte
	cut  bool
}

func (r *reader) fail() { r.cut, r.rest = true, nil }

// take gives the next n bytes, nil when there are not as many.
func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.fail()
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) truth() bool { return r.byte() != 0 }

func (r *reader) int() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count reads how many follow, of at least one byte each.
func (r *reader) count() int {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > uint64(len(r.rest)-n) {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return int(v)
}

func (r *reader) float() float64 {
	if b := r.take(8); b != nil {
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return 0
}

func (r *reader) text() string { return string(r.take(r.count())) }

func (r *reader) at() time.Time {
	if !r.truth() {
		return time.Time{}
	}
	return time.UnixMicro(r.int()).UTC()
}

func (r *reader) value() customer.Value {
	switch r.byte() {
	case numberValue:
		return customer.Number(r.float())
	case textValue:
		return customer.Text(r.text())
	}
	return customer.Value{}
}

// table reads a map; an empty one is nil.
func table[K comparable, V any](r *reader, next func() (K, V)) map[K]V {
	n := r.count()
	if n == 0 {
		return nil
	}
	m := make(map[K]V, n)
	for range n {
		k, v := next()
		if r.cut {
			return nil
		}
		m[k] = v
	}
	return m
}

func (r *reader) marks() []Mark {
	var marks []Mark
	for range r.count() {
		marks = append(marks, Mark{Period: r.at(), Limit: r.float()})
	}
	return marks
}

func (r *reader) pending() *Pending {
	return &Pending{
		After: r.at(), Due: r.at(), Came: r.at(), Seen: r.at(), MessageID: r.text(), Promised: r.value(), Fired: r.truth(),
	}
}

func (r *reader) series() *Series {
	s := &Series{}
	mask := r.byte()
	if mask&hasAll != 0 {
		s.All = r.bucket()
	}
	if mask&hasNow != 0 {
		s.Now = r.bucket()
	}
	if mask&hasBefore != 0 {
		s.Before = r.bucket()
	}
	if mask&hasEntries != 0 {
		s.Entries = r.entries()
	}
	if mask&hasTotals != 0 {
		s.First = r.at()
		for range r.count() {
			s.Totals = append(s.Totals, Total{Start: r.at(), Count: r.int(), Last: r.at()})
		}
	}
	if mask&hasDays != 0 {
		day := 0
		for range r.count() {
			day += int(r.int())
			s.Days = append(s.Days, day)
		}
	}
	return s
}

func (r *reader) bucket() Bucket {
	return Bucket{Start: r.at(), End: r.at(), Sum: r.float(), Count: r.int(), Last: r.at(), Value: r.value()}
}

func (r *reader) entries() []Entry {
	n := r.count()
	if n == 0 {
		return nil
	}
	list := make([]Entry, 0, n)
	at := int64(0)
	for range n {
		at += r.int()
		list = append(list, Entry{At: time.UnixMicro(at).UTC(), Count: r.int(), Sum: r.float()})
	}
	return list
}
