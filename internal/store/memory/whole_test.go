package memory_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/memory"
	"github.com/outreach-engine/outreach/internal/store/storetest"
)

func minute(n int) time.Time { return time.Date(2026, 3, 1, 10, n, 0, 0, time.UTC) }

func write(t *testing.T, s *memory.Store, fn func(ledger.Tx) error) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), ledger.GateLane, fn))
}

func outreach(rule string, id customer.ID, key string, status ledger.Status, at time.Time) ledger.Outreach {
	return ledger.Outreach{Ref: ledger.Ref{Rule: rule, Customer: id}, Key: key, Status: status, NextAt: at}
}

// fill writes one row of each kind.
func fill(tx ledger.Tx) error {
	for _, s := range oneOfEach() {
		if err := s.Do(tx); err != nil {
			return err
		}
	}
	return nil
}

func oneOfEach() []storetest.Step {
	ref := ledger.Ref{Rule: "cart", Customer: "c1", N: 1}
	return []storetest.Step{
		{Name: "customer", Do: func(tx ledger.Tx) error { return tx.SaveCustomer(ledger.Record{Profile: customer.Profile{ID: "c1"}}) }},
		{Name: "name", Do: func(tx ledger.Tx) error { return tx.Join("a", "c1") }},
		{Name: "suppression", Do: func(tx ledger.Tx) error {
			return tx.Suppress(customer.Suppression{Channel: customer.SMS, Address: "a"})
		}},
		{Name: "evidence", Do: func(tx ledger.Tx) error { return tx.Testify(customer.Evidence{Customer: "c1"}) }},
		{Name: "pace", Do: func(tx ledger.Tx) error { return tx.SavePace(ledger.Pace{Scope: "red"}) }},
		{Name: "share", Do: func(tx ledger.Tx) error { return tx.Share("c1", map[string]string{"team": "red"}) }},
		{Name: "event", Do: func(tx ledger.Tx) error {
			_, err := tx.Append(customer.Event{MessageID: "m1", Customer: "c1"})
			return err
		}},
		{Name: "news", Do: func(tx ledger.Tx) error { return tx.AddNews(ledger.News{Trait: "team", Value: "red"}) }},
		{Name: "outreach", Do: func(tx ledger.Tx) error {
			_, _, err := tx.AddOutreach(outreach("cart", "c1", "k", ledger.Open, minute(1)))
			return err
		}},
		{Name: "decision", Do: func(tx ledger.Tx) error { return tx.Decide(ledger.Decision{Ref: ref, Kind: ledger.KindEnter}) }},
		{Name: "part", Do: func(tx ledger.Tx) error {
			return tx.SavePart(ledger.Part{Ref: ref, Step: "s1", Channel: customer.SMS, Status: ledger.Planned})
		}},
		{Name: "hint", Do: func(tx ledger.Tx) error { return tx.Hint(ref, minute(0)) }},
		{Name: "due", Do: func(tx ledger.Tx) error { return tx.SetDue(ledger.Due{Rule: "cart", Customer: "c1", At: minute(2)}) }},
		{Name: "document", Do: func(tx ledger.Tx) error {
			return tx.SaveDocument(ledger.Document{Kind: ledger.RuleDocument, Name: "cart", Hash: "h"})
		}},
		{Name: "active", Do: func(tx ledger.Tx) error { return tx.Activate(ledger.Active{Kind: ledger.RuleDocument, Name: "cart"}) }},
		{Name: "hold", Do: func(tx ledger.Tx) error { return tx.SetHold(ledger.Hold{Kind: ledger.HoldAll}) }},
		{Name: "rejection", Do: func(tx ledger.Tx) error { return tx.Reject(ledger.Rejection{Reason: "odd"}) }},
		{Name: "count", Do: func(tx ledger.Tx) error { return tx.Count("red", 1) }},
		{Name: "setting", Do: func(tx ledger.Tx) error { return tx.SetSetting("red", "x") }},
		{Name: "recheck", Do: func(tx ledger.Tx) error { return tx.SetRecheck("cart", ref) }},
	}
}

