package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/source"
	"github.com/outreach-engine/outreach/internal/why"
)

func explainCommand(now func() time.Time) *cobra.Command {
	var ruleName, format string
	cmd := &cobra.Command{
		Use:   "explain CUSTOMER",
		Short: "Say what was decided about a customer, and why.",
		Long: "Say in words why a customer got what they got, and why not, for each rule: how its trigger stands and the numbers\n" +
			"behind it, what would keep a match from being entered, what was planned for when and why then, what went out, what\n" +
			"did not and the one reason, and what comes next. CUSTOMER is your own id of the customer, or ours, or what the log\n" +
			"names: an outreach (usage-limit/c7q2/1) or a message (its send key), of which only the rule is told. Times are the\n" +
			"customer's. docs/explain.md reads one line by line.",
		Example: "  outreach explain u-1001\n  outreach explain u-1001 --rule usage-limit --format json",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&ruleName, "rule", "", "one rule only")
	cmd.Flags().StringVar(&format, "format", textFormat, "text or json")
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if formats := []string{textFormat, jsonFormat}; !slices.Contains(formats, format) {
			return usageError(hinted(fmt.Sprintf("--format %q: is not a format", format), source.DidYouMean(format, formats)))
		}
		return place.useRules(cmd, func(ctx context.Context, o *office) error {
			e, err := o.explain(ctx, args[0], ruleName)
			if err != nil {
				return err
			}
			if format == jsonFormat {
				return printJSON(o.out, e)
			}
			_, err = fmt.Fprint(o.out, e.Text())
			return err
		})
	}
	return cmd
}

// explain tells about a customer; only is one rule, or "".
func (o *office) explain(ctx context.Context, who, only string) (e why.Explanation, err error) {
	err = o.store.Read(ctx, func(tx ledger.Tx) error {
		id, err := o.find(tx, who)
		if err != nil {
			return err
		}
		if ref, ok, err := named(tx, who); err != nil {
			return err
		} else if ok && ref.Customer == id {
			only = cmp.Or(only, ref.Rule)
		}
		if only != "" {
			known, err := o.rulesOf(tx, id)
			if err != nil {
				return err
			}
			if err := mustKnow("rule", only, known); err != nil {
				return err
			}
		}
		file, ok, err := o.desk.Open(tx, id)
		if err != nil || !ok {
			return errorsOr(err, "customer %q: has an id and no record; look into the log of the engine", who)
		}
		facts, err := file.Account(only, o.instant())
		if err != nil {
			return err
		}
		e = why.Explain(facts)
		return nil
	})
	return e, err
}
