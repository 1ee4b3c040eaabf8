package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func stopCommand(now func() time.Time) *cobra.Command {
	var everybody bool
	cmd := &cobra.Command{
		Use:   "stop RULE {CUSTOMER | --all}",
		Short: "End a customer's open outreaches of a rule, or everybody's.",
		Long: "End a customer's open outreaches of a rule, or everybody's: nothing more goes out, and what is planned is\n" +
			"withdrawn (reason stopped_by_operator). CUSTOMER is your own id of the customer, or ours. A match that comes\n" +
			"later begins anew; outreach pause keeps a whole rule still.",
		Example: "  outreach stop usage-limit u-1001\n  outreach stop usage-limit --all",
		Args:    cobra.RangeArgs(1, 2),
	}
	cmd.Flags().BoolVar(&everybody, "all", false, "everybody's open outreaches of the rule")
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if everybody == (len(args) == 2) {
			return usageError(errors.New("give either a customer or --all; see outreach stop --help"))
		}
		return place.changeRules(cmd, func(ctx context.Context, o *office) error {
			if everybody {
				return o.stopAll(ctx, args[0])
			}
			return o.stop(ctx, args[0], args[1])
		})
	}
	return cmd
}

func (o *office) stop(ctx context.Context, rule, who string) error {
	var id customer.ID
	err := o.store.Read(ctx, func(tx ledger.Tx) error {
		var err error
		if id, err = o.find(tx, who); err != nil {
			return err
		}
		known, err := o.rulesOf(tx, id)
		if err != nil {
			return err
		}
		return mustKnow("rule", rule, known)
	})
	if err != nil {
		return err
	}
	var n int
	err = o.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		n, err = o.desk.Stop(tx, rule, id, o.instant())
		return err
	})
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s of rule %s stopped for customer %s", outreaches(n), rule, who)
	if n == 0 {
		text = fmt.Sprintf("nothing to stop: no outreach of rule %s is open for customer %s", rule, who)
	}
	_, err = fmt.Fprintln(o.out, text)
	return err
}

// stopsAtOnce bounds the outreaches that one transaction ends, so that a
// running engine's own writes come between.
const stopsAtOnce = 500

// stopAll ends everybody's open outreaches of a rule, page by page.
func (o *office) stopAll(ctx context.Context, rule string) error {
	err := o.store.Read(ctx, func(tx ledger.Tx) error {
		known, err := o.holdable(tx, ledger.HoldRule)
		if err != nil {
			return err
		}
		return mustKnow("rule", rule, known)
	})
	if err != nil {
		return err
	}
	all, n := 0, stopsAtOnce
	for n == stopsAtOnce {
		err := o.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) (err error) {
			n, err = o.desk.StopSome(tx, rule, stopsAtOnce, o.instant())
			return err
		})
		if err != nil {
			return fmt.Errorf("%s of rule %s stopped, and then: %w; run the command again", outreaches(all), rule, err)
		}
		all += n
	}
	text := fmt.Sprintf("%s of rule %s stopped", outreaches(all), rule)
	if all == 0 {
		text = fmt.Sprintf("nothing to stop: no outreach of rule %s is open", rule)
	}
	_, err = fmt.Fprintln(o.out, text)
	return err
}
