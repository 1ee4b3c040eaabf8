package activities

import (
	"context"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// recheckBatch bounds the outreaches of a rule that are asked to look again in
// one piece of work.
const recheckBatch = 200

// recheck asks the next open outreaches of a rule to look at the store again,
// where a lifted hold, a policy or zone data came into force for all of them. It
// takes no more than the bound on rechecks gives now, and none while the hints
// of an earlier page wait; what is left is taken up when the watch is woken
// next. The place that it came to stands in the store, so that whoever goes on
// begins there.
func (e *Engine) recheck(ctx context.Context, rule string) (more bool, err error) {
	after, asked, err := e.askedAgain(ctx, rule)
	if err != nil || !asked {
		return false, err
	}
	if _, err := e.Desk.Library.Follow(ctx); err != nil { // so that they look at what is in force
		return false, err
	}
	limit := e.rechecks()
	if limit == 0 {
		return false, nil
	}
	var page []ledger.Outreach
	err = e.Store.Read(ctx, func(tx ledger.Tx) error {
		page, err = tx.Running(rule, after, limit)
		return err
	})
	if err != nil {
		return false, err
	}
	return len(page) == recheckBatch, e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		return e.askAgain(tx, after, page, limit)
	})
}

// askedAgain gives behind which outreach a rule's are to look again; asked is
// false when none are, or when hints enough wait already.
func (e *Engine) askedAgain(ctx context.Context, rule string) (after ledger.Ref, asked bool, err error) {
	err = e.Store.Read(ctx, func(tx ledger.Tx) error {
		rechecks, err := tx.Rechecks()
		if after, asked = rechecks[rule]; err != nil || !asked {
			return err
		}
		waiting, err := tx.Hints(rule, hintBatch)
		asked = len(waiting) < hintBatch
		return err
	})
	return after, asked, err
}

// askAgain hints a page and moves on behind it, unless it was said meanwhile to
// begin anew.
func (e *Engine) askAgain(tx ledger.Tx, after ledger.Ref, page []ledger.Outreach, limit int) error {
	rechecks, err := tx.Rechecks()
	if now, asked := rechecks[after.Rule]; err != nil || !asked || now != after {
		return err
	}
	for _, o := range page {
		if o.Status != ledger.Open {
			continue // it looks when it is started
		}
		if err := tx.Hint(o.Ref, e.now()); err != nil {
			return err
		}
	}
	if len(page) < limit {
		return tx.DropRecheck(after.Rule)
	}
	return tx.SetRecheck(after.Rule, page[len(page)-1].Ref)
}

// rechecks takes the turns that the bound on rechecks gives now.
func (e *Engine) rechecks() (n int) {
	for n < recheckBatch && (e.Rechecks == nil || e.Rechecks.Allow()) {
		n++
	}
	return n
}

// zonesKey is the setting that holds the version of the zone data that the
// open outreaches were planned by.
const zonesKey = "zones"

// FollowZones asks all open outreaches to look again when the zone data is not
// what they were planned by, and reports whether it is so. version names the
// zone data of this process.
func (e *Engine) FollowZones(ctx context.Context, version string) (changed bool, err error) {
	err = e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		if err := tx.Alter(); err != nil {
			return err
		}
		known, ok, err := tx.Setting(zonesKey)
		if changed = ok && known != version; err != nil || known == version {
			return err
		}
		if changed {
			if err := ledger.RecheckAll(tx); err != nil {
				return err
			}
		}
		return tx.SetSetting(zonesKey, version)
	})
	return changed, err
}
