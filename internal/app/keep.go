package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// keepLeast is how long message ids are remembered at least: a sender may repeat
// an event for so long.
const keepLeast = 30 * 24 * time.Hour

// forgetLooks is how often it is looked whether it is time to forget, on the
// machine's clock: rarely, since once a day is enough.
const forgetLooks = time.Minute

// keepSettings lists what says how long things are kept, as Settings does.
func (o *Options) keepSettings() []Setting {
	return []Setting{
		{Flag: "keep-events", Env: "OUTREACH_KEEP_EVENTS", Value: &o.KeepEvents, Help: "how long events are kept, from 30d, such as 400d or 2 years; never less than a rule in force looks back; empty: for good"},
	}
}

// kept gives how long events are kept; zero: for good.
func (o Options) kept() (keep sendtime.Duration, err error) {
	if o.KeepEvents == "" {
		return keep, nil
	}
	if keep, err = sendtime.ParseDuration(o.KeepEvents); err != nil {
		return keep, fmt.Errorf("--keep-events: %w", err)
	}
	if keep.Approx() < keepLeast {
		return keep, fmt.Errorf("--keep-events %q: is too short; events are kept for 30d at least, since senders may repeat them for as long: write 30d or more", o.KeepEvents)
	}
	return keep, nil
}

// warnOfShortKeep says once, at the start, that events are kept longer than they
// were to be.
func (o Options) warnOfShortKeep(set *library.Set) {
	keep, err := o.kept()
	if err != nil || keep.IsZero() {
		return
	}
	if back, rule := set.LooksBack(); back > keep.Approx() {
		o.Logger.Warn("a rule looks back further than --keep-events says: events are kept for as long as it does", "rule", rule, "days", int(back.Hours()/24))
	}
}

// forget forgets events that are too old, once a day on the engine's clock, until
// ctx ends. Trouble is logged and tried again.
func (o Options) forget(ctx context.Context, engine *activities.Engine) {
	keep, err := o.kept()
	if err != nil || keep.IsZero() {
		return
	}
	if _, able := ledger.As[ledger.Forgetter](engine.Store); !able {
		return
	}
	ticker := time.NewTicker(min(forgetLooks, o.Clock.Until(o.Clock.Now().Add(time.Hour))+time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		o.forgetOnce(ctx, engine, keep)
	}
}

func (o Options) forgetOnce(ctx context.Context, engine *activities.Engine, keep sendtime.Duration) {
	began := time.Now()
	f, err := engine.Forget(ctx, keep)
	if err != nil && !errors.Is(err, context.Canceled) {
		o.Logger.Warn("old events not forgotten; trying again", "error", err)
	}
	if err != nil || !f.Did {
		return
	}
	if f.Rule != "" {
		o.Logger.Info("events are kept longer than --keep-events says, since a rule looks back further", "rule", f.Rule)
	}
	if f.Held {
		o.Logger.Info("events are kept longer than --keep-events says, since an older outreach has not ended")
	}
	o.Logger.Info("old events forgotten", "events", f.Events, "before", f.Before.Format(time.DateOnly), "took", time.Since(began).Round(time.Millisecond))
}
