package journey_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// resumptions are what a lift may say.
func resumptions() []ledger.Resumption {
	return []ledger.Resumption{ledger.ResumeSend, ledger.ResumeShift, ledger.ResumeDrop}
}

// pauses sets and lifts random holds of one outreach's messages and lets time
// pass in between; not every lift is told to the outreach.
func (l *life) pauses() {
	for range rapid.IntRange(1, 5).Draw(l.rt, "pauses") {
		l.pass("before", 20*60)
		what := rapid.SampledFrom([][]string{{"all"}, {"rule", "mine"}, {"channel", "sms"}, {"template", "hello-s1"}}).Draw(l.rt, "what")
		if !journey.Held(l.holds, ledger.Part{Ref: ledger.Ref{Rule: "mine"}}) {
			l.word("hold", what)
		}
		l.pass("paused", 40*60)
		if !rapid.Bool().Draw(l.rt, "lifted") {
			continue
		}
		l.lift(rapid.SampledFrom(resumptions()).Draw(l.rt, "then"), what)
		if rapid.Bool().Draw(l.rt, "told") {
			l.hint()
		}
	}
}

func (l *life) pass(label string, minutes int) {
	l.until(l.now.Add(time.Duration(rapid.IntRange(0, minutes).Draw(l.rt, label)) * time.Minute))
}

// TestHeldMessagesGoAsTheLiftSays lives random lives with pauses. That nothing
// goes out while a hold covers it is checked with all else that goes out; here,
// that nothing that was held goes out before its lift or against what the lift
// says, and that everybody comes to the end of their steps.
func TestHeldMessagesGoAsTheLiftSays(t *testing.T) {
	t.Parallel()
	outcomes := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		l := planned(rt)
		check := l.sent
		l.sent = func(out journey.Outcome, p ledger.Part) {
			check(out, p)
			for _, h := range l.holds {
				if !h.InForce() && h.Then == ledger.ResumeDrop && covered(h, p) {
					require.False(rt, within(h, p.Planned), "dropped by the lift of %v: %v", h, p.Planned)
				}
			}
			outcomes["sent"]++
		}
		l.pauses()
		for i := range l.holds {
			if h := &l.holds[i]; h.InForce() {
				h.Lifted, h.Then, h.Over = l.now, ledger.ResumeSend, time.Hour
			}
		}
		l.hint()
		l.until(l.now.AddDate(0, 6, 0))
		require.Equal(rt, ledger.Ended, l.outreach.Status, "nobody is left waiting")
		for _, p := range l.parts {
			require.NotEqual(rt, ledger.Planned, p.Status, "nothing stays planned")
			if p.Status != ledger.Withdrawn || p.Reason != customer.Paused {
				continue
			}
			outcomes["dropped"]++
			require.True(rt, slices.ContainsFunc(l.holds, func(h ledger.Hold) bool {
				return h.Then == ledger.ResumeDrop && covered(h, p) && p.Planned.Before(h.Lifted)
			}), "dropped, and planned for no pause: %v of %v", p.Planned, l.holds)
		}
	})
	t.Log(outcomes)
	require.NotZero(t, outcomes["sent"])
	require.True(t, testing.Short() || outcomes["dropped"] > 0, "few draws may drop nothing")
}

func covered(h ledger.Hold, p ledger.Part) bool {
	h.Lifted = time.Time{}
	return journey.Held([]ledger.Hold{h}, p)
}

func within(h ledger.Hold, at time.Time) bool { return !at.Before(h.At) && at.Before(h.Lifted) }

// TestALiftIsDecidedByFactsAlone: whether an outreach looks at once or later,
// what a lift makes of its message is the same, as long as its place is not
// past.
func TestALiftIsDecidedByFactsAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := planned(rt)
		part, ok := l.plannedPart()
		if !ok {
			return
		}
		h := ledger.Hold{Kind: ledger.HoldAll, At: l.now}
		l.holds = []ledger.Hold{h}
		l.until(part.Planned.Add(time.Duration(rapid.IntRange(0, 600).Draw(rt, "held")) * time.Minute))
		if !l.open() {
			return
		}
		l.lift(rapid.SampledFrom(resumptions()).Draw(rt, "then"), []string{"all"})
		first := l.look(l.now)
		later := l.look(l.now.Add(time.Duration(rapid.IntRange(1, int(journey.Slack/time.Second)).Draw(rt, "later")) * time.Second))
		if first.Due || !first.Outreach.NextAt.After(l.now.Add(journey.Slack)) {
			return // its place, or the next step's, comes before the later look
		}
		require.Equal(rt, place(first, part), place(later, part))
	})
}

// place gives what an outcome makes of a part.
func place(out journey.Outcome, of ledger.Part) string {
	for _, p := range out.Parts {
		if p.Key() == of.Key() {
			return fmt.Sprint(p.Planned, p.Status, p.Reason)
		}
	}
	return ""
}

// TestALiftLetsNoBurstGo holds everybody's message and lifts the hold: of many,
// no minute has more than a small share.
func TestALiftLetsNoBurstGo(t *testing.T) {
	t.Parallel()
	const many = 300
	for name, c := range map[string]struct {
		at   string
		then ledger.Resumption
		most int // in one minute
		span time.Duration
	}{
		"send":             {"daily 12:00", ledger.ResumeSend, many / 20, time.Hour},
		"send of at once":  {"now", ledger.ResumeSend, many / 20, time.Hour},
		"shift of at once": {"now", ledger.ResumeShift, many / 20, time.Hour},
		"shift":            {"preferred", ledger.ResumeShift, many / 2, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			minutes := map[string]int{}
			for n := range many {
				w := newWorld(t, "topic: service\nwhen: {event: signed_up}\nsteps: [{send: hello, at: "+c.at+"}]", housePolicy, "2026-11-23 11:00")
				w.person = customer.ID(fmt.Sprint("c", n))
				w.word("hold", []string{"all"})
				w.happen("signed_up", nil)
				w.until(w.now.Add(3 * time.Hour))
				w.lift(c.then, []string{"all"})
				lifted := w.now
				w.hint()
				w.until(w.now.AddDate(0, 0, 3))
				require.Equal(t, ledger.Accepted, w.parts[0].Status)
				require.Less(t, w.parts[0].Sent.Sub(lifted), c.span)
				minutes[w.parts[0].Sent.Format("02 15:04")]++
			}
			for minute, n := range minutes {
				require.LessOrEqual(t, n, c.most, minute)
			}
		})
	}
}
