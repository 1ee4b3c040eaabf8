package simulate

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// bounds end a play that does not come to rest.
type bounds struct {
	rounds   int // of one instant: an outreach is answered at most twice in each
	instants int // of one play
}

// usual are the bounds that no play of sense comes near.
func usual() bounds { return bounds{rounds: 10_000, instants: 1_000_000} }

// run is one play under way.
type run struct {
	desk     dossier.Desk
	script   Script
	order    []int // of the acts
	next     int   // in order
	now      time.Time
	store    *watched
	observer observe.Observer
	rule     string // the one that was busy last
	play     *Play
	bounds   bounds
}

func (s *Stage) begin(store ledger.Store, script Script) (*run, error) {
	r := &run{desk: s.desk, script: script, bounds: s.bounds, play: &Play{
		Passed: map[string]map[journey.Passed]int{}, Outcomes: make([]observe.Outcome, len(script.Acts)), Store: store,
	}}
	r.desk.Drawer = dossier.NewDrawer()
	r.store = newWatched(store, r)
	r.observer = observe.Observer{Store: r.store, Desk: r.desk, Now: func() time.Time { return r.now }, NewID: r.newID}
	r.order = make([]int, len(script.Acts))
	for i, act := range script.Acts {
		if act.At.Before(script.From) {
			return nil, &ActError{Act: i, Name: act.Event.Name, Err: ErrTooEarly}
		}
		r.order[i] = i
	}
	slices.SortStableFunc(r.order, func(a, b int) int { return script.Acts[a].At.Compare(script.Acts[b].At) })
	return r, nil
}

// run jumps from instant to instant.
func (r *run) run(ctx context.Context) error {
	for range r.bounds.instants {
		at, ok := r.upcoming()
		if !ok || at.After(r.script.To) {
			return nil
		}
		r.now = at
		if err := r.settle(ctx); err != nil {
			return err
		}
	}
	return &LoopError{Rule: r.rule, At: r.now}
}

// upcoming gives the earliest instant at which something may happen.
func (r *run) upcoming() (at time.Time, ok bool) {
	if r.next < len(r.order) {
		at, ok = stored(r.script.Acts[r.order[r.next]].At), true
	}
	if alarm, any := r.store.alarms.first(); any && (!ok || alarm.Before(at)) {
		at, ok = alarm, true
	}
	if at.Before(r.now) {
		at = r.now
	}
	return at, ok
}

// settle lets everything of one instant happen.
func (r *run) settle(ctx context.Context) error {
	for range r.bounds.rounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		worked, err := r.round(ctx)
		if err != nil || !worked {
			return err
		}
	}
	return &LoopError{Rule: r.rule, At: r.now}
}

// round does what there is to do now, in the order of an instant. Nothing goes
// out before everybody has looked at the facts.
func (r *run) round(ctx context.Context) (worked bool, err error) {
	for _, piece := range []func(context.Context) (bool, error){r.acts, r.dues, r.news, r.steps} {
		did, err := piece(ctx)
		if err != nil {
			return false, err
		}
		worked = worked || did
	}
	if worked {
		return true, nil
	}
	return r.delivers(ctx)
}

// dues judges what time alone gives: by rule, customer and about.
func (r *run) dues(ctx context.Context) (worked bool, err error) {
	for _, rule := range r.store.dueRules(r.now) {
		worked, r.rule = true, rule
		m, _ := r.desk.Library.Current().Matcher(rule)
		err := r.store.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error {
			dues, err := tx.Dues(rule, r.now, 0)
			if err != nil {
				return err
			}
			slices.SortFunc(dues, func(a, b ledger.Due) int {
				return cmp.Or(cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.About, b.About))
			})
			for _, due := range dues {
				if err := r.desk.Expire(tx, m, due, r.now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	return worked, nil
}

// news tells customers of what concerns all who share a value.
func (r *run) news(ctx context.Context) (worked bool, err error) {
	for r.store.news {
		if r.store.news, err = r.observer.Spread(ctx); err != nil {
			return false, err
		}
		worked = true
	}
	return worked, nil
}

// steps takes those further that wait for no provider: matches, the hinted,
// and those whose wait is over.
func (r *run) steps(ctx context.Context) (worked bool, err error) {
	if err := r.dropHints(ctx); err != nil {
		return false, err
	}
	for _, w := range r.store.take(r.now, (*waiter).steps) {
		if w.gone {
			continue
		}
		worked, r.rule = true, w.ref.Rule
		if err := r.write(ctx, w, r.step); err != nil {
			return false, err
		}
	}
	return worked, nil
}

// delivers sends what is due, of each customer one message: whom it concerns
// looks at the facts before the next.
func (r *run) delivers(ctx context.Context) (worked bool, err error) {
	served := map[customer.ID]bool{}
	for _, w := range r.store.take(r.now, (*waiter).delivers) {
		if w.gone {
			continue
		}
		if served[w.ref.Customer] {
			r.store.list(w)
			continue
		}
		served[w.ref.Customer] = true
		worked, r.rule = true, w.ref.Rule
		if err := r.write(ctx, w, r.deliver); err != nil {
			return false, err
		}
	}
	return worked, nil
}

// dropHints removes the rows of hints that the watched store noted.
func (r *run) dropHints(ctx context.Context) error {
	rules := r.store.hintedRules()
	if len(rules) == 0 {
		return nil
	}
	return r.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		for _, rule := range rules {
			hints, err := tx.Hints(rule, 0)
			if err != nil {
				return err
			}
			ids := make([]int64, len(hints))
			for i, h := range hints {
				ids[i] = h.ID
			}
			if err := tx.DropHints(ids); err != nil {
				return err
			}
		}
		return nil
	})
}

// stored gives an instant as stores keep it.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
