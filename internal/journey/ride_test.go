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
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
)

// carry lets another outreach's message go, by a channel or of a digest, with
// the items that may go in it.
func (w *world) carry(what string, status ledger.PartStatus) {
	carrier := ledger.Part{
		Ref: ledger.Ref{Rule: "letters", Customer: w.outreach.Customer, N: 1}, Step: "s", Channel: customer.Channel(what),
		Template: "letter", Status: status, Address: "anna@example.com", Attempt: 1, Sent: w.now,
	}
	if d, ok := w.policy.Digests[what]; ok {
		carrier.Rule, carrier.Channel = rule.DigestRule(what), d.Channel
	}
	for _, item := range slices.Clone(w.parts) {
		if !journey.Carries(carrier, item) {
			continue
		}
		if reason := journey.Boards(w.matcher, w.outreach, w.facts(), item); reason != "" {
			w.lines = append(w.lines, w.now.In(w.zone).Format("Mon 02 Jan 15:04:05")+" stays behind: "+string(reason))
			continue
		}
		item.Status, item.Sent, item.Lease, item.Carrier = ledger.Sending, w.now, w.now.Add(40*time.Second), carrier.Key()
		item, story := journey.Settled(item, carrier, w.now)
		w.save(item)
		if story.Kind != "" {
			w.tell(story)
		}
	}
	w.hint()
}

// contest is one customer's competing outreaches, each with one message, that
// look at the facts when they are hinted.
type contest struct {
	t       *rapid.T
	worlds  []*world
	hinted  map[ledger.Ref]bool
	settles int
}

const contestPolicy = `
zone: Europe/Berlin
channels: [email, push]
topics: {service: {consent: assumed}, urgent: {consent: assumed, urgent: yes}}
caps: {any: [%s], push: 1 per day}
quiet: daily 21:00-08:00
windows: {email: daily 08:00-20:00, push: daily 09:00-21:00}
`

// slots gives what the others claim, as an outreach's facts have it.
func (c *contest) slots(but *world) (list []ledger.Part) {
	for _, w := range c.worlds {
		if w != but {
			list = append(list, w.parts...)
		}
	}
	return list
}

// look lets one outreach look at the facts, and hints whom that concerns.
func (c *contest) look(w *world) {
	ref := w.outreach.Ref
	delete(c.hinted, ref)
	w.others = c.slots(w)
	f := w.facts()
	f.Slots = append(slices.Clone(w.others), w.parts...)
	out, err := journey.Step(w.matcher, w.outreach, f)
	require.NoError(c.t, err)
	w.keep(out)
	for _, other := range journey.Disturbed(f, out.Parts) {
		c.hinted[other] = true
	}
}

// settle works hints in an order of its own until none is left.
func (c *contest) settle() {
	for ; len(c.hinted) > 0; c.settles++ {
		require.Less(c.t, c.settles, 60*len(c.worlds), "the claims come to rest")
		var ready []*world
		for _, w := range c.worlds {
			if c.hinted[w.outreach.Ref] {
				ready = append(ready, w)
			}
		}
		c.look(rapid.SampledFrom(ready).Draw(c.t, "who looks"))
	}
}

// TestClaimsComeToRest holds that whatever the order in which outreaches look,
// in the end nobody is planned without a place, and nobody is queued who could
// have one.
func TestClaimsComeToRest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := &contest{t: t, hinted: map[ledger.Ref]bool{}}
		caps := rapid.SampledFrom([]string{"1 per day", "1 per day and 1 urgent, 3 per week", "2 per day, 3 per week"}).Draw(t, "caps")
		house := contestOf(caps)
		for i := range rapid.IntRange(2, 7).Draw(t, "rules") {
			c.worlds = append(c.worlds, contestant(t, i, house))
		}
		for _, w := range c.worlds {
			c.hinted[w.outreach.Ref] = true
		}
		c.settle()
		c.fixed()
		c.leave()
		c.settle()
		c.fixed()
	})
}

// leave ends an outreach, which gives its place up.
func (c *contest) leave() {
	w := rapid.SampledFrom(c.worlds).Draw(c.t, "who leaves")
	if !w.open() {
		return
	}
	f := w.facts()
	f.Slots = append(c.slots(w), w.parts...)
	out := journey.Close(w.matcher, w.outreach, f, customer.StoppedByUs)
	w.keep(out)
	for _, other := range journey.Disturbed(f, out.Parts) {
		c.hinted[other] = true
	}
}

// fixed holds that everybody who looks again stays where they are.
func (c *contest) fixed() {
	for _, w := range c.worlds {
		if !w.open() {
			continue
		}
		w.others = c.slots(w)
		f := w.facts()
		f.Slots = append(slices.Clone(w.others), w.parts...)
		for _, p := range w.parts {
			if p.Status == ledger.Planned {
				require.Equal(c.t, policy.Slot{OK: true}, c.placeOf(w, p), "%s is planned without a place", p.Rule)
			}
		}
		out, err := journey.Step(w.matcher, w.outreach, f)
		require.NoError(c.t, err)
		require.Empty(c.t, out.Parts, "who looks again stays")
		require.Empty(c.t, out.Decisions)
	}
}

// placeOf asks for a planned part's place among the others.
func (c *contest) placeOf(w *world, p ledger.Part) policy.Slot {
	claim := func(p ledger.Part) policy.Claim {
		return policy.Claim{Channel: p.Channel, At: p.Planned, Priority: p.Priority, Deadline: p.Deadline, Value: p.Value,
			Urgent: w.policy.Urgent(p.Topic), Rule: p.Rule, N: p.N, Step: p.Step}
	}
	var others []policy.Claim
	for _, other := range c.slots(w) {
		if other.TakesSlot() {
			others = append(others, claim(other))
		}
	}
	return w.policy.Free(claim(p), p.Planned, others, w.zone)
}

func contestOf(caps string) string { return fmt.Sprintf(contestPolicy, caps) }

// contestant draws a rule and begins its outreach.
func contestant(t *rapid.T, i int, house string) *world {
	draw := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	text := "topic: " + draw("topic", "service", "service", "urgent") + "\npriority: " + draw("priority", "10", "50", "50") +
		"\nwhen: {event: signed_up}\nsteps:\n  - {send: hello, channel: " + draw("channel", "email", "push", "[push, email]") +
		draw("at", "", ", at: now", ", at: \"daily 10:00-12:00\"") + ", within: " + draw("within", "10h", "1d", "3d", "9d") + "}\n"
	w := newWorld(t, text, house, "2026-11-23 08:30")
	w.set("push", "token")
	w.locate()
	w.outreach = ledger.Outreach{
		Ref: ledger.Ref{Rule: fmt.Sprint("rule", i), Customer: "c1", N: 1}, Version: w.matcher.Version, Topic: w.matcher.Topic,
		Priority: w.matcher.Priority, At: w.now, Recorded: w.now, Status: ledger.Open, NextAt: w.now, Key: "k", Trigger: "m1",
	}
	w.events = []customer.Event{{MessageID: "m1", Customer: "c1", Name: "signed_up", At: w.now}}
	return w
}
