package journey_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// learn makes another version of the world's rule known.
func (w *world) learn(ruleText, policyText string) {
	w.other = newWorld(w.t, ruleText, policyText, "2026-11-23 08:00").matcher
	w.plan = behaviour.NewPlan(append(w.matcher.Defs(), w.other.Defs()...), func(string) bool { return true })
}

// move asks what a migration to the other version would make of the outreach.
func (w *world) move(steps map[string]string) journey.Moved {
	w.matcher, w.other = w.other, w.matcher
	moved, err := journey.Migration{From: w.other, To: w.matcher, Steps: steps}.Move(w.outreach, w.facts())
	require.NoError(w.t, err)
	return moved
}

// migrate moves the outreach to the other version, and hints it.
func (w *world) migrate(rest []string) {
	steps := map[string]string{}
	for old, id := range values(w.t, rest) {
		steps[old] = id.String()
	}
	if !w.open() {
		return
	}
	moved := w.move(steps)
	if moved.Stays != "" {
		w.matcher, w.other = w.other, w.matcher
		w.lines = append(w.lines, w.now.In(w.zone).Format("Mon 02 Jan 15:04:05")+" stays: "+string(moved.Stays))
		return
	}
	w.keep(journey.Outcome{Outreach: moved.Outreach, Parts: moved.Parts, Decisions: moved.Decisions})
	w.hint()
	if moved.Ends != "" && !w.down {
		require.Equal(w.t, moved.Ends, w.outreach.Reason, "it ends as was said")
	}
}

// wanderer lives a life and is moved between two versions.
type wanderer struct {
	*life
	moves int
}

// once holds that no step's message goes out again.
func (l *wanderer) once(out journey.Outcome, p ledger.Part) {
	l.check(out, p)
	for _, q := range l.parts {
		gone := q.Status != ledger.Planned && q.TakesSlot()
		require.False(l.rt, p.Channel.Reaches() && q.Step == p.Step && gone, "%s went out as %s", p.Key(), q.Key())
	}
}

func (l *wanderer) migrateSomewhere() {
	id := func(label string) string { return fmt.Sprint("s", rapid.IntRange(1, 6).Draw(l.rt, label)) }
	var rest []string
	for range rapid.IntRange(0, 2).Draw(l.rt, "renamed") {
		rest = append(rest, id("old")+"="+id("new"))
	}
	before := l.outreach.Version
	l.migrate(rest)
	if l.outreach.Version != before {
		l.moves++
	}
}

// TestNothingGoesOutTwiceWhereverItMoves lives random lives that are moved
// between two random rules, with random names for steps.
func TestNothingGoesOutTwiceWhereverItMoves(t *testing.T) {
	t.Parallel()
	moves, sends := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		a := &author{t: rt}
		first, second := a.rule(), ""
		a.steps = 0
		second = a.rule()
		rt.Log(first, second)
		l := &wanderer{life: &life{rt: rt, world: newWorld(rt, first, lawPolicy, "2026-11-23 12:00")}}
		l.learn(second, lawPolicy)
		l.sent = l.once
		for _, topic := range []string{"offers", "service", "urgent"} {
			l.world.set("consent."+topic, "yes")
		}
		l.happen("signed_up", nil)
		for range rapid.IntRange(0, 30).Draw(rt, "moves") {
			if rapid.IntRange(0, 3).Draw(rt, "migrates") == 0 {
				l.migrateSomewhere()
				continue
			}
			l.life.move()
		}
		l.finish()
		moves, sends = moves+l.moves, sends+l.sends
	})
	t.Log("moves:", moves, "sends:", sends)
	require.NotZero(t, moves)
	require.NotZero(t, sends)
}

