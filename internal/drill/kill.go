package drill

import (
	"context"
	"math/rand/v2"
	"time"
)

// Kills counts what was killed.
type Kills struct {
	Worker   int // the engine alone, or the worker of the other design
	Temporal int
	Both     int
}

// All gives the number of kills.
func (k Kills) All() int { return k.Worker + k.Temporal + k.Both }

// killer kills processes at moments and in an order that a seed decides.
type killer struct {
	random   *rand.Rand
	worker   *process
	temporal *process
	gap      time.Duration // the longest that both run between two kills
	done     Kills
}

// Out of a hundred kills, so many are of the worker and of Temporal; the rest
// are of both.
const (
	ofWorker   = 70
	ofTemporal = 20
)

// next waits until everything serves, a while longer, and kills.
func (k *killer) next(ctx context.Context) error {
	if err := k.serving(ctx); err != nil {
		return err
	}
	wait, roll := time.Duration(k.random.Float64()*float64(k.gap)), k.random.IntN(100)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
	}
	var down []*process
	switch {
	case roll < ofWorker:
		k.done.Worker++
		down = []*process{k.worker}
	case roll < ofWorker+ofTemporal:
		k.done.Temporal++
		down = []*process{k.temporal}
	default:
		k.done.Both++
		down = []*process{k.worker, k.temporal}
	}
	for _, p := range down {
		p.kill()
	}
	for i := range down {
		if err := down[len(down)-1-i].start(); err != nil {
			return err
		}
	}
	return nil
}

// serving returns once both serve.
func (k *killer) serving(ctx context.Context) error {
	for _, p := range []*process{k.temporal, k.worker} {
		if err := p.awaitReady(ctx); err != nil {
			return err
		}
	}
	return nil
}
