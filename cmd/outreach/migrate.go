package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/time/rate"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// movesASecond is how many outreaches are moved unless the operator says
// otherwise: a running engine plans each of them anew.
const movesASecond = 200

// migrateFlags say which outreaches are moved, and how.
type migrateFlags struct {
	from, to string
	steps    map[string]string
	yes      bool
	rate     float64
}

func migrateCommand(now func() time.Time) *cobra.Command {
	f := migrateFlags{}
	cmd := &cobra.Command{
		Use:   "migrate RULE --from VERSION",
		Short: "Move a rule's open outreaches to another version of it, by the ids of steps.",
		Long: `Move a rule's open outreaches from one version to another. Nothing else moves them: an edit changes no outreach
that has begun. Whoever stands at a step goes on at the step of the same id, or of the one that --steps names; those
whose step the other version has not are listed, and stay. What is planned and changed is planned anew. What went out
does not go out again. docs/changing-rules.md says more.

Without --yes nothing is moved: the command says what would be. It may be broken off and run again at any time.
outreach rules versions RULE lists the versions.`,
		Example: "  outreach migrate usage-limit --from 3fa1\n" +
			"  outreach migrate usage-limit --from 3fa1 --to 9bc2 --steps wait-2=pause --yes",
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&f.from, "from", "", "version that they go by, or its first digits")
	cmd.Flags().StringVar(&f.to, "to", "", "version to move them to, or its first digits (default: the one in force)")
	cmd.Flags().StringToStringVar(&f.steps, "steps", nil, "steps that have another id there: old=new,...")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "move them")
	cmd.Flags().Float64Var(&f.rate, "rate", movesASecond, "outreaches moved a second, at most")
	place, asJSON := storeFlag(cmd, now), jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case f.from == "":
			return usageError(fmt.Errorf("--from: is missing; outreach rules versions %s lists the versions", args[0]))
		case f.rate <= 0:
			return usageError(fmt.Errorf("--rate: %g is not above 0", f.rate))
		}
		move := func(ctx context.Context, o *office) error { return o.migrate(ctx, args[0], f, *asJSON) }
		if f.yes {
			return place.changeRules(cmd, move)
		}
		return place.useRules(cmd, move)
	}
	return cmd
}

// migrate moves outreaches, or says what would be moved.
func (o *office) migrate(ctx context.Context, name string, f migrateFlags, asJSON bool) error {
	var order dossier.Migration
	err := o.store.Read(ctx, func(tx ledger.Tx) (err error) {
		order, err = o.order(tx, name, f)
		return err
	})
	if err != nil {
		return usageError(err)
	}
	report := migration{Rule: name, From: order.From, To: order.To, InForce: o.library.Current().Active[name].Hash == order.To, Moved: f.yes}
	turns := rate.NewLimiter(rate.Limit(f.rate), runningAtOnce)
	err = o.eachRunning(ctx, name, func(page []ledger.Outreach) error {
		page = slices.DeleteFunc(page, func(row ledger.Outreach) bool { return row.Version != order.From })
		if !f.yes {
			return o.store.Read(ctx, func(tx ledger.Tx) error { return report.take(tx, page, order, o.desk.Foresee, o.instant()) })
		}
		if err := turns.WaitN(ctx, len(page)); err != nil {
			return err
		}
		var done migration
		err := o.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
			done = migration{}
			return done.take(tx, page, order, o.desk.Migrate, o.instant())
		})
		if err == nil {
			report.add(done)
		}
		return err
	})
	switch moved := outreaches(report.count(func(s *stepMoves) int { return s.Move })); {
	case err != nil && f.yes:
		return fmt.Errorf("%s of rule %s moved, and then: %w; run the command again for the rest", moved, name, err)
	case err != nil:
		return err
	case asJSON:
		return printJSON(o.out, report)
	}
	return report.print(o.out)
}

// order reads what is to be moved where.
func (o *office) order(tx ledger.Tx, name string, f migrateFlags) (dossier.Migration, error) {
	order := dossier.Migration{Rule: name, Steps: f.steps}
	for _, end := range []struct {
		flag, version string
		to            *string
	}{{"--from", f.from, &order.From}, {"--to", f.to, &order.To}} {
		d, err := o.document(tx, name, end.version)
		if err != nil {
			return order, fmt.Errorf("%s: %w", end.flag, err)
		}
		*end.to = d.Hash
	}
	if order.From == order.To {
		return order, fmt.Errorf("--from: %s is the version to move to, too; outreach rules versions %s lists the others", order.From, name)
	}
	from, err := o.library.Version(tx, name, order.From)
	if err != nil {
		return order, err
	}
	to, err := o.library.Version(tx, name, order.To)
	if err != nil {
		return order, err
	}
	for _, old := range slices.Sorted(maps.Keys(f.steps)) {
		if err := errors.Join(mustHave(from, old), mustHave(to, f.steps[old])); err != nil {
			return order, err
		}
	}
	return order, nil
}

// mustHave refuses the id of a step that a version has not.
func mustHave(m *rule.Matcher, id string) error {
	var known []string
	m.EachStep(func(s *rule.Step) { known = append(known, s.ID) })
	if slices.Contains(known, id) {
		return nil
	}
	return hinted(fmt.Sprintf("--steps: %q is no step of version %s", id, m.Version), source.DidYouMean(id, known))
}

// migration is what was moved, or would be.
type migration struct {
	Rule    string       `json:"rule"`
	From    string       `json:"from"`
	To      string       `json:"to"`
	InForce bool         `json:"in_force"` // To is
	Moved   bool         `json:"moved"`    // false: it was only asked what would be
	Steps   []*stepMoves `json:"steps,omitempty"`
}

// stepMoves is what became of those who stood at one step.
type stepMoves struct {
	Step string                  `json:"step"` // "" before the first
	To   string                  `json:"to"`
	Move int                     `json:"move"`
	Ends map[customer.Reason]int `json:"ends,omitempty"` // of those moved: they end at once
	Stay map[journey.Stay]int    `json:"stay,omitempty"`
}

type mover func(ledger.Tx, dossier.Migration, ledger.Ref, time.Time) (journey.Moved, bool, error)

// take moves one page.
func (m *migration) take(tx ledger.Tx, page []ledger.Outreach, order dossier.Migration, move mover, now time.Time) error {
	for _, row := range page {
		moved, ok, err := move(tx, order, row.Ref, now)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		s := m.step(moved.Step, moved.To)
		if moved.Stays != "" {
			s.Stay[moved.Stays]++
			continue
		}
		s.Move++
		if moved.Ends != "" {
			s.Ends[moved.Ends]++
		}
	}
	return nil
}

func (m *migration) step(step, to string) *stepMoves {
	for _, s := range m.Steps {
		if s.Step == step && s.To == to {
			return s
		}
	}
	s := &stepMoves{Step: step, To: to, Ends: map[customer.Reason]int{}, Stay: map[journey.Stay]int{}}
	m.Steps = append(m.Steps, s)
	slices.SortFunc(m.Steps, func(a, b *stepMoves) int { return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.To, b.To)) })
	return s
}

// add adds another page.
func (m *migration) add(other migration) {
	for _, s := range other.Steps {
		to := m.step(s.Step, s.To)
		to.Move += s.Move
		for reason, n := range s.Ends {
			to.Ends[reason] += n
		}
		for why, n := range s.Stay {
			to.Stay[why] += n
		}
	}
}

func (m *migration) count(of func(*stepMoves) int) (n int) {
	for _, s := range m.Steps {
		n += of(s)
	}
	return n
}
