package postgres

import (
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

// Resolve implements ledger.Customers. The customer is locked, and looked up
// again under the lock: a merge may have taken the id elsewhere.
func (t *tx) Resolve(external string) (customer.ID, bool, error) {
	if id, known := t.whose[external]; known {
		return id, true, nil
	}
	if t.nobody[external] {
		return "", false, nil
	}
	const who = "SELECT customer FROM identities WHERE external = $1"
	id, ok, err := sqltx.One(t.conn, sqltx.Text, who, external)
	for ok && err == nil {
		if err = t.hold(customer.ID(id)); err != nil {
			break
		}
		was := id
		if id, ok, err = sqltx.One(t.conn, sqltx.Text, who, external); id == was {
			break
		}
	}
	if err != nil {
		return "", false, err
	}
	t.note(external, customer.ID(id), ok)
	return customer.ID(id), ok, nil
}

// Moved implements ledger.Customers. The customer whose outreach it is now is
// locked, so that no merge takes it further.
func (t *tx) Moved(ref ledger.Ref) (ledger.Ref, error) {
	to, err := t.Tx.Moved(ref)
	for err == nil {
		if err = t.hold(to.Customer); err != nil {
			break
		}
		was := to
		if to, err = t.Tx.Moved(ref); to == was {
			break
		}
	}
	return to, err
}

func (t *tx) note(external string, id customer.ID, ok bool) {
	if ok {
		t.whose[external] = id
		delete(t.nobody, external)
	} else {
		t.nobody[external] = true
	}
}

// Join implements ledger.Customers. An id that was found to be nobody's is not
// taken from anybody: when another process gave it to somebody meanwhile, the
// write is tried again.
func (t *tx) Join(external string, id customer.ID) error {
	free := t.nobody[external]
	t.note(external, id, true)
	if free {
		return t.c.Later(newIdentity, external, id)
	}
	return t.Tx.Join(external, id)
}

const newIdentity = "INSERT INTO identities (external, customer) VALUES ($1, $2)"

// Merge implements ledger.Customers.
func (t *tx) Merge(from, into customer.ID) error {
	clear(t.whose)
	clear(t.nobody)
	clear(t.held)
	clear(t.open)
	if err := t.log.write(t.c); err != nil {
		return err
	}
	return t.Tx.Merge(from, into)
}

// Expect implements ledger.Customers: two journeys fetch and lock what a batch
// needs.
func (t *tx) Expect(n ledger.Need) error {
	externals := slices.Compact(slices.Sorted(slices.Values(n.Externals)))
	var before map[string]string
	var err error
	if len(externals)+len(n.Messages) > 0 {
		if before, err = t.ahead(externals, n.Messages); err != nil {
			return err
		}
	}
	ids := slices.Clone(n.Running)
	for _, id := range before {
		ids = append(ids, customer.ID(id))
	}
	if err := t.hold(ids...); err != nil {
		return err
	}
	if err := t.runningOf(n.Running); err != nil || len(externals) == 0 {
		return err
	}
	after, err := t.identities(externals)
	for _, external := range externals {
		id, known := after[external]
		if was, did := before[external]; known == did && id == was { // else it is resolved when it is asked for
			t.note(external, customer.ID(id), known)
		}
	}
	return err
}

// ahead reads whose outside ids are, and which events there are.
func (t *tx) ahead(externals, messages []string) (whose map[string]string, err error) {
	if len(messages) > 0 {
		ids := make([][]byte, 0, len(messages))
		for _, m := range messages {
			id := idOf(m)
			if _, known := t.heard[id]; !known {
				ids, t.heard[id] = append(ids, id[:]), false
			}
		}
		t.c.put = append(t.c.put, statement{
			sql: "SELECT id FROM event_ids WHERE id = ANY($1)", args: []any{ids},
			each: func(r *sqltx.Row) { t.heard[eventID(r.Blob())] = true },
		})
	}
	return t.identities(externals)
}

func (t *tx) identities(externals []string) (map[string]string, error) {
	whose := make(map[string]string, len(externals))
	each := func(r *sqltx.Row) { whose[r.Text()] = r.Text() }
	return whose, t.c.Query("SELECT external, customer FROM identities WHERE external = ANY($1)", each, externals)
}
