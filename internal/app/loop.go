package app

import (
	"context"
	"time"
)

// eachSecond does something now and each second until ctx ends. Trouble is logged
// when it begins, and tried again.
func (o Options) eachSecond(ctx context.Context, trouble string, do func() error) {
	o.whenPoked(ctx, nil, trouble, do)
}

// whenPoked does something now, each second, and whenever somebody pokes, until
// ctx ends. Trouble is logged when it begins, and tried again.
func (o Options) whenPoked(ctx context.Context, poked <-chan struct{}, trouble string, do func() error) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	troubled := false
	for {
		err := do()
		if err != nil && ctx.Err() == nil && !troubled {
			o.Logger.Warn(trouble+"; trying again each second", "error", err)
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
