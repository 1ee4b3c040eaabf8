// Package drill proves that customers get each message once, or says that they
// do not: it runs the engine as processes of its own against providers that
// misbehave, kills them again and again, and counts at the providers. It
// decides what is lost, doubled, stuck, unknown and late, and takes the
// engine's word for nothing but what it says did not go out.
package drill

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/outreach-engine/outreach/internal/sandbox"
)

// Options say what a drill is like.
type Options struct {
	Messages int
	Kills    int
	Seed     uint64
	Trouble  float64       // share of the calls of providers that go wrong
	Gap      time.Duration // the longest between two kills while everything serves
	Call     time.Duration // how long the engine waits for a provider
	Patience time.Duration // how late a workflow may be before the engine starts it again
	LateIf   time.Duration // a message is late when it came so long after it could
	Drain    time.Duration // how long after the last kill everything is waited for
	Dir      string        // where everything is kept; it is made
	Bin      string        // where outreach and outreach-dev are
	Email    string        // who carries email: "" or sendgrid, smtp
	Store    string        // what the engine keeps everything in: "" or sqlite, postgres
	Engines  int           // its processes; 0 is one
	Roles    []string      // of its processes, in turn; nil: each is all
	Rate     int           // messages a second that may go by SMS; 0: any number
	Hold     bool          // everything is held for a while in the middle
	Rolling  bool          // the engine's processes are replaced one by one, and none of the above happens
	Next     string        // folder of the program that replaces; "": Bin
	Naive    bool          // drills the design that sends, then records, and tries again
	Out      io.Writer     // told how it goes; nil is told nothing
}

// Report is what came of a drill.
type Report struct {
	Numbers
	Vendors Vendors
	Options Options
	Kills   Kills
	GaveUps int // how often a process ended without being killed
	Sandbox sandbox.Counts
	Took    time.Duration
}

// Run drills the engine. It leaves no process behind. The error is about the
// drill itself; what the drill found is in the report.
func Run(ctx context.Context, o Options) (Report, error) {
	began := time.Now()
	r := Report{Options: o}
	if err := o.check(); err != nil {
		return r, fmt.Errorf("drill: %w", err)
	}
	stage, err := o.stage(ctx)
	defer stage.leave()
	if err != nil {
		return r, fmt.Errorf("drill: %w", err)
	}
	p, box := stage.places, stage.box
	made := engineDesign
	if o.Naive {
		made = naiveDesign
	}
	design, err := made(p, box, o)
	if err != nil {
		return r, fmt.Errorf("drill: %w", err)
	}
	defer design.close()
	scene := &scene{stage: stage, Options: o, design: design, people: people(o.Messages), temporal: p.temporalProcess(), load: newLoad(design.submit)}
	b := books{people: scene.people, lateIf: o.LateIf}
	if b.fates, b.open, err = scene.play(ctx); err != nil {
		return r, fmt.Errorf("drill: %w", err)
	}
	b.readyAt, b.taken = scene.load.times(), box.Book().Taken()
	r.Numbers, r.Kills, r.GaveUps = tally(b), scene.kills, scene.temporal.gaveUps
	for _, w := range scene.workers {
		r.GaveUps += w.gaveUps
	}
	calls := box.Book().Calls()
	r.Vendors = watch(calls, o.Rate, scene.held, o.Call)
	r.Sandbox, r.Took = box.Book().Counts(), time.Since(began)
	return r, writeCalls(filepath.Join(o.Dir, "calls.txt"), calls)
}

// Green reports whether customers got what they were to get, once, and no rate
// or hold was broken.
func (r Report) Green() bool { return r.Numbers.Green() && !r.Vendors.Broken() }

// Who may carry email.
const (
	sendGrid   = "sendgrid"
	mailServer = "smtp"
)

func (o Options) email() string { return cmp.Or(o.Email, sendGrid) }

// scene is one drill under way.
type scene struct {
	Options
	design
	*stage
	people   []person
	load     *load
	temporal *process
	kills    Kills
	held     hold
	told     time.Time // when it was said last how it goes
}

// play starts the processes, brings the people in while they are killed, waits
// for what is still to come, and asks the design what it knows.
func (s *scene) play(ctx context.Context) (fates []fate, open map[string]bool, err error) {
	for _, p := range append([]*process{s.temporal}, s.workers...) {
		if err := s.run(ctx, p); err != nil {
			return nil, nil, err
		}
	}
	if err := s.act(ctx); err != nil {
		return nil, nil, err
	}
	for _, w := range s.workers {
		w.stop()
	}
	return s.fates(ctx, s.people)
}

// act brings the people in, kills, and waits.
func (s *scene) act(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	loaded := make(chan error, 1)
	go func() { loaded <- s.load.run(ctx, s.people) }()
	if err := s.killAll(ctx); err != nil {
		return err
	}
	s.load.open(len(s.people))
	if err := <-loaded; err != nil {
		return err
	}
	return s.drain(ctx)
}

// killAll kills while the load comes in, so that neither ends long before the
// other.
func (s *scene) killAll(ctx context.Context) error {
	const stream = 1
	k := &killer{random: rand.New(rand.NewPCG(s.Seed, stream)), temporal: s.temporal, postgres: s.postgres, gap: s.Gap} //nolint:gosec // it is to be repeatable
	for _, w := range s.workers {
		k.workers = append(k.workers, w)
	}
	for n := range s.Kills {
		if err := s.holds(ctx, n); err != nil {
			return err
		}
		s.load.open(len(s.people) * (n + 1) / (s.Kills + 1))
		if err := s.behind(ctx, len(s.people)*n/(s.Kills+1)-2*atOnce); err != nil {
			return err
		}
		if err := k.next(ctx); err != nil {
			return err
		}
		s.kills = k.done
		s.progress("%d of %d kills, %d of %d people came", n+1, s.Kills, s.load.came(), len(s.people))
	}
	return k.serving(ctx)
}

// behind waits until so many people came.
func (s *scene) behind(ctx context.Context, people int) error {
	for s.load.came() < people {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(readyEvery):
		}
		s.progress("%d of %d people came", s.load.came(), len(s.people))
	}
	return nil
}

// How the end is waited for.
const (
	lookEvery = 500 * time.Millisecond
	quietFor  = 2 * time.Second // nothing is under way
)

// drain waits until nothing is under way, for a while at most: what is left
// then is stuck.
func (s *scene) drain(ctx context.Context) error {
	began := time.Now()
	quiet := began
	for time.Since(began) < s.Drain {
		left, err := s.left(ctx)
		if err == nil && left == 0 && time.Since(quiet) > quietFor {
			return nil
		}
		if err != nil || left > 0 {
			quiet = time.Now()
		}
		s.progress("waiting for what is under way: %d", left)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookEvery):
		}
	}
	return nil
}

// tellEvery is how often it is said how it goes.
const tellEvery = 30 * time.Second

// progress says how it goes, unless it was said a moment ago.
func (s *scene) progress(format string, args ...any) {
	now := time.Now()
	if s.told.IsZero() {
		s.told = now
	}
	if s.Out == nil || now.Sub(s.told) < tellEvery {
		return
	}
	s.told = now
	_, _ = fmt.Fprintf(s.Out, "drill: "+format+"\n", args...)
}
