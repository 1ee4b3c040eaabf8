package journey_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// planned is a life whose outreach rests on its first send, of any kind, for
// somebody with any preferences, and with other rules' messages about.
func planned(rt *rapid.T) *life {
	a := &author{t: rt}
	text := "topic: " + a.one("topic", "service", "offers", "urgent") + "\npriority: 50\nwhen: {event: signed_up}\nfresh: any\n" +
		a.one("until", "", "until: 3d\n", "until: contract_ends\n") + "steps: [" + a.send("s1") + ", " + a.send("s2") + "]\n"
	rt.Log(text)
	start := a.one("start", "2026-11-23 12:00", "2026-11-24 20:55", "2026-03-28 22:30", "2026-10-24 23:10", "2026-12-23 03:00")
	l := &life{rt: rt, world: newWorld(rt, text, lawPolicy, start)}
	l.now = l.now.Add(time.Duration(rapid.IntRange(0, 600).Draw(rt, "minutes")) * time.Minute)
	l.sent = l.check
	for _, topic := range []string{"offers", "service", "urgent"} {
		l.world.set("consent."+topic, "yes")
	}
	l.world.set("contract_ends", "2026-12-05")
	for range rapid.IntRange(0, 3).Draw(rt, "set") {
		l.prefer(a)
	}
	l.locate()
	for range rapid.IntRange(0, 5).Draw(rt, "slots") {
		l.slot([]string{"other", a.one("channel", "sms", "email", "push"), a.one("priority", "5", "50", "95"), "0", a.one("clock", "10:00", "12:00", "18:00")})
		last := &l.others[len(l.others)-1]
		last.Planned = last.Planned.AddDate(0, 0, rapid.IntRange(-1, 6).Draw(rt, "day"))
	}
	l.happenAt(l.now.Add(-time.Duration(rapid.IntRange(0, 899).Draw(rt, "late"))*time.Second), "signed_up", nil)
	return l
}

// prefer lets the customer say, or have, something else.
func (l *life) prefer(a *author) {
	pair := a.one("prefer", "zone America/New_York", "zone Asia/Tokyo", "zone Europe/London", "zone ", "prefers.channel email,sms", "prefers.channel push",
		"prefers.sms Mon-Fri 18:00-19:30", "prefers.sms ", "prefers.any daily 07:00-12:00", "prefers.any Mon 20:30", "prefers.any ", "prefers.email Sat 10:00-11:00",
		"phone ", "phone +4915112345678", "email ", "email anna@example.com", "push token")
	name, value, _ := strings.Cut(pair, " ")
	l.world.set(name, value)
}

// plannedPart gives the part that the outreach waits to deliver.
func (l *life) plannedPart() (p ledger.Part, ok bool) {
	for _, p := range l.parts {
		if p.Status == ledger.Planned {
			return p, l.open()
		}
	}
	return ledger.Part{}, false
}

// look asks once more at an instant, and writes nothing.
func (l *life) look(at time.Time) journey.Outcome {
	now := l.now
	defer func() { l.now = now }()
	l.now = at
	out, err := journey.Step(l.matcher, l.outreach, l.facts())
	require.NoError(l.rt, err)
	return out
}

// TestLookingAgainChangesNothing: as often as one looks before its instant, a
// plan stays what it is; so does one that was searched from its step's
// beginning and does not say so.
func TestLookingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	plans := 0
	rapid.Check(t, func(rt *rapid.T) {
		l := planned(rt)
		for range 2 {
			part, ok := l.plannedPart()
			if !ok {
				return
			}
			plans++
			if rapid.Bool().Draw(rt, "old") {
				l.forget()
			}
			for range 4 {
				left := part.Planned.Sub(l.now)
				at := l.now.Add(time.Duration(rapid.Int64Range(0, max(0, int64(left)-1)).Draw(rt, "look")).Truncate(time.Microsecond))
				if left <= 0 || !at.Before(l.outreach.NextAt) {
					break
				}
				out := l.look(at)
				require.Empty(rt, out.Decisions, "at %v: %v, position %s", at, part.Planned, l.outreach.Position)
				require.Empty(rt, out.Parts, "at %v", at)
				require.Equal(rt, l.outreach.NextAt, out.Outreach.NextAt)
				require.Equal(rt, string(l.outreach.Position), string(out.Outreach.Position))
				require.Equal(rt, part.Key(), out.Deliver)
				if rapid.Bool().Draw(rt, "stay") {
					l.now = at
				}
			}
			l.until(l.outreach.NextAt)
		}
	})
	require.NotZero(t, plans)
}

