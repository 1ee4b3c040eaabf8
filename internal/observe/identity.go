package observe

import (
	"maps"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// change brings a change of the profile in. Totals whose calendar moved are
// read again from the log. proof says how consents and blocks came in.
func (t *taking) change(d *dossier.Dossier, c Change, at time.Time, proof customer.Evidence) error {
	if c.IsZero() {
		return nil
	}
	zone, traits, consents := d.Zone, maps.Clone(d.Profile.Traits), maps.Clone(d.Profile.Consents)
	apply(d.Profile, c, at)
	proof.At, proof.Customer = at, d.Profile.ID
	if err := t.newDevice(d, c.PushToken, proof); err != nil {
		return err
	}
	if err := t.blocks(d, c, proof); err != nil {
		return err
	}
	if err := t.consented(d, consents, proof); err != nil {
		return err
	}
	d.Change()
	for _, m := range t.set.Matchers() {
		if !moved(m, traits, d.Profile.Traits, zone.String() != d.Zone.String()) {
			continue
		}
		if err := t.reread(d, m, at); err != nil {
			return err
		}
	}
	return nil
}

func apply(p *customer.Profile, c Change, at time.Time) {
	c.Locate(p)
	for _, field := range []struct{ to, from *string }{{&p.Locale, c.Locale}, {&p.Email, c.Email}} {
		if field.from != nil {
			*field.to = *field.from
		}
	}
	if p.Locale == "" {
		p.Locale = c.DeviceLocale
	}
	if c.PushToken != "" {
		const devices = 10
		p.PushTokens = slices.DeleteFunc(p.PushTokens, func(s string) bool { return s == c.PushToken })
		p.PushTokens = append(p.PushTokens, c.PushToken)
		p.PushTokens = p.PushTokens[max(0, len(p.PushTokens)-devices):]
	}
	for name, value := range c.Traits {
		switch {
		case value.IsZero():
			delete(p.Traits, name)
		case p.Traits == nil:
			p.Traits = map[string]customer.Value{name: value}
		default:
			p.Traits[name] = value
		}
	}
	for topic, given := range c.Consents {
		if p.Consents == nil {
			p.Consents = map[customer.Topic]customer.Consent{}
		}
		if said, ok := p.Consents[topic]; !ok || !at.Before(said.At) { // an older word may come later
			p.Consents[topic] = customer.Consent{Given: given, At: at}
		}
	}
	if c.Preferences != nil {
		p.Preferences = *c.Preferences
	}
}

// moved reports whether a usage rule's periods depend on what changed.
func moved(m *rule.Matcher, before, after map[string]customer.Value, zoneChanged bool) bool {
	u := m.When.Usage
	if u == nil || u.Per.Kind == behaviour.NoPeriod || u.Per.Kind == behaviour.SinceEvent {
		return false
	}
	return zoneChanged || u.Per.Kind == behaviour.MonthFrom && before[u.Per.Of] != after[u.Per.Of]
}

// reread makes a rule's totals anew from the log. Reasons that show are not
// entered: what was judged by the calendar of before stays so, and the change
// itself is judged next.
func (t *taking) reread(d *dossier.Dossier, m *rule.Matcher, at time.Time) error {
	if len(d.State.Series) == 0 {
		return nil // nothing was counted yet
	}
	events, err := d.Log(m.HistoryEvents(), time.Time{}, time.Time{})
	if err != nil || len(events) == 0 {
		return err
	}
	_, state := m.Replay(d.Subject(), events, t.now)
	m.Recount(d.State, state, at)
	return nil
}

// merge joins what was known of one customer to another: ids, events and
// everything that was done. Open outreaches of the first are ended, and the
// behaviour is read again from the joined log.
func (t *taking) merge(from, into customer.ID) error {
	first, second := from, into
	if second < first {
		first, second = second, first
	}
	for _, id := range []customer.ID{first, second} {
		if _, err := t.file(id, Incoming{}); err != nil {
			return err
		}
	}
	gone, kept := t.files[from], t.files[into]
	open, err := t.tx.OpenOutreaches(from)
	if err != nil {
		return err
	}
	for _, o := range open {
		if err := gone.Close(o, customer.Merged, t.now); err != nil {
			return err
		}
	}
	if err := gone.Save(); err != nil {
		return err
	}
	if err := kept.Save(); err != nil {
		return err
	}
	if err := t.tx.Merge(from, into); err != nil {
		return err
	}
	delete(t.files, from)
	join(kept.Profile, gone.Profile)
	for name, until := range gone.State.Goals {
		kept.AwaitGoal(name, until)
	}
	kept.Change()
	if err := t.relive(kept); err != nil {
		return err
	}
	return t.retell(gone, into)
}

// join fills what was not known of the kept profile from the other.
func join(kept, gone *customer.Profile) {
	for _, field := range []struct{ to, from *string }{
		{&kept.Zone, &gone.Zone}, {&kept.Country, &gone.Country}, {&kept.Region, &gone.Region},
		{&kept.Locale, &gone.Locale}, {&kept.Phone, &gone.Phone}, {&kept.Email, &gone.Email},
	} {
		if *field.to == "" {
			*field.to = *field.from
		}
	}
	for _, token := range gone.PushTokens {
		if !slices.Contains(kept.PushTokens, token) {
			kept.PushTokens = append([]string{token}, kept.PushTokens...)
		}
	}
	kept.Traits = filled(kept.Traits, gone.Traits)
	kept.Consents = joinConsents(kept.Consents, gone.Consents)
	if len(kept.Preferences.Hours) == 0 && len(kept.Preferences.Channels) == 0 {
		kept.Preferences = gone.Preferences
	}
}

func filled[V any](kept, gone map[string]V) map[string]V {
	if kept == nil {
		return gone
	}
	for name, value := range gone {
		if _, ok := kept[name]; !ok {
			kept[name] = value
		}
	}
	return kept
}

// joinConsents keeps the newest word on each topic.
func joinConsents(kept, gone map[customer.Topic]customer.Consent) map[customer.Topic]customer.Consent {
	if kept == nil {
		return gone
	}
	for topic, consent := range gone {
		if consent.At.After(kept[topic].At) {
			kept[topic] = consent
		}
	}
	return kept
}

// relive makes the behaviour anew from the whole log. Reasons that show in
// the joined history are not entered.
func (t *taking) relive(d *dossier.Dossier) error {
	events, err := d.Log(nil, time.Time{}, time.Time{})
	if err != nil {
		return err
	}
	state := &behaviour.State{Running: d.State.Running, Goals: d.State.Goals}
	before := d.State
	d.State = state
	for _, e := range events {
		state.Apply(t.set.Plan, e, d.Subject().Clock())
	}
	for _, m := range t.set.Matchers() {
		_, own := m.Replay(d.Subject(), events, t.now)
		m.Adopt(state, own)
		m.Recall(state, before)
		for _, about := range m.Abouts(state) {
			at := m.NextDue(d.Subject(), about, t.now)
			if at.IsZero() {
				continue
			}
			if err := t.tx.SetDue(ledger.Due{Rule: m.Name, Customer: d.Profile.ID, About: about, At: at}); err != nil {
				return err
			}
		}
	}
	return nil
}

// resolve gives the customer's file by their outside ids: it makes somebody
// new, and joins what was known of an anonymous device.
func (t *taking) resolve(in Incoming) (*dossier.Dossier, error) {
	if in.Of != "" {
		return t.file(in.Of, Incoming{})
	}
	external := in.User
	if external == "" {
		external = anonymous(in.Anonymous)
	}
	id, known, err := t.tx.Resolve(external)
	if err != nil {
		return nil, err
	}
	for _, other := range t.others(in) {
		before, was, err := t.tx.Resolve(other)
		if err == nil && was && before != id && other == anonymous(in.Anonymous) {
			was, err = t.nameless(before)
		}
		switch {
		case err != nil:
			return nil, err
		case was && !known:
			id, known = before, true
			err = t.tx.Join(external, id)
		case was && before != id:
			err = t.merge(before, id)
		case !was && known:
			err = t.tx.Join(other, id)
		}
		if err != nil {
			return nil, err
		}
	}
	if known {
		return t.file(id, in)
	}
	return t.create(external, in)
}

// nameless reports whether a device's customer has no name of their own yet.
// One that has keeps their history: whoever uses their device now is somebody
// else.
func (t *taking) nameless(id customer.ID) (bool, error) {
	if d := t.files[id]; d != nil {
		return d.Profile.External == "", nil
	}
	record, _, err := t.tx.Customer(id)
	return record.Profile.External == "", err
}

// others gives the outside ids that mean the same customer as the first.
func (t *taking) others(in Incoming) []string {
	var others []string
	if in.User != "" && in.Anonymous != "" {
		others = append(others, anonymous(in.Anonymous))
	}
	if in.Previous != "" && in.Previous != in.User {
		others = append(others, in.Previous, anonymous(in.Previous))
	}
	return others
}
