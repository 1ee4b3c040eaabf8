package journey

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// Held reports whether a hold that is in force covers a part. One of a channel
// or a template covers messages only.
func Held(holds []ledger.Hold, p ledger.Part) bool {
	return slices.ContainsFunc(holds, func(h ledger.Hold) bool { return h.InForce() && covers(h, p) })
}

// covers reports whether a part is among what a hold is set for.
func covers(h ledger.Hold, p ledger.Part) bool {
	switch h.Kind {
	case ledger.HoldAll:
		return true
	case ledger.HoldRule:
		return h.Name == p.Rule
	case ledger.HoldChannel:
		return h.Name == string(p.Channel) && p.Channel.Reaches()
	case ledger.HoldTemplate:
		return h.Name == p.Template && p.Channel.Reaches()
	}
	return false
}

// backstop is how long a held message waits before it looks again by itself.
const backstop = time.Hour

// hold keeps the part's place until the hold is removed, or its time is over.
func (r *run) hold(send *rule.Send, part ledger.Part) bool {
	if !r.paused {
		r.decide(ledger.Decision{Kind: ledger.KindDefer, Step: part.Step, Channel: part.Channel, Template: part.Template,
			Planned: part.Planned, Reason: customer.Paused})
	}
	r.o.Reason = customer.Paused // of an open row: why it waits
	until := r.deadline(send).Add(grace + time.Second)
	if send.Late == rule.LateSend {
		until = r.f.Now.Add(backstop)
	}
	return r.rest(until, "paused: a hold covers this message", WakeProfile, WakeResume)
}
