package sqlite

import (
	"bytes"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func openAt(t *testing.T, path string, options Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func openNew(t *testing.T, options Options) *Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "outreach.db"), options)
}

func keep(id customer.ID, state []byte) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		return tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: id}, State: state})
	}
}

func state(t *testing.T, s *Store, id customer.ID) (state []byte) {
	t.Helper()
	for _, run := range []func(func(ledger.Tx) error) error{
		func(fn func(ledger.Tx) error) error { return s.Write(t.Context(), ledger.GateLane, fn) },
		func(fn func(ledger.Tx) error) error { return s.Read(t.Context(), fn) },
	} {
		require.NoError(t, run(func(tx ledger.Tx) error {
			r, _, err := tx.Customer(id)
			state = r.State
			return err
		}))
	}
	return state
}

// TestCommitFails holds that a commit which cannot be made keeps nothing, tells
// every caller, and leaves the store fit for the next.
func TestCommitFails(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{})
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, keep("c1", []byte("old"))))
	limitPages(t, s, 1)
	big := bytes.Repeat([]byte("x"), 1<<20)
	errs := oneGroup(t, s, keep("c1", []byte("new")), keep("c2", big), func(tx ledger.Tx) error {
		_, err := tx.Append(customer.Event{MessageID: "m1", Customer: "c1", Name: "seen"})
		return err
	})
	for _, err := range errs {
		require.ErrorContains(t, err, "full")
	}
	require.Equal(t, "old", string(state(t, s, "c1")))
	require.Nil(t, state(t, s, "c2"))
	limitPages(t, s, 1<<30)
	require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, keep("c2", big)))
	require.Equal(t, big, state(t, s, "c2"))
	require.Equal(t, "old", string(state(t, s, "c1")))
}

// TestStatementFails holds that nobody is told of a success when a closure hides
// that one of its statements failed and SQLite undid the transaction.
func TestStatementFails(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{})
	hide := func(tx ledger.Tx) error {
		_ = tx.SaveDocument(ledger.Document{Kind: ledger.DataDocument, Body: bytes.Repeat([]byte("x"), 1<<20)})
		return nil
	}
	limitPages(t, s, 1)
	require.ErrorContains(t, s.Write(t.Context(), ledger.GateLane, hide), "full", "alone")
	errs := oneGroup(t, s, keep("c1", []byte("a")), hide, keep("c2", []byte("b")))
	require.Error(t, errs[0])
	require.ErrorContains(t, errs[1], "full")
	require.NoError(t, errs[2], "the next commit")
	require.Nil(t, state(t, s, "c1"))
	require.Equal(t, "b", string(state(t, s, "c2")))
}

// limitPages bounds the file by its pages; SQLite keeps what is there.
func limitPages(t *testing.T, s *Store, pages int) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), ledger.GateLane, func(ledger.Tx) error {
		_, err := s.writer.c.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		return err
	}))
}

// oneGroup runs closures in one commit and gives their errors.
func oneGroup(t *testing.T, s *Store, closures ...func(ledger.Tx) error) []error {
	t.Helper()
	entered, leave := make(chan struct{}), make(chan struct{})
	first, answers := make(chan error, 1), make([]chan error, len(closures))
	go func() {
		first <- s.Write(t.Context(), ledger.GateLane, func(ledger.Tx) error {
			s.writer.span = time.Hour
			close(entered)
			<-leave
			return nil
		})
	}()
	<-entered
	for i, fn := range closures {
		answers[i] = make(chan error, 1)
		go func() { answers[i] <- s.Write(t.Context(), ledger.IntakeLane, fn) }()
		for s.Waiting(ledger.IntakeLane) != i+1 {
			runtime.Gosched()
		}
	}
	close(leave)
	<-first
	errs := make([]error, len(closures))
	for i := range answers {
		errs[i] = <-answers[i]
	}
	return errs
}

// TestGoexit holds that a closure which ends its goroutine, as a failed test
// assertion does, ends no more than its own commit.
func TestGoexit(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{})
	errs := oneGroup(t, s, keep("c1", []byte("a")), func(ledger.Tx) error {
		runtime.Goexit()
		return nil
	}, keep("c2", []byte("b")))
	require.ErrorContains(t, errs[0], "ended its goroutine")
	require.ErrorContains(t, errs[1], "ended its goroutine")
	require.NoError(t, errs[2])
	require.Nil(t, state(t, s, "c1"))
	require.Equal(t, "b", string(state(t, s, "c2")))
}

// TestFewRecords holds that what does not fit in memory is read again.
func TestFewRecords(t *testing.T) {
	t.Parallel()
	s := openNew(t, Options{Records: 2})
	for round := range 3 {
		for i := range 5 {
			id := customer.ID(fmt.Sprint("c", i))
			want := fmt.Sprint(id, round)
			require.NoError(t, s.Write(t.Context(), ledger.IntakeLane, keep(id, []byte(want))))
			require.Equal(t, want, string(state(t, s, id)))
		}
	}
	require.Equal(t, 2, s.writer.memory.Known())
}
