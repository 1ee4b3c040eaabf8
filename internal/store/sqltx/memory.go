package sqltx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Memory is what a writer knows beside the file: customers as they were
// committed, and what the transaction under way has yet to write, so that a
// customer is written once for each commit, however many closures save them.
//
// The closure under way has its own layer. It joins the transaction's when the
// closure succeeds, and that one the committed layer after the commit.
type Memory struct {
	dialect    Dialect
	committed  *lru[customer.ID, *record]
	identities *lru[string, customer.ID]
	group      layer
	closure    layer
	joined     bool // the closure under way changed identities
}

type layer struct {
	records map[customer.ID]*record
	counts  map[counter]int64
}

// counter names a row of counters or totals.
type counter struct{ table, name string }

// record is a customer in memory. It does not change once it is shared but for
// what flush notes.
type record struct {
	ledger.Record
	seq     int64  // of the row; 0: not known, or there is none
	profile string // the stored form of the profile; "": not known
	gone    bool   // to be removed
}

func newLayer() layer {
	return layer{records: map[customer.ID]*record{}, counts: map[counter]int64{}}
}

func (l layer) clear() {
	clear(l.records)
	clear(l.counts)
}

// Dialect is how a database keeps customers and counts.
type Dialect struct {
	LockCustomer string // reads the row of the customer $1: OneCustomer, with what locks it
	AddCount     string // adds $2 to the counter $1
	AddTotal     string // adds $2 to the total $1
	// Shared says that others write, too: nothing that was read stays true after
	// the commit.
	Shared bool
}

// NewMemory gives a memory that remembers up to a number of customers from one
// transaction to the next.
func NewMemory(d Dialect, limit int) *Memory {
	return &Memory{
		dialect:    d,
		committed:  newLRU[customer.ID, *record](limit),
		identities: newLRU[string, customer.ID](limit),
		group:      newLayer(),
		closure:    newLayer(),
	}
}

// find gives the newest form of a customer that is in memory.
func (m *Memory) find(id customer.ID) (*record, bool) {
	if r, ok := m.closure.records[id]; ok {
		return r, true
	}
	if r, ok := m.group.records[id]; ok {
		return r, true
	}
	return m.committed.get(id)
}

// save takes the closure's newest form of a customer. A profile that did not
// change is not copied, nor written again.
func (m *Memory) save(r ledger.Record) {
	made := &record{}
	old, known := m.find(r.Profile.ID)
	if known && !old.gone {
		made.seq = old.seq
	}
	if known && !old.gone && sameProfile(old.Profile, r.Profile) {
		made.Profile, made.profile = old.Profile, old.profile
	} else {
		made.Profile = normal(r.Profile)
	}
	made.State = copyList(r.State)
	m.closure.records[r.Profile.ID] = made
}

// remove marks a customer as gone.
func (m *Memory) remove(id customer.ID) {
	m.closure.records[id] = &record{gone: true}
}

func (m *Memory) count(c counter, by int64) { m.closure.counts[c] += by }

// joins says that the closure under way changes identities: none that it reads
// from here on is remembered, because the change may be undone.
func (m *Memory) joins() { m.joined = true }

// pending gives what is counted and not yet written.
func (m *Memory) pending(c counter) int64 { return m.closure.counts[c] + m.group.counts[c] }

// addPending adds what is counted and not yet written to counts.
func (m *Memory) addPending(counts map[string]int64) {
	for _, l := range []layer{m.group, m.closure} {
		for c, by := range l.counts {
			if c.table == counters {
				counts[c.name] += by
			}
		}
	}
}

// Keep adds what the closure under way did to its transaction.
func (m *Memory) Keep() {
	maps.Copy(m.group.records, m.closure.records)
	for c, by := range m.closure.counts {
		m.group.counts[c] += by
	}
	m.Undo()
}

// Undo drops what the closure under way did.
func (m *Memory) Undo() {
	m.closure.clear()
	m.joined = false
}

// Rollback drops what the transaction under way did.
func (m *Memory) Rollback() {
	m.Undo()
	m.group.clear()
}

// Forget drops all: others may have changed it.
func (m *Memory) Forget() {
	m.Rollback()
	m.committed.clear()
	m.identities.clear()
}

