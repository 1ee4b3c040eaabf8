package inbox

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// storyView is one customer: who they are, and what happened.
type storyView struct {
	personView
	Zone       string                    `json:"zone"`
	LocalNow   string                    `json:"local_time"`
	Country    string                    `json:"country"`
	Region     string                    `json:"region"`
	Locale     string                    `json:"locale"`
	Phone      string                    `json:"phone"`
	Email      string                    `json:"email"`
	Devices    int                       `json:"push_devices"`
	Since      time.Time                 `json:"since,omitzero"`
	Traits     map[string]customer.Value `json:"traits"`
	Consents   []consentView             `json:"consents"`
	Prefers    preferencesView           `json:"preferences"`
	Suppressed []suppressionView         `json:"suppressed"`
	Outreaches []outreachView            `json:"outreaches"` // newest first
	Timeline   []momentView              `json:"timeline"`   // newest first
	More       bool                      `json:"more"`       // there is an older part of the timeline
}

type consentView struct {
	Topic customer.Topic `json:"topic"`
	Given bool           `json:"given"`
	At    time.Time      `json:"at"`
	Local string         `json:"local_time"`
}

type preferencesView struct {
	Channels []customer.Channel          `json:"channels"`
	Hours    map[customer.Channel]string `json:"hours"`
}

type suppressionView struct {
	Channel customer.Channel `json:"channel"`
	Reason  string           `json:"reason"`
	At      time.Time        `json:"at"`
	Local   string           `json:"local_time"`
}

type outreachView struct {
	Rule      string          `json:"rule"`
	N         int             `json:"n"`
	About     string          `json:"about,omitempty"`
	Status    ledger.Status   `json:"status"`
	Reason    customer.Reason `json:"reason,omitempty"`
	At        time.Time       `json:"at"`
	Local     string          `json:"local_time"`
	Sent      int             `json:"sent"`
	GoalAt    time.Time       `json:"goal_at,omitzero"`
	NextAt    time.Time       `json:"next_at,omitzero"`
	NextLocal string          `json:"next_local_time,omitempty"`
	WakesOn   []string        `json:"wakes_on,omitempty"`
}

// momentView is one line of a customer's story: an event, or a decision.
type momentView struct {
	At         time.Time                 `json:"at"`
	Local      string                    `json:"local_time"`
	Kind       string                    `json:"kind"`  // event, or the decision's: match, plan, send ...
	Text       string                    `json:"text"`  // for people
	Words      string                    `json:"words"` // the ledger's own
	Event      string                    `json:"event,omitempty"`
	Via        customer.Via              `json:"via,omitempty"`
	Properties map[string]customer.Value `json:"properties,omitempty"` // of the event, or of the match
	Rule       string                    `json:"rule,omitempty"`
	N          int                       `json:"n,omitempty"`
	About      string                    `json:"about,omitempty"`
	Step       string                    `json:"step,omitempty"`
	Channel    customer.Channel          `json:"channel,omitempty"`
	Template   string                    `json:"template,omitempty"`
	Planned    time.Time                 `json:"planned_at,omitzero"`
	Reason     customer.Reason           `json:"reason,omitempty"`
	Note       string                    `json:"note,omitempty"`
	Message    *contentView              `json:"message,omitempty"` // with send: what the inbox has of it
}

type contentView struct {
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text,omitempty"`
}

// story reads one customer's story; ok is false when nobody has the id. limit
// bounds the timeline.
func (p *page) story(ctx context.Context, id string, limit int) (v storyView, ok bool, err error) {
	err = p.Store.Read(ctx, func(tx ledger.Tx) error {
		r := p.read(tx)
		var own customer.ID
		if own, ok = r.resolve(id); !ok {
			return r.err
		}
		who := r.person(own)
		v = summary(who, p.Now())
		r.suppressions(&v, who)
		outreaches, err := tx.OutreachesOf(own, mostLimit)
		r.note(err)
		r.timeline(&v, who, outreaches, limit)
		const shown = 20
		for _, o := range outreaches[:min(len(outreaches), shown)] {
			v.Outreaches = append(v.Outreaches, outreach(o, who))
		}
		return r.err
	})
	return v, ok, err
}

