package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/task"
	"github.com/outreach-engine/outreach/internal/wording"
)

// carrier gives who carries a part, and the channel whose rate holds for it: a
// message its channel's provider, a webhook the one who calls webhooks, and a
// task whoever reaches its team.
func (e *Engine) carrier(ctx context.Context, key string) (customer.Channel, channel.Sender, error) {
	ref, step, ch, err := ledger.ParseKey(key)
	if err != nil {
		return "", nil, err
	}
	if ch == customer.Handoff {
		if ch, err = e.wayTo(ctx, ref, step); err != nil {
			return "", nil, err
		}
	}
	sender := e.Senders[ch]
	if sender == nil {
		return "", nil, fmt.Errorf("channel %s: no provider is configured", ch)
	}
	return ch, sender, nil
}

// wayTo gives how the team of a task is reached, by the policy in force.
func (e *Engine) wayTo(ctx context.Context, ref ledger.Ref, step string) (way customer.Channel, err error) {
	err = e.Store.Read(ctx, func(tx ledger.Tx) error {
		part, _, err := tx.Part(ref, step, customer.Handoff)
		way = by(e.Desk.Library.Current().Policy.Teams[part.Template])
		return err
	})
	return way, err
}

// by gives how a team is reached.
func by(t policy.Team) customer.Channel {
	if t.Email != "" {
		return customer.Email
	}
	return customer.Webhook
}

// prepare writes what is handed over of a part that reaches nobody. Messages
// are rendered outside the transaction.
func (try *attempt) prepare(d *dossier.Dossier, m *rule.Matcher, o ledger.Outreach, f journey.Facts, vars message.Vars) error {
	step, _, ok := m.Find(try.part.Step)
	switch {
	case ok && step.Webhook != nil:
		return try.call(step.Webhook.URL, posted{
			Key: try.part.Key(), Rule: m.Name, Outreach: o.String(), Step: step.ID, Customer: d.Profile.External,
			About: o.About, Match: vars.Match, Events: eventsOf(vars.Events, m),
		})
	case ok && step.Handoff != nil:
		return try.task(d, m, o, f, vars.Match)
	}
	return fmt.Errorf("%s: version %s has no such step", try.part.Key(), m.Version)
}

// eventsOf gives the events among what a text may name: without the answers of
// earlier webhooks.
func eventsOf(named map[string]map[string]customer.Value, m *rule.Matcher) map[string]map[string]customer.Value {
	events := maps.Clone(named)
	for _, answer := range m.Answers() {
		delete(events, answer)
	}
	return events
}

// posted is what a webhook is told.
type posted struct {
	Key      string                               `json:"key"` // the same whenever the call is made again
	Rule     string                               `json:"rule"`
	Outreach string                               `json:"outreach"`
	Step     string                               `json:"step"`
	Customer string                               `json:"customer,omitempty"` // the company's own id; "" for a device that nobody has identified
	About    string                               `json:"about,omitempty"`
	Match    map[string]customer.Value            `json:"match,omitempty"`
	Events   map[string]map[string]customer.Value `json:"events,omitempty"` // of each event of the outreach the newest's properties
}

// call writes a call of a URL with a JSON body.
func (try *attempt) call(url string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s: %w", try.part.Key(), err)
	}
	try.message = channel.Message{
		Key: try.part.Key(), Customer: try.part.Customer, Channel: customer.Webhook, To: url, Topic: try.part.Topic,
		Template: try.part.Template, Content: channel.Content{Text: string(text)},
	}
	return nil
}

// recent bounds the events that a task tells of.
const recent = 100

// task writes what a team is told. A team that the policy in force does not
// have takes nothing.
func (try *attempt) task(d *dossier.Dossier, m *rule.Matcher, o ledger.Outreach, f journey.Facts, match map[string]customer.Value) error {
	team, known := d.Set.Policy.Teams[try.part.Template]
	if !known {
		try.message, try.sender = channel.Message{}, noTeam{}
		return nil
	}
	events, err := d.Recent(o.At, f.Now.Add(time.Microsecond), recent)
	if err != nil {
		return err
	}
	t := task.Task{
		Key: try.part.Key(), Team: try.part.Template, Rule: m.Name, Description: m.Description, Customer: d.Profile.External,
		Why: wording.Figures(match), Match: match, Story: task.Story(events, f.Parts), Zone: d.Zone,
	}
	if o.About != "" {
		t.About = m.About + " " + o.About
	}
	if step, _, _ := m.Find(try.part.Step); !step.Handoff.Within.IsZero() {
		t.Due = step.Handoff.Within.After(f.Now, d.Zone)
	}
	if team.Email == "" {
		return try.call(team.Webhook, t)
	}
	try.message = channel.Message{
		Key: t.Key, Customer: try.part.Customer, Channel: customer.Email, To: team.Email, Topic: try.part.Topic,
		Template: "task", Content: channel.Content{Subject: t.Subject(), Text: t.Text()},
	}
	return nil
}

// noTeam refuses the tasks of a team that is no more.
type noTeam struct{}

// Name implements channel.Sender.
func (noTeam) Name() string { return "nobody" }

// Send implements channel.Sender.
func (noTeam) Send(context.Context, channel.Message) (channel.Receipt, error) {
	return channel.Receipt{}, &channel.Error{
		Kind: channel.Rejected, Provider: noTeam{}.Name(), Code: "no_team", Detail: "the team is not in policy.yaml any more",
	}
}

// failed maps what went wrong with a part that reaches nobody to what becomes
// of it. To repeat it is safe, so that only a clear no ends its attempts.
func (e *Engine) failed(part *ledger.Part, story *ledger.Decision, trouble error) {
	var detail channel.Error
	if known, ok := errors.AsType[*channel.Error](trouble); ok {
		detail = *known
	}
	part.Code, story.Note = detail.Code, detail.Detail
	part.Status, story.Kind = ledger.Planned, ledger.KindDefer
	switch channel.KindOf(trouble) {
	case channel.Rejected:
		part.Status, story.Kind, part.Reason = ledger.Rejected, ledger.KindDrop, customer.Rejected
	case channel.BadAddress:
		part.Status, story.Kind, part.Reason = ledger.Rejected, ledger.KindDrop, customer.BadAddress
	case channel.Throttled:
		part.Reason = customer.Throttled
	case channel.Misconfigured:
		part.Reason = customer.Misconfigured
	default:
		part.Reason = customer.Unavailable
	}
	if part.Status == ledger.Rejected && part.Channel == customer.Webhook {
		part.Reason = customer.WebhookFailed
	}
	if part.Status == ledger.Planned {
		part.RetryAt = part.Updated.Add(e.pause(part.Attempt, detail.RetryAfter))
	}
	story.Reason = part.Reason
}