// Commit remembers what flush wrote, as now committed.
func (m *Memory) Commit() {
	if m.dialect.Shared {
		m.Forget()
		return
	}
	for id, r := range m.group.records {
		if r.gone {
			m.committed.drop(id)
		} else {
			m.committed.put(id, r)
		}
	}
	m.group.clear()
}

// Unread drops what was read and not saved in this transaction: its locks are
// gone.
func (m *Memory) Unread() {
	m.committed.clear()
	m.identities.clear()
}

// Idle reports whether nothing waits to be written.
func (m *Memory) Idle() bool {
	return len(m.group.records)+len(m.group.counts)+len(m.closure.records)+len(m.closure.counts) == 0
}

// Known gives the number of customers that are remembered from one transaction
// to the next.
func (m *Memory) Known() int { return len(m.committed.at) }

// Flush writes what the transaction has yet to write, at its end.
func (m *Memory) Flush(c Conn) error {
	for id, r := range m.group.records {
		if err := r.write(c, id, m.dialect.Shared); err != nil {
			return err
		}
	}
	for key, by := range m.group.counts {
		if err := c.Later(m.dialect.add(key.table), key.name, by); err != nil {
			return err
		}
	}
	return nil
}

// expose writes the customers before a statement that reads their table. What
// it writes may yet be undone, so nothing of it is noted.
func (m *Memory) expose(c Conn) error {
	for _, l := range []layer{m.group, m.closure} {
		for id, r := range l.records {
			shadow := *r
			if err := shadow.write(c, id, m.dialect.Shared); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *record) write(c Conn, id customer.ID, shared bool) error {
	if r.gone {
		return c.Later(deleteCustomer, id)
	}
	if r.seq != 0 && r.profile != "" {
		return c.Later(UpdateState, r.State, r.seq)
	}
	if r.profile == "" {
		b, err := json.Marshal(r.Profile)
		if err != nil {
			return fmt.Errorf("store: profile of %s: %w", id, err)
		}
		r.profile = string(b)
	}
	if r.seq != 0 {
		return c.Later(updateCustomer, r.profile, r.State, r.seq)
	}
	if shared {
		return c.Later(UpsertCustomer, id, r.profile, r.State)
	}
	return c.Change(UpsertCustomer+" RETURNING seq", func(row *Row) { r.seq = row.Int64() }, id, r.profile, r.State)
}

func (d Dialect) add(table string) string {
	if table == totals {
		return d.AddTotal
	}
	return d.AddCount
}

// The tables of counters.
const (
	counters = "counters"
	totals   = "totals"
)

// normal gives a copy as it would come back from the file.
func normal(p customer.Profile) customer.Profile {
	q := p
	q.PushTokens = copyList(p.PushTokens)
	q.Traits = copyMap(p.Traits)
	q.Consents = copyMap(p.Consents)
	for topic, consent := range q.Consents {
		consent.At = stored(consent.At)
		q.Consents[topic] = consent
	}
	q.Preferences.Channels = copyList(p.Preferences.Channels)
	q.Preferences.Hours = copyMap(p.Preferences.Hours)
	q.Since = stored(p.Since)
	return q
}

// share gives a copy that its receiver may change.
func (r *record) share() ledger.Record {
	return ledger.Record{Profile: r.Profile.Clone(), State: bytes.Clone(r.State)}
}

// stored gives an instant as it comes back from the file.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

func copyList[E any](list []E) []E {
	if len(list) == 0 {
		return nil
	}
	return slices.Clone(list)
}

func copyMap[K comparable, V any](m map[K]V) map[K]V {
	if len(m) == 0 {
		return nil
	}
	return maps.Clone(m)
}

// sameProfile reports whether two profiles are stored alike. It may say no of
// two that are.
func sameProfile(a, b customer.Profile) bool {
	return a.External == b.External && a.Zone == b.Zone && a.Country == b.Country &&
		a.Region == b.Region && a.Locale == b.Locale && a.Phone == b.Phone && a.Email == b.Email &&
		a.Since.Equal(b.Since) &&
		slices.Equal(a.PushTokens, b.PushTokens) &&
		maps.Equal(a.Traits, b.Traits) &&
		maps.Equal(a.Consents, b.Consents) &&
		slices.Equal(a.Preferences.Channels, b.Preferences.Channels) &&
		maps.Equal(a.Preferences.Hours, b.Preferences.Hours)
}
