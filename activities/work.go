package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/throttle"
)

// How much one piece of a watch's work takes on.
const (
	claimBatch = 50 // overdue ones that are made matches again
	hintBatch  = 200
	claimLease = time.Minute
)

// How many customers one transaction of it takes on, and how many transactions
// there are in a piece. They are small: who locks a customer holds up their
// events, and with them those of others that came in the same batch.
const (
	together = 20
	inTurn   = 5
)

// several does up to a piece's transactions of one kind, and rests after each as
// the throttle says. each reports whether there is more to do.
func several(ctx context.Context, rest *throttle.Throttle, each func() (more bool, err error)) (more bool, err error) {
	for range inTurn {
		began := time.Now()
		if more, err = each(); err != nil || !more {
			return more, err
		}
		rest.Rest(ctx, time.Since(began))
	}
	return true, nil
}

// Worked is what a piece of a watch's work left.
type Worked struct {
	More bool // there is more to do at once
}

// Work does one piece of what waits for a rule's watch: it reads history for a
// warming rule, judges due times, restarts what is overdue,
// asks outreaches to look again, delivers hints and
// starts matches. Everything in it may be repeated at any time.
func (e *Engine) Work(ctx context.Context, rule string) (Worked, error) {
	if err := e.fit(); err != nil {
		return Worked{}, err
	}
	e.working.begin(rule)
	more, err := e.work(ctx, rule)
	return Worked{More: e.working.end(rule) && err == nil || more}, err
}

func (e *Engine) work(ctx context.Context, rule string) (more bool, err error) {
	for _, piece := range []func(context.Context, string) (bool, error){
		e.warm, e.dues, e.overdue, e.recheck, e.hints, e.start,
	} {
		again, err := piece(ctx, rule)
		if err != nil {
			return false, err
		}
		more = more || again
	}
	return more, nil
}

// dues judges the rule's triggers for customers whose time has come.
func (e *Engine) dues(ctx context.Context, rule string) (more bool, err error) {
	set := e.Desk.Library.Current()
	m, ok := set.Matcher(rule)
	if ok && !set.Active[rule].Warm {
		return false, nil // its history comes first
	}
	rest := e.Plans
	if ok && m.Urgent {
		rest = nil
	}
	return several(ctx, rest, func() (more bool, err error) {
		err = e.Store.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error {
			now := e.now()
			dues, err := tx.Dues(rule, now, together)
			if err != nil {
				return err
			}
			more = len(dues) == together
			for _, due := range dues {
				if err := e.Desk.Expire(tx, m, due, now); err != nil {
					return err
				}
			}
			return nil
		})
		return more, err
	})
}

// overdue makes outreaches whose instant is long past matches again, so that
// their workflows are started if they are gone.
func (e *Engine) overdue(ctx context.Context, rule string) (more bool, err error) {
	before := e.now().Add(-e.Clock.Span(e.Patience))
	var late []ledger.Outreach
	err = e.Store.Read(ctx, func(tx ledger.Tx) error {
		late, err = tx.Overdue(rule, before, claimBatch)
		return err
	})
	if err != nil || len(late) == 0 {
		return false, err
	}
	refs := make([]ledger.Ref, len(late))
	for i, o := range late {
		refs[i] = o.Ref
	}
	err = e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error { return restartAll(tx, refs) })
	return len(late) == claimBatch, err
}

// restartAll makes open outreaches matches again, in the order in which
// customers are locked.
func restartAll(tx ledger.Tx, refs []ledger.Ref) error {
	slices.SortFunc(refs, func(a, b ledger.Ref) int { return cmp.Compare(a.Customer, b.Customer) })
	for _, ref := range refs {
		if err := restart(tx, ref); err != nil {
			return err
		}
	}
	return nil
}

// restart makes an open outreach a match again.
func restart(tx ledger.Tx, ref ledger.Ref) error {
	if _, _, err := tx.Customer(ref.Customer); err != nil { // their row is the lock
		return err
	}
	o, ok, err := tx.Outreach(ref)
	if err != nil || !ok || o.Status != ledger.Open {
		return err
	}
	o.Status, o.Lease = ledger.Matched, time.Time{}
	return tx.SaveOutreach(o)
}

// hints lets workflows look again.
func (e *Engine) hints(ctx context.Context, rule string) (more bool, err error) {
	var list []ledger.Hint
	err = e.Store.Read(ctx, func(tx ledger.Tx) error {
		list, err = tx.Hints(rule, hintBatch)
		return err
	})
	if err != nil || len(list) == 0 {
		return false, err
	}
	refs := make([]ledger.Ref, len(list))
	for i, h := range list {
		refs[i] = h.Ref
	}
	_, err = e.lookAgain(ctx, refs, func(tx ledger.Tx, told []ledger.Ref) error {
		var done []int64
		for _, h := range list {
			if slices.Contains(told, h.Ref) {
				done = append(done, h.ID)
			}
		}
		return tx.DropHints(done)
	})
	return len(list) == hintBatch, err
}

