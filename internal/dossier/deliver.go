package dossier

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/rule"
)

// Answered is what an outreach's newest answer says beside its row: the
// instant that it waits for is the row's NextAt.
type Answered struct {
	Deliver string `json:"deliver,omitempty"` // the send key to deliver then; "": look again
	Why     string `json:"why,omitempty"`     // what is waited for, in words
}

// AnswerOf gives what a row's newest answer says; the zero value when it has
// none, or one that does not read.
func AnswerOf(o ledger.Outreach) (a Answered) {
	if json.Unmarshal(o.Answer, &a) != nil {
		return Answered{}
	}
	return a
}

// Answer writes an outcome's row under an answer's number, and gives the row.
func (d *Dossier) Answer(out journey.Outcome, seq int64) (ledger.Outreach, error) {
	o := out.Outreach
	text, err := json.Marshal(Answered{Deliver: out.Deliver, Why: out.Why})
	if err != nil {
		return o, err
	}
	o.Seq, o.Answer = seq, text
	if err := d.tx.SaveOutreach(o); err != nil {
		return o, err
	}
	return o, d.gather(o, out)
}

// Lease gives the part that an outcome delivers, as an attempt that may last
// until an instant. The caller says by whom, and saves it.
func (d *Dossier) Lease(out journey.Outcome, now, until time.Time) (ledger.Part, error) {
	_, step, channel, err := ledger.ParseKey(out.Deliver)
	if err != nil {
		return ledger.Part{}, err
	}
	part, ok, err := d.tx.Part(out.Outreach.Ref, step, channel)
	if err != nil || !ok {
		return part, fmt.Errorf("%s: part found %t: %w", out.Deliver, ok, err)
	}
	part.Status, part.Attempt, part.Updated, part.Sent = ledger.Sending, part.Attempt+1, now, now
	part.Lease, part.Address = until, d.Profile.Address(channel)
	return part, nil
}

// Vars gives what the text of an outreach's message may name: of each event
// the newest that concerns the outreach, and what webhooks answered.
func (d *Dossier) Vars(m *rule.Matcher, o ledger.Outreach, f journey.Facts) message.Vars {
	v := message.Vars{
		Customer: *d.Profile, Match: m.Present(d.Subject(), journey.ReasonOf(o), f.Now),
		Events: map[string]map[string]customer.Value{}, Now: f.Now, Zone: d.Zone,
	}
	reason := "" // the name of the event that gave the reason: the text speaks of that one
	story := journey.StoryOf(o, f.Events, f.Parts)
	maps.Copy(v.Events, story.Answers)
	for _, event := range story.Events {
		if m.Joins(event, o.About) && !event.At.After(f.Now) && event.Name != reason {
			v.Events[event.Name] = event.Properties
		}
		if event.MessageID == o.Trigger {
			reason = event.Name
			v.Events[reason] = event.Properties
		}
	}
	return v
}
