package memory

import (
	"cmp"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// data is everything that a store holds. What its rows point at is never
// changed, so that a copy of a row is a copy.
type data struct {
	readers atomic.Int32 // that see this very data; a write leaves it to them

	holdings []*holding             // in id order
	heard    map[string]struct{}    // message ids
	names    map[string]customer.ID // outside ids
	barred   map[address]customer.Suppression

	hints      []hint                    // oldest first
	news       []ledger.News             // oldest first
	documents  []ledger.Document         // in the order they were saved
	active     []ledger.Active           // by kind and name
	holds      []ledger.Hold             // by kind, name and when they were lifted
	rejections []ledger.Rejection        // oldest first
	counts     map[string]int64          // by name
	settings   map[string]string         // by key
	rechecks   map[string]ledger.Ref     // by rule
	moved      map[ledger.Ref]ledger.Ref // where merges took outreaches
	left       map[series]int            // the highest number that a merge took away
	evidence   []customer.Evidence       // by id
	paces      map[string]ledger.Pace    // by scope
	processes  map[string]ledger.Process // by id

	last  int64      // the newest number of a row
	spare []*holding // empty ones, to be used again
}

// series is the outreaches of a rule for a customer, which are numbered.
type series struct {
	rule     string
	customer customer.ID
}

// address is where suppressions hold.
type address struct {
	channel customer.Channel
	address string
}

// holding is everything of one customer, who need not have a record: "" has
// none.
type holding struct {
	id         customer.ID
	record     *ledger.Record // nil: there is none
	shares     map[string]string
	events     []customer.Event  // by at and message id
	outreaches []outreach        // in the order they were added
	live       []int             // places of those that have not ended
	decisions  []ledger.Decision // by at, then in the order they were made
	parts      []part
	dues       []ledger.Due
}

// outreach is a row, with its place among those added.
type outreach struct {
	ledger.Outreach
	row int64
}

// hint is a row, with when it came.
type hint struct {
	ledger.Hint
	at time.Time
}

// part is a row, with its place among those added.
type part struct {
	ledger.Part
	row int64
}

func newData() *data {
	return &data{
		heard:    map[string]struct{}{},
		names:    map[string]customer.ID{},
		barred:   map[address]customer.Suppression{},
		counts:   map[string]int64{},
		settings: map[string]string{},
		rechecks: map[string]ledger.Ref{},
		moved:    map[ledger.Ref]ledger.Ref{},
		left:     map[series]int{},
		paces:    map[string]ledger.Pace{}, processes: map[string]ledger.Process{},
	}
}

// clone gives data that may be changed while others read d.
func (d *data) clone() *data {
	c := &data{
		holdings: make([]*holding, len(d.holdings)),
		heard:    maps.Clone(d.heard), names: maps.Clone(d.names), barred: maps.Clone(d.barred),
		hints: slices.Clone(d.hints), news: slices.Clone(d.news), documents: slices.Clone(d.documents),
		active: slices.Clone(d.active), holds: slices.Clone(d.holds), rejections: slices.Clone(d.rejections),
		counts: maps.Clone(d.counts), settings: maps.Clone(d.settings), rechecks: maps.Clone(d.rechecks), last: d.last,
		moved: maps.Clone(d.moved), left: maps.Clone(d.left), evidence: slices.Clone(d.evidence), paces: maps.Clone(d.paces),
		processes: maps.Clone(d.processes),
	}
	for i, h := range d.holdings {
		c.holdings[i] = h.clone()
	}
	return c
}

func (h *holding) clone() *holding {
	return &holding{
		id: h.id, record: h.record, shares: h.shares,
		events: slices.Clone(h.events), outreaches: slices.Clone(h.outreaches), live: slices.Clone(h.live),
		decisions: slices.Clone(h.decisions), parts: slices.Clone(h.parts), dues: slices.Clone(h.dues),
	}
}

// reset empties the data and keeps its room.
func (d *data) reset() {
	for _, h := range d.holdings {
		h.reset()
	}
	d.spare = append(d.spare, d.holdings...)
	d.holdings = empty(d.holdings)
	clear(d.heard)
	clear(d.names)
	clear(d.barred)
	d.hints, d.news, d.documents = empty(d.hints), empty(d.news), empty(d.documents)
	d.active, d.holds, d.rejections = empty(d.active), empty(d.holds), empty(d.rejections)
	clear(d.counts)
	clear(d.settings)
	clear(d.rechecks)
	clear(d.moved)
	clear(d.left)
	clear(d.paces)
	clear(d.processes)
	d.evidence = empty(d.evidence)
	d.last = 0
}

func (h *holding) reset() {
	*h = holding{
		events: empty(h.events), outreaches: empty(h.outreaches), live: empty(h.live),
		decisions: empty(h.decisions), parts: empty(h.parts), dues: empty(h.dues),
	}
}

// empty gives the room of a list.
func empty[T any](list []T) []T {
	clear(list)
	return list[:0]
}

// next numbers a row.
func (d *data) next() int64 {
	d.last++
	return d.last
}

func (d *data) place(id customer.ID) (int, bool) {
	return slices.BinarySearchFunc(d.holdings, id, func(h *holding, id customer.ID) int { return cmp.Compare(h.id, id) })
}

// none is the holding of those of whom nothing is known. It is never changed.
func none() *holding { return &holding{} }

// of gives what is known of a customer, for reading.
func (d *data) of(id customer.ID) *holding {
	if i, ok := d.place(id); ok {
		return d.holdings[i]
	}
	return none()
}

// own gives the holding of a customer, for writing.
func (t *tx) own(id customer.ID) *holding {
	d := t.data
	i, ok := d.place(id)
	if !ok {
		h := &holding{}
		if n := len(d.spare); n > 0 {
			h, d.spare = d.spare[n-1], d.spare[:n-1]
		}
		h.id = id
		insert(t.undo, &d.holdings, i, h)
	}
	return d.holdings[i]
}
