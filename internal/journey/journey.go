// Package journey is the step machine: from a rule, an outreach's position and
// the facts of one instant it decides what comes next and why. It is pure: it
// reads no clock and no store, and the same facts give the same answer live
// and in simulation.
package journey

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
)

// Facts are everything that one step of one outreach depends on, all read at
// one instant.
type Facts struct {
	Now        time.Time
	Lag        time.Duration // by how much the engine itself may be late without its counting
	Subject    rule.Subject
	Policy     *policy.Policy
	Place      policy.Place // where the customer is, as the policy has it
	Suppressed func(customer.Channel) bool
	Events     []customer.Event // of the customer since Since(), of names that the rule mentions, oldest first
	Parts      []ledger.Part    // of this outreach
	Slots      []ledger.Part    // of the customer, those that take a slot in any cap
	Holds      []ledger.Hold
	Value      float64 // what a message of the rule is expected to be worth, 0 to 1
	// Others gives what is known of all customers' habits by a channel; nil, and
	// a nil answer: nothing is.
	Others func(customer.Channel) *habit.Population
	// Items gives how many items would go out in a message now; nil: it is not asked.
	Items func(carrier ledger.Part) int
	// Texts gives the channels that a template has a text for.
	Texts func(template string) []customer.Channel
}

// place gives where the customer is; its clock is the one that everything else
// of the outreach goes by.
func (f *Facts) place() policy.Place {
	place := f.Place
	place.Zone = f.Subject.Zone
	return place
}

// Since gives from when on an outreach's facts need events: its beginning, or
// midnight on the customer's clock when that is earlier.
func Since(o ledger.Outreach, now time.Time, zone *time.Location) time.Time {
	if today := midnight(now, zone); today.Before(o.At) {
		return today
	}
	return o.At
}

// midnight gives the first instant of the customer's day.
func midnight(t time.Time, zone *time.Location) time.Time {
	start, _, _ := behaviour.Period{Kind: behaviour.Day}.Bounds(t, behaviour.Clock{Zone: zone})
	return start
}

// Outcome is what is to be stored, and what the outreach waits for.
type Outcome struct {
	Outreach  ledger.Outreach // the row as it is to be; NextAt and WakesOn say what it waits for
	Parts     []ledger.Part   // new and changed ones
	Decisions []ledger.Decision
	// Deliver is the send key to hand to the provider at Outreach.NextAt; ""
	// when the outreach waits for something else.
	Deliver string
	// Due says that the gate let the message of Deliver pass at this instant.
	Due bool
	// Why says in words what is waited for: no personal data.
	Why string
	// Path holds the steps that this answer went through, in order. The one
	// that the outreach rests on is not among them. It is not stored.
	Path []Passed
	// Went holds the channels of the messages that this answer found to have gone
	// out. It is not stored.
	Went []customer.Channel
	// Set holds the traits to be changed, by name: those of all the set steps
	// that this answer went through, the last word of each.
	Set map[string]customer.Value
}

// Passed is one step that an answer went through.
type Passed struct {
	Step   string
	Branch string // then or else of a wait_for or if, the name of a split's branch; "" elsewhere
}

// The branches of wait_for and if.
const (
	Then = "then"
	Else = "else"
)

// Position is where an outreach stands in its rule.
type Position struct {
	Step  string    `json:"step"`           // id; "" is the end
	Began time.Time `json:"began"`          // when the step began
	Plan  *Plan     `json:"plan,omitempty"` // of a send
	Told  bool      `json:"told,omitempty"` // of a wait: its beginning stands in the story
	Done  []string  `json:"done,omitempty"` // steps that went out under other ids, before a migration
}

// Plan is a send's chosen channel and instant.
type Plan struct {
	Channel customer.Channel   `json:"channel"`
	At      time.Time          `json:"at"`
	From    time.Time          `json:"from"`            // where the search for At began; zero: with the step
	Tried   []customer.Channel `json:"tried,omitempty"` // channels that failed for good
	Why     string             `json:"why"`
	// Moved is capped when the caps kept it from an earlier instant.
	Moved customer.Reason `json:"moved,omitempty"`
	// Evidence says what was learned that it goes by; "": it goes by nothing of the kind.
	Evidence string `json:"evidence,omitempty"`
	hope     bool   // of none found: a place in the caps may become free
	// Then and Lifted are of a message that a hold kept back: what becomes of it,
	// and since when.
	Then   ledger.Resumption `json:"then,omitempty"`
	Lifted time.Time         `json:"lifted,omitzero"`
}

// Slack is by how much the engine may lag behind an instant without the
// instant being asked for anew.
const Slack = 15 * time.Minute

// grace is by how much a send may miss its own within because of the engine's
// lag.
const grace = 2 * time.Minute

// maxSteps bounds how many steps one answer may go through.
const maxSteps = 1000

// WakeProfile and WakeResume are what planned sends wake on beside events.
const (
	WakeProfile = customer.Identified
	WakeResume  = "$resume"
)

// run is one answer in the making.
type run struct {
	m     *rule.Matcher
	o     ledger.Outreach
	f     Facts
	pos   Position
	story *rule.Story
	out   Outcome
	liked string // what was learned of channels, for people
	// paused says that the step was waiting for a hold to be removed.
	paused bool
}

