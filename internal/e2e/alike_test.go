package e2e_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// TestLiveAndSimulatedDecideAlike plays weeks of several hundred customers
// through the shipped rules twice: by the live engine on an embedded Temporal,
// on a clock that runs fast and waits for it, and in virtual time. The
// decisions are the same, line by line: their kind, the instant that was
// planned, and the reason (invariant I5).
func TestLiveAndSimulatedDecideAlike(t *testing.T) {
	if testing.Short() {
		t.Skip("lives weeks on a live Temporal: some minutes")
	}
	t.Parallel()
	const people, speed = 200, 20_000
	from := time.Date(2026, time.October, 23, 6, 0, 0, 0, time.UTC) // the clocks change in Europe, and then in America
	to := from.AddDate(0, 0, 11)
	acts := weeks(people, from, to)

	c := newConductor(t, from, speed)
	c.play(acts, to)
	live, ids := c.story()

	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	b, problems := bundle.Check(files)
	require.NotNil(t, b, problems)
	play, err := simulate.NewStage(b, sendtime.NewZones()).Play(t.Context(), simulate.Script{From: from, To: to, Acts: c.played, IDs: ids})
	require.NoError(t, err)
	simulated := told(play.Store, t)

	require.Empty(t, strings.Join(different(simulated, live), "\n"), "lines that only one of the two has, - simulated and + live")
	kinds := map[string]int{}
	for _, line := range simulated {
		kinds[strings.Fields(line)[3]]++
	}
	t.Logf("%d customers, %d acts, %d lines alike: %v", people, len(c.played), len(simulated), kinds)
	for _, kind := range []ledger.Kind{ledger.KindMatch, ledger.KindEnter, ledger.KindPlan, ledger.KindSend, ledger.KindDrop, ledger.KindWait, ledger.KindGoal, ledger.KindEnd} {
		require.NotZero(t, kinds[string(kind)], "the stream of events brings no %s", kind)
	}
}

// different gives the first lines that only one of two sorted lists has.
func different(simulated, live []string) (lines []string) {
	const most = 20
	only := func(sign string, list, other []string) {
		has := map[string]bool{}
		for _, line := range other {
			has[line] = true
		}
		for _, line := range list {
			if !has[line] && len(lines) < most {
				lines = append(lines, sign+line)
			}
		}
	}
	only("- ", simulated, live)
	only("+ ", live, simulated)
	if len(lines) == 0 && !slices.Equal(simulated, live) {
		lines = append(lines, "the same lines in another order")
	}
	return lines
}

// told gives every decision of a store, by outreach and in the order in which
// it was decided: customer, rule, number, kind, step, channel, planned, reason.
func told(store ledger.Store, t testing.TB) (lines []string) {
	t.Helper()
	require.NoError(t, store.Read(context.Background(), func(tx ledger.Tx) error {
		records, err := tx.CustomersAfter("", 0)
		if err != nil {
			return err
		}
		for _, r := range records {
			decisions, err := tx.Decisions(r.Profile.ID, 0)
			if err != nil {
				return err
			}
			slices.SortStableFunc(decisions, func(a, b ledger.Decision) int {
				return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.N, b.N))
			})
			for _, d := range decisions {
				lines = append(lines, fmt.Sprintf("%s %s %d %s step=%s channel=%s planned=%s reason=%s",
					r.Profile.External, d.Rule, d.N, d.Kind, d.Step, d.Channel, d.Planned.Format(time.RFC3339Nano), d.Reason))
			}
		}
		return nil
	}))
	slices.SortStableFunc(lines, func(a, b string) int {
		return cmp.Compare(strings.Join(strings.Fields(a)[:3], " "), strings.Join(strings.Fields(b)[:3], " "))
	})
	return lines
}

// conductor moves the live engine's clock: as fast as it may, up to the next
// instant at which something is due, and not beyond it before that is done.
type conductor struct {
	*house
	now    atomic.Int64 // engine time, in microseconds
	pace   float64
	played []simulate.Act // as they happened
}

func newConductor(t *testing.T, from time.Time, speed float64) *conductor {
	t.Helper()
	c := &conductor{pace: speed}
	c.now.Store(from.UnixMicro())
	clock := activities.PacedTime(func() time.Time { return time.UnixMicro(c.now.Load()).UTC() }, speed)
	c.house = &house{t: t, dir: t.TempDir(), provider: &provider{}, logged: &logged{}, clock: clock}
	for _, dir := range []string{"rules", "templates"} {
		require.NoError(t, os.CopyFS(filepath.Join(c.dir, dir), os.DirFS("../../"+dir)))
	}
	policy := filepath.Join(c.dir, "rules", bundle.PolicyFile)
	text, err := os.ReadFile(policy)
	require.NoError(t, err)
	require.Regexp(t, rates, string(text))
	require.NoError(t, os.WriteFile(policy, rates.ReplaceAll(text, nil), 0o600)) // they pace by the machine's clock
	c.startTemporal()
	c.start()
	return c
}

var rates = regexp.MustCompile(`(?m)^rates:\n(  .*\n)+`)