// forget takes from out of a stored position where it is the step's beginning.
func (l *life) forget() {
	var p journey.Position
	require.NoError(l.rt, json.Unmarshal(l.outreach.Position, &p))
	if !p.Plan.From.Equal(p.Began) {
		return
	}
	var position map[string]any
	require.NoError(l.rt, json.Unmarshal(l.outreach.Position, &position))
	delete(position["plan"].(map[string]any), "from")
	text, err := json.Marshal(position)
	require.NoError(l.rt, err)
	p = journey.Position{}
	require.NoError(l.rt, json.Unmarshal(text, &p))
	l.outreach.Position, err = json.Marshal(p)
	require.NoError(l.rt, err)
}

// TestAnotherPlanIsAllowed: after a change of what the customer said, of their
// zone, or of a cap, a new plan is not in the past, and open to them.
func TestAnotherPlanIsAllowed(t *testing.T) {
	t.Parallel()
	moved := 0
	rapid.Check(t, func(rt *rapid.T) {
		l := planned(rt)
		for range 5 {
			before, ok := l.plannedPart()
			if !ok {
				return
			}
			left := l.outreach.NextAt.Sub(l.now)
			at := l.now.Add(time.Duration(rapid.Int64Range(0, max(0, int64(left)-1)).Draw(rt, "pass")).Truncate(time.Microsecond))
			l.until(at)
			for range rapid.IntRange(0, 2).Draw(rt, "changes") {
				l.prefer(&author{t: rt})
			}
			if rapid.Bool().Draw(rt, "cap") {
				l.policy.Caps = rapid.SampledFrom([][]policy.Cap{nil, {{Most: 1, Per: policy.PerDay}}, {{Most: 1, Per: policy.PerWeek}}}).Draw(rt, "caps")
			}
			l.locate()
			l.sent = nil // a part that is due is judged here
			l.step()
			part, ok := l.plannedPart()
			if !ok {
				return
			}
			if part.Key() != before.Key() || !part.Planned.Equal(before.Planned) {
				moved++
				require.False(rt, part.Planned.Before(l.now), "%v at %v", part.Planned, l.now)
			}
			l.allowed(part)
		}
	})
	require.NotZero(t, moved)
}

// allowed checks a plan's instant as it will be asked for.
func (l *life) allowed(p ledger.Part) {
	local := fmt.Sprint(p.Planned.In(l.zone))
	topic := l.policy.Topics[p.Topic]
	require.NotEmpty(l.rt, l.subject.Profile.Address(p.Channel), "no address")
	require.True(l.rt, topic.Urgent || !l.policy.Quiet.Contains(p.Planned, l.zone), "quiet hours %s", local)
	if text, said := l.subject.Profile.Preferences.HoursFor(p.Channel); said && !topic.Urgent {
		when, err := sendtime.ParseWhen(text)
		require.NoError(l.rt, err)
		require.True(l.rt, when.Contains(p.Planned, l.zone), "%s at %s", text, local)
	}
	for _, c := range l.policy.Caps {
		if c.Channel != "" && c.Channel != p.Channel {
			continue
		}
		free := l.policy.Free(l.claim(p), p.Planned, l.claims(p), l.zone)
		require.True(l.rt, free.OK, "cap %v at %s", c, local)
	}
}

func (l *life) claim(p ledger.Part) policy.Claim {
	return policy.Claim{
		Channel: p.Channel, At: p.Planned, Priority: p.Priority, Deadline: p.Deadline, Value: p.Value,
		Urgent: l.policy.Urgent(p.Topic), Rule: p.Rule, N: p.N, Step: p.Step,
	}
}

// claims gives what others, and other steps, claim.
func (l *life) claims(mine ledger.Part) (list []policy.Claim) {
	for _, p := range append(append([]ledger.Part{}, l.others...), l.parts...) {
		if p.Key() == mine.Key() || !p.Status.TakesSlot() || p.Channel == customer.Webhook {
			continue
		}
		c := l.claim(p)
		c.Gone = p.Status != ledger.Planned
		if !p.Sent.IsZero() {
			c.At = p.Sent
		}
		list = append(list, c)
	}
	return list
}
