package activities

import (
	"context"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// Which outreaches are nudged: those so long past their instant, on the
// machine's clock, when there are no more than so many of them. More are a sign
// that there is more to do than can be done at once, and are taken in their turn.
const (
	nudgeFrom = 500 * time.Millisecond
	nudgeTo   = 5 * time.Second
	nudgeMost = 10
)

// Nudger has outreaches look again that ought to have gone on by now: Temporal
// fires a timer a second or two late now and then. Those whose workflow is not
// there, since the process that was to start it died, it has started.
type Nudger struct {
	Engine *Engine

	told map[ledger.Ref]time.Time // the instants that were nudged for, of those that are still late
}

// Nudge looks once. Each instant of an outreach is nudged for once. It is for
// one caller at a time.
func (n *Nudger) Nudge(ctx context.Context) error {
	e := n.Engine
	if e.fit() != nil {
		return nil // by a wrong clock all are late, or none
	}
	now := e.now()
	var late []ledger.Outreach
	err := e.Store.Read(ctx, func(tx ledger.Tx) (err error) {
		late, err = tx.Late(now.Add(-e.Clock.Span(nudgeTo)), now.Add(-e.Clock.Span(nudgeFrom)), nudgeMost+1)
		return err
	})
	if err != nil || len(late) > nudgeMost {
		return err
	}
	told := make(map[ledger.Ref]time.Time, len(late))
	var untold []ledger.Ref
	for _, o := range late {
		if n.told[o.Ref].Equal(o.NextAt) {
			told[o.Ref] = o.NextAt
		} else {
			untold = append(untold, o.Ref)
		}
	}
	nowTold, err := e.lookAgain(ctx, untold, nil)
	for _, o := range late {
		if slices.Contains(nowTold, o.Ref) {
			told[o.Ref] = o.NextAt
		}
	}
	n.told = told
	return err
}
