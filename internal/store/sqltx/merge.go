package sqltx

import (
	"errors"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Merge implements ledger.Customers.
func (t *Tx) Merge(from, into customer.ID) error {
	if from == into || from == "" || into == "" {
		return errors.New("store: merge: two customers are needed")
	}
	if t.memory == nil {
		return ErrReadOnly
	}
	t.memory.joins()
	t.memory.identities.clear()
	rules, err := All(t.conn, Text, `SELECT rule FROM outreaches WHERE customer = $1
		UNION SELECT rule FROM decisions WHERE customer = $1
		UNION SELECT rule FROM parts WHERE customer = $1
		UNION SELECT rule FROM hints WHERE customer = $1`, from)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		if err := t.renumber(rule, from, into); err != nil {
			return err
		}
	}
	moves := []string{
		"UPDATE identities SET customer = $2 WHERE customer = $1",
		"UPDATE events SET customer = $2 WHERE customer = $1",
		`INSERT INTO dues (customer, rule, about, at)
			SELECT $2, rule, about, at FROM dues WHERE customer = $1
			ON CONFLICT (customer, rule, about) DO UPDATE SET at = CASE WHEN dues.at < excluded.at THEN dues.at ELSE excluded.at END`,
		"DELETE FROM dues WHERE customer = $1 AND customer <> $2",
		"UPDATE news SET customer = $2 WHERE customer = $1",
		"UPDATE evidence SET customer = $2 WHERE customer = $1",
		"DELETE FROM shares WHERE customer = $1 AND customer <> $2",
	}
	for _, sql := range moves {
		if err := t.conn.Later(sql, from, into); err != nil {
			return err
		}
	}
	t.memory.remove(from)
	return nil
}

// renumber moves what one rule did for a customer behind what it did for
// another. Where both had the same reason, the moved one's key says its name
// until then, so that both are kept.
func (t *Tx) renumber(rule string, from, into customer.ID) error {
	last, _, err := One(t.conn, Number, "SELECT "+lastNumber, rule, into)
	if err != nil {
		return err
	}
	err = t.conn.Later(`UPDATE outreaches SET key = 'merged/' || customer || '/' || n || '/' || key
		WHERE rule = $1 AND customer = $2 AND EXISTS (
			SELECT 1 FROM outreaches AS other WHERE other.rule = $1 AND other.customer = $3
			AND other.about = outreaches.about AND other.key = outreaches.key)`, rule, from, into)
	if err != nil {
		return err
	}
	moves := []string{
		// The rule is wrapped so that no index that begins with it looks better.
		"UPDATE moved SET to_customer = $3, to_n = to_n + $4 WHERE rule || '' = $1 AND to_customer = $2",
		`INSERT INTO moved (rule, customer, n, to_customer, to_n)
			SELECT rule, customer, n, $3, n + $4 FROM outreaches WHERE rule = $1 AND customer = $2
			ON CONFLICT (rule, customer, n) DO UPDATE SET to_customer = excluded.to_customer, to_n = excluded.to_n`,
		"UPDATE outreaches SET customer = $3, n = n + $4 WHERE rule = $1 AND customer = $2",
		"UPDATE decisions SET customer = $3, n = n + $4 WHERE rule = $1 AND customer = $2",
		"UPDATE parts SET customer = $3, n = n + $4 WHERE rule = $1 AND customer = $2",
		"UPDATE hints SET customer = $3, n = n + $4 WHERE rule = $1 AND customer = $2",
	}
	for _, sql := range moves {
		if err := t.conn.Later(sql, rule, from, into, last); err != nil {
			return err
		}
	}
	return nil
}

// Moved implements ledger.Customers.
func (t *Tx) Moved(ref ledger.Ref) (ledger.Ref, error) {
	scan := func(r *Row) ledger.Ref {
		return ledger.Ref{Rule: ref.Rule, Customer: customer.ID(r.Text()), N: r.int()}
	}
	to, ok, err := One(t.conn, scan, "SELECT to_customer, to_n FROM moved WHERE rule = $1 AND customer = $2 AND n = $3",
		ref.Rule, ref.Customer, ref.N)
	if err != nil || !ok {
		return ref, err
	}
	return to, nil
}
