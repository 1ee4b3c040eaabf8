package simulate

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// waiter is one outreach that has not ended, and what it waits for.
type waiter struct {
	ref      ledger.Ref
	priority int
	at       time.Time // when it goes on by itself; zero: never
	deliver  string    // the send key to deliver then; "": it looks at the facts
	asked    bool      // it is to look at the facts now: a match, or hinted
	due      bool      // its instant has come
	listed   bool      // among those that are ready
	gone     bool      // it has ended
}

func (w *waiter) steps() bool    { return w.asked || w.due && w.deliver == "" }
func (w *waiter) delivers() bool { return !w.steps() }

// before is the order at one instant: priority, rule, customer, number.
func (w *waiter) before(v *waiter) int {
	return cmp.Or(cmp.Compare(v.priority, w.priority), cmp.Compare(w.ref.Rule, v.ref.Rule),
		cmp.Compare(w.ref.Customer, v.ref.Customer), cmp.Compare(w.ref.N, v.ref.N))
}

// watched is a store that notes what is written for later: the waits of
// outreaches, due times, hints and decisions. Nothing has to be looked for.
type watched struct {
	ledger.Store
	run     *run
	people  map[customer.ID]person
	waiters map[ledger.Ref]*waiter
	ready   []*waiter
	due     map[string]bool // rules with due times that have come
	hinted  map[string]bool // rules with rows of hints
	news    bool            // there may be some
	alarms  alarms
	notes   notes
}

// person is what a line says of its customer.
type person struct {
	external string
	where    sendtime.Clues // what location hangs on
	location *time.Location
}

// notes are what a transaction under way wrote.
type notes struct {
	lines  []Line
	people []customer.Profile
	rows   []row
	dues   []ledger.Due
	hints  []ledger.Ref
	passed []passed
	news   bool
}

// row is an outreach as it was written last.
type row struct {
	ledger.Outreach
	deliver string // the send key that it waits for
}

type passed struct {
	rule string
	path []journey.Passed
}

func newWatched(store ledger.Store, r *run) *watched {
	return &watched{
		Store: store, run: r, people: map[customer.ID]person{}, waiters: map[ledger.Ref]*waiter{},
		due: map[string]bool{}, hinted: map[string]bool{},
	}
}

// Write implements ledger.Store. What fn wrote is noted when it is committed.
func (s *watched) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	err := s.Store.Write(ctx, lane, func(tx ledger.Tx) error {
		s.notes.clear()
		return fn(&watchedTx{Tx: tx, notes: &s.notes, drawer: s.run.desk.Drawer})
	})
	if err == nil {
		s.keep()
	}
	return err
}

func (n *notes) clear() {
	*n = notes{n.lines[:0], n.people[:0], n.rows[:0], n.dues[:0], n.hints[:0], n.passed[:0], false}
}

// watchedTx notes what one transaction writes.
type watchedTx struct {
	ledger.Tx
	notes  *notes
	drawer *dossier.Drawer
}

// Merge implements ledger.Customers.
func (t *watchedTx) Merge(from, into customer.ID) error {
	t.drawer.Drop(from)
	return t.Tx.Merge(from, into)
}

// SaveCustomer implements ledger.Customers.
func (t *watchedTx) SaveCustomer(r ledger.Record) error {
	t.notes.people = append(t.notes.people, r.Profile)
	return t.Tx.SaveCustomer(r)
}

// AddOutreach implements ledger.Outreaches.
func (t *watchedTx) AddOutreach(o ledger.Outreach) (n int, ok bool, err error) {
	n, ok, err = t.Tx.AddOutreach(o)
	if ok && err == nil {
		o.N = n
		t.notes.rows = append(t.notes.rows, row{Outreach: o})
	}
	return n, ok, err
}

// SaveOutreach implements ledger.Outreaches.
func (t *watchedTx) SaveOutreach(o ledger.Outreach) error {
	t.notes.rows = append(t.notes.rows, row{Outreach: o})
	return t.Tx.SaveOutreach(o)
}

// Decide implements ledger.Outreaches.
func (t *watchedTx) Decide(decisions ...ledger.Decision) error {
	for _, d := range decisions {
		t.notes.lines = append(t.notes.lines, Line{Decision: d})
	}
	return t.Tx.Decide(decisions...)
}

