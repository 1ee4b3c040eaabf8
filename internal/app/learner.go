package app

import (
	"context"
	"time"

	"github.com/outreach-engine/outreach/activities"
)

// learnLooks is how often it is looked whether it is time to learn of everybody,
// on the machine's clock: rarely, since once a day is enough.
const learnLooks = time.Minute

// learn learns of everybody, every so often on the engine's clock, until ctx
// ends. Trouble is logged and tried again.
func (o Options) learn(ctx context.Context, engine *activities.Engine) {
	if o.LearnEvery <= 0 {
		return
	}
	ticker := time.NewTicker(min(learnLooks, o.Clock.Until(o.Clock.Now().Add(o.LearnEvery/24))+time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		began := time.Now()
		switch did, err := engine.Learn(ctx, o.LearnEvery); {
		case err != nil && ctx.Err() == nil:
			o.Logger.Warn("not learned of everybody; trying again", "error", err)
		case did:
			o.Logger.Info("learned of everybody", "customers", engine.Desk.Library.Current().Insight.Customers(), "took", time.Since(began))
		}
	}
}