func summary(who *person, now time.Time) storyView {
	p := who.profile
	v := storyView{
		personView: who.view(), Zone: who.zone.String(), LocalNow: who.local(now),
		Country: p.Country, Region: p.Region, Locale: p.Locale, Phone: p.Phone, Email: p.Email,
		Devices: len(p.PushTokens), Since: p.Since, Traits: map[string]customer.Value{},
		Consents: []consentView{}, Suppressed: []suppressionView{}, Outreaches: []outreachView{}, Timeline: []momentView{},
		Prefers: preferencesView{Channels: []customer.Channel{}, Hours: map[customer.Channel]string{}},
	}
	maps.Copy(v.Traits, p.Traits)
	maps.Copy(v.Prefers.Hours, p.Preferences.Hours)
	v.Prefers.Channels = append(v.Prefers.Channels, p.Preferences.Channels...)
	for _, topic := range slices.Sorted(maps.Keys(p.Consents)) {
		c := p.Consents[topic]
		v.Consents = append(v.Consents, consentView{topic, c.Given, c.At, who.local(c.At)})
	}
	return v
}

func (r *reader) suppressions(v *storyView, who *person) {
	for _, c := range customer.Channels() {
		address := who.profile.Address(c)
		if address == "" {
			continue
		}
		s, ok, err := r.tx.Suppressed(c, address)
		r.note(err)
		if ok {
			v.Suppressed = append(v.Suppressed, suppressionView{c, s.Reason, s.At, who.local(s.At)})
		}
	}
}

func outreach(o ledger.Outreach, who *person) outreachView {
	return outreachView{
		Rule: o.Rule, N: o.N, About: o.About, Status: o.Status, Reason: o.Reason,
		At: o.At, Local: who.local(o.At), Sent: o.Sent, GoalAt: o.GoalAt,
		NextAt: o.NextAt, NextLocal: who.local(o.NextAt), WakesOn: o.WakesOn,
	}
}

// timeline joins events and decisions, newest first. At one instant the event
// comes before what was decided because of it.
func (r *reader) timeline(v *storyView, who *person, outreaches []ledger.Outreach, limit int) {
	id := who.profile.ID
	events, err := r.tx.Events(ledger.EventQuery{Customer: id, Limit: limit + 1, Newest: true})
	r.note(err)
	decisions, err := r.tx.Decisions(id, limit+1)
	r.note(err)
	for _, e := range events {
		v.Timeline = append(v.Timeline, happened(e, who))
	}
	reasons := map[ledger.Ref]ledger.Outreach{}
	for _, o := range outreaches {
		reasons[o.Ref] = o
	}
	messages := r.contents(id)
	for _, d := range decisions {
		v.Timeline = append(v.Timeline, decided(d, who, reasons[d.Ref], messages))
	}
	slices.SortStableFunc(v.Timeline, func(a, b momentView) int { return a.At.Compare(b.At) })
	slices.Reverse(v.Timeline)
	if len(v.Timeline) > limit {
		v.Timeline, v.More = v.Timeline[:limit], true
	}
}

// contents gives what the inbox has of a customer's messages, by send key.
func (r *reader) contents(id customer.ID) map[string]*contentView {
	contents := map[string]*contentView{}
	list, _ := r.page.box.Messages(Query{Customer: id})
	for _, k := range list {
		contents[k.Key] = &contentView{k.Content.Subject, k.Content.Text}
	}
	return contents
}

func happened(e customer.Event, who *person) momentView {
	return momentView{
		At: e.At, Local: who.local(e.At), Kind: "event", Text: eventWords(e), Words: "event " + e.Name,
		Event: e.Name, Via: e.Via, Properties: e.Properties,
	}
}

func decided(d ledger.Decision, who *person, o ledger.Outreach, messages map[string]*contentView) momentView {
	v := momentView{
		At: d.At, Local: who.local(d.At), Kind: string(d.Kind), Text: sentence(d, who.local), Words: ledgerLine(d),
		Rule: d.Rule, N: d.N, About: o.About, Step: d.Step, Channel: d.Channel, Template: d.Template,
		Planned: d.Planned, Reason: d.Reason, Note: d.Note,
	}
	switch d.Kind {
	case ledger.KindMatch:
		v.Properties = o.Match
	case ledger.KindSend:
		v.Message = messages[ledger.Part{Ref: d.Ref, Step: d.Step, Channel: d.Channel}.Key()]
	}
	return v
}
