package app

import (
	"context"
	"time"
)

// spread tells customers of news as it comes, batch by batch with a rest between,
// until ctx ends.
func (o Options) spread(ctx context.Context, r Running, poked <-chan struct{}) {
	o.each(ctx, time.Second, poked, "customers were not told of news", func() error {
		for {
			began := time.Now()
			more, err := r.Observer.Spread(ctx)
			if err != nil || !more || ctx.Err() != nil {
				return err
			}
			r.yielding.plans.Rest(ctx, time.Since(began))
		}
	})
}
