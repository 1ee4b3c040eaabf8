package app

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
)

// waker lets the watches of rules that have work know, once a second and soon
// after a local commit that left work. It carries nothing but the rule's name.
type waker struct {
	store    ledger.Store
	library  *library.Library
	wake     func(ctx context.Context, rule string) error
	finds    func(rule string) (underWay bool) // as activities.Engine has it
	ready    func() bool                       // whether there is somebody to wake
	clock    activities.Clock
	patience time.Duration // as activities.Engine has it
	poked    chan struct{}
	logger   *slog.Logger
}

// How often the store is asked.
const (
	wakeEvery = time.Second
	wakeSoon  = 20 * time.Millisecond // after a commit, so that a burst is one question
)

// poke says that a commit left work.
func (w *waker) poke() { poke(w.poked) }

// poke lets whoever listens on a channel with one place know that there is work.
func poke(poked chan<- struct{}) {
	select {
	case poked <- struct{}{}:
	default:
	}
}

// run goes on until ctx ends. Trouble is logged and tried again.
func (w *waker) run(ctx context.Context) {
	ticker := time.NewTicker(wakeEvery)
	defer ticker.Stop()
	troubled := false
	for {
		all := false
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			all = true
		case <-w.poked:
			select {
			case <-ctx.Done():
				return
			case <-time.After(wakeSoon):
			}
		}
		err := w.once(ctx, all)
		if err != nil && ctx.Err() == nil && !troubled {
			w.logger.Warn("watches not woken; trying again each second", "error", err)
		}
		if err == nil && troubled {
			w.logger.Info("watches are woken again")
		}
		troubled = err != nil
	}
}

// once wakes the watches of rules that have work: all of them, or only those
// whose work is not under way here anyway.
func (w *waker) once(ctx context.Context, all bool) error {
	if _, err := w.library.Follow(ctx); err != nil {
		return err
	}
	if !w.ready() {
		return nil
	}
	now := w.clock.Now()
	overdue := now.Add(-w.clock.Span(w.patience))
	var rules []string
	err := w.store.Read(ctx, func(tx ledger.Tx) error {
		var err error
		rules, err = tx.RulesWithWork(now, overdue)
		return err
	})
	if err != nil {
		return err
	}
	for name, active := range w.library.Current().Active {
		if !active.Warm && !slices.Contains(rules, name) {
			rules = append(rules, name)
		}
	}
	for _, rule := range rules {
		if !all && w.finds(rule) {
			continue
		}
		if err := w.wake(ctx, rule); err != nil {
			return err
		}
	}
	return nil
}
