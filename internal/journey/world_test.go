package journey_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

const data = `
traits: {plan: text, plan_mb: number, contract_ends: date, score: number}
events:
  signed_up: {code: text}
  data_session: {mb: number}
  data_topped_up: {mb: number}
  app_opened: {}
  plan_changed: {to: text}
  account_closed: {}
  order_placed: {order_id: id}
  order_cancelled: {order_id: id}
webhooks: {coupon: {code: text, value: number}}
`

const housePolicy = `
zone: Europe/Berlin
channels: [sms, email, push]
topics:
  service: {consent: assumed}
  offers: {consent: asked}
  urgent: {consent: assumed, urgent: yes}
caps: {any: [2 per day, 5 per week]}
quiet: daily 21:00-08:00
windows: {sms: daily 09:00-20:00, email: daily 08:00-20:00, push: daily 09:00-21:00}
teams: {care: {email: care@example.com}}
`

// world is one customer in one outreach: it plays the store, the watch, the
// workflow and the provider around journey.Step.
type world struct {
	t        require.TestingT
	now      time.Time
	zone     *time.Location
	zones    *sendtime.Zones
	policy   *policy.Policy
	matcher  *rule.Matcher
	plan     *behaviour.Plan
	subject  rule.Subject
	closed   map[customer.Channel]bool // suppressed
	events   []customer.Event
	outreach ledger.Outreach
	parts    []ledger.Part
	others   []ledger.Part // slots of other rules
	holds    []ledger.Hold
	answers  []string // of the provider; none accepts
	asked    []string // what providers say when they are asked what became of a message; none: nobody knows
	down     bool     // the engine is
	lines    []string
	path     []string // steps that were gone through, with their branches
	entered  int
	person   customer.ID   // whose outreach it is, c1 unless said otherwise
	other    *rule.Matcher // another version of the rule, with learn
	// sent is called with what goes out, before it does.
	sent func(out journey.Outcome, part ledger.Part)
}

// newWorld reads a rule beside a policy; problems of the rule end the test.
func newWorld(t require.TestingT, ruleText, policyText, start string) *world {
	if !strings.Contains(ruleText, "description:") {
		ruleText = "description: A rule.\nowner: a@example.com\n" + ruleText
	}
	var ps source.Problems
	b := bundle.ReadOne("mine", []byte(ruleText), []byte(data), []byte(policyText), &ps)
	require.NoError(t, ps.Err())
	m := rule.NewMatcher(b.Rules[0], b.Dictionary)
	w := &world{
		t: t, policy: b.Policy, matcher: m, zones: sendtime.NewZones(), closed: map[customer.Channel]bool{},
		plan: behaviour.NewPlan(m.Defs(), func(string) bool { return true }),
	}
	w.subject = rule.Subject{
		State:   &behaviour.State{},
		Profile: &customer.Profile{ID: "c1", Phone: "+4915112345678", Email: "anna@example.com", Traits: map[string]customer.Value{}},
	}
	w.locate()
	at, err := time.ParseInLocation("2006-01-02 15:04", start, w.zone)
	require.NoError(t, err)
	w.now = at.UTC()
	return w
}

func (w *world) locate() {
	w.zone = w.policy.ZoneOf(w.zones, w.subject.Profile)
	w.subject.Zone = w.zone
}

func (w *world) facts() journey.Facts {
	f := journey.Facts{
		Now: w.now, Subject: w.subject, Policy: w.policy, Place: w.policy.PlaceOf(w.zones, w.subject.Profile), Parts: slices.Clone(w.parts), Holds: w.holds,
		Suppressed: func(c customer.Channel) bool { return w.closed[c] }, Texts: texts,
	}
	since := journey.Since(w.outreach, w.now, w.zone)
	for _, e := range w.events {
		if !e.At.Before(since) && slices.Contains(w.matcher.Events(), e.Name) {
			f.Events = append(f.Events, e)
		}
	}
	for _, p := range append(slices.Clone(w.others), w.parts...) {
		if p.TakesSlot() {
			f.Slots = append(f.Slots, p)
		}
	}
	return f
}

// texts lets a template's name say which channels it is written for.
func texts(template string) []customer.Channel {
	var list []customer.Channel
	for _, c := range customer.Channels() {
		if strings.HasSuffix(template, "-"+string(c)) {
			return []customer.Channel{c}
		}
		list = append(list, c)
	}
	return list
}

// open reports whether the outreach runs.
func (w *world) open() bool { return w.outreach.Status == ledger.Open }

// happen takes an event as observe does.
func (w *world) happen(name string, properties map[string]customer.Value) {
	w.happenAt(w.now, name, properties)
}

func (w *world) happenAt(at time.Time, name string, properties map[string]customer.Value) {
	e := customer.Event{MessageID: fmt.Sprint("m", len(w.events)+1), Customer: "c1", Name: name, At: at, Properties: properties}
	if customer.OfMessage(name) {
		e.Properties = map[string]customer.Value{customer.MessageProperty: customer.Text(w.parts[len(w.parts)-1].Key())}
	}
	if e.Properties[customer.TaskProperty] == customer.Text("this") {
		e.Properties[customer.TaskProperty] = customer.Text(w.parts[len(w.parts)-1].Key())
	}
	w.events = append(w.events, e)
	result := w.subject.State.Apply(w.plan, e, w.subject.Clock())
	if w.open() {
		w.concern(e)
	}
	log := func(names []string, _, _ time.Time) ([]customer.Event, error) {
		return slices.DeleteFunc(slices.Clone(w.events), func(e customer.Event) bool { return !slices.Contains(names, e.Name) }), nil
	}
	reasons, err := w.matcher.Judge(w.subject, e, result, log)
	require.NoError(w.t, err)
	for _, why := range reasons {
		if w.outreach.Status == "" {
			w.enter(why)
		}
	}
}