// play lets everything happen at its instant.
func (c *conductor) play(acts []simulate.Act, to time.Time) {
	c.t.Helper()
	last, checked, poked := time.Now(), time.Now(), time.Time{}
	for {
		now := c.clock.Now()
		if c.behind(now) {
			require.Less(c.t, time.Since(checked), time.Minute, "nothing moves at %s", now)
			if time.Since(poked) > patience {
				c.running.Observer.Poke() // the clock moved to a due time: nobody else says so
				poked = time.Now()
			}
			time.Sleep(3 * time.Millisecond)
			last = time.Now()
			continue
		}
		checked, poked = time.Now(), time.Time{}
		if n := together(acts, now); n > 0 {
			for _, act := range acts[:n] {
				c.happen(act)
			}
			acts = acts[n:]
			continue
		}
		if !now.Before(to) {
			return
		}
		time.Sleep(time.Millisecond)
		next := now.Add(time.Duration(float64(time.Since(last)) * c.pace))
		last = time.Now()
		if to.Before(next) {
			next = to
		}
		next = c.first(now, next).Add(hair)
		if len(acts) > 0 && acts[0].At.Before(next) {
			next = acts[0].At
		}
		if to.Before(next) {
			next = to
		}
		c.now.Store(next.UnixMicro())
	}
}

// patience is how long the conductor waits before it reminds the engine.
const patience = 500 * time.Millisecond

// hair is by how much the clock goes beyond the next instant: what falls into
// it is done at once.
const hair = 100 * time.Millisecond

// together gives how many of the acts have come, up to somebody's second one.
func together(acts []simulate.Act, now time.Time) int {
	seen := map[string]bool{}
	for i, act := range acts {
		if act.At.After(now) || seen[act.User] {
			return i
		}
		seen[act.User] = true
	}
	return len(acts)
}

// behind reports whether anything is left to do at an instant.
func (c *conductor) behind(now time.Time) (is bool) {
	c.t.Helper()
	require.NoError(c.t, c.running.Store.Read(context.Background(), func(tx ledger.Tx) error {
		rules, err := tx.RulesWithWork(now, now.Add(time.Microsecond))
		if err != nil {
			return err
		}
		sending, err := tx.PartsBy(ledger.Sending, 1)
		if err != nil {
			return err
		}
		news, err := tx.News(1)
		is = len(rules)+len(sending)+len(news) > 0
		return err
	}))
	return is
}

// first gives the first instant after now, up to next, at which something is
// due.
func (c *conductor) first(now, next time.Time) time.Time {
	c.t.Helper()
	if !c.behind(next) {
		return next
	}
	for next.Sub(now) > time.Microsecond {
		middle := now.Add(next.Sub(now) / 2).Truncate(time.Microsecond)
		if c.behind(middle) {
			next = middle
		} else {
			now = middle
		}
	}
	return next
}

func (c *conductor) happen(act simulate.Act) {
	c.t.Helper()
	in := act.Incoming
	if strings.HasPrefix(in.Event.Name, "message_") {
		in.Event.Properties = c.newest(in.User)
		if in.Event.Properties == nil {
			return
		}
	}
	outcomes, err := c.running.Observer.Take(context.Background(), []observe.Incoming{in})
	require.NoError(c.t, err)
	require.NotEqual(c.t, observe.Refused, outcomes[0].Status, "%+v", outcomes[0])
	c.played = append(c.played, simulate.Act{At: act.At, Incoming: in})
}

// newest gives what an event says of the newest message of a customer; nil when
// there is none.
func (c *conductor) newest(user string) (properties map[string]customer.Value) {
	c.t.Helper()
	require.NoError(c.t, c.running.Store.Read(context.Background(), func(tx ledger.Tx) error {
		id, ok, err := tx.Resolve(user)
		if err != nil || !ok {
			return err
		}
		parts, err := tx.Slots(id, time.Time{})
		var newest ledger.Part
		for _, p := range parts {
			if p.Status == ledger.Accepted && !p.Sent.Before(newest.Sent) {
				newest = p
			}
		}
		if newest.Step != "" {
			properties = map[string]customer.Value{
				customer.MessageProperty: customer.Text(newest.Key()), customer.TemplateProp: customer.Text(newest.Template),
				customer.ChannelProperty: customer.Text(string(newest.Channel)),
			}
		}
		return err
	}))
	return properties
}

// story gives what the live engine decided, and its customers' ids.
func (c *conductor) story() (lines []string, ids map[string]customer.ID) {
	c.t.Helper()
	ids = map[string]customer.ID{}
	require.NoError(c.t, c.running.Store.Read(context.Background(), func(tx ledger.Tx) error {
		records, err := tx.CustomersAfter("", 0)
		for _, r := range records {
			ids[r.Profile.External] = r.Profile.ID
		}
		return err
	}))
	return told(c.running.Store, c.t), ids
}

// weeks gives what people do, by a fixed seed: who they are, then their days.
func weeks(people int, from, to time.Time) []simulate.Act {
	r := rand.New(rand.NewPCG(20261023, 5))
	var acts []simulate.Act
	for i := range people {
		p := &life{Rand: r, user: fmt.Sprintf("user-%03d", i), place: i, from: from, at: from}
		p.arrive()
		p.live(to)
		acts = append(acts, p.acts...)
	}
	acts = slices.DeleteFunc(acts, func(a simulate.Act) bool { return !a.At.Before(to.Add(-hair)) })
	slices.SortStableFunc(acts, func(a, b simulate.Act) int { return a.At.Compare(b.At) })
	for i := range acts {
		acts[i].Event.MessageID = fmt.Sprintf("m-%06d", i)
		acts[i].Event.At = acts[i].At
	}
	return acts
}
