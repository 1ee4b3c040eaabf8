package activities

import (
	"context"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/insight"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
)

// How much is read to learn of everybody.
const (
	learnPage  = 200    // customers in one read
	learnMost  = 20_000 // customers in all
	learnOf    = 50     // outreaches of each, the newest
	learnLease = 10 * time.Minute
)

// Learn learns of everybody, when it is time to, every so often on the engine's
// clock, and puts it in force; it reports whether it did. Of several processes
// one does. Nothing that waits is planned anew by it.
//
// It learns from the first customers in the order of their ids, which are drawn
// at random: until each channel has 3,000 with habits, and 20,000 at most. So it
// takes no longer when there are a million. It reads page by page, beside all
// other work, and writes twice.
func (e *Engine) Learn(ctx context.Context, every time.Duration) (did bool, err error) {
	now := e.now()
	if mine, err := e.takeTurn(ctx, now, every); err != nil || !mine {
		return false, err
	}
	s := &insight.Sample{}
	after, read := customer.ID(""), 0
	for read < learnMost && !s.Full() {
		page, last, err := e.sample(ctx, s, after, now)
		if err != nil {
			return false, err
		}
		read += page
		if after = last; page < learnPage {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return true, e.Desk.Library.Learned(ctx, s.Learn(now))
}

// takeTurn reports whether this process is the one to learn now. Who asks when
// it is not time yet writes nothing.
func (e *Engine) takeTurn(ctx context.Context, now time.Time, every time.Duration) (mine bool, err error) {
	err = e.Store.Read(ctx, func(tx ledger.Tx) error {
		mine, err = library.TurnToLearn(tx, now, every)
		return err
	})
	if err != nil || !mine {
		return false, err
	}
	err = e.Store.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error {
		if err := tx.Alter(); err != nil {
			return err
		}
		if mine, err = library.TurnToLearn(tx, now, every); err != nil || !mine {
			return err
		}
		return library.TakeTurn(tx, now.Add(e.Clock.Span(learnLease)))
	})
	return mine, err
}

// sample takes the next page of customers into a sample. It gives how many
// there were, and the last of them.
func (e *Engine) sample(ctx context.Context, s *insight.Sample, after customer.ID, now time.Time) (read int, last customer.ID, err error) {
	var page []ledger.Record
	var outreaches []ledger.Outreach
	err = e.Store.Read(ctx, func(tx ledger.Tx) error {
		if page, err = tx.CustomersAfter(after, learnPage); err != nil {
			return err
		}
		for _, r := range page {
			list, err := tx.OutreachesOf(r.Profile.ID, learnOf)
			if err != nil {
				return err
			}
			outreaches = append(outreaches, list...)
		}
		return nil
	})
	if err != nil {
		return 0, "", err
	}
	for _, r := range page {
		last = r.Profile.ID
		if state, err := behaviour.Decode(r.State); err == nil { // a damaged one keeps nobody from learning; whoever opens it says so
			s.Customer(state.Habits)
		}
	}
	set := e.Desk.Library.Current()
	for _, o := range outreaches {
		if m, ok := set.Matcher(o.Rule); ok && m.Goal != nil {
			s.Outreach(o, now)
		}
	}
	return len(page), last, nil
}
