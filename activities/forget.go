package activities

import (
	"context"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// How often events are forgotten, on the engine's clock, and how long somebody
// may take before another process takes over.
const (
	forgetEvery = 24 * time.Hour
	forgetLease = 2 * time.Hour
)

// Forgot is what was forgotten.
type Forgot struct {
	Did    bool      // it was this process's turn
	Events int64     // that are gone
	Before time.Time // events from before are
	// Rule looks back further than events were to be kept; "": none does. Held
	// says that an outreach which has not ended needs older events.
	Rule string
	Held bool
}

// Forget removes events that are older than they are to be kept, once a day. Of
// several processes one does. What a rule in force looks back at stays, and what
// came since the oldest outreach that has not ended. From then on no older event
// is taken in.
func (e *Engine) Forget(ctx context.Context, keep sendtime.Duration) (f Forgot, err error) {
	forgetter, ok := ledger.As[ledger.Forgetter](e.Store)
	if !ok {
		return f, nil
	}
	now := e.now()
	if f.Did, err = e.turnToForget(ctx, now); err != nil || !f.Did {
		return f, err
	}
	var oldest time.Time
	err = e.Store.Read(ctx, func(tx ledger.Tx) error {
		oldest, err = tx.OldestRunning()
		return err
	})
	if err != nil {
		return f, err
	}
	e.bound(&f, keep.Before(now, time.UTC), now, oldest)
	if err := e.Desk.Library.SetForgotten(ctx, f.Before); err != nil {
		return f, err
	}
	if f.Events, err = forgetter.Forget(ctx, f.Before); err != nil {
		return f, err
	}
	return f, e.Store.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error {
		return library.TakeTurnToForget(tx, now.Add(forgetEvery))
	})
}

// turnToForget reports whether this process is the one to forget now. Who asks
// when it is not time yet writes nothing.
func (e *Engine) turnToForget(ctx context.Context, now time.Time) (mine bool, err error) {
	err = e.Store.Read(ctx, func(tx ledger.Tx) error {
		mine, err = library.TurnToForget(tx, now)
		return err
	})
	if err != nil || !mine {
		return false, err
	}
	err = e.Store.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error {
		if err := tx.Alter(); err != nil {
			return err
		}
		if mine, err = library.TurnToForget(tx, now); err != nil || !mine {
			return err
		}
		return library.TakeTurnToForget(tx, now.Add(e.Clock.Span(forgetLease)))
	})
	return mine, err
}

// bound gives before what is forgotten: never what somebody still needs. An
// outreach needs what came since its reason, and as far back as rules look.
func (e *Engine) bound(f *Forgot, before, now, oldest time.Time) {
	f.Before = before
	back, whose := e.Desk.Library.Current().LooksBack()
	if needed := now.Add(-back); needed.Before(f.Before) {
		f.Before, f.Rule = needed, whose
	}
	if needed := oldest.Add(-back); !oldest.IsZero() && needed.Before(f.Before) {
		f.Before, f.Held = needed, true
	}
	f.Before = f.Before.UTC().Truncate(time.Microsecond)
}
