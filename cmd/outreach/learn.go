package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/learn"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/source"
	"github.com/outreach-engine/outreach/internal/wording"
)

// learnOrder says what is to be learned from and where it goes.
type learnOrder struct {
	rules, out string
	customers  int
}

func learnCommand(now func() time.Time) *cobra.Command {
	var order learnOrder
	const enough = 10_000
	cmd := &cobra.Command{
		Use:   "learn",
		Short: "Propose what data.yaml could declare, from what was received.",
		Long: "Propose traits, events and properties, with their types, that were received and that the data.yaml of --rules does\n" +
			"not declare. What speaks for each stands behind it: how often it came, and how many values are odd. No values of\n" +
			"customers are shown, but for short words that many of them share: plan: [basic, surf]. Look the lines over before\n" +
			"you use them. With --out the whole data.yaml is written, with what it declared unchanged.",
		Example: "  outreach data learn\n  outreach data learn --out rules/data.yaml",
		Args:    cobra.NoArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&order.rules, "rules", "rules", "the folder of your rules, whose data.yaml is added to")
	flags.StringVar(&order.out, "out", "", "the file for the whole data.yaml (default: what is new, to the standard output)")
	flags.IntVar(&order.customers, "customers", enough, "how many customers to look at, picked at random; 0: all")
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if order.customers < 0 {
			return usageError(fmt.Errorf("--customers %d: is below 0; write how many, or 0 for all", order.customers))
		}
		return place.use(cmd, func(ctx context.Context, o *office) error { return o.learn(ctx, order) })
	}
	return cmd
}

// learn proposes what data.yaml could declare.
func (o *office) learn(ctx context.Context, order learnOrder) error {
	file := filepath.Join(order.rules, bundle.DataFile)
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("data.yaml: %w", err)
	}
	known := dictionary.Empty()
	if len(text) > 0 {
		var ps source.Problems
		if known = dictionary.Read(filepath.ToSlash(file), text, &ps); ps.Err() != nil {
			return fmt.Errorf("%w; mend it first: outreach check", ps.Err())
		}
	}
	seen, err := o.seen(ctx, order.customers)
	if err != nil {
		return err
	}
	proposal := seen.Propose(known)
	if order.out == "" {
		return printProposal(o.out, proposal)
	}
	merged, err := proposal.Merge(text)
	if err != nil {
		return err
	}
	if err := os.WriteFile(order.out, merged, 0o600); err != nil {
		return fmt.Errorf("data.yaml: %w", err)
	}
	_, err = fmt.Fprintf(o.out, "%s: %s\n", filepath.ToSlash(order.out), additions(proposal))
	return err
}

func printProposal(out io.Writer, p learn.Proposal) error {
	text := p.Fragment()
	if p.Empty() {
		text += "# " + additions(p) + "\n"
	}
	_, err := io.WriteString(out, text)
	return err
}

// additions counts what a proposal adds.
func additions(p learn.Proposal) string {
	if p.Empty() {
		return "nothing to add: all that was received is declared"
	}
	events, properties := int64(0), 0
	for _, e := range p.Events {
		if !e.Declared {
			events++
		}
		properties += len(e.Properties)
	}
	plural := " properties"
	if properties == 1 {
		plural = " property"
	}
	return "added " + wording.Count(int64(len(p.Traits)), "trait") + ", " + wording.Count(events, "event") + ", " +
		wording.Number(float64(properties)) + plural
}

// seen looks at up to so many customers, all when most is 0. Their own ids are
// drawn at random, so that the first ones are as good as any.
func (o *office) seen(ctx context.Context, most int) (*learn.Seen, error) {
	const page = 200
	var seen learn.Seen
	last := customer.ID("")
	for looked := 0; most == 0 || looked < most; {
		size := page
		if most > 0 {
			size = min(page, most-looked)
		}
		var list []ledger.Record
		err := o.store.Read(ctx, func(tx ledger.Tx) (err error) {
			list, err = tx.CustomersAfter(last, size)
			return err
		})
		if err != nil || len(list) == 0 {
			return &seen, err
		}
		for _, r := range list {
			seen.Customer(r.Profile.ID, r.Profile.Traits)
			if err := o.seeEvents(ctx, r.Profile.ID, &seen); err != nil {
				return nil, err
			}
		}
		looked, last = looked+len(list), list[len(list)-1].Profile.ID
	}
	return &seen, nil
}

// seeEvents takes the newest events of a customer.
func (o *office) seeEvents(ctx context.Context, who customer.ID, seen *learn.Seen) error {
	const most = 5000
	var events []customer.Event
	err := o.store.Read(ctx, func(tx ledger.Tx) (err error) {
		events, err = tx.Events(ledger.EventQuery{Customer: who, Limit: most, Newest: true})
		return err
	})
	for _, e := range events {
		seen.Event(e)
	}
	return err
}
