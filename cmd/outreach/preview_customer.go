package main

import (
	"context"
	"io"
	"slices"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/preview"
	"github.com/outreach-engine/outreach/internal/rule"
)

// print writes the preview in its format.
func (p *previewing) print(out io.Writer, shown *preview.Preview) error {
	switch p.format {
	case jsonFormat:
		return printJSON(out, shown)
	case htmlFormat:
		page, err := shown.HTML()
		if err != nil {
			return err
		}
		_, err = out.Write(page)
		return err
	}
	return shown.Print(out)
}

// recipient gives a customer of the store as a template's reader: with the
// figures and events of their newest outreach of a rule that sends it. Where
// they have none, figures and events are made up.
func (o *office) recipient(ctx context.Context, b *bundle.Bundle, template, who string) (preview.Person, error) {
	person := preview.Invent(b, template, o.instant())
	person.Name, person.MadeUp = "customer "+who, true
	err := o.store.Read(ctx, func(tx ledger.Tx) error {
		id, err := o.find(tx, who)
		if err != nil {
			return err
		}
		file, ok, err := o.desk.Open(tx, id)
		if err != nil || !ok {
			return errorsOr(err, "customer %q: has an id and no record; look into the log of the engine", who)
		}
		person.Vars.Customer, person.Vars.Zone = file.Profile.Clone(), b.Policy.ZoneOf(o.desk.Zones, file.Profile)
		outreach, ok, err := newest(tx, id, b, template)
		if err != nil || !ok {
			return err
		}
		m, err := file.Matcher(outreach)
		if err != nil {
			return err
		}
		facts, err := file.Facts(m, outreach, o.instant())
		if err != nil {
			return err
		}
		zone := person.Vars.Zone
		person.Vars, person.MadeUp = file.Vars(m, outreach, facts), false
		person.Vars.Zone = zone
		return file.Err()
	})
	return person, err
}

// newest gives a customer's newest outreach of a rule that sends a template.
func newest(tx ledger.Tx, id customer.ID, b *bundle.Bundle, template string) (ledger.Outreach, bool, error) {
	list, err := tx.OutreachesOf(id, 0)
	i := slices.IndexFunc(list, func(o ledger.Outreach) bool {
		return slices.ContainsFunc(b.Rules, func(r *rule.Rule) bool {
			return r.Name == o.Rule && slices.ContainsFunc(r.Sends(), func(s *rule.Send) bool { return s.Template == template })
		})
	})
	if err != nil || i < 0 {
		return ledger.Outreach{}, false, err
	}
	return list[i], true, nil
}