// TestThereAndBackChangesNothing moves random outreaches to a version that says
// the same in other words, and back.
func TestThereAndBackChangesNothing(t *testing.T) {
	t.Parallel()
	planned := 0
	rapid.Check(t, func(rt *rapid.T) {
		text := (&author{t: rt}).rule()
		l := &life{rt: rt, world: newWorld(rt, text, lawPolicy, "2026-11-23 12:00")}
		l.learn("description: The same.\nowner: b@example.com\n"+text, lawPolicy)
		l.world.set("consent.offers", "yes")
		l.happen("signed_up", nil)
		for range rapid.IntRange(0, 10).Draw(rt, "moves") {
			l.move()
		}
		if !l.open() {
			return
		}
		before, parts := l.outreach, slices.Clone(l.parts)
		there := l.world.move(nil)
		if there.Stays == journey.StayUnderWay {
			require.True(rt, slices.ContainsFunc(parts, func(p ledger.Part) bool {
				return p.Status == ledger.Sending || p.Status == ledger.Ambiguous
			}), "a message is with its provider")
			require.Equal(rt, before, there.Outreach)
			return
		}
		require.Empty(rt, there.Stays)
		require.Equal(rt, l.matcher.Version, there.Outreach.Version)
		require.NotEqual(rt, before.Version, there.Outreach.Version)
		l.outreach = there.Outreach
		back := l.world.move(nil)
		require.Equal(rt, before, back.Outreach)
		require.Empty(rt, append(there.Parts, back.Parts...))
		require.Equal(rt, []ledger.Kind{ledger.KindMigrate, ledger.KindMigrate}, kinds(append(there.Decisions, back.Decisions...)))
		require.Equal(rt, parts, l.parts)
		l.outreach = back.Outreach
		if slices.ContainsFunc(l.parts, func(p ledger.Part) bool { return p.Status == ledger.Planned }) {
			planned++
		}
	})
	require.NotZero(t, planned, "some stood before a planned message")
}

func kinds(list []ledger.Decision) []ledger.Kind {
	var got []ledger.Kind
	for _, d := range list {
		got = append(got, d.Kind)
	}
	return got
}

// TestMovesBeforeTheFirstStep moves a match that has not begun, and refuses a
// position that does not read.
func TestMovesBeforeTheFirstStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "topic: service\nwhen: {event: signed_up}\nsteps: [{send: hello, at: now}]\n", housePolicy, "2026-11-23 09:00")
	w.learn("topic: offers\npriority: 9\nwhen: {event: signed_up}\nsteps: [{send: other, at: now}]\n", housePolicy)
	w.down = true
	w.happen("signed_up", nil)
	w.outreach.Status = ledger.Matched
	moved := w.move(nil)
	want := w.outreach
	want.Version, want.Topic, want.Priority = w.matcher.Version, "offers", 9
	require.Equal(t, want, moved.Outreach)
	require.Equal(t, [3]any{"", "", journey.Stay("")}, [3]any{moved.Step, moved.To, moved.Stays})
	w.outreach.Position = []byte("{")
	_, err := journey.Migration{From: w.other, To: w.matcher}.Move(w.outreach, w.facts())
	require.ErrorContains(t, err, "outreach/mine/c1/1: position: ")
	w.outreach.Position = []byte(`{"step":"nowhere"}`)
	_, err = journey.Migration{From: w.other, To: w.matcher}.Move(w.outreach, w.facts())
	require.ErrorContains(t, err, `has no step "nowhere"`)
}

// TestATaskThatIsOutStays keeps a task under the id that it was given out with.
func TestATaskThatIsOutStays(t *testing.T) {
	t.Parallel()
	text := "topic: service\nwhen: {event: signed_up}\nsteps: [{id: call, handoff: care, within: 2d}]\n"
	w := newWorld(t, text, housePolicy, "2026-11-23 09:00")
	w.learn(strings.ReplaceAll(text, "call", "ring"), housePolicy)
	w.happen("signed_up", nil)
	moved := w.move(map[string]string{"call": "ring"})
	require.Equal(t, [3]any{"call", "ring", journey.StayHandedOver}, [3]any{moved.Step, moved.To, moved.Stays})
	require.Equal(t, w.outreach, moved.Outreach)
	require.Empty(t, moved.Decisions)
	w.parts[0].Status, w.parts[0].Channel, w.parts[0].Lease = ledger.Sending, customer.SMS, w.now.Add(time.Minute)
	w.matcher, w.other = w.other, w.matcher
	require.Equal(t, journey.StayUnderWay, w.move(nil).Stays)
}
