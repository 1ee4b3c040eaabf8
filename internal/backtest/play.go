package backtest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outreach-engine/outreach/internal/simulate"
)

// theatre plays the parts of a past.
type theatre struct {
	Options
	stage *simulate.Stage
	past  *past
	runs  *runs // nil: lines are not written
	mu    sync.Mutex
	done  int64 // bytes of the parts that were played

	nobodys int // events that reach nobody
}

// hush leaves out the events that name no customer and reach nobody, as intake
// refuses them.
func (t *theatre) hush() {
	set := t.stage.Set()
	t.past.news = slices.DeleteFunc(t.past.news, func(n record) bool {
		return !slices.ContainsFunc(set.Sharing(n.Event.Name), func(trait string) bool { return !n.Event.Properties[trait].IsZero() })
	})
	t.nobodys = t.past.unnamed - len(t.past.news)
}

// span gives the virtual time of all plays.
func (t *theatre) span() (from, to time.Time) {
	if to = t.To; to.IsZero() {
		to = t.past.last
	}
	return t.past.first, to
}

// playAll plays all parts on all workers.
func (t *theatre) playAll(ctx context.Context) (*tally, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	tallies := make([]*tally, max(t.Workers, 1))
	for i := range tallies {
		w := t.newWorker()
		tallies[i] = w.tally
		workers.Go(func() {
			for part := int(next.Add(1)) - 1; part < len(t.past.parts.parts) && ctx.Err() == nil; part = int(next.Add(1)) - 1 {
				if err := w.part(ctx, part); err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	for _, other := range tallies[1:] {
		tallies[0].add(other)
	}
	return tallies[0], nil
}

// worker plays one part after the other.
type worker struct {
	*theatre
	decoder decoder
	tally   *tally
	lines   []entry
}

func (t *theatre) newWorker() *worker {
	from, _ := t.span()
	if t.From.After(from) {
		from = t.From
	}
	return &worker{theatre: t, tally: newTally(t.Options, from)}
}

// part plays the groups of one part.
func (w *worker) part(ctx context.Context, part int) error {
	frames, err := w.frames(part)
	if err != nil {
		return err
	}
	for group := range chunks(frames, func(f frame) uint32 { return f.group }) {
		play, err := w.play(ctx, group, false)
		if err != nil {
			return err
		}
		w.count(place{part, group[0].group}, play)
	}
	if w.runs != nil {
		if err := w.runs.add(w.lines); err != nil {
			return fmt.Errorf("temporary file: %w", err)
		}
		w.lines = w.lines[:0]
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done += w.past.parts.parts[part].size
	w.Progress("playing", w.done, w.past.parts.end)
	return nil
}

// chunks gives the stretches of a list that share a key.
func chunks[T any, K comparable](list []T, key func(T) K) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for start := 0; start < len(list); {
			end := start + 1
			for end < len(list) && key(list[end]) == key(list[start]) {
				end++
			}
			if !yield(list[start:end]) {
				return
			}
			start = end
		}
	}
}