// concern ends the outreach, or lets it look again, because of an event.
func (w *world) concern(e customer.Event) {
	reason := journey.Ends(w.matcher, w.subject, w.outreach, e)
	if reason == "" {
		f := w.facts()
		reason = journey.Standing(w.matcher, w.subject, w.outreach, w.now, &rule.Story{Events: f.Events, Match: w.outreach.Match})
	}
	switch {
	case reason != "":
		w.keep(journey.Close(w.matcher, w.outreach, w.facts(), reason))
	case slices.Contains(w.outreach.WakesOn, e.Name) && !w.down:
		w.step()
	}
}

func (w *world) enter(why rule.Reason) {
	w.outreach = ledger.Outreach{
		Ref: ledger.Ref{Rule: "mine", Customer: cmp.Or(w.person, "c1"), N: 1}, About: why.About, Key: why.Key, Version: w.matcher.Version, Topic: w.matcher.Topic,
		Priority: w.matcher.Priority, At: why.At, Recorded: w.now, Match: why.Match, Trigger: why.Trigger, Status: ledger.Open, NextAt: w.now,
	}
	w.entered++
	if !w.down {
		w.step()
	}
}

// step asks for the next answer until the outreach waits, delivering what is
// due. Each answer is asked for twice, and repeated after it was saved.
func (w *world) step() {
	for range 100 {
		if !w.open() {
			return
		}
		before := w.facts()
		out, err := journey.Step(w.matcher, w.outreach, before)
		require.NoError(w.t, err)
		again, err := journey.Step(w.matcher, w.outreach, w.facts())
		require.NoError(w.t, err)
		require.Equal(w.t, out, again, "the same facts give the same answer")
		w.keep(out)
		w.settled(out)
		if !out.Due {
			if w.open() {
				require.True(w.t, w.outreach.NextAt.After(w.now), "it waits for %v at %v: %s", w.outreach.NextAt, w.now, out.Why)
			}
			return
		}
		w.deliver(out)
	}
	require.Fail(w.t, "an outreach does not come to rest", "at %v", w.now)
}

// settled asks once more after an answer was saved: nothing may change.
func (w *world) settled(out journey.Outcome) {
	again, err := journey.Step(w.matcher, w.outreach, w.facts())
	require.NoError(w.t, err)
	require.Empty(w.t, again.Decisions, "a repeat decides nothing")
	require.Empty(w.t, again.Parts, "a repeat changes no part")
	require.Empty(w.t, again.Set, "a repeat sets nothing")
	require.Empty(w.t, again.Path, "a repeat goes through no step")
	require.Equal(w.t, out.Outreach, again.Outreach, "a repeat changes no row")
	if w.open() {
		require.Equal(w.t, [3]any{out.Deliver, out.Due, out.Why}, [3]any{again.Deliver, again.Due, again.Why})
	}
}

func (w *world) keep(out journey.Outcome) {
	w.outreach = out.Outreach
	for _, p := range out.Path {
		w.path = append(w.path, strings.TrimSpace(p.Step+" "+p.Branch))
	}
	for _, p := range out.Parts {
		w.save(p)
	}
	for _, d := range out.Decisions {
		w.tell(d)
	}
	for _, name := range slices.Sorted(maps.Keys(out.Set)) {
		w.subject.Profile.Traits[name] = out.Set[name]
		w.lines = append(w.lines, w.now.In(w.zone).Format("Mon 02 Jan 15:04:05")+" set "+name+" to "+out.Set[name].String())
	}
}

func (w *world) save(p ledger.Part) {
	same := func(q ledger.Part) bool { return q.Step == p.Step && q.Channel == p.Channel }
	if i := slices.IndexFunc(w.parts, same); i >= 0 {
		w.parts[i] = p
		return
	}
	w.parts = append(w.parts, p)
}

// until lives up to an instant, waking the outreach when it asked to be.
func (w *world) until(end time.Time) {
	for !w.down && w.open() && !w.wakes().After(end) {
		w.now = later(w.now, w.wakes())
		w.inquire()
		w.step()
	}
	if end.After(w.now) {
		w.now = end
	}
}

// tell writes one line of the timeline, on the customer's clock.
func (w *world) tell(d ledger.Decision) {
	words := []string{d.At.In(w.zone).Format("Mon 02 Jan 15:04:05"), string(d.Kind)}
	if d.Kind != ledger.KindEnd {
		words = append(words, d.Step)
	}
	words = append(words, string(d.Channel))
	if !d.Planned.IsZero() && (d.Kind == ledger.KindPlan || d.Kind == ledger.KindDefer || d.Kind == ledger.KindWait) {
		words = append(words, "for "+d.Planned.In(w.zone).Format("Mon 02 Jan 15:04:05"))
	}
	words = append(words, string(d.Reason))
	if d.Note != "" {
		words = append(words, "("+d.Note+")")
	}
	w.lines = append(w.lines, strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), " "))
}
