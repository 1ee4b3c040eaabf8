package activities

import (
	"context"
	"errors"

	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// strandedBatch bounds the attempts under way that are looked at for one rule.
const strandedBatch = 1000

// stranded gives up the attempts of ended outreaches whose lease is over: their
// process is gone, and no workflow asks any more. Nobody can know whether they
// went out.
func (e *Engine) stranded(ctx context.Context, rule string) (more bool, err error) {
	var left []ledger.Part
	err = e.Store.Read(ctx, func(tx ledger.Tx) error {
		left = left[:0]
		sending, err := tx.PartsBy(ledger.Sending, strandedBatch)
		for _, p := range sending {
			if p.Rule == rule && p.Lease.Before(e.now().Add(-e.Clock.Span(leaseFor))) {
				left = append(left, p)
			}
		}
		return err
	})
	if err != nil || len(left) == 0 {
		return false, err
	}
	return false, e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		for _, p := range left {
			if err := e.giveUp(tx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// giveUp makes an attempt of an ended outreach unknown, or withdraws one that
// reaches nobody. Those of open ones are left to their workflows.
func (e *Engine) giveUp(tx ledger.Tx, seen ledger.Part) error {
	o, ok, err := tx.Outreach(seen.Ref)
	if err != nil || !ok || o.Status != ledger.Ended {
		return err
	}
	p, ok, err := tx.Part(seen.Ref, seen.Step, seen.Channel)
	if err != nil || !ok || p.Status != ledger.Sending || p.Attempt != seen.Attempt {
		return err
	}
	if !p.Channel.Reaches() { // what is safe to repeat needs nobody's attention
		p.Status, p.Reason, p.Updated = ledger.Withdrawn, o.Reason, e.now()
		return tx.SavePart(p)
	}
	p, story := journey.Lost(p, e.now())
	if err := errors.Join(tx.SavePart(p), tx.Decide(story)); err != nil {
		return err
	}
	return e.Desk.Settle(tx, p, p.Sent, e.now(), nil)
}
