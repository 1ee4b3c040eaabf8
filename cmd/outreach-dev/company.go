package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/demo"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// The demo company: the same customers at every start.
const (
	demoSeed      = 20261123
	demoCustomers = 300
)

// sinceKey is the setting that remembers when the company was first started.
const sinceKey = "demo since"

// runCompany brings the demo company's customers in and lets them act until
// ctx ends. What was brought in by an earlier start is known and changes
// nothing.
func runCompany(ctx context.Context, r app.Running) error {
	clock := r.Engine.Clock.Now
	since, err := firstStart(ctx, r.Store, clock())
	if err != nil {
		return err
	}
	company := demo.New(demoSeed, demoCustomers)
	for batch := range slices.Chunk(append(company.Identify(), company.History(since)...), 200) {
		if _, err := r.Observer.Take(ctx, batch); err != nil {
			return err
		}
	}
	return company.Live(ctx, watched{r.Observer}, clock)
}

// firstStart gives when the company was first started on this store.
func firstStart(ctx context.Context, store ledger.Store, now time.Time) (since time.Time, err error) {
	err = store.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error {
		text, ok, err := tx.Setting(sinceKey)
		if err != nil {
			return err
		}
		if ok {
			since, err = time.Parse(time.RFC3339, text)
			return err
		}
		since = now.Truncate(time.Second)
		return tx.SetSetting(sinceKey, since.Format(time.RFC3339))
	})
	return since, err
}

// watched makes a refusal of the company's own events an error: it would be a
// fault of the demo.
type watched struct{ *observe.Observer }

func (w watched) Take(ctx context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	out, err := w.Observer.Take(ctx, batch)
	for i, o := range out {
		if o.Status == observe.Refused {
			return out, fmt.Errorf("event %s refused: %s", batch[i].Event.Name, o.Reason)
		}
	}
	return out, err
}
