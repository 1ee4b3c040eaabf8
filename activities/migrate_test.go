package activities_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

const lateFirst = `
description: Say that it is late.
owner: care@example.com
topic: urgent
when: {event: order_placed}
audience: plan != "basic"
steps:
  - {send: late, at: now}
  - {wait: 2d}
  - {send: miss-you, channel: [sms], at: now}
`

// lateSecond renames the wait, makes it longer, and sends by email; who has the
// basic plan is in, who has the surf plan is not.
const lateSecond = `
description: Say that it is late.
owner: care@example.com
topic: urgent
when: {event: order_placed}
audience: plan != "surf"
steps:
  - {id: pause, wait: 3d}
  - {send: late, at: now}
  - {send: miss-you, channel: [email], at: now}
`

// migrate moves all open outreaches of a rule, as the command does.
func (b *bench) migrate(rule, from string, steps map[string]string) map[ledger.Ref]journey.Moved {
	b.t.Helper()
	to := b.library.Current().Active[rule].Hash
	order := dossier.Migration{Rule: rule, From: from, To: to, Steps: steps}
	all := map[ledger.Ref]journey.Moved{}
	require.NoError(b.t, b.store.Write(b.t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		open, err := tx.Running(rule, ledger.Ref{}, 0)
		for _, o := range open {
			foreseen, _, err := b.engine.Desk.Foresee(tx, order, o.Ref, b.now)
			require.NoError(b.t, err)
			moved, ok, err := b.engine.Desk.Migrate(tx, order, o.Ref, b.now)
			require.NoError(b.t, err)
			require.Equal(b.t, foreseen, moved, "what was foreseen is what is done")
			if ok {
				all[o.Ref] = moved
			}
		}
		return err
	}))
	b.work()
	return all
}

// TestAMigratedOutreachGoesOn moves outreaches on the live engine: what went
// out does not go out again, the wait keeps its beginning, and what nobody
// asked for stays as it is.
func TestAMigratedOutreachGoesOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T09:00:00Z", files(map[string]string{"late": lateFirst}))
	first := b.library.Current().Active["late"].Hash
	for _, user := range []string{"anna", "ben"} {
		b.identify(user, berlin("service", "urgent"))
	}
	ben := berlin()
	ben.Traits["plan"] = customer.Text("ultimate")
	b.identify("ben", ben)
	for _, user := range []string{"anna", "ben"} {
		b.happen(user, "order_placed")
	}
	require.Len(t, b.sent, 2)
	b.load(files(map[string]string{"late": lateSecond}))
	b.until("2026-11-24T09:00:00Z")
	require.Len(t, b.sent, 2, "an edit moves nobody")

	for _, moved := range b.migrate("late", first, nil) {
		require.Equal(t, journey.StayNoStep, moved.Stays)
	}
	moved := b.migrate("late", first, map[string]string{"wait-2": "pause"})
	require.Len(t, moved, 2)
	ends := map[customer.Reason]int{}
	for _, m := range moved {
		ends[m.Ends]++
	}
	require.Equal(t, map[customer.Reason]int{"": 1, customer.AudienceGone: 1}, ends)
	require.Empty(t, b.migrate("late", first, map[string]string{"wait-2": "pause"}), "a repeat moves nobody")

	b.until("2026-11-30T09:00:00Z")
	anna, mine := b.story("anna"), b.story("ben")
	require.Equal(t, []string{"Tue 10:00 late migrate pause", "Tue 10:00 late end audience_gone"}, anna[len(anna)-2:])
	require.Equal(t, []string{
		"Tue 10:00 late migrate pause", "Tue 10:00 late wait pause for Thu 10:00",
		"Thu 10:00 late plan miss-you email for Thu 10:00", "Thu 10:00 late send miss-you email", "Thu 10:00 late end completed",
	}, mine[len(mine)-5:])
	require.Len(t, b.sent, 3)
}

// TestWhatIsSaidToBeginBegins asks for whom rules would begin outreaches, and
// then loads them.
func TestWhatIsSaidToBeginBegins(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-20T09:00:00Z", files(map[string]string{"late": lateFirst}))
	for i, plan := range []string{"basic", "surf", "ultimate", "ultimate"} {
		user := fmt.Sprint("u", i)
		c := berlin("urgent")
		c.Traits["plan"] = customer.Text(plan)
		b.identify(user, c)
		if i == 3 {
			b.happen(user, "order_placed")
			b.until("2026-11-22T12:00:00Z")
		}
		b.happen(user, "app_opened")
	}
	for i := range 3 {
		b.happen(fmt.Sprint("u", i), "order_placed")
		b.happen(fmt.Sprint("u", i), "order_cancelled")
	}
	after := files(map[string]string{
		"late":   strings.ReplaceAll(lateSecond, "steps:", "again: never\nsteps:"),
		"thanks": strings.ReplaceAll(lateFirst, "order_placed", "order_cancelled"),
		"opened": strings.ReplaceAll(lateSecond, "order_placed", "app_opened"),
	})
	checked, _ := bundle.Check(after)
	desk := dossier.Desk{Library: library.Fixed(checked), Zones: sendtime.NewZones()}
	said, begun := map[string][]string{}, map[string][]string{}
	b.each(func(tx ledger.Tx, user string, id customer.ID) {
		rules, err := desk.Beginning(tx, id, []string{"late", "thanks", "opened"}, b.now)
		require.NoError(t, err)
		for _, rule := range rules {
			said[rule] = append(said[rule], user)
		}
	})
	before := b.newest()
	b.load(after)
	for ref, user := range b.newest() {
		if before[ref] == "" {
			begun[ref.Rule] = append(begun[ref.Rule], user)
		}
	}
	for _, users := range begun {
		slices.Sort(users)
	}
	require.Equal(t, said, begun)
	require.Equal(t, map[string][]string{"thanks": {"u1", "u2"}, "opened": {"u3"}}, said)
}

// each looks at every customer of the test.
func (b *bench) each(look func(tx ledger.Tx, user string, id customer.ID)) {
	b.t.Helper()
	require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) error {
		for i := range 4 {
			user := fmt.Sprint("u", i)
			id, ok, err := tx.Resolve(user)
			require.NoError(b.t, err)
			require.True(b.t, ok)
			look(tx, user, id)
		}
		return nil
	}))
}

// newest gives the outreaches that were entered, with whose they are.
func (b *bench) newest() map[ledger.Ref]string {
	b.t.Helper()
	all := map[ledger.Ref]string{}
	b.each(func(tx ledger.Tx, user string, id customer.ID) {
		list, err := tx.OutreachesOf(id, 0)
		require.NoError(b.t, err)
		for _, o := range list {
			if o.Status != ledger.Ended || o.Reason == customer.Completed {
				all[o.Ref] = user
			}
		}
	})
	return all
}
