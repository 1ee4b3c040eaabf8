package drill

import (
	"context"
	"slices"
	"sync"
	"time"
)

// guests are people who come one by one, at a steady pace.
type guests struct {
	submit func(ctx context.Context, batch []person) error

	mu     sync.Mutex
	kinds  []string
	people []person
	posted map[string]time.Time // when somebody's event was tried first
	taken  map[string]time.Time // and when it was taken
}

// also has people of one more kind come, from now on.
func (g *guests) also(kind string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.kinds = append(g.kinds, kind)
}

// come lets people come until ctx ends, and returns once all who came are
// taken.
func (g *guests) come(ctx context.Context) {
	g.mu.Lock()
	g.kinds, g.posted, g.taken = slices.Clone(rollMixture), map[string]time.Time{}, map[string]time.Time{}
	g.mu.Unlock()
	var under sync.WaitGroup
	defer under.Wait()
	ticker := time.NewTicker(rollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		p := g.another()
		under.Go(func() { g.bring(context.WithoutCancel(ctx), p) })
	}
}

// another gives one more person, who comes at once.
func (g *guests) another() person {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := newPerson(len(g.people), g.kinds[len(g.people)%len(g.kinds)])
	g.people = append(g.people, p)
	g.posted[p.ID] = time.Now()
	return p
}

// bring tries until the person's event is taken.
func (g *guests) bring(ctx context.Context, p person) {
	const again = 20 * time.Millisecond
	for g.submit(ctx, []person{p}) != nil {
		time.Sleep(again)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taken[p.ID] = time.Now()
}
