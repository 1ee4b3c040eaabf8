package sqlite

import (
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// SaveDocument implements ledger.Texts. A document that is there stays as it
// is: its hash says that it is the same.
func (t *tx) SaveDocument(d ledger.Document) error {
	_, err := t.exec(`INSERT INTO documents (kind, name, hash, body, at)
		VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, name, hash) DO NOTHING`,
		string(d.Kind), d.Name, d.Hash, d.Body, d.At)
	return err
}

// Document implements ledger.Texts.
func (t *tx) Document(kind ledger.DocumentKind, name, hash string) (ledger.Document, bool, error) {
	scan := func(r *row) ledger.Document {
		return ledger.Document{Kind: kind, Name: name, Hash: hash, Body: r.blob(), At: r.at()}
	}
	return one(t.c, scan, "SELECT body, at FROM documents WHERE kind = ? AND name = ? AND hash = ?",
		string(kind), name, hash)
}

// Documents implements ledger.Texts.
func (t *tx) Documents(kind ledger.DocumentKind, name string) ([]ledger.Document, error) {
	scan := func(r *row) ledger.Document {
		return ledger.Document{Kind: kind, Name: name, Hash: r.text(), Body: r.blob(), At: r.at()}
	}
	return all(t.c, scan, `SELECT hash, body, at FROM documents
		WHERE kind = ? AND name = ? ORDER BY at DESC, rowid DESC`, string(kind), name)
}

// KeepDocuments implements ledger.Texts.
func (t *tx) KeepDocuments(kind ledger.DocumentKind, name string, newest int) error {
	_, err := t.exec(`DELETE FROM documents WHERE kind = ? AND name = ? AND rowid NOT IN (
		SELECT rowid FROM documents WHERE kind = ? AND name = ? ORDER BY at DESC, rowid DESC LIMIT ?)`,
		string(kind), name, string(kind), name, newest)
	return err
}

// Active implements ledger.Texts.
func (t *tx) Active() ([]ledger.Active, error) {
	scan := func(r *row) ledger.Active {
		return ledger.Active{
			Kind: ledger.DocumentKind(r.text()), Name: r.text(), Hash: r.text(), At: r.at(),
			Warm: r.int64() != 0, Warming: customer.ID(r.text()), Warmed: r.int(),
		}
	}
	return all(t.c, scan, "SELECT kind, name, hash, at, warm, warming, warmed FROM active ORDER BY kind, name")
}

// Activate implements ledger.Texts.
func (t *tx) Activate(a ledger.Active) error {
	warm := 0
	if a.Warm {
		warm = 1
	}
	_, err := t.exec(`INSERT INTO active (kind, name, hash, at, warm, warming, warmed)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (kind, name) DO UPDATE SET hash = excluded.hash, at = excluded.at, warm = excluded.warm,
			warming = excluded.warming, warmed = excluded.warmed`,
		string(a.Kind), a.Name, a.Hash, a.At, warm, a.Warming, a.Warmed)
	return err
}

// Deactivate implements ledger.Texts.
func (t *tx) Deactivate(kind ledger.DocumentKind, name string) error {
	_, err := t.exec("DELETE FROM active WHERE kind = ? AND name = ?", string(kind), name)
	return err
}
