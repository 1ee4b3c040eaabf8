package simulate

import (
	"context"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/store/memory"
)

// Bounded gives a stage whose plays end after so many rounds of one instant
// and so many instants.
func (s *Stage) Bounded(rounds, instants int) *Stage {
	return &Stage{desk: s.desk, bounds: bounds{rounds, instants}}
}

// ReportOf gives an event that only a provider can tell of as its word.
func ReportOf(e customer.Event) *observe.Report { return reportOf(e) }

// PlayMigrated plays a script by s up to an instant, moves every open outreach
// of a rule there, and plays on by next. Documents are the rule's versions.
func (s *Stage) PlayMigrated(ctx context.Context, script Script, at time.Time, next *Stage, m dossier.Migration, documents []ledger.Document) (*Play, error) {
	end := script.To
	script.To = at
	r, err := s.begin(memory.New(), script)
	if err != nil {
		return nil, err
	}
	if err := r.run(ctx); err != nil {
		return nil, err
	}
	r.now, r.script.To = at, end
	r.desk = next.desk
	r.desk.Drawer = dossier.NewDrawer()
	r.observer.Desk = r.desk
	err = r.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		for _, d := range documents {
			if err := tx.SaveDocument(d); err != nil {
				return err
			}
		}
		open, err := tx.Running(m.Rule, ledger.Ref{}, 0)
		for _, o := range open {
			if _, _, err := r.desk.Migrate(tx, m, o.Ref, at); err != nil {
				return err
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := r.settle(ctx); err != nil {
		return nil, err
	}
	return r.play, r.run(ctx)
}
