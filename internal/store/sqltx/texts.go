package sqltx

import (
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// SaveDocument implements ledger.Texts. A document that is there stays as it
// is: its hash says that it is the same.
func (t *Tx) SaveDocument(d ledger.Document) error {
	return t.conn.Later(`INSERT INTO documents (kind, name, hash, body, at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, name, hash) DO NOTHING`,
		string(d.Kind), d.Name, d.Hash, d.Body, d.At)
}

// Document implements ledger.Texts.
func (t *Tx) Document(kind ledger.DocumentKind, name, hash string) (ledger.Document, bool, error) {
	scan := func(r *Row) ledger.Document {
		return ledger.Document{Kind: kind, Name: name, Hash: hash, Body: r.Blob(), At: r.at()}
	}
	return One(t.conn, scan, "SELECT body, at FROM documents WHERE kind = $1 AND name = $2 AND hash = $3",
		string(kind), name, hash)
}

// Documents implements ledger.Texts.
func (t *Tx) Documents(kind ledger.DocumentKind, name string) ([]ledger.Document, error) {
	scan := func(r *Row) ledger.Document {
		return ledger.Document{Kind: kind, Name: name, Hash: r.Text(), Body: r.Blob(), At: r.at()}
	}
	return All(t.conn, scan, `SELECT hash, body, at FROM documents
		WHERE kind = $1 AND name = $2 ORDER BY at DESC, rowid DESC`, string(kind), name)
}

// KeepDocuments implements ledger.Texts.
func (t *Tx) KeepDocuments(kind ledger.DocumentKind, name string, newest int) error {
	return t.conn.Later(`DELETE FROM documents WHERE kind = $1 AND name = $2 AND rowid NOT IN (
		SELECT rowid FROM documents WHERE kind = $3 AND name = $4 ORDER BY at DESC, rowid DESC LIMIT $5)`,
		string(kind), name, string(kind), name, newest)
}

// Active implements ledger.Texts.
func (t *Tx) Active() ([]ledger.Active, error) {
	scan := func(r *Row) ledger.Active {
		return ledger.Active{
			Kind: ledger.DocumentKind(r.Text()), Name: r.Text(), Hash: r.Text(), At: r.at(),
			Warm: r.Int64() != 0, Warming: customer.ID(r.Text()), Warmed: r.int(),
		}
	}
	return All(t.conn, scan, "SELECT kind, name, hash, at, warm, warming, warmed FROM active ORDER BY kind, name")
}

// InForce implements ledger.Texts.
func (t *Tx) InForce() ([]ledger.Document, error) {
	scan := func(r *Row) ledger.Document {
		return ledger.Document{Kind: ledger.DocumentKind(r.Text()), Name: r.Text(), Hash: r.Text(), Body: r.Blob(), At: r.at()}
	}
	return All(t.conn, scan, `SELECT documents.kind, documents.name, documents.hash, documents.body, documents.at
		FROM active JOIN documents ON documents.kind = active.kind AND documents.name = active.name AND documents.hash = active.hash
		ORDER BY active.kind, active.name`)
}

// Activate implements ledger.Texts.
func (t *Tx) Activate(a ledger.Active) error {
	warm := 0
	if a.Warm {
		warm = 1
	}
	return t.conn.Later(`INSERT INTO active (kind, name, hash, at, warm, warming, warmed)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (kind, name) DO UPDATE SET hash = excluded.hash, at = excluded.at, warm = excluded.warm,
			warming = excluded.warming, warmed = excluded.warmed`,
		string(a.Kind), a.Name, a.Hash, a.At, warm, a.Warming, a.Warmed)
}

// Deactivate implements ledger.Texts.
func (t *Tx) Deactivate(kind ledger.DocumentKind, name string) error {
	return t.conn.Later("DELETE FROM active WHERE kind = $1 AND name = $2", string(kind), name)
}
