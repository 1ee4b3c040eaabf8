package app

import (
	"context"
	"time"

	"github.com/outreach-engine/outreach/activities"
)

// nudgeEvery is how often it is looked for outreaches that go on late. With what
// lateness is looked for, none of them waits for a second.
const nudgeEvery = 300 * time.Millisecond

// nudge has outreaches that are late look again, until ctx ends.
func (o Options) nudge(ctx context.Context, r Running) {
	nudger := &activities.Nudger{Engine: r.Engine}
	o.each(ctx, nudgeEvery, nil, "nobody looks for outreaches that go on late", func() error {
		if !r.temporal.ready() || r.yielding.behind.Load() {
			return nil
		}
		return nudger.Nudge(ctx)
	})
}

// eachSecond does something now and each second until ctx ends. Trouble is logged
// when it begins, and tried again.
func (o Options) eachSecond(ctx context.Context, trouble string, do func() error) {
	o.each(ctx, time.Second, nil, trouble, do)
}

// each does something now, every so often, and whenever somebody pokes, until
// ctx ends. Trouble is logged when it begins, and tried again.
func (o Options) each(ctx context.Context, every time.Duration, poked <-chan struct{}, trouble string, do func() error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	troubled := false
	for {
		err := do()
		if err != nil && ctx.Err() == nil && !troubled {
			o.Logger.Warn(trouble+"; trying again", "error", err)
		}
		troubled = err != nil
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-poked:
		}
	}
}