// Step takes an outreach as far as it goes at one instant: until it waits,
// has a message to deliver, or ends.
func Step(m *rule.Matcher, o ledger.Outreach, f Facts) (Outcome, error) {
	r := &run{m: m, o: o, f: f, story: StoryOf(o, f.Events, f.Parts)}
	if o.Status == ledger.Ended {
		return Outcome{Outreach: o}, nil
	}
	if err := r.begin(); err != nil {
		return Outcome{}, err
	}
	r.counted(r.pos.Step)
	if reason := r.ended(); reason != "" {
		r.end(reason)
		return r.finish(), nil
	}
	for range maxSteps {
		if r.pos.Step == "" {
			r.end(customer.Completed)
			return r.finish(), nil
		}
		step, next, ok := m.Find(r.pos.Step)
		if !ok {
			return Outcome{}, fmt.Errorf("%s: version %s has no step %q", o.Ref, m.Version, r.pos.Step)
		}
		if !r.do(step, next) {
			return r.finish(), nil
		}
	}
	return Outcome{}, fmt.Errorf("%s: more than %d steps at one instant", o.Ref, maxSteps)
}

// StoryOf gives what an outreach has lived through: of its customer's events
// those since it began and the one that gave its reason, what it sent, and
// what webhooks answered.
func StoryOf(o ledger.Outreach, events []customer.Event, parts []ledger.Part) *rule.Story {
	story := &rule.Story{Match: o.Match, Sent: map[string]bool{}, Answers: answersOf(parts)}
	for i, e := range events {
		if e.Name == customer.HandoffDone && !mine(o, e) {
			continue
		}
		if !e.At.Before(o.At) || e.MessageID == o.Trigger {
			story.Events = append(story.Events, events[i])
		}
	}
	for _, p := range parts {
		if p.Channel.Reaches() && (p.Status == ledger.Accepted || p.Status == ledger.Delivered) {
			story.Sent[p.Template] = true
		}
	}
	return story
}

func (r *run) begin() error {
	r.paused, r.o.Reason = r.o.Reason == customer.Paused, ""
	if len(r.o.Position) == 0 {
		r.pos = Position{Step: rule.First(r.m.Steps, ""), Began: r.o.At}
		return nil
	}
	if err := json.Unmarshal(r.o.Position, &r.pos); err != nil {
		return fmt.Errorf("%s: position: %w", r.o.Ref, err)
	}
	return nil
}

func (r *run) finish() Outcome {
	position, err := json.Marshal(r.pos)
	if err == nil {
		r.o.Position = position
	}
	r.out.Outreach = r.o
	return r.out
}

// do runs one step. It reports whether the next one may follow at once.
func (r *run) do(step *rule.Step, next string) bool {
	switch {
	case slices.Contains(r.pos.Done, step.ID):
		return r.goTo(next, r.pos.Began)
	case step.Send != nil && step.Send.Item:
		return r.attach(step, next)
	case step.Send != nil:
		return r.send(step, next)
	case step.Wait != nil:
		return r.wait(step, next)
	case step.WaitFor != nil:
		return r.waitFor(step, next)
	case step.If != nil:
		branch, name := step.If.Else, Else
		if r.holds(step.If.Cond, r.f.Now) {
			branch, name = step.If.Then, Then
		}
		return r.branch(name, branch, next, r.pos.Began)
	case step.Split != nil:
		return r.split(step, next)
	case len(step.Set) > 0:
		return r.set(step, next)
	case step.Webhook != nil:
		return r.webhook(step, next)
	case step.Handoff != nil:
		return r.handoff(step, next)
	case step.Stop:
		r.pass("")
		r.end(customer.StopStep)
		return false
	}
	return r.goTo(next, r.pos.Began)
}

// goTo moves on to a step that began at an instant.
func (r *run) goTo(step string, began time.Time) bool {
	return r.branch("", nil, step, began)
}

// branch moves on to a branch's first step, or to the one after it when the
// branch has none.
func (r *run) branch(name string, steps []rule.Step, next string, began time.Time) bool {
	r.pass(name)
	r.counted("")
	r.pos, r.paused = Position{Step: rule.First(steps, next), Began: began, Done: r.pos.Done}, false
	return true
}

// pass notes that the step is gone through.
func (r *run) pass(branch string) {
	r.out.Path = append(r.out.Path, Passed{Step: r.pos.Step, Branch: branch})
}

func (r *run) decide(d ledger.Decision) {
	d.Ref, d.At = r.o.Ref, r.f.Now
	r.out.Decisions = append(r.out.Decisions, d)
}

// rest makes the outreach wait until an instant, cut by its until. What may
// bring a condition of its goal or stop about wakes it too.
func (r *run) rest(until time.Time, why string, wakes ...string) bool {
	if end := r.until(); !end.IsZero() && end.Before(until) {
		until = end
	}
	if r.m.Goal != nil {
		wakes = append(wakes, r.names(conditions(r.m.Goal.What))...)
	}
	wakes = append(wakes, r.names(conditions(r.m.Stop))...)
	slices.Sort(wakes)
	r.o.NextAt, r.o.WakesOn, r.out.Why = until, slices.Compact(wakes), why
	return false
}

// conditions gives the alternatives that are no events.
func conditions(what rule.What) rule.What {
	return slices.DeleteFunc(slices.Clone(what), func(a rule.Alternative) bool { return a.If == nil })
}

// spread is the outreach's stable place among all others.
func (r *run) spread(step string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(string(r.o.Customer) + "/" + r.o.Rule + "/" + step))
	return mix(h.Sum64()) | 1
}

// mix spreads a hash evenly over all its bits (the finaliser of MurmurHash3).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
