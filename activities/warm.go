package activities

import (
	"context"
	"slices"

	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
)

// warm reads the history of a rule that is not warm yet, a page of customers
// at a time. Reasons that the history gives are entered when they are fresh;
// older ones start nothing.
func (e *Engine) warm(ctx context.Context, rule string) (more bool, err error) {
	return several(ctx, e.Plans, func() (bool, error) { return e.warmSome(ctx, rule) })
}

func (e *Engine) warmSome(ctx context.Context, rule string) (more bool, err error) {
	set := e.Desk.Library.Current()
	m, ok := set.Matcher(rule)
	if !ok || set.Active[rule].Warm {
		return false, nil
	}
	finished, read, running := false, 0, int64(0)
	err = e.Store.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error {
		read = 0
		if err := tx.Alter(); err != nil {
			return err
		}
		active, err := activeRule(tx, rule)
		if err != nil || active.Warm || active.Hash != m.Version {
			finished = true
			return err
		}
		records, err := tx.CustomersAfter(active.Warming, together)
		if err != nil {
			return err
		}
		for _, record := range records {
			d, found, err := e.Desk.Open(tx, record.Profile.ID)
			if err != nil || !found {
				return err
			}
			if err := e.recall(tx, d, rule); err != nil {
				return err
			}
			active.Warming, active.Warmed = record.Profile.ID, active.Warmed+1
		}
		finished = len(records) < together
		active.Warm = finished
		if err := tx.Activate(active); err != nil || !finished {
			return err
		}
		read = active.Warmed
		if running, err = runningOf(tx, rule); err != nil {
			return err
		}
		return library.Bump(tx)
	})
	if err == nil && finished {
		_, err = e.Desk.Library.Follow(ctx)
	}
	if read > 0 && running > 0 {
		e.Logger.Info("history read for a rule; its open outreaches go on until they end or are stopped",
			"rule", rule, "customers", read, "open", running)
	}
	return !finished, err
}

// runningOf counts a rule's outreaches that have not ended.
func runningOf(tx ledger.House, rule string) (n int64, err error) {
	tallies, err := tx.Tallies()
	for _, t := range tallies {
		if t.Rule == rule && t.Status != ledger.Ended {
			n += t.Count
		}
	}
	return n, err
}

func activeRule(tx ledger.Texts, rule string) (ledger.Active, error) {
	list, err := tx.Active()
	i := slices.IndexFunc(list, func(a ledger.Active) bool { return a.Kind == ledger.RuleDocument && a.Name == rule })
	if err != nil || i < 0 {
		return ledger.Active{Warm: true}, err
	}
	return list[i], nil
}

// recall judges one customer's history by a rule.
func (e *Engine) recall(tx ledger.Tx, d *dossier.Dossier, rule string) error {
	m, ok := d.Set.Matcher(rule)
	if !ok {
		return nil
	}
	now := e.now()
	reasons, err := d.Recall(m, now)
	if err != nil {
		return err
	}
	for _, why := range reasons {
		if _, err := d.Enter(m, why, now); err != nil {
			return err
		}
	}
	for _, about := range m.Abouts(d.State) {
		if at := m.NextDue(d.Subject(), about, now); !at.IsZero() {
			if err := tx.SetDue(ledger.Due{Rule: rule, Customer: d.Profile.ID, About: about, At: at}); err != nil {
				return err
			}
		}
	}
	return d.Save()
}
