package journey

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// Migration moves outreaches from one version of their rule to another. Steps
// are known by their ids.
type Migration struct {
	From, To *rule.Matcher
	Steps    map[string]string // the new id of an old step; absent: the same
}

// Stay is why an outreach is not moved.
type Stay string

// Why outreaches stay.
const (
	StayNoStep     Stay = "no_such_step" // the version to go to has no step of the id
	StayUnderWay   Stay = "under_way"    // a message is with its provider; later it can be moved
	StayHandedOver Stay = "handed_over"  // a task is out under the step's old id
)

// Moved is what a migration makes of one outreach. With Stays nothing of it is
// to be stored.
type Moved struct {
	Outreach  ledger.Outreach
	Parts     []ledger.Part
	Decisions []ledger.Decision
	Step      string // where it stood; "" when it has not begun, or is about to end
	To        string // where it goes on
	Stays     Stay   // "": it moves
	Ends      customer.Reason
}

// Move takes an outreach to the step of the other version where it goes on. A
// step keeps its beginning when it is of the same kind there; when it also
// says the same, and has the same id, it keeps its plan. What was planned
// otherwise is withdrawn, and planned anew by the next answer. What went out
// under an id counts under its new one. Ends says why the outreach ends with
// its next answer by the new version, "" when it goes on. f are facts for To.
func (m Migration) Move(o ledger.Outreach, f Facts) (Moved, error) {
	moved := Moved{Outreach: o}
	r := &run{m: m.To, o: o, f: f, story: StoryOf(o, f.Events, f.Parts)}
	if slices.ContainsFunc(f.Parts, func(p ledger.Part) bool { return p.Status == ledger.Sending || p.Status == ledger.Ambiguous }) {
		moved.Stays = StayUnderWay
	}
	if len(o.Position) > 0 {
		if err := json.Unmarshal(o.Position, &r.pos); err != nil {
			return moved, fmt.Errorf("%s: position: %w", o.Ref, err)
		}
	}
	moved.Step, moved.To = r.pos.Step, m.id(r.pos.Step)
	r.o.Version, r.o.Topic, r.o.Priority = m.To.Version, m.To.Topic, m.To.Priority
	r.decide(ledger.Decision{Kind: ledger.KindMigrate, Step: moved.To, Note: m.note(moved)})
	if r.pos.Step != "" && moved.Stays == "" {
		stays, err := m.place(r)
		if err != nil || stays != "" {
			moved.Stays = stays
			return moved, err
		}
	}
	r.counted(r.pos.Step)
	moved.Ends = r.ended()
	if moved.Stays == "" {
		moved.Outreach, moved.Parts, moved.Decisions = r.o, r.out.Parts, r.out.Decisions
	}
	return moved, nil
}

// id gives a step's id in the version to go to.
func (m Migration) id(step string) string {
	if to, ok := m.Steps[step]; ok {
		return to
	}
	return step
}

// note says in words what was moved.
func (m Migration) note(moved Moved) string {
	text := "from version " + m.From.Version + " to " + m.To.Version
	if moved.Step != moved.To {
		text += ", from step " + moved.Step + " to " + moved.To
	}
	return text
}

// place puts the outreach where it goes on, unless it has to stay.
func (m Migration) place(r *run) (Stay, error) {
	was, _, ok := m.From.Find(r.pos.Step)
	if !ok {
		return "", fmt.Errorf("%s: version %s has no step %q", r.o.Ref, m.From.Version, r.pos.Step)
	}
	to := m.id(was.ID)
	is, _, ok := m.To.Find(to)
	switch {
	case !ok:
		return StayNoStep, nil
	case to != was.ID && handedOver(r.f.Parts, was.ID):
		return StayHandedOver, nil
	}
	same := to == was.ID && is.SameAs(was)
	next := Position{Step: to, Began: r.pos.Began, Done: m.done(r)}
	if is.Kind() != was.Kind() {
		next.Began = r.f.Now
	}
	if same {
		next.Plan, next.Told = r.pos.Plan, r.pos.Told
	}
	for _, p := range slices.Clone(r.f.Parts) {
		switch {
		case !waits(p):
		case p.Step == to && to == was.ID && (same || is.Kind() == was.Kind() && !p.Channel.Reaches()):
			m.keep(r, is, p)
		default:
			r.withdraw(p, customer.Migrated)
		}
	}
	r.pos = next
	position, err := json.Marshal(r.pos)
	r.o.Position = position
	return "", err
}

// waits reports whether a part is still to go: planned, in an item's place or
// in the queue for one.
func waits(p ledger.Part) bool {
	return p.Status == ledger.Planned || p.Status == ledger.Riding || p.Status == ledger.Queued
}

// keep lets a part that waits stand, under the priority and, for an errand, the
// name that the new version gives it.
func (m Migration) keep(r *run, step *rule.Step, p ledger.Part) {
	kept := p
	kept.Priority = m.To.Priority
	switch {
	case step.Webhook != nil:
		kept.Template, kept.Topic = answerName(step), m.To.Topic
	case step.Handoff != nil:
		kept.Template, kept.Topic = step.Handoff.Team, m.To.Topic
	}
	if kept.Template != p.Template || kept.Topic != p.Topic || kept.Priority != p.Priority {
		r.savePart(kept)
	}
}

// handedOver reports whether a task of a step was taken.
func handedOver(parts []ledger.Part, step string) bool {
	return slices.ContainsFunc(parts, func(p ledger.Part) bool {
		return p.Step == step && p.Channel == customer.Handoff && p.Status == ledger.Accepted
	})
}

// done gives the steps of the version to go to that went out under other ids.
func (m Migration) done(r *run) []string {
	var list []string
	for _, id := range r.pos.Done {
		list = append(list, m.id(id))
	}
	for _, p := range r.f.Parts {
		if to := m.id(p.Step); to != p.Step && isOut(p) {
			list = append(list, to)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// isOut reports whether a part went out, or may have.
func isOut(p ledger.Part) bool { return p.Status != ledger.Planned && p.Status.TakesSlot() }

// wasSent reports whether a step's message is out though it was not planned in
// the version that the outreach goes by: it was migrated.
func (r *run) wasSent(step string) bool {
	return slices.ContainsFunc(r.f.Parts, func(p ledger.Part) bool { return p.Step == step && isOut(p) })
}

// refusedOn gives the channels that a step's message was refused on for good.
func (r *run) refusedOn(step string) []customer.Channel {
	var list []customer.Channel
	for _, p := range r.f.Parts {
		if p.Step == step && (p.Status == ledger.Rejected || p.Status == ledger.Failed) {
			list = append(list, p.Channel)
		}
	}
	return list
}

// StepOf gives the id of the step at which an outreach stands; "" before its
// first one, and when a position does not read.
func StepOf(o ledger.Outreach) string {
	var p Position
	if json.Unmarshal(o.Position, &p) != nil {
		return ""
	}
	return p.Step
}
