package witness_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/memory"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
	"github.com/outreach-engine/outreach/internal/witness"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// told is what the tests look at of deeds.
type told struct {
	Lane    ledger.Lane
	Events  []string
	Matches []ledger.Ref
	Started []ledger.Ref
	Lines   []witness.Line
}

func refs(list []ledger.Outreach) (names []ledger.Ref) {
	for _, o := range list {
		names = append(names, o.Ref)
	}
	return names
}

// watch gives a store and what was told of its writes.
func watch(store ledger.Store) (*witness.Store, *[]told) {
	list := &[]told{}
	return witness.Watch(store, func(d *witness.Deeds) {
		one := told{Lane: d.Lane, Matches: refs(d.Matches), Started: refs(d.Started)}
		for _, e := range d.Events {
			one.Events = append(one.Events, e.MessageID)
		}
		for _, line := range d.Lines {
			line.At = time.Time{}
			one.Lines = append(one.Lines, line)
		}
		*list = append(*list, one)
	}), list
}

// twice runs each closure two times, as stores do that lose a race.
type twice struct{ ledger.Store }

func (s twice) Write(ctx context.Context, lane ledger.Lane, fn func(ledger.Tx) error) error {
	lost := errors.New("lost a race")
	if err := s.Store.Write(ctx, lane, func(tx ledger.Tx) error { return errors.Join(fn(tx), lost) }); !errors.Is(err, lost) {
		return err
	}
	return s.Store.Write(ctx, lane, fn)
}

func TestWhatAWriteDidIsToldOnce(t *testing.T) {
	t.Parallel()
	store, list := watch(twice{memory.New()})
	ref := ledger.Ref{Rule: "hello", Customer: "canna", N: 1}
	event := customer.Event{MessageID: "m1", Customer: "canna", Name: "signed_up", At: noon}
	message := ledger.Part{Ref: ref, Step: "one", Channel: customer.SMS, Status: ledger.Delivered}
	item := ledger.Part{Ref: ref, Step: "two", Channel: customer.Email, Status: ledger.Accepted, Item: true}
	sent := ledger.Decision{Ref: ref, At: noon, Kind: ledger.KindSend, Step: "one", Channel: customer.SMS}
	rode := ledger.Decision{Ref: ref, At: noon, Kind: ledger.KindSend, Step: "two", Channel: customer.Email}
	over := ledger.Decision{Ref: ref, At: noon, Kind: ledger.KindEnd, Reason: customer.Completed}

	require.NoError(t, store.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
		_, first := tx.Append(event)
		_, again := tx.Append(event)
		_, _, added := tx.AddOutreach(ledger.Outreach{Ref: ledger.Ref{Rule: "hello", Customer: "canna"}, Key: "k", Status: ledger.Matched})
		_, _, known := tx.AddOutreach(ledger.Outreach{Ref: ledger.Ref{Rule: "hello", Customer: "canna"}, Key: "k", Status: ledger.Matched})
		return errors.Join(first, again, added, known)
	}))
	require.NoError(t, store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		claimed, err := tx.Claim("hello", noon, noon, 9)
		require.Len(t, claimed, 1)
		claimed[0].Status, claimed[0].Seq = ledger.Open, 1
		return errors.Join(err, tx.SaveOutreach(claimed[0]), tx.SaveOutreach(claimed[0]),
			tx.Decide(sent), tx.SavePart(message), tx.SavePart(item), tx.Decide(rode, over))
	}))
	sent.At, rode.At, over.At = time.Time{}, time.Time{}, time.Time{}
	require.Equal(t, []told{
		{Lane: ledger.IntakeLane, Events: []string{"m1"}, Matches: []ledger.Ref{ref}},
		{Lane: ledger.GateLane, Started: []ledger.Ref{ref}, Lines: []witness.Line{
			{Decision: sent, Status: ledger.Delivered}, {Decision: rode, Item: true, Status: ledger.Accepted}, {Decision: over},
		}},
	}, *list)
}

func TestAWriteThatFailsIsNotTold(t *testing.T) {
	t.Parallel()
	store, list := watch(memory.New())
	broken := errors.New("broken")
	require.ErrorIs(t, store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		return errors.Join(tx.Decide(ledger.Decision{Kind: ledger.KindSend}), broken)
	}), broken)
	require.Empty(t, *list)
}

// TestAWorkflowThatIsStartedAgainBeganBefore holds that only the first step of
// an outreach is its start.
func TestAWorkflowThatIsStartedAgainBeganBefore(t *testing.T) {
	t.Parallel()
	store, list := watch(memory.New())
	require.NoError(t, store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		_, _, err := tx.AddOutreach(ledger.Outreach{Ref: ledger.Ref{Rule: "hello", Customer: "canna"}, Key: "k", Status: ledger.Matched, Seq: 3})
		return err
	}))
	require.NoError(t, store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		claimed, err := tx.Claim("hello", noon, noon, 9)
		require.Len(t, claimed, 1)
		return errors.Join(err, tx.SaveOutreach(claimed[0]))
	}))
	require.Empty(t, (*list)[1].Started)
}

// TestWhatAStoreCanDoBeside is still to be had.
func TestWhatAStoreCanDoBeside(t *testing.T) {
	t.Parallel()
	file := sqlitetest.Open(t, sqlite.Options{})
	type waiting interface{ Waiting(ledger.Lane) int }
	able, ok := ledger.As[waiting](witness.Watch(witness.Watch(file)))
	require.True(t, ok)
	require.Zero(t, able.Waiting(ledger.GateLane))
	_, ok = ledger.As[waiting](witness.Watch(memory.New()))
	require.False(t, ok)
	_, ok = ledger.As[waiting](nil)
	require.False(t, ok)
}
