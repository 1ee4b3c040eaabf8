package journey

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// Resend takes an outreach back to the step of a message that is to be sent
// again, whether or not it went out, as though the step began now: the next answer plans it anew. What
// waits at a later step gives up its place until the outreach comes there again.
// An outreach that has ended, or has done more since, stays as it is: the error
// says why, and what to do instead.
func Resend(m *rule.Matcher, o ledger.Outreach, f Facts, part ledger.Part) (Outcome, error) {
	r := &run{m: m, o: o, f: f}
	if o.Status == ledger.Ended {
		return Outcome{}, fmt.Errorf("its outreach has ended (%s), and does not begin again; settle it with --sent or --not-sent", o.Reason)
	}
	if step, _, ok := m.Find(part.Step); !ok || step.Send == nil {
		return Outcome{}, fmt.Errorf("its rule has no message at step %s; settle it with --sent or --not-sent", part.Step)
	}
	if later, ok := outSince(f.Parts, part); ok {
		return Outcome{}, fmt.Errorf("its outreach has gone on: step %s went out by %s meanwhile; settle it with --sent or --not-sent",
			later.Step, later.Channel)
	}
	if err := r.begin(); err != nil {
		return Outcome{}, err
	}
	for _, p := range slices.Clone(f.Parts) {
		if (p.Status == ledger.Planned || p.Status == ledger.Queued) && p.Channel.Reaches() && p.Key() != part.Key() {
			r.withdrawNoted(p, customer.Repeated, "gives up its place: step "+part.Step+", which is sent again, comes first")
		}
	}
	done := slices.DeleteFunc(slices.Clone(r.pos.Done), func(id string) bool { return id == part.Step })
	position, err := json.Marshal(Position{Step: part.Step, Began: f.Now, Done: done})
	if err != nil {
		return Outcome{}, errors.Join(errors.New("position"), err)
	}
	r.o.Position, r.o.Reason, r.o.NextAt, r.o.WakesOn = position, "", f.Now, nil
	r.out.Outreach = r.o
	return r.out, nil
}

// outSince gives a part of the outreach that went out, or may have, after
// another one: an errand among them. Items are in others' messages.
func outSince(parts []ledger.Part, part ledger.Part) (later ledger.Part, ok bool) {
	i := slices.IndexFunc(parts, func(p ledger.Part) bool {
		tried := isOut(p) || p.Status == ledger.Failed
		return p.Key() != part.Key() && !p.Item && tried && p.Sent.After(part.Sent)
	})
	if i < 0 {
		return later, false
	}
	return parts[i], true
}
