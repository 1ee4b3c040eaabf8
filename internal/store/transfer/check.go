package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/store"
)

// CheckOptions are what a check is told.
type CheckOptions struct {
	// Position reads where an outreach stands in its rule; nil: nobody looks.
	Position func(position []byte) error
}

// Finding is what a check found.
type Finding struct {
	Store    string    `json:"store"`
	Form     Form      `json:"form"`
	Tables   []Count   `json:"tables"`
	Oldest   time.Time `json:"oldest_event,omitzero"` // zero: there is none
	MovedTo  string    `json:"moved_to,omitempty"`    // "": it was not moved
	Problems []Problem `json:"problems"`
}

// Problem is one thing that does not fit.
type Problem struct {
	What    string `json:"what"`
	Count   int64  `json:"count"`             // how many rows
	Example string `json:"example,omitempty"` // one of them, by names that hold no personal data
	Mend    string `json:"mend"`              // what to do
}

// Check looks whether what a place holds fits together. It reads everything, of
// one moment, changes nothing, and lets others work meanwhile.
func Check(ctx context.Context, p store.Place, o CheckOptions) (found Finding, err error) {
	found = Finding{Store: Name(p), Problems: []Problem{}}
	if found.Form, err = FormOf(ctx, p); err != nil {
		return found, err
	}
	b, err := connect(ctx, p)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.snapshot(ctx); err != nil {
		return found, err
	}
	for _, t := range tables {
		n, err := b.one(ctx, "SELECT count(*) FROM ("+b.selection(t)+") AS counted")
		if err != nil {
			return found, err
		}
		found.Tables = append(found.Tables, Count{t.name, n})
	}
	if found.MovedTo, _, err = b.moved(ctx); err != nil {
		return found, err
	}
	oldest, err := b.one(ctx, "SELECT coalesce(min(at), 0) FROM events WHERE at <> 0")
	if err != nil {
		return found, err
	}
	if oldest != 0 {
		found.Oldest = time.UnixMicro(oldest).UTC()
	}
	for _, look := range []func(context.Context, *Finding, CheckOptions) error{b.lookAtFile, b.lookAtRows, b.lookAtTotals, b.lookAtPositions} {
		if err := look(ctx, &found, o); err != nil {
			return found, err
		}
	}
	return found, nil
}

