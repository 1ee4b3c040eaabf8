package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

// operatorHolds is who sets holds by command.
const operatorHolds = "operator"

// target is what a hold covers, as flags say it.
type target struct {
	rule, channel, template string
	all                     bool
}

func targetFlags(cmd *cobra.Command) *target {
	var t target
	cmd.Flags().StringVar(&t.rule, "rule", "", "one rule")
	cmd.Flags().StringVar(&t.channel, "channel", "", "one channel: sms, email or push")
	cmd.Flags().StringVar(&t.template, "template", "", "one template")
	cmd.Flags().BoolVar(&t.all, "all", false, "everything")
	return &t
}

// hold gives the flags as a hold; exactly one of them has to be there.
func (t *target) hold() (ledger.Hold, error) {
	var given []ledger.Hold
	for _, h := range []ledger.Hold{
		{Kind: ledger.HoldRule, Name: t.rule}, {Kind: ledger.HoldChannel, Name: t.channel}, {Kind: ledger.HoldTemplate, Name: t.template},
	} {
		if h.Name != "" {
			given = append(given, h)
		}
	}
	if t.all {
		given = append(given, ledger.Hold{Kind: ledger.HoldAll})
	}
	if len(given) != 1 {
		return ledger.Hold{}, usageError(errors.New("give one of --rule, --channel, --template and --all"))
	}
	return given[0], nil
}

func pauseCommand(now func() time.Time) *cobra.Command {
	var note, list string
	cmd := &cobra.Command{
		Use:   "pause",
		Short: "Hold a rule, a channel, a template or everything.",
		Long: "Hold a rule, a channel, a template or everything: nothing that the hold covers goes out from the very next\n" +
			"attempt on, in every process. Customers keep their place for as long as it takes; outreach resume lifts the\n" +
			"hold and says what becomes of what it held. Whom it holds is counted by rule, channel and template; --list\n" +
			"writes all of them to a file, with the outside id of each customer. Paused again, it is listed again.",
		Example: "  outreach pause --rule usage-limit --note \"wrong price in the text\"\n  outreach pause --channel sms --list held.csv\n  outreach pause --all",
		Args:    cobra.NoArgs,
	}
	t := targetFlags(cmd)
	cmd.Flags().StringVar(&note, "note", "", "why, for whoever looks at outreach status")
	cmd.Flags().StringVar(&list, "list", "", "CSV file to write whom it holds to; - is standard output")
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		h, err := t.hold()
		if err != nil {
			return err
		}
		h.At, h.By, h.Note = place.instant(), operatorHolds, note
		return place.change(cmd, func(ctx context.Context, o *office) error {
			rows := o.out
			if list == "-" {
				o.out = cmd.ErrOrStderr()
			}
			if err := o.pause(ctx, h); err != nil {
				return err
			}
			return o.tellHeld(ctx, h, list, rows)
		})
	}
	return cmd
}

// readTemplates reads what is in force where a hold names a template. Other
// holds need no rules, so that they can be set whatever is wrong with those.
func (o *office) readTemplates(ctx context.Context, h ledger.Hold) error {
	if h.Kind != ledger.HoldTemplate {
		return nil
	}
	_, err := o.library.Follow(ctx)
	return err
}

// pause sets a hold. One that is there stays as it is, unless a note is given.
func (o *office) pause(ctx context.Context, h ledger.Hold) error {
	if err := o.readTemplates(ctx, h); err != nil {
		return err
	}
	var before *ledger.Hold
	err := o.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		var err error
		if before, err = o.holdThere(tx, h); err != nil {
			return err
		}
		if before != nil && h.Note == "" {
			return nil
		}
		return tx.SetHold(h)
	})
	if err != nil {
		return err
	}
	if before != nil {
		_, err = fmt.Fprintf(o.out, "%s was paused already, since %s by %s\n", wording.Hold(h), utc(before.At), before.By)
	} else {
		_, err = fmt.Fprintf(o.out, "%s is paused\n", wording.Hold(h))
	}
	return err
}

// holdThere gives the hold of that kind and name, nil when there is none. A
// name that is neither known nor held is an error.
func (o *office) holdThere(tx ledger.Tx, h ledger.Hold) (*ledger.Hold, error) {
	holds, err := inForce(tx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(holds, func(other ledger.Hold) bool { return other.Kind == h.Kind && other.Name == h.Name })
	if i >= 0 {
		return &holds[i], nil
	}
	known, err := o.holdable(tx, h.Kind)
	if err != nil {
		return nil, err
	}
	for _, other := range holds {
		if other.Kind == h.Kind {
			known = append(known, other.Name)
		}
	}
	slices.Sort(known)
	return nil, mustKnow(string(h.Kind), h.Name, slices.Compact(known))
}

// inForce gives the holds that stop something.
func inForce(tx ledger.House) ([]ledger.Hold, error) {
	holds, err := tx.Holds()
	return slices.DeleteFunc(holds, func(h ledger.Hold) bool { return !h.InForce() }), err
}

// holdable gives the names that a hold of a kind may have.
func (o *office) holdable(tx ledger.Tx, kind ledger.HoldKind) (known []string, err error) {
	switch kind {
	case ledger.HoldAll:
		return []string{""}, nil
	case ledger.HoldChannel:
		for _, c := range customer.Channels() {
			known = append(known, string(c))
		}
		return known, nil
	case ledger.HoldTemplate:
		return o.library.Current().Templates.Names(), nil
	}
	if known, err = ruleNames(tx); err != nil {
		return nil, err
	}
	tallies, err := tx.Tallies()
	for _, t := range tallies {
		if t.Status != ledger.Ended {
			known = append(known, t.Rule) // removed, with open outreaches
		}
	}
	slices.Sort(known)
	return slices.Compact(known), err
}
