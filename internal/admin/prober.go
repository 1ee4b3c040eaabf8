package admin

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Check is one thing that a process needs to be of use. Look says how it
// stands in a few words, and gives an error that says what is wrong and how to
// mend it. It may be called at any time, though never twice at once.
type Check struct {
	Name string
	Look func(ctx context.Context) (detail string, err error)
}

// State is what a check found last.
type State struct {
	Name   string    `json:"name"`
	OK     bool      `json:"ok"`
	Since  time.Time `json:"since"` // when it came to be so
	Detail string    `json:"detail,omitempty"`
}

// How often is looked, and how long a look may take before it counts as failed.
const (
	every    = 5 * time.Second
	patience = 3 * time.Second
)

// stale is how old the newest round may be of a process that lives.
const stale = 10 * every

// Prober looks again and again whether a process is of use, so that whoever
// asks has the answer at once. It is safe for concurrent use.
type Prober struct {
	checks   []Check
	now      func() time.Time
	patience time.Duration

	mu     sync.Mutex
	states []State
	busy   []bool // a look that has not come back, by check
	round  time.Time
}

// NewProber gives a prober of checks; now is the machine's time. Until the
// first round is over every check counts as failed.
func NewProber(now func() time.Time, checks ...Check) *Prober {
	p := &Prober{checks: checks, now: now, patience: patience, busy: make([]bool, len(checks))}
	for _, c := range checks {
		p.states = append(p.states, State{Name: c.Name, Since: now().UTC(), Detail: "not looked at yet"})
	}
	return p
}

// Run looks at once and then every five seconds, until ctx ends.
func (p *Prober) Run(ctx context.Context) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		p.Look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Look takes one round: all checks at once. It returns after three seconds at
// the latest; what has not answered then counts as failed.
func (p *Prober) Look(ctx context.Context) {
	var all sync.WaitGroup
	for i := range p.checks {
		all.Go(func() { p.look(ctx, i) })
	}
	all.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.round = p.now()
}

// look asks one check, unless its last look has not come back yet.
func (p *Prober) look(ctx context.Context, i int) {
	if !p.begin(i) {
		p.found(i, "", fmt.Errorf("has given no answer for %s", p.now().Sub(p.since(i)).Round(time.Second)))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, p.patience)
	type answer struct {
		detail string
		err    error
	}
	came := make(chan answer, 1)
	go func() {
		defer cancel()
		defer p.end(i)
		detail, err := p.checks[i].Look(ctx)
		came <- answer{detail, err}
	}()
	select {
	case a := <-came:
		p.found(i, a.detail, a.err)
	case <-ctx.Done():
		select {
		case a := <-came: // it came with the end of its time
			p.found(i, a.detail, a.err)
		default:
			p.found(i, "", fmt.Errorf("has given no answer for %s", p.patience))
		}
	}
}

func (p *Prober) begin(i int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy[i] {
		return false
	}
	p.busy[i] = true
	return true
}

func (p *Prober) end(i int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy[i] = false
}

func (p *Prober) since(i int) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.states[i].Since
}

// found notes what a look found; since stays while it stands as it stood.
func (p *Prober) found(i int, detail string, err error) {
	s := State{Name: p.checks[i].Name, OK: err == nil, Since: p.now().UTC(), Detail: detail}
	if err != nil {
		s.Detail = err.Error()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if before := p.states[i]; before.OK == s.OK && !p.round.IsZero() {
		s.Since = before.Since
	}
	p.states[i] = s
}

// States gives what each check found last.
func (p *Prober) States() []State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.states)
}

// Ready reports whether the process is of use: each check stands.
func (p *Prober) Ready() bool {
	return !slices.ContainsFunc(p.States(), func(s State) bool { return !s.OK })
}

// Alive reports whether rounds go on.
func (p *Prober) Alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.round.IsZero() || p.now().Sub(p.round) < stale
}