// snapshot begins a transaction that only reads, of one moment.
func (b *base) snapshot(ctx context.Context) error {
	if b.server {
		return b.do(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	}
	if err := b.do(ctx, "PRAGMA query_only = ON"); err != nil {
		return err
	}
	return b.do(ctx, "BEGIN")
}

// lookAtFile has SQLite look at its own pages and indexes
// (https://www.sqlite.org/pragma.html#pragma_integrity_check).
func (b *base) lookAtFile(ctx context.Context, found *Finding, _ CheckOptions) error {
	if b.server {
		return nil
	}
	said, err := b.words(ctx, "PRAGMA integrity_check(20)")
	if err != nil || len(said) == 1 && said[0][0] == "ok" {
		return err
	}
	found.Problems = append(found.Problems, Problem{
		What: "SQLite finds the file damaged", Count: int64(len(said)), Example: strings.TrimSpace(said[0][0]),
		Mend: "stop the engine, keep the file, and put back the newest copy of it",
	})
	return nil
}

// doubt is a question whose rows are problems: each gives texts that name it.
type doubt struct {
	what, mend string
	from       string // FROM and WHERE
	name       string // expression that names a row
	server     bool   // of PostgreSQL alone
}

const (
	outreachName = "rule || '/' || customer || '/' || CAST(n AS TEXT)"
	tellUs       = "tell whoever keeps the engine, with this line: nothing is known to cause it"
)

var doubts = []doubt{
	{what: "messages without their outreach", name: outreachName, mend: tellUs,
		from: "parts p WHERE NOT EXISTS (SELECT 1 FROM outreaches o WHERE o.rule = p.rule AND o.customer = p.customer AND o.n = p.n)"},
	{what: "outreaches under way whose customer is not there", name: outreachName,
		mend: "end them: outreach stop, rule by rule, or put back a backup",
		from: "outreaches o WHERE status <> 'ended' AND NOT EXISTS (SELECT 1 FROM customers c WHERE c.id = o.customer)"},
	{what: "outreaches under way whose version of the rule is not there", name: outreachName + " || ' by ' || version",
		mend: "move them to the version in force: outreach migrate",
		from: "outreaches o WHERE status <> 'ended' AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.kind = 'rule' AND d.name = o.rule AND d.hash = o.version)"},
	{what: "rules or texts in force that are not there", name: "kind || ' ' || name || ' ' || hash",
		mend: "load the rules again: outreach rules load",
		from: "active a WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.kind = a.kind AND d.name = a.name AND d.hash = a.hash)"},
	{what: "outside ids of customers who are not there", name: "customer", mend: tellUs,
		from: "identities i WHERE NOT EXISTS (SELECT 1 FROM customers c WHERE c.id = i.customer)"},
	{what: "customers without an outside id", name: "id", mend: tellUs,
		from: "customers c WHERE NOT EXISTS (SELECT 1 FROM identities i WHERE i.customer = c.id)"},
	{what: "outreaches that were moved to where there is none", name: outreachName, mend: tellUs,
		from: "moved m WHERE NOT EXISTS (SELECT 1 FROM outreaches o WHERE o.rule = m.rule AND o.customer = m.to_customer AND o.n = m.to_n)"},
	{what: "events whose id is not kept beside them", name: "name", server: true,
		mend: "a repeat of one would count again; tell whoever keeps the engine, with this line",
		from: "events e WHERE strpos(message_id, U&'\\F8FF') = 0 AND strpos(message_id, U&'\\FFFD') = 0 AND " +
			"NOT EXISTS (SELECT 1 FROM event_ids i WHERE i.id = substring(sha256(convert_to(e.message_id, 'UTF8')) FOR 16))"},
}

// lookAtRows looks whether rows find those that they name.
func (b *base) lookAtRows(ctx context.Context, found *Finding, _ CheckOptions) error {
	for _, d := range doubts {
		if d.server && !b.server {
			continue
		}
		n, err := b.one(ctx, "SELECT count(*) FROM "+d.from)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		example, err := b.words(ctx, "SELECT "+d.name+" FROM "+d.from+" LIMIT 1")
		if err != nil {
			return err
		}
		found.Problems = append(found.Problems, Problem{What: d.what, Count: n, Example: example[0][0], Mend: d.mend})
	}
	return nil
}

// lookAtTotals looks whether the numbers that are kept are those of the rows.
func (b *base) lookAtTotals(ctx context.Context, found *Finding, _ CheckOptions) error {
	said, err := b.one(ctx, "SELECT CAST(coalesce(sum(count), 0) AS BIGINT) FROM totals WHERE name = 'events'")
	if err != nil {
		return err
	}
	events := found.rows(eventsTable)
	off := func(what string, by, n int64) {
		if by != n {
			found.Problems = append(found.Problems, Problem{
				What: fmt.Sprintf("%s is %d, and there are %d events", what, by, n), Count: max(by-n, n-by),
				Mend: "figures alone are off; tell whoever keeps the engine, with this line",
			})
		}
	}
	off("the total of events", said, events)
	if !b.server {
		return nil
	}
	ids, err := b.one(ctx, "SELECT count(*) FROM event_ids")
	off("the number of ids of events", ids, events)
	return err
}

func (f *Finding) rows(table string) int64 {
	for _, c := range f.Tables {
		if c.Table == table {
			return c.Rows
		}
	}
	return 0
}

// lookAtPositions reads where every outreach under way stands.
func (b *base) lookAtPositions(ctx context.Context, found *Finding, o CheckOptions) (err error) {
	if o.Position == nil {
		return nil
	}
	const question = "SELECT " + outreachName + ", position FROM outreaches WHERE status <> 'ended' AND position IS NOT NULL"
	rows, err := b.QueryContext(ctx, question)
	if err != nil {
		return b.fail(question, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	p := Problem{What: "outreaches under way whose place in their rule is not readable", Mend: "end them: outreach stop, rule by rule, or put back a backup"}
	for rows.Next() {
		var name string
		var position []byte
		if err := rows.Scan(&name, &position); err != nil {
			return b.fail(question, err)
		}
		if o.Position(position) != nil {
			p.Count, p.Example = p.Count+1, name
		}
	}
	if p.Count > 0 {
		found.Problems = append(found.Problems, p)
	}
	return b.fail(question, rows.Err())
}
