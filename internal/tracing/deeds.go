package tracing

import (
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/witness"
)

// Committed tells of what one write did: events that came in, matches,
// outreaches that began, and what providers reported of messages. It is for
// witness.Watch.
func (t *Tracer) Committed(d *witness.Deeds) {
	if t == nil {
		return
	}
	over := d.Began.Add(d.Took)
	for _, e := range d.Events {
		t.Tell(Span{Name: "event", Event: e.MessageID, Root: true, Began: d.Began, Ended: over, Via: string(e.Via)})
	}
	for _, o := range d.Matches {
		s := Span{Name: "match", Event: o.Trigger, Ref: o.Ref, Root: o.Trigger == "", Began: d.Began, Ended: over, Outcome: "entered"}
		if o.Reason != "" {
			s.Outcome = string(o.Reason)
		}
		t.Tell(s)
	}
	for _, o := range d.Started {
		t.Tell(Span{Name: "start", Event: o.Trigger, Ref: o.Ref, Began: d.Began, Ended: over})
	}
	if d.Lane != ledger.IntakeLane {
		return
	}
	for _, line := range d.Lines { // what is heard of a message on the way in comes from its provider
		switch line.Kind {
		case ledger.KindDeliver, ledger.KindFail, ledger.KindSend:
			t.Tell(Span{
				Name: "report", Event: line.Event, Ref: line.Ref, Began: d.Began, Ended: over,
				Step: line.Step, Channel: string(line.Channel), Outcome: string(line.Status), Failed: line.Kind == ledger.KindFail,
			})
		}
	}
}
