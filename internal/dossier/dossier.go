// Package dossier is one customer's file inside one transaction: it reads
// everything that decisions about them depend on, and writes back what was
// decided. It decides nothing itself.
package dossier

import (
	"fmt"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Desk opens dossiers. It is safe for concurrent use.
type Desk struct {
	Library *library.Library
	Zones   *sendtime.Zones
	Lag     time.Duration // as journey.Facts has it, in engine time
	Drawer  *Drawer       // files that stay open; nil: none
}

// Dossier is one customer's file. It belongs to one transaction and one
// goroutine.
type Dossier struct {
	Set     *library.Set
	Profile *customer.Profile
	State   *behaviour.State
	Zone    *time.Location // of Place
	Place   policy.Place

	desk       Desk
	tx         ledger.Tx
	at         time.Time // of the newest step
	changed    bool
	told       bool // the profile was changed: others may find them by other values
	fresh      bool // nobody finds them by any value yet
	suppressed map[customer.Channel]bool
	running    []ledger.Outreach // while known
	known      bool
	err        error // of the first look-up that a callback could not report
}

// Open reads a customer's file and locks their row.
func (k Desk) Open(tx ledger.Tx, id customer.ID) (d *Dossier, ok bool, err error) {
	if d := k.Drawer.find(tx, id); d != nil {
		return d, true, nil
	}
	record, ok, err := tx.Customer(id)
	if err != nil || !ok {
		return nil, false, err
	}
	state, err := behaviour.Decode(record.State)
	if err != nil {
		return nil, false, fmt.Errorf("customer %s: %w", id, err)
	}
	profile := record.Profile
	profile.ID = id
	d = &Dossier{Set: k.Library.Current(), Profile: &profile, State: state, desk: k, tx: tx}
	d.locate()
	k.Drawer.keep(d)
	return d, true, nil
}

// Begin makes the file of somebody new; it is written by Save.
func (k Desk) Begin(tx ledger.Tx, id customer.ID, since time.Time) *Dossier {
	d := &Dossier{
		Set: k.Library.Current(), Profile: &customer.Profile{ID: id, Since: since}, State: &behaviour.State{},
		desk: k, tx: tx, changed: true, told: true, fresh: true,
	}
	d.locate()
	return d
}

func (d *Dossier) locate() {
	d.Place = d.Set.Policy.PlaceOf(d.desk.Zones, d.Profile)
	d.Zone = d.Place.Zone
}

// Change says that profile or state were changed and are to be saved; the
// zone and what addresses allow are read anew.
func (d *Dossier) Change() {
	d.changed, d.told, d.suppressed = true, true, nil
	d.locate()
}

// Reindex says that a rule has come that finds customers by other values.
func (d *Dossier) Reindex() { d.changed, d.told = true, true }

// Reread says that the customer's outreaches were written by others in the same
// transaction, so that they are read again.
func (d *Dossier) Reread() { d.running, d.known = nil, false }

// Touch says that the state was changed and is to be saved.
func (d *Dossier) Touch() { d.changed = true }

// Save writes profile and state when they were changed.
func (d *Dossier) Save() error {
	if d.err != nil || !d.changed {
		return d.err
	}
	d.changed = false
	if err := d.tx.SaveCustomer(ledger.Record{Profile: *d.Profile, State: d.State.Encode()}); err != nil {
		return err
	}
	return d.share()
}

// maxShared bounds a value that customers are found by, in bytes.
const maxShared = 200

// share keeps by which values events that name no customer find this one.
func (d *Dossier) share() error {
	if !d.told || len(d.Set.Shared()) == 0 {
		return nil
	}
	d.told = false
	values := map[string]string{}
	for _, trait := range d.Set.Shared() {
		if v, ok := d.Subject().Trait(trait); ok && len(v.String()) <= maxShared {
			values[trait] = v.String()
		}
	}
	fresh := d.fresh
	d.fresh = false
	if fresh && len(values) == 0 {
		return nil
	}
	return d.tx.Share(d.Profile.ID, values)
}

// Err gives the first trouble of a look-up that could not report it itself.
func (d *Dossier) Err() error { return d.err }

// Subject gives the customer as rules see them.
func (d *Dossier) Subject() rule.Subject {
	return rule.Subject{Profile: d.Profile, State: d.State, Zone: d.Zone, Reach: d.reach}
}

func (d *Dossier) reach(c customer.Channel) bool {
	return d.Profile.Address(c) != "" && !d.Suppressed(c)
}

// Suppressed reports whether the customer's address on a channel is.
func (d *Dossier) Suppressed(c customer.Channel) bool {
	if s, ok := d.suppressed[c]; ok {
		return s
	}
	address := d.Profile.Address(c)
	if address == "" {
		return false
	}
	_, is, err := d.tx.Suppressed(c, address)
	if err != nil && d.err == nil {
		d.err = err
	}
	if d.suppressed == nil {
		d.suppressed = map[customer.Channel]bool{}
	}
	d.suppressed[c] = is
	return is
}

// Matcher gives the rule that an outreach goes by.
func (d *Dossier) Matcher(o ledger.Outreach) (*rule.Matcher, error) {
	return d.desk.Library.Version(d.tx, o.Rule, o.Version)
}

// Log gives the customer's events as rules ask for them.
func (d *Dossier) Log(names []string, from, to time.Time) ([]customer.Event, error) {
	return d.tx.Events(ledger.EventQuery{Customer: d.Profile.ID, Names: names, From: from, To: to})
}

// Recent gives the customer's newest events of any name, oldest first.
func (d *Dossier) Recent(from, to time.Time, limit int) ([]customer.Event, error) {
	return d.tx.Events(ledger.EventQuery{Customer: d.Profile.ID, From: from, To: to, Limit: limit, Newest: true})
}

// maxTriggers bounds how many of the customer's newest events are looked
// through for one that gave a reason long ago.
const maxTriggers = 1000

// Heard gives the customer's events of the names that a rule mentions, and the
// one that gave the reason, which may be older: a missing trigger waits first.
func (d *Dossier) Heard(m *rule.Matcher, trigger string, from, to time.Time) ([]customer.Event, error) {
	events, err := d.Log(m.Events(), from, to)
	is := func(e customer.Event) bool { return e.MessageID == trigger }
	if err != nil || m.When.Missing == nil || slices.ContainsFunc(events, is) {
		return events, err
	}
	before, err := d.tx.Events(ledger.EventQuery{
		Customer: d.Profile.ID, Names: []string{m.When.Missing.After}, To: from, Limit: maxTriggers, Newest: true,
	})
	if i := slices.IndexFunc(before, is); i >= 0 {
		events = slices.Insert(events, 0, before[i])
	}
	return events, err
}

// Facts gives everything that a step of an outreach depends on.
func (d *Dossier) Facts(m *rule.Matcher, o ledger.Outreach, now time.Time) (journey.Facts, error) {
	f := journey.Facts{
		Now: now, Lag: d.desk.Lag, Subject: d.Subject(), Policy: d.Set.Policy, Suppressed: d.Suppressed, Texts: d.Set.Texts,
		Place: d.Place, Others: d.Set.Insight.Others, Value: d.Set.Insight.Value(o.Rule),
	}
	var err error
	if f.Events, err = d.Heard(m, o.Trigger, journey.Since(o, now, d.Zone), time.Time{}); err != nil {
		return f, err
	}
	if f.Parts, err = d.tx.PartsOf(o.Ref); err != nil {
		return f, err
	}
	if f.Slots, err = d.tx.Slots(d.Profile.ID, now.Add(-d.Set.Policy.Longest())); err != nil {
		return f, err
	}
	if m.When.Digest != nil {
		f.Items = func(carrier ledger.Part) int {
			list, err := d.boarding(carrier, f.Slots, now)
			if err != nil && d.err == nil {
				d.err = err
			}
			return len(list)
		}
	}
	f.Holds, err = d.tx.Holds()
	return f, err
}

// Step takes an outreach as far as it goes at one instant and writes what was
// decided, traits that it set included, but for the row itself, which the
// caller completes and saves. It gives the facts that were decided on.
func (d *Dossier) Step(o ledger.Outreach, now time.Time) (journey.Outcome, journey.Facts, error) {
	d.at = now
	m, err := d.Matcher(o)
	if err != nil {
		return journey.Outcome{}, journey.Facts{}, err
	}
	f, err := d.Facts(m, o, now)
	if err != nil {
		return journey.Outcome{}, f, err
	}
	out, err := journey.Step(m, o, f)
	if err != nil {
		return out, f, err
	}
	if err := d.keep(out, f); err != nil {
		return out, f, err
	}
	if err := d.set(m, out, now); err != nil {
		return out, f, err
	}
	if err := d.reached(out.Went); err != nil {
		return out, f, err
	}
	return out, f, d.err
}

// reached lets the state know by which channels messages went out.
func (d *Dossier) reached(channels []customer.Channel) error {
	if len(channels) == 0 {
		return nil
	}
	for _, c := range channels {
		d.State.Reached(c)
	}
	d.Touch()
	return d.Save()
}

// keep writes an outcome's parts and lines, and lets those look again whose
// place in the caps it changed.
func (d *Dossier) keep(out journey.Outcome, f journey.Facts) error {
	for _, p := range out.Parts {
		if err := d.tx.SavePart(p); err != nil {
			return err
		}
		if p.Status == ledger.Unknown {
			if err := d.desk.Settle(d.tx, p, p.Sent, f.Now, nil); err != nil {
				return err
			}
		}
	}
	if err := d.disturb(f, out.Parts); err != nil {
		return err
	}
	if len(out.Decisions) == 0 {
		return nil
	}
	return d.tx.Decide(out.Decisions...)
}

// Close ends an outreach and writes everything, the row included. Its
// workflow is hinted, so that it ends too.
func (d *Dossier) Close(o ledger.Outreach, reason customer.Reason, now time.Time) error {
	m, err := d.Matcher(o)
	if err != nil {
		return err
	}
	parts, err := d.tx.PartsOf(o.Ref)
	if err != nil {
		return err
	}
	f := journey.Facts{Now: now, Subject: d.Subject(), Parts: parts}
	out := journey.Close(m, o, f, reason)
	d.running, d.known = nil, false
	if len(out.Parts) > 0 { // else no place in the caps changes
		if f, err = d.claims(now); err != nil {
			return err
		}
	}
	if err := d.keep(out, f); err != nil {
		return err
	}
	if o.Status == ledger.Open {
		if err := d.tx.Hint(o.Ref, now); err != nil {
			return err
		}
	}
	return d.tx.SaveOutreach(out.Outreach)
}
