package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/sandbox"
)

// How a rolling drill goes.
const (
	rollEvery   = 100 * time.Millisecond // one more customer
	rollWarm    = 10 * time.Second       // of which nothing is counted
	rollCalm    = 30 * time.Second       // in which nothing happens
	rollApart   = 5 * time.Second        // between two that are replaced
	rollHealed  = 10 * time.Second       // after a kill
	rollLatency = 20 * time.Millisecond  // of a provider, each way
	rollLate    = time.Second
)

// added is the rule that is put in force meanwhile.
const added = "added"

// rollMixture is what people in a row are: half of the messages are planned
// for a moment that a timer has to find.
var rollMixture = []string{"by-sms", "again", "by-email", "mixed", "by-push", "again", "mixed"}

// Span is how late messages were whose instant lay in a part of a rolling
// drill: from their event's first try, or from their planned instant, to the
// provider's call.
type Span struct {
	Name            string
	From, To        time.Time
	Messages, Over  int // Over: later than a second
	Half, P99, Most time.Duration
	late            []time.Duration
}

// Rolled is what came of a rolling drill.
type Rolled struct {
	Numbers
	Spans    []Span
	Posting  time.Duration // the longest that an event was tried for
	Stops    []Stop        // of each process
	Versions []string      // of those that ran at the end
	Took     time.Duration
}

// Stop is when a process was asked to stop, and how long it took.
type Stop struct {
	At   time.Time
	Took time.Duration
}

// Green reports whether nothing was lost, repeated or stuck, and nothing was
// later than a second while processes were replaced.
func (r Rolled) Green() bool {
	over := 0
	for _, s := range r.Spans {
		if s.Name == whileReplaced {
			over += s.Over
		}
	}
	return r.Numbers.Green() && over == 0
}

// The spans.
const (
	whileCalm     = "nothing happens"
	whileReplaced = "rules loaded, each process replaced"
	whileKilled   = "each process killed"
)

// Roll replaces the engine's processes one by one under load, and rules too.
func Roll(ctx context.Context, o Options) (Rolled, error) {
	began := time.Now()
	o.Rolling, o.Store, o.Trouble, o.Rate, o.Hold = true, onPostgres, 0, 0, false
	if err := o.check(); err != nil {
		return Rolled{}, fmt.Errorf("drill: %w", err)
	}
	s, err := o.stage(ctx)
	defer s.leave()
	if err != nil {
		return Rolled{}, fmt.Errorf("drill: %w", err)
	}
	d, err := engineDesign(s.places, s.box, o)
	if err != nil {
		return Rolled{}, fmt.Errorf("drill: %w", err)
	}
	r := &roll{scene: scene{stage: s, Options: o, design: d, temporal: s.places.temporalProcess()}, guests: &guests{submit: d.submit}}
	if err := r.play(ctx); err != nil {
		return Rolled{}, fmt.Errorf("drill: %w", err)
	}
	r.out.Took = time.Since(began)
	return r.out, nil
}

// roll is one rolling drill under way.
type roll struct {
	scene
	guests *guests
	out    Rolled
}

func (r *roll) play(ctx context.Context) error {
	for _, p := range append([]*process{r.temporal}, r.workers...) {
		if err := r.run(ctx, p); err != nil {
			return err
		}
	}
	coming, enough := context.WithCancel(ctx)
	defer enough()
	done := make(chan struct{})
	go func() { r.guests.come(coming); close(done) }()
	err := r.acts(ctx)
	enough()
	<-done
	if err != nil {
		return err
	}
	r.people = r.guests.people
	if err := r.drain(ctx); err != nil {
		return err
	}
	for _, w := range r.workers {
		w.stop()
	}
	return r.count(ctx)
}

// acts has everything happen, one after the other.
func (r *roll) acts(ctx context.Context) error {
	if err := wait(ctx, rollWarm); err != nil {
		return err
	}
	for _, act := range []struct {
		name string
		do   func(context.Context) error
	}{
		{whileCalm, func(ctx context.Context) error { return wait(ctx, rollCalm) }},
		{whileReplaced, r.replaceAll},
		{"", func(ctx context.Context) error { return wait(ctx, rollHealed) }},
		{whileKilled, r.killEach},
	} {
		s := Span{Name: act.name, From: time.Now()}
		if err := act.do(ctx); err != nil {
			return err
		}
		if s.To = time.Now(); s.Name != "" {
			r.out.Spans = append(r.out.Spans, s)
		}
	}
	return nil
}

// replaceAll puts other rules in force and replaces each process by another:
// that one serves before the first is asked to stop.
func (r *roll) replaceAll(ctx context.Context) error {
	if err := r.loadNext(ctx); err != nil {
		return err
	}
	next := r.places
	next.bin = cmp.Or(r.Next, r.Bin)
	for i, old := range r.places.seats {
		const firstPort, apart = 21600, 20
		made, err := r.places.ports.seat(old.name+"-next", old.role, firstPort+apart*i)
		if err != nil {
			return err
		}
		p, err := next.engineProcess(r.box.Account(), r.Options, made)
		if err != nil {
			return err
		}
		serves := p.ready
		p.ready = answers("http://" + made.admin + "/ready")
		if err := r.run(ctx, p); err != nil {
			return err
		}
		p.ready = serves
		r.places.seats = slices.Clone(r.places.seats)
		r.places.seats[i] = made
		r.lead(append(slices.Clone(r.places.seats), old)) // a balancer hears late of one that stops
		began := time.Now()
		r.workers[i].stop()
		r.out.Stops = append(r.out.Stops, Stop{began, time.Since(began)})
		r.workers[i] = p
		r.lead(r.places.seats)
		if err := wait(ctx, rollApart); err != nil {
			return err
		}
	}
	return nil
}