// lookAgain lets the workflows of outreaches look again, each once, and restarts
// those that have none. When one does not answer, those after it are not told.
// What is to be stored with it stores also, which may be nil. It gives those that
// were told; none when that could not be stored.
func (e *Engine) lookAgain(ctx context.Context, refs []ledger.Ref, also func(tx ledger.Tx, told []ledger.Ref) error) (told []ledger.Ref, err error) {
	var lost []ledger.Ref
	var trouble error
	for _, ref := range refs {
		if slices.Contains(told, ref) {
			continue
		}
		found, err := e.Starter.Hint(ctx, ref)
		if err != nil {
			trouble = fmt.Errorf("hint %s: %w", ref, err)
			break
		}
		told = append(told, ref)
		if !found {
			lost = append(lost, ref)
		}
	}
	if len(lost) == 0 && also == nil {
		return told, trouble
	}
	err = e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		if err := restartAll(tx, lost); err != nil || also == nil {
			return err
		}
		return also(tx, told)
	})
	if err != nil {
		told = nil
	}
	return told, errors.Join(trouble, err)
}

// notStarted is a match whose first step failed.
type notStarted struct {
	ledger.Outreach
	err error
}

// start claims matches, takes each its first step and starts its workflow.
func (e *Engine) start(ctx context.Context, rule string) (more bool, err error) {
	for range inTurn {
		full := false
		if more, full, err = e.startSome(ctx, rule); err != nil || !full {
			break
		}
	}
	return more, err
}

// startSome starts what one transaction claims. full says that it claimed all
// that it might; what it left may be whom somebody else has locked.
func (e *Engine) startSome(ctx context.Context, rule string) (more, full bool, err error) {
	turns := e.turns(ctx, rule)
	if turns.n == 0 {
		return false, false, nil // whoever waits is found again within a second
	}
	var starts []Start
	var failed []notStarted
	claims := 0
	err = e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		now := e.now()
		claimed, err := tx.Claim(rule, now, now.Add(e.Clock.Span(min(claimLease, max(e.Patience, time.Second)))), turns.n)
		if err != nil {
			return err
		}
		claims, starts, failed = len(claimed), starts[:0], failed[:0]
		for _, o := range claimed {
			s, err := e.first(tx, o)
			if err != nil {
				failed = append(failed, notStarted{o, err})
				continue // its lease ends, and it is tried again
			}
			if !s.First.Done {
				starts = append(starts, s)
			}
		}
		return nil
	})
	if err != nil {
		return false, false, err
	}
	turns.back(turns.n - len(starts))
	for _, f := range failed {
		e.Logger.Error("outreach not started; it is tried again", aboutOutreach(f.Ref, f.Trigger), "error", f.err)
	}
	return claims > 0, claims == turns.n, e.startAll(ctx, starts)
}

// turns is how many outreaches may be started now.
type turns struct {
	n    int
	back func(n int) // takes those that were not needed
}

// turns takes the turns that a rule may have now; of urgent rules they are their
// own, so that they need not wait while others use up all there are.
func (e *Engine) turns(ctx context.Context, rule string) turns {
	of := e.Starts
	if m, ok := e.Desk.Library.Current().Matcher(rule); ok && m.Urgent {
		of = e.Urgent
	}
	return turns{of.Turns(ctx, together), of.Back}
}

// first takes a claimed match its first step. Its row is open from then on:
// should its start be lost, it is found overdue.
func (e *Engine) first(tx ledger.Tx, o ledger.Outreach) (Start, error) {
	o.Status, o.Lease = ledger.Open, time.Time{}
	answer, err := e.step(tx, o, o.Seq+1)
	return Start{Ref: o.Ref, Version: o.Version, Topic: o.Topic, First: answer, Priority: e.place(o)}, err
}

// place gives an outreach's place in Temporal's queues: urgent topics first,
// then by the rule's priority, 0 to 100.
func (e *Engine) place(o ledger.Outreach) int {
	switch {
	case e.Desk.Library.Current().Policy.Urgent(o.Topic):
		return FirstPlace
	case o.Priority >= 70:
		return WatchPlace + 1
	case o.Priority >= 30:
		return WatchPlace + 2
	}
	return LastPlace
}

// startAll starts workflows, several at once. Those that could not be started
// are matches again.
func (e *Engine) startAll(ctx context.Context, starts []Start) error {
	const atOnce = 8
	failed := make(chan ledger.Ref, len(starts))
	errs := make(chan error, len(starts))
	slots := make(chan struct{}, atOnce)
	for _, s := range starts {
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			if err := e.Starter.Start(ctx, s); err != nil {
				errs <- fmt.Errorf("start %s: %w", s.Ref, err)
				failed <- s.Ref
			}
		}()
	}
	for range atOnce {
		slots <- struct{}{}
	}
	close(failed)
	close(errs)
	var refs []ledger.Ref
	for ref := range failed {
		refs = append(refs, ref)
	}
	if len(refs) == 0 {
		return nil
	}
	err := e.Store.Write(context.WithoutCancel(ctx), ledger.GateLane, func(tx ledger.Tx) error { return restartAll(tx, refs) })
	return errors.Join(<-errs, err)
}

// Stop ends a customer's open outreaches of a rule by an operator's word and
// gives their number.
func (e *Engine) Stop(ctx context.Context, rule string, id customer.ID) (n int, err error) {
	err = e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		n, err = e.Desk.Stop(tx, rule, id, e.now())
		return err
	})
	return n, err
}
