package postgres_test

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// grow adds one event and one byte to a customer.
func grow(id customer.ID, message string) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		r, _, err := tx.Customer(id)
		if err != nil {
			return err
		}
		r.Profile.ID = id
		r.State = append(r.State, 'x')
		if _, err := tx.Append(customer.Event{MessageID: message, Customer: id, Name: "seen", At: monday}); err != nil {
			return err
		}
		return tx.SaveCustomer(r)
	}
}
var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
