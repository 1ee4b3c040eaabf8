package drill

import (
	"context"
	"math/rand/v2"
	"time"
)

// Kills counts what was killed.
type Kills struct {
	Worker   int // a process of the engine alone, or the worker of the other design
	Temporal int
	Postgres int
	Restarts int // of PostgreSQL, in good order and at once
	Both     int // two of them at once
}

// All gives the number of kills.
func (k Kills) All() int { return k.Worker + k.Temporal + k.Postgres + k.Restarts + k.Both }

// victim is what is killed, and started again.
type victim interface {
	kill()
	start() error
	awaitReady(ctx context.Context) error
}

// killer kills processes at moments and in an order that a seed decides.
type killer struct {
	random   *rand.Rand
	workers  []victim
	temporal victim
	postgres victim        // nil: there is none
	gap      time.Duration // the longest that all run between two kills
	done     Kills
}

// Out of a hundred kills, so many are of a worker, of Temporal and of
// PostgreSQL, and restarts of PostgreSQL; the rest are of two at once.
const (
	ofWorker   = 70
	ofTemporal = 20
)

// The same where there is a PostgreSQL.
const (
	ofFleet    = 50
	ofItsTimer = 15
	ofPostgres = 12
	ofRestarts = 6
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
	if k.postgres != nil {
		return k.fleet(roll)
	}
	switch {
	case roll < ofWorker:
		k.done.Worker++
		return fell(k.any())
	case roll < ofWorker+ofTemporal:
		k.done.Temporal++
		return fell(k.temporal)
	default:
		k.done.Both++
		return fell(k.any(), k.temporal)
	}
}

// fleet kills what the roll says where there is a PostgreSQL.
func (k *killer) fleet(roll int) error {
	switch {
	case roll < ofFleet:
		k.done.Worker++
		return fell(k.any())
	case roll < ofFleet+ofItsTimer:
		k.done.Temporal++
		return fell(k.temporal)
	case roll < ofFleet+ofItsTimer+ofPostgres:
		k.done.Postgres++
		return fell(k.postgres)
	case roll < ofFleet+ofItsTimer+ofPostgres+ofRestarts:
		k.done.Restarts++
		return k.postgres.start() // it stops what runs
	}
	k.done.Both++
	list := append([]victim{k.temporal, k.postgres}, k.workers...)
	k.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return fell(list[0], list[1])
}

// any gives one of the workers.
func (k *killer) any() victim {
	if len(k.workers) == 1 {
		return k.workers[0]
	}
	return k.workers[k.random.IntN(len(k.workers))]
}

// fell kills all of the list, and starts them again, the last one first.
func fell(list ...victim) error {
	for _, p := range list {
		p.kill()
	}
	for i := range list {
		if err := list[len(list)-1-i].start(); err != nil {
			return err
		}
	}
	return nil
}

// serving returns once all serve.
func (k *killer) serving(ctx context.Context) error {
	for _, p := range append([]victim{k.temporal}, k.workers...) {
		if err := p.awaitReady(ctx); err != nil {
			return err
		}
	}
	return nil
}
