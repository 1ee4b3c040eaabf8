package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/admin"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// checks are what a process needs to be of use.
func (o Options) checks(r Running) []admin.Check {
	list := []admin.Check{
		{Name: "store", Look: o.writes(r)},
		{Name: "schema", Look: form(r.Store)},
		{Name: "clock", Look: o.onTime(r.Store, r.clock, r.self.ID)},
		{Name: "rules", Look: func(context.Context) (string, error) {
			n := len(r.Library.Current().Rules)
			if n == 0 {
				return "", errors.New("no rule is in force: load some with outreach rules load, or give --rules")
			}
			return fmt.Sprintf("%d in force", n), nil
		}},
	}
	if r.Client != nil {
		list = append(list, admin.Check{Name: "temporal", Look: reaches(&r.temporal.state)})
	}
	return list
}

// writes says in the store that the process lives. That is a write like any
// other: where it cannot be kept, nothing can. It is a small one, so the store
// is asked, too, whether a larger one finds room.
func (o Options) writes(r Running) func(context.Context) (string, error) {
	roomy, tells := ledger.As[interface {
		Room(ctx context.Context) error
	}](r.Store)
	return func(ctx context.Context) (string, error) {
		began := time.Now()
		err := r.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
			now := r.self
			now.Slowed = int(r.yielding.slowed.Load())
			now.Beat = o.Clock.Machine() // as late as can be: others judge their clocks by it
			return tx.Beat(now)
		})
		took := time.Since(began).Round(time.Millisecond)
		if err == nil && tells {
			err = roomy.Room(ctx)
		}
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("written in %s", took), nil
	}
}

// form looks whether a newer program brought the store's tables further.
func form(store ledger.Store) func(context.Context) (string, error) {
	formed, tells := ledger.As[interface {
		Form(ctx context.Context) (have, want int64, err error)
	}](store)
	return func(ctx context.Context) (string, error) {
		if !tells {
			return "", nil
		}
		have, want, err := formed.Form(ctx)
		switch {
		case err != nil:
			return "", err
		case have > want:
			return fmt.Sprintf("a newer version of this program has changed the tables (they are of form %d, this one knows %d): run that version here, too", have, want), nil
		}
		return fmt.Sprintf("form %d", have), nil
	}
}

// onTime looks at the machine's clock: against the store's, where that tells
// one, else against those of the other processes.
func (o Options) onTime(store ledger.Store, clock *admin.Clock, self string) func(context.Context) (string, error) {
	timed, tells := ledger.As[interface {
		Time(ctx context.Context) (time.Time, error)
	}](store)
	return func(ctx context.Context) (string, error) {
		var err error
		by := "the store's"
		if tells {
			err = against(ctx, clock, o.Clock.Machine, timed.Time)
		} else {
			by, err = "the other processes'", o.amongOthers(ctx, store, clock, self)
		}
		if err == nil {
			err = clock.Err()
		}
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("off by %s, by %s clock", clock.Off().Round(time.Millisecond), by), nil
	}
}

// against asks somebody for the time, and takes it to be of the middle of the
// time that the answer took.
func against(ctx context.Context, clock *admin.Clock, now func() time.Time, ask func(context.Context) (time.Time, error)) error {
	asked := now()
	told, err := ask(ctx)
	if err != nil {
		return err
	}
	clock.Against(asked.Add(now().Sub(asked)/2), told)
	return nil
}

// amongOthers reads when the other processes said last that they live. That is
// on average half of the time old between two such words.
func (o Options) amongOthers(ctx context.Context, store ledger.Store, clock *admin.Clock, self string) error {
	var all []ledger.Process
	var now time.Time
	err := store.Read(ctx, func(tx ledger.Tx) (err error) {
		all, err = tx.Processes(time.Time{})
		now = o.Clock.Machine()
		return err
	})
	if err != nil {
		return err
	}
	said := map[string]time.Time{}
	for _, p := range all {
		if p.ID != self {
			said[p.ID] = p.Beat
		}
	}
	clock.Among(now, said, ledger.BeatEvery/2, ledger.BeatGone)
	return nil
}

// reaches tells what the link to Temporal last found.
func reaches(state *temporalState) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		ok, detail := state.Check()
		if !ok {
			return "", errors.New(detail)
		}
		return detail, nil
	}
}
