package app

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/throttle"
)

// startsPerSecond bounds the outreaches that one process starts, of urgent rules
// and of the others.
const startsPerSecond = 150

// toldFrom is from how many percent of its time at best on a process tells the
// others at once that its taking in of events is slowed, and that it is no more.
// That many events come, and that they do no more, it tells at once, too.
const toldFrom = 110

// yielding has what can wait yield to what cannot: starts and plans of the whole
// fleet to its taking in of events, and starts also to what is due.
type yielding struct {
	gauge                 throttle.Gauge
	late                  throttle.Lateness
	starts, urgent, plans *throttle.Throttle
	slowed                atomic.Int64 // percent, at the last look; 0: few events came
	behind                atomic.Bool  // much of what was due before the last look was taken up late
}

func newYielding() *yielding {
	return &yielding{starts: throttle.New(startsPerSecond), urgent: throttle.New(startsPerSecond), plans: throttle.New(startsPerSecond)}
}

// figures gives what there is to show of it.
func (y *yielding) figures() (slowed float64, shares map[string]float64) {
	return float64(y.slowed.Load()) / 100, map[string]float64{"starts": y.starts.Share(), "plans": y.plans.Share()}
}

// yield looks each second what suffers, until ctx ends.
func (o Options) yield(ctx context.Context, r Running) {
	o.eachSecond(ctx, "nobody sees whether intake is slowed elsewhere", func() error {
		y, at := r.yielding, o.Clock.Machine()
		before := y.slowed.Swap(int64(y.gauge.Look(at)))
		worst := y.slowed.Load()
		var err error
		if (worst > toldFrom) != (before > toldFrom) || (worst > 0) != (before > 0) {
			_, err = o.writes(r)(ctx)
		}
		if err == nil && (y.starts.Much() || y.plans.Much()) {
			var others int64
			others, err = slowedElsewhere(ctx, r.Store, at)
			worst = max(worst, others)
		}
		intake, late := float64(worst)/100, 1.0
		y.behind.Store(y.late.Look())
		if y.behind.Load() {
			late = throttle.Late
		}
		y.starts.Judge(at, intake, late)
		y.plans.Judge(at, intake, 1)
		y.urgent.Judge(at, 0, 1)
		return err
	})
}

// slowedElsewhere gives how much the taking in of events is slowed in the process
// where it is slowed most.
func slowedElsewhere(ctx context.Context, store ledger.Store, now time.Time) (worst int64, err error) {
	err = store.Read(ctx, func(tx ledger.Tx) error {
		all, err := tx.Processes(now.Add(-2 * ledger.BeatEvery))
		worst = 0
		for _, p := range all {
			worst = max(worst, int64(p.Slowed))
		}
		return err
	})
	return worst, err
}
