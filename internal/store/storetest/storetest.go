// Package storetest holds what every ledger.Store promises, as tests that a
// store's own package runs. It decides what the promises are and knows no
// store.
package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Open opens a store on one place. Opened twice, both stores share the data.
// The caller closes it.
type Open func(t *testing.T) ledger.Store

// Run tests a store. Place makes an empty place for the data, which is removed
// with the test, and gives the way to open it.
func Run(t *testing.T, place func(t *testing.T) Open) {
	t.Helper()
	for _, group := range []map[string]func(*testing.T, Open){
		customers(), events(), told(), outreaches(), parts(), reports(), work(), texts(), house(), merges(), moves(), commits(), crowds(),
	} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, place(t))
			})
		}
	}
}

// start opens a store that is closed with the test.
func start(t *testing.T, open Open) ledger.Store {
	t.Helper()
	s := open(t)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// write runs fn in the intake lane; it must succeed.
func write(t *testing.T, s ledger.Store, fn func(ledger.Tx) error) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, fn))
}

// get gives what fn reads in a snapshot.
func get[T any](t *testing.T, s ledger.Store, fn func(ledger.Tx) (T, error)) (v T) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) (err error) {
		v, err = fn(tx)
		return err
	}))
	return v
}

// both gives what fn reads within a write and in a snapshot, which must be the
// same.
func both[T any](t *testing.T, s ledger.Store, fn func(ledger.Tx) (T, error)) T {
	t.Helper()
	var within T
	write(t, s, func(tx ledger.Tx) (err error) {
		within, err = fn(tx)
		return err
	})
	v := get(t, s, fn)
	require.Equal(t, within, v, "within a write, and in a snapshot")
	return v
}

// found is what a method gives that finds one thing.
type found[T any] struct {
	Value T
	OK    bool
}

func find[T any](v T, ok bool, err error) (found[T], error) { return found[T]{v, ok}, err }

// at gives an instant of the tests' only day, with microseconds.
func at(minutes int) time.Time {
	return time.Date(2026, 3, 1, 10, minutes, 0, 123_456_000, time.UTC)
}

// Texts that a careless store would spoil.
const (
	odd  = "O'Brien \"%_\\ \x00 \n; DROP TABLE x --"
	wide = "Zoë 你好 🎈 ß"
)

func someValues() map[string]customer.Value {
	return map[string]customer.Value{
		"plan":     customer.Text(wide),
		odd:        customer.Text(odd),
		"amount":   customer.Number(12.5),
		"negative": customer.Number(-3),
		"big":      customer.Number(1 << 53),
		"zip":      customer.Text("010"),
		"none":     customer.Text(""),
	}
}
