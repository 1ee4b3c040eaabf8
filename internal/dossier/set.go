package dossier

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// set writes the traits that an answer changed into the file and saves it, and
// leaves word of the change for all rules.
func (d *Dossier) set(m *rule.Matcher, out journey.Outcome, now time.Time) error {
	if len(out.Set) == 0 {
		return nil
	}
	if err := d.expireAll(now); err != nil {
		return err
	}
	if d.Profile.Traits == nil {
		d.Profile.Traits = map[string]customer.Value{}
	}
	for trait, value := range out.Set {
		d.Profile.Traits[trait] = value
	}
	d.Change()
	if err := d.Save(); err != nil {
		return err
	}
	return d.tx.AddNews(ledger.News{Event: customer.Event{
		MessageID: "set." + out.Outreach.String() + "." + lastSet(m, out.Path), Customer: d.Profile.ID,
		Name: customer.Identified, At: now, ReceivedAt: now, Via: customer.ViaUs,
	}})
}

// expireAll enters what time alone gave before the profile changes.
func (d *Dossier) expireAll(now time.Time) error {
	for _, m := range d.Set.Asked(customer.Identified) {
		for _, why := range m.ExpireBefore(d.Subject(), "", now) {
			if _, err := d.Enter(m, why, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// lastSet gives the last step of a path that set anything. A step is gone
// through once, so that it names the change for good.
func lastSet(m *rule.Matcher, path []journey.Passed) string {
	last := ""
	for _, p := range path {
		if step, _, ok := m.Find(p.Step); ok && len(step.Set) > 0 {
			last = p.Step
		}
	}
	return last
}
