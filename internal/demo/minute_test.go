package demo_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/demo"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

// engine takes what happens, with the shipped rules and a store of its own, and
// takes each new outreach as far as it goes at once.
type engine struct {
	t        *testing.T
	store    ledger.Store
	desk     dossier.Desk
	observer *observe.Observer
	now      time.Time
	sent     map[string]int // by rule: would have gone out at once
	waiting  map[string]int // by rule: planned for later
}

func newEngine(t *testing.T, now time.Time) *engine {
	t.Helper()
	store := sqlitetest.Open(t, sqlite.Options{})
	e := &engine{t: t, store: store, now: now, sent: map[string]int{}, waiting: map[string]int{}}
	e.desk = dossier.Desk{Library: library.New(store), Zones: sendtime.NewZones()}
	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	_, err = e.desk.Library.Load(t.Context(), files, now)
	require.NoError(t, err)
	e.write(func(tx ledger.Tx) error {
		active, err := tx.Active()
		for _, a := range active {
			a.Warm = true
			require.NoError(t, tx.Activate(a))
		}
		require.NoError(t, library.Bump(tx))
		return err
	})
	e.observer = &observe.Observer{Store: store, Desk: e.desk, Now: func() time.Time { return e.now }}
	return e
}

func (e *engine) write(do func(tx ledger.Tx) error) {
	require.NoError(e.t, e.store.Write(e.t.Context(), ledger.GateLane, do))
}

// take takes a batch at an instant and gives what became of each.
func (e *engine) take(now time.Time, batch []observe.Incoming) []observe.Outcome {
	e.now = now
	outcomes, err := e.observer.Take(e.t.Context(), batch)
	require.NoError(e.t, err)
	for _, m := range e.desk.Library.Current().Matchers() {
		e.write(func(tx ledger.Tx) error {
			dues, err := tx.Dues(m.Name, now, 1000)
			for _, due := range dues {
				d, _, err := e.desk.Open(tx, due.Customer)
				require.NoError(e.t, err)
				for _, why := range m.Expire(d.Subject(), due.About, now) {
					_, err := d.Enter(m, why, now)
					require.NoError(e.t, err)
				}
				require.NoError(e.t, tx.DropDue(m.Name, due.Customer, due.About))
				require.NoError(e.t, d.Save())
			}
			return err
		})
		e.start(m.Name)
	}
	return outcomes
}

func (e *engine) start(rule string) {
	e.write(func(tx ledger.Tx) error {
		claimed, err := tx.Claim(rule, e.now, e.now.Add(time.Minute), 1000)
		for _, o := range claimed {
			d, _, err := e.desk.Open(tx, o.Customer)
			require.NoError(e.t, err)
			o.Status = ledger.Open
			out, _, err := d.Step(o, e.now)
			require.NoError(e.t, err)
			require.NoError(e.t, tx.SaveOutreach(out.Outreach))
			switch {
			case out.Due:
				e.sent[rule]++
			case out.Deliver != "":
				e.waiting[rule]++
			}
		}
		return err
	})
}

func (e *engine) reasons() map[customer.Reason]int64 {
	reasons := map[customer.Reason]int64{}
	require.NoError(e.t, e.store.Read(e.t.Context(), func(tx ledger.Tx) error {
		tallies, err := tx.Tallies()
		for _, tally := range tallies {
			reasons[tally.Reason] += tally.Count
		}
		return err
	}))
	return reasons
}

// happens lets a company live and gives its batches with their instants.
func happens(t *testing.T, c *demo.Company, since time.Time, span time.Duration) *tape {
	t.Helper()
	var r *tape
	synctest.Test(t, func(t *testing.T) {
		shift := since.Sub(time.Now())
		r = live(t, c, func() time.Time { return time.Now().Add(shift) }, span)
		for i := range r.at {
			r.at[i] = r.at[i].Add(shift)
		}
	})
	return r
}

// play hands a tape's events over, those of one instant together.
func (e *engine) play(r *tape) {
	for i := 0; i < len(r.events); {
		j := i
		for j < len(r.events) && r.at[j].Equal(r.at[i]) {
			j++
		}
		e.take(r.at[i], r.events[i:j])
		i = j
	}
}

func TestAMinuteShowsEverything(t *testing.T) {
	t.Parallel()
	for name, hour := range map[string]int{"in New York's night": 7, "in its day": 16, "in its evening": 23} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			since := time.Date(2026, time.November, 24, hour, 0, 0, 0, time.UTC)
			c := demo.New(20261123, 300)
			e := newEngine(t, since)
			e.take(since, c.Identify())
			e.take(since, c.History(since))
			e.play(happens(t, c, since, time.Minute))
			for _, rule := range []string{"payment-failed", "welcome"} {
				require.Positive(t, e.sent[rule], "%s: sent %v", rule, e.sent)
			}
			require.Positive(t, e.waiting["usage-limit"], "waiting %v", e.waiting)
			require.Positive(t, e.sent["gone-silent"]+e.waiting["gone-silent"])
			require.Positive(t, e.reasons()[customer.NoConsent])
		})
	}
}

func TestAQuarterOfAnHourShowsWhyNot(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, time.November, 24, 16, 0, 0, 0, time.UTC)
	c := demo.New(20261123, 300)
	e := newEngine(t, since)
	e.take(since, c.Identify())
	e.take(since, c.History(since))
	e.play(happens(t, c, since, 15*time.Minute))
	reasons := e.reasons()
	for _, reason := range []customer.Reason{customer.ReasonGone, customer.GoalReached, customer.NoConsent, customer.Stop, customer.NotFresh} {
		require.Positive(t, reasons[reason], "%s in %v", reason, reasons)
	}
	require.Positive(t, e.sent["late-delivery"])
}

func TestASecondStartMeetsDuplicatesOnly(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, time.November, 24, 16, 0, 0, 0, time.UTC)
	c := demo.New(1, 100)
	e := newEngine(t, since)
	e.take(since, append(c.Identify(), c.History(since)...))
	for _, o := range e.take(since.Add(48*time.Hour), append(c.Identify(), c.History(since)...)) {
		require.Equal(t, observe.Outcome{Status: observe.Duplicate}, o)
	}
}

func TestMondayPeopleAreAskedAtHalfPastEight(t *testing.T) {
	t.Parallel()
	sunday := time.Date(2026, time.November, 22, 17, 0, 0, 0, time.UTC)
	c := demo.New(1, 400)
	e := newEngine(t, sunday)
	e.take(sunday, c.Identify())
	e.take(sunday, c.History(sunday))
	e.play(happens(t, c, sunday, 15*time.Minute))
	require.Zero(t, e.sent["monday-push"])
	require.Greater(t, e.waiting["monday-push"], 10)
	require.NoError(t, e.store.Read(t.Context(), func(tx ledger.Tx) error {
		parts, err := tx.PartsBy(ledger.Planned, 1000)
		for _, p := range parts {
			if p.Rule != "monday-push" {
				continue
			}
			d, _, err := e.desk.Open(tx, p.Customer)
			require.NoError(t, err)
			require.Regexp(t, "^Mon 20:3[0-2]$", p.Planned.In(d.Zone).Format("Mon 15:04"))
			require.Equal(t, customer.Push, p.Channel)
		}
		return err
	}))
}
