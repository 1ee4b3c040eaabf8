package sqlite

import (
	"errors"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// errReadOnly is what a write within Read gives.
var errReadOnly = errors.New("store: a write within a read")

// tx is one closure's transaction.
type tx struct {
	c *conn
	w *writer // nil within Read
}

var _ ledger.Tx = (*tx)(nil)

// exec writes, after marking where to go back to.
func (t *tx) exec(sql string, args ...any) (int64, error) {
	if err := t.writes(); err != nil {
		return 0, err
	}
	return t.c.exec(sql, args...)
}

// writes makes ready for a write.
func (t *tx) writes() error {
	if t.w == nil {
		return errReadOnly
	}
	return t.w.mark()
}
