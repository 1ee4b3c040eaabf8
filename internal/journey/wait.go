package journey

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

func (r *run) wait(step *rule.Step, next string) bool {
	w := step.Wait
	until := w.For.After(r.pos.Began, r.f.Subject.Zone)
	if !w.When.IsZero() {
		answer := sendtime.Next(sendtime.Request{Now: r.pos.Began, Zone: r.f.Subject.Zone, When: w.When})
		if !answer.OK {
			return r.goTo(next, r.pos.Began)
		}
		until = answer.At
	}
	if !r.f.Now.Before(until) {
		return r.goTo(next, until)
	}
	r.tellWait(step, until)
	return r.rest(until, "waiting until "+sendtime.Label(until, r.f.Subject.Zone))
}

// tellWait writes one line when a wait begins.
func (r *run) tellWait(step *rule.Step, until time.Time) {
	if r.pos.Told {
		return
	}
	r.pos.Told = true
	r.decide(ledger.Decision{Kind: ledger.KindWait, Step: step.ID, Planned: until})
}

func (r *run) waitFor(step *rule.Step, next string) bool {
	w := step.WaitFor
	deadline := w.Within.After(r.pos.Began, r.f.Subject.Zone)
	if at, ok := r.came(w.What, deadline); ok {
		return r.branch(Then, w.Then, next, at)
	}
	if !r.f.Now.Before(deadline) {
		return r.branch(Else, w.Else, next, deadline)
	}
	r.tellWait(step, deadline)
	names := r.names(w.What)
	return r.rest(deadline, fmt.Sprintf("waiting for %s until %s", strings.Join(shown(names), " or "),
		sendtime.Label(deadline, r.f.Subject.Zone)), names...)
}

func shown(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == WakeProfile })
}

// names gives the events that may bring a What about.
func (r *run) names(what rule.What) []string {
	var names []string
	for _, a := range what {
		if a.Event != "" {
			names = append(names, a.Event)
			continue
		}
		uses := a.If.Uses()
		names = append(names, uses.Events...)
		if len(uses.Traits) > 0 || uses.Channels {
			names = append(names, WakeProfile)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// came gives when the first of some things happened, not after the deadline:
// never before the step began. Conditions that are looked at late are judged
// at the deadline.
func (r *run) came(what rule.What, deadline time.Time) (time.Time, bool) {
	for _, e := range r.f.Events {
		if e.At.After(deadline) || e.At.After(r.f.Now) {
			continue
		}
		if r.isAny(what, e, r.f.Now) {
			if e.At.Before(r.pos.Began) {
				return r.pos.Began, true
			}
			return e.At, true
		}
	}
	at := r.f.Now
	if deadline.Before(at) {
		at = deadline
	}
	return at, r.anyIf(what, at)
}

// isAny reports whether an event is one of some things, since when it counts
// for what is judged at an instant.
func (r *run) isAny(what rule.What, e customer.Event, at time.Time) bool {
	return slices.ContainsFunc(what, func(a rule.Alternative) bool {
		since := r.o.At
		if a.Since == rule.SinceToday {
			since = midnight(at, r.f.Subject.Zone)
		}
		counts := !e.At.Before(since) && (e.MessageID != r.o.Trigger || a.Since == rule.SinceToday)
		return counts && mine(r.o, e) && r.m.Is(a, r.f.Subject, e, r.o.About)
	})
}