// loadNext loads a rule more, and one that is not what it was.
func (r *roll) loadNext(ctx context.Context) error {
	dir := filepath.Join(r.places.dir, "next")
	if err := errors.Join(os.MkdirAll(dir, 0o700), writeHouse(dir)); err != nil {
		return err
	}
	for name, text := range map[string]string{
		added:   "description: One message by SMS, by a rule that came later.\nowner: drill@example.com\ntopic: service\nwhen: {event: added}\nsteps:\n  - {id: first, send: due, channel: sms, at: now}\n",
		"mixed": "description: Two messages, each by its own channel, further apart.\nowner: drill@example.com\ntopic: service\nwhen: {event: mixed}\nsteps:\n  - {id: first, send: due, channel: email, at: now}\n  - wait: 4s\n  - {id: second, send: due, channel: push, at: now}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, "rules", name+".yaml"), []byte(text), 0o600); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(filepath.Join(dir, "rules", "data.yaml"), os.O_APPEND|os.O_WRONLY, 0) //nolint:gosec // the harness's own folder
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "  %s: {by: us}\n", added)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := r.places.command(ctx, "rules", "load", filepath.Join(dir, "rules")); err != nil {
		return err
	}
	if err := wait(ctx, rollLate); err != nil { // in which the processes follow
		return err
	}
	r.guests.also(added)
	return nil
}

// killEach kills the processes one after the other, in an order of the seed's.
func (r *roll) killEach(ctx context.Context) error {
	const stream = 2
	for _, i := range rand.New(rand.NewPCG(r.Seed, stream)).Perm(len(r.workers)) { //nolint:gosec // it is to be repeatable
		if err := fell(r.workers[i]); err != nil {
			return err
		}
		if err := errors.Join(r.workers[i].awaitReady(ctx), wait(ctx, rollHealed)); err != nil {
			return err
		}
	}
	return nil
}

// count looks at what came of everybody.
func (r *roll) count(ctx context.Context) (err error) {
	b := books{people: r.people, lateIf: r.LateIf, taken: r.box.Book().Taken(), readyAt: r.guests.taken}
	if b.fates, b.open, err = r.fates(ctx, r.people); err != nil {
		return err
	}
	r.out.Numbers = tally(b)
	for id, posted := range r.guests.posted {
		r.out.Posting = max(r.out.Posting, r.guests.taken[id].Sub(posted))
	}
	due, err := r.due(ctx)
	if err != nil {
		return err
	}
	for key, at := range firstCalls(r.box.Book().Calls()) {
		for i := range r.out.Spans {
			if s := &r.out.Spans[i]; !due[key].Before(s.From) && due[key].Before(s.To) {
				s.late = append(s.late, at.Sub(due[key]))
				if s.Name != whileKilled && at.Sub(due[key]) > rollLate {
					r.out.detail("late while %s: %s was due at %s and came %s later", s.Name, key, due[key].UTC().Format("15:04:05.000"), at.Sub(due[key]).Round(time.Millisecond))
				}
			}
		}
	}
	for i := range r.out.Spans {
		r.out.Spans[i].sum()
	}
	return nil
}

// due gives the instant of each message: for a first one when its event was
// tried first, else as it was planned.
func (r *roll) due(ctx context.Context) (map[string]time.Time, error) {
	due := map[string]time.Time{}
	return due, read(ctx, r.places.store, func(tx ledger.Tx) error {
		list, err := tx.Processes(time.Now().Add(-ledger.BeatGone))
		if err != nil {
			return err
		}
		for _, p := range list {
			r.out.Versions = append(r.out.Versions, p.Version)
		}
		for _, p := range r.people {
			id, ok, err := tx.Resolve(p.ID)
			if err != nil || !ok {
				return errors.Join(err, ctx.Err())
			}
			parts, err := tx.PartsOf(ledger.Ref{Rule: p.Rule, Customer: id, N: 1})
			if err != nil {
				return err
			}
			for _, part := range parts {
				if due[part.Key()] = part.Planned; part.Step == p.Steps[0].Name {
					due[part.Key()] = r.guests.posted[p.ID]
				}
			}
		}
		return nil
	})
}

// firstCalls gives when each message was first handed to a provider.
func firstCalls(calls []sandbox.Call) map[string]time.Time {
	first := map[string]time.Time{}
	for _, c := range calls {
		if at, known := first[c.Key]; !known || c.At.Before(at) {
			first[c.Key] = c.At
		}
	}
	return first
}

// sum gives a span its figures.
func (s *Span) sum() {
	slices.Sort(s.late)
	n := Numbers{Lateness: s.late}
	s.Messages, s.Half, s.P99, s.Most = len(s.late), n.Quantile(0.5), n.Quantile(0.99), n.Quantile(1)
	for _, late := range s.late {
		if late > rollLate {
			s.Over++
		}
	}
}

// wait waits, unless ctx ends.
func wait(ctx context.Context, span time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(span):
		return nil
	}
}
