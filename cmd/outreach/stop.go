package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func stopCommand(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "stop RULE CUSTOMER",
		Short:   "End a customer's open outreaches of a rule.",
		Long:    "End a customer's open outreaches of a rule: nothing more goes out, and what is planned is withdrawn\n(reason stopped_by_operator). CUSTOMER is your own id of the customer, or ours. A match that comes later\nbegins anew; outreach pause keeps a whole rule still.",
		Example: "  outreach stop usage-limit u-1001",
		Args:    cobra.ExactArgs(2),
	}
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return place.useRules(cmd, func(ctx context.Context, o *office) error { return o.stop(ctx, args[0], args[1]) })
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
