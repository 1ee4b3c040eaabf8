package memory

import (
	"cmp"
	"slices"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// SaveDocument implements ledger.Texts. A document that is there stays as it
// is: its hash says that it is the same.
func (t *tx) SaveDocument(d ledger.Document) error {
	if err := t.writes(); err != nil {
		return err
	}
	if _, there, _ := t.Document(d.Kind, d.Name, d.Hash); there {
		return nil
	}
	d.Body, d.At = keptBytes(d.Body), stored(d.At)
	add(t.undo, &t.data.documents, d)
	return nil
}

func givenDocument(d ledger.Document) ledger.Document {
	d.Body = slices.Clone(d.Body)
	return d
}

// Document implements ledger.Texts.
func (t *tx) Document(kind ledger.DocumentKind, name, hash string) (ledger.Document, bool, error) {
	for _, d := range t.data.documents {
		if d.Hash == hash && d.Name == name && d.Kind == kind {
			return givenDocument(d), true, nil
		}
	}
	return ledger.Document{}, false, nil
}

// Documents implements ledger.Texts.
func (t *tx) Documents(kind ledger.DocumentKind, name string) (list []ledger.Document, err error) {
	for _, d := range slices.Backward(t.data.documents) {
		if d.Name == name && d.Kind == kind {
			list = append(list, givenDocument(d))
		}
	}
	slices.SortStableFunc(list, func(a, b ledger.Document) int { return b.At.Compare(a.At) })
	return list, nil
}

// KeepDocuments implements ledger.Texts.
func (t *tx) KeepDocuments(kind ledger.DocumentKind, name string, newest int) error {
	if err := t.writes(); err != nil {
		return err
	}
	list, err := t.Documents(kind, name)
	if err != nil || len(list) <= newest {
		return err
	}
	old := list[newest:]
	for i := len(t.data.documents) - 1; i >= 0; i-- {
		d := t.data.documents[i]
		if d.Kind == kind && d.Name == name && slices.ContainsFunc(old, func(o ledger.Document) bool { return o.Hash == d.Hash }) {
			remove(t.undo, &t.data.documents, i)
		}
	}
	return nil
}

// Active implements ledger.Texts.
func (t *tx) Active() ([]ledger.Active, error) { return keptList(t.data.active), nil }

func (d *data) activeAt(kind ledger.DocumentKind, name string) (int, bool) {
	return slices.BinarySearchFunc(d.active, kind, func(a ledger.Active, kind ledger.DocumentKind) int {
		return cmp.Or(cmp.Compare(a.Kind, kind), cmp.Compare(a.Name, name))
	})
}

// InForce implements ledger.Texts.
func (t *tx) InForce() (list []ledger.Document, err error) {
	for _, a := range t.data.active {
		d, ok, err := t.Document(a.Kind, a.Name, a.Hash)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, d)
		}
	}
	return list, nil
}

// Activate implements ledger.Texts.
func (t *tx) Activate(a ledger.Active) error {
	if err := t.writes(); err != nil {
		return err
	}
	a.At = stored(a.At)
	if i, there := t.data.activeAt(a.Kind, a.Name); there {
		replace(t.undo, &t.data.active, i, a)
	} else {
		insert(t.undo, &t.data.active, i, a)
	}
	return nil
}

// Deactivate implements ledger.Texts.
func (t *tx) Deactivate(kind ledger.DocumentKind, name string) error {
	if err := t.writes(); err != nil {
		return err
	}
	if i, there := t.data.activeAt(kind, name); there {
		remove(t.undo, &t.data.active, i)
	}
	return nil
}
