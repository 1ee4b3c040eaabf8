package behaviour

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// layout is the first byte of an encoded state.
const layout = 2

// Encode writes the state: numbers as varints, instants in microseconds, maps
// in no order. Two equal states may come out as different bytes.
func (s *State) Encode() []byte {
	w := writer(make([]byte, 0, 64+96*len(s.Series)+24*len(s.Used)+64*len(s.Habits)+64*len(s.Pending)))
	w.byte(layout)
	w.at(s.LastAct)
	w.truth(s.Running)
	w.count(len(s.Used))
	for channel, at := range s.Used {
		w.text(string(channel))
		w.at(at)
	}
	w.count(len(s.Unanswered))
	for channel, n := range s.Unanswered {
		w.text(string(channel))
		w.int(int64(n))
	}
	w.count(len(s.Habits))
	for channel, profile := range s.Habits {
		w.text(string(channel))
		w = profile.Append(w)
	}
	w.count(len(s.Goals))
	for rule, until := range s.Goals {
		w.text(rule)
		w.at(until)
	}
	w.count(len(s.Marks))
	for key, marks := range s.Marks {
		w.text(key)
		w.count(len(marks))
		for _, m := range marks {
			w.at(m.Period)
			w.float(m.Limit)
		}
	}
	w.count(len(s.Pending))
	for key, p := range s.Pending {
		w.text(key)
		w.pending(p)
	}
	w.count(len(s.Series))
	for key, series := range s.Series {
		w.text(key)
		w.series(series)
	}
	return w
}

// writer appends.
type writer []byte

func (w *writer) byte(b byte)     { *w = append(*w, b) }
func (w *writer) int(n int64)     { *w = binary.AppendVarint(*w, n) }
func (w *writer) count(n int)     { *w = binary.AppendUvarint(*w, uint64(n)) }
func (w *writer) float(f float64) { *w = binary.LittleEndian.AppendUint64(*w, math.Float64bits(f)) }

func (w *writer) truth(b bool) {
	if b {
		w.byte(1)
		return
	}
	w.byte(0)
}

func (w *writer) text(s string) {
	w.count(len(s))
	*w = append(*w, s...)
}

// at writes an instant; the zero time has a byte of its own kind.
func (w *writer) at(t time.Time) {
	if t.IsZero() {
		w.truth(false)
		return
	}
	w.truth(true)
	w.int(t.UnixMicro())
}

// The kinds of a value.
const (
	noValue = iota
	textValue
	numberValue
)

func (w *writer) value(v customer.Value) {
	if v.IsZero() {
		w.byte(noValue)
		return
	}
	if f, ok := v.Float(); ok && v == customer.Number(f) {
		w.byte(numberValue)
		w.float(f)
		return
	}
	w.byte(textValue)
	w.text(v.String())
}

func (w *writer) pending(p *Pending) {
	w.at(p.After)
	w.at(p.Due)
	w.at(p.Came)
	w.at(p.Seen)
	w.text(p.MessageID)
	w.value(p.Promised)
	w.truth(p.Fired)
}

// The parts of a series that are there, as bits.
const (
	hasAll = 1 << iota
	hasNow
	hasBefore
	hasEntries
	hasTotals
	hasDays
)

func (w *writer) series(s *Series) {
	mask := byte(0)
	for _, part := range []struct {
		bit byte
		is  bool
	}{{hasAll, s.All != Bucket{}}, {hasNow, s.Now != Bucket{}}, {hasBefore, s.Before != Bucket{}}, {hasEntries, len(s.Entries) > 0},
		{hasTotals, len(s.Totals) > 0}, {hasDays, len(s.Days) > 0}} {
		if part.is {
			mask |= part.bit
		}
	}
	w.byte(mask)
	for _, part := range []struct {
		bit byte
		b   *Bucket
	}{{hasAll, &s.All}, {hasNow, &s.Now}, {hasBefore, &s.Before}} {
		if mask&part.bit != 0 {
			w.bucket(part.b)
		}
	}
	if mask&hasEntries != 0 {
		w.entries(s.Entries)
	}
	if mask&hasTotals != 0 {
		w.totals(s)
	}
	if mask&hasDays != 0 {
		w.days(s.Days)
	}
}

func (w *writer) totals(s *Series) {
	w.at(s.First)
	w.count(len(s.Totals))
	for _, t := range s.Totals {
		w.at(t.Start)
		w.int(t.Count)
		w.at(t.Last)
	}
}

// days writes each day as its distance from the one before.
func (w *writer) days(list []int) {
	w.count(len(list))
	before := 0
	for _, day := range list {
		w.int(int64(day - before))
		before = day
	}
}

func (w *writer) bucket(b *Bucket) {
	w.at(b.Start)
	w.at(b.End)
	w.float(b.Sum)
	w.int(b.Count)
	w.at(b.Last)
	w.value(b.Value)
}

// entries writes each instant as its distance from the one before.
func (w *writer) entries(list []Entry) {
	w.count(len(list))
	before := int64(0)
	for _, e := range list {
		at := e.At.UnixMicro()
		w.int(at - before)
		w.int(e.Count)
		w.float(e.Sum)
		before = at
	}
}