// TestResetLeavesNothing holds that a play sees nothing of the one before, and
// that a read under way sees its own.
func TestResetLeavesNothing(t *testing.T) {
	t.Parallel()
	s, untouched := memory.New(), memory.New()
	nothing := storetest.Answers(t, untouched)
	for range 3 {
		write(t, s, fill)
		full := storetest.Answers(t, s)
		require.NotEqual(t, nothing, full)
		s.Reset()
		require.Equal(t, nothing, storetest.Answers(t, s))
		write(t, s, fill)
		require.Equal(t, full, storetest.Answers(t, s), "the same play once more")
		require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) error {
			s.Reset()
			_, ok, err := tx.Resolve("a")
			require.True(t, ok, "a read sees one moment")
			return err
		}))
		require.Equal(t, nothing, storetest.Answers(t, s))
	}
}

// TestEveryWriteIsRefusedWithinARead holds for what the suite leaves out, too.
func TestEveryWriteIsRefusedWithinARead(t *testing.T) {
	t.Parallel()
	s := memory.New()
	write(t, s, fill)
	full := storetest.Answers(t, s)
	steps := append(oneOfEach(), []storetest.Step{
		{Name: "merge", Do: func(tx ledger.Tx) error { return tx.Merge("c1", "c2") }},
		{Name: "unsuppress", Do: func(tx ledger.Tx) error { return tx.Unsuppress(customer.SMS, "a") }},
		{Name: "save news", Do: func(tx ledger.Tx) error { return tx.SaveNews(ledger.News{ID: 1}) }},
		{Name: "drop news", Do: func(tx ledger.Tx) error { return tx.DropNews(1) }},
		{Name: "save outreach", Do: func(tx ledger.Tx) error { return tx.SaveOutreach(ledger.Outreach{}) }},
		{Name: "claim", Do: func(tx ledger.Tx) error { _, err := tx.Claim("cart", minute(1), minute(2), 1); return err }},
		{Name: "restart", Do: func(tx ledger.Tx) error { _, err := tx.Restart(); return err }},
		{Name: "drop hints", Do: func(tx ledger.Tx) error { return tx.DropHints(nil) }},
		{Name: "drop due", Do: func(tx ledger.Tx) error { return tx.DropDue("cart", "c1", "") }},
		{Name: "deactivate", Do: func(tx ledger.Tx) error { return tx.Deactivate(ledger.RuleDocument, "cart") }},
		{Name: "lift hold", Do: func(tx ledger.Tx) error { return tx.LiftHold(ledger.Hold{Kind: ledger.HoldAll, Lifted: minute(1)}) }},
		{Name: "beat", Do: func(tx ledger.Tx) error { return tx.Beat(ledger.Process{}) }},
		{Name: "drop recheck", Do: func(tx ledger.Tx) error { return tx.DropRecheck("cart") }},
	}...)
	for _, step := range steps {
		require.EqualError(t, s.Read(t.Context(), step.Do), "store: a write within a read", step.Name)
	}
	require.Equal(t, full, storetest.Answers(t, s))
}

func TestCloseForgets(t *testing.T) {
	t.Parallel()
	s := memory.New()
	write(t, s, fill)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "a second time")
	require.ErrorIs(t, s.Write(t.Context(), ledger.GateLane, fill), memory.ErrClosed)
	require.ErrorIs(t, s.Read(t.Context(), fill), memory.ErrClosed)
}

// TestAWriteThatEndsItsGoroutineIsUndone holds that the store goes on.
func TestAWriteThatEndsItsGoroutineIsUndone(t *testing.T) {
	t.Parallel()
	s := memory.New()
	nothing := storetest.Answers(t, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Write(context.Background(), ledger.GateLane, func(tx ledger.Tx) error {
			if err := fill(tx); err != nil {
				return err
			}
			runtime.Goexit()
			return nil
		})
	}()
	<-done
	require.Equal(t, nothing, storetest.Answers(t, s))
	write(t, s, fill)
	require.NotEqual(t, nothing, storetest.Answers(t, s))
}