// AddNews implements ledger.Events.
func (t *watchedTx) AddNews(n ledger.News) error {
	t.notes.news = true
	return t.Tx.AddNews(n)
}

// SetDue implements ledger.Work.
func (t *watchedTx) SetDue(d ledger.Due) error {
	t.notes.dues = append(t.notes.dues, d)
	return t.Tx.SetDue(d)
}

// Hint implements ledger.Work.
func (t *watchedTx) Hint(ref ledger.Ref, at time.Time) error {
	t.notes.hints = append(t.notes.hints, ref)
	return t.Tx.Hint(ref, at)
}

// keep takes over what a transaction wrote.
func (s *watched) keep() {
	n := &s.notes
	s.news = s.news || n.news
	for i := range n.people {
		s.know(&n.people[i])
	}
	for i := range n.rows {
		s.wait(&n.rows[i])
	}
	for _, d := range n.dues {
		s.alarms.set(alarm{at: stored(d.At), rule: d.Rule})
	}
	for _, ref := range n.hints {
		s.hinted[ref.Rule] = true
		if w := s.waiters[ref]; w != nil {
			w.asked = true
			s.list(w)
		}
	}
	for _, line := range n.lines {
		p := s.people[line.Customer]
		line.External, line.Zone = p.external, p.location
		s.run.play.Lines = append(s.run.play.Lines, line)
	}
	for _, p := range n.passed {
		s.pass(p)
	}
}

// know keeps what lines say of a customer.
func (s *watched) know(p *customer.Profile) {
	known, ok := s.people[p.ID]
	where := sendtime.Clues{Zone: p.Zone, Phone: p.Phone, Country: p.Country, Region: p.Region}
	if !ok || known.where != where {
		known = person{where: where, location: s.run.desk.Library.Current().Policy.ZoneOf(s.run.desk.Zones, p)}
	}
	known.external = p.External
	s.people[p.ID] = known
}

// wait keeps what an outreach waits for.
func (s *watched) wait(o *row) {
	w := s.waiters[o.Ref]
	if o.Status == ledger.Ended {
		if w != nil {
			w.gone = true
			delete(s.waiters, o.Ref)
		}
		return
	}
	if w == nil {
		w = &waiter{ref: o.Ref, priority: o.Priority}
		s.waiters[o.Ref] = w
	}
	w.at, w.deliver, w.asked, w.due = stored(o.NextAt), o.deliver, o.Status == ledger.Matched, false
	switch {
	case w.asked:
		s.list(w)
	case !o.NextAt.IsZero():
		s.alarms.set(alarm{at: w.at, waiter: w})
	}
}

func (s *watched) list(w *waiter) {
	if !w.listed {
		w.listed = true
		s.ready = append(s.ready, w)
	}
}

func (s *watched) pass(p passed) {
	counts := s.run.play.Passed[p.rule]
	if counts == nil {
		counts = map[journey.Passed]int{}
		s.run.play.Passed[p.rule] = counts
	}
	for _, step := range p.path {
		counts[step]++
	}
}

// ring lets what waited for an instant be ready.
func (s *watched) ring(now time.Time) {
	for {
		a, ok := s.alarms.take(now)
		switch {
		case !ok:
			return
		case a.waiter == nil:
			s.due[a.rule] = true
		case !a.waiter.gone && a.waiter.at.Equal(a.at):
			a.waiter.due = true
			s.list(a.waiter)
		}
	}
}

// dueRules takes the rules with due times that have come, by name.
func (s *watched) dueRules(now time.Time) []string {
	s.ring(now)
	return drain(s.due)
}

// hintedRules takes the rules with rows of hints, by name.
func (s *watched) hintedRules() []string { return drain(s.hinted) }

func drain(set map[string]bool) []string {
	if len(set) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(set))
	clear(set)
	return names
}

// take takes those of the ready for whom which holds, in their order.
func (s *watched) take(now time.Time, which func(*waiter) bool) []*waiter {
	s.ring(now)
	var taken []*waiter
	s.ready = slices.DeleteFunc(s.ready, func(w *waiter) bool {
		is := w.gone || which(w)
		if is {
			w.listed = false
			taken = append(taken, w)
		}
		return is
	})
	slices.SortFunc(taken, (*waiter).before)
	return taken
}
