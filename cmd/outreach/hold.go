package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
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
	var note string
	cmd := &cobra.Command{
		Use:   "pause",
		Short: "Hold a rule, a channel, a template or everything.",
		Long: "Hold a rule, a channel, a template or everything: nothing that the hold covers goes out from the very next\n" +
			"attempt on, in every process. Customers keep their place; messages whose time runs out meanwhile are dropped\n" +
			"or sent late, as their rule says. Outreach resume removes the hold.",
		Example: "  outreach pause --rule usage-limit --note \"wrong price in the text\"\n  outreach pause --channel sms\n  outreach pause --all",
		Args:    cobra.NoArgs,
	}
	t := targetFlags(cmd)
	cmd.Flags().StringVar(&note, "note", "", "why, for whoever looks at outreach status")
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		h, err := t.hold()
		if err != nil {
			return err
		}
		h.At, h.By, h.Note = place.instant(), operatorHolds, note
		return place.use(cmd, func(ctx context.Context, o *office) error { return o.pause(ctx, h) })
	}
	return cmd
}

func resumeCommand(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "Remove the hold of a rule, a channel, a template or everything.",
		Long: "Remove a hold, and let every outreach that waited for it look again. What may still go out goes out at its\n" +
			"next allowed time. Other holds stay.",
		Example: "  outreach resume --rule usage-limit\n  outreach resume --all",
		Args:    cobra.NoArgs,
	}
	t := targetFlags(cmd)
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		h, err := t.hold()
		if err != nil {
			return err
		}
		h.Lifted, h.Then = place.instant(), ledger.ResumeSend
		return place.use(cmd, func(ctx context.Context, o *office) error { return o.resume(ctx, h) })
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
	if err != nil {
		return err
	}
	return o.printCovered(ctx, h)
}

// countedParts bounds the planned messages that are looked at for a count.
const countedParts = 100_000

// printCovered says how many planned messages a hold covers.
func (o *office) printCovered(ctx context.Context, h ledger.Hold) error {
	var planned []ledger.Part
	err := o.store.Read(ctx, func(tx ledger.Tx) (err error) {
		planned, err = tx.PartsBy(ledger.Planned, countedParts)
		return err
	})
	if err != nil {
		return err
	}
	covered := int64(0)
	for _, p := range planned {
		if p.Channel.Reaches() && journey.Held([]ledger.Hold{h}, p) {
			covered++
		}
	}
	text := wording.Count(covered, "planned message")
	if len(planned) == countedParts {
		text = "at least " + text
	}
	_, err = fmt.Fprintln(o.out, text+" held")
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
	return known, err
}

// resume removes a hold and hints whoever waits for one. It may be repeated:
// whoever waits still is hinted again.
func (o *office) resume(ctx context.Context, h ledger.Hold) error {
	if err := o.readTemplates(ctx, h); err != nil {
		return err
	}
	var before *ledger.Hold
	var left []ledger.Hold
	err := o.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		var err error
		if before, err = o.holdThere(tx, h); err != nil {
			return err
		}
		if err := tx.LiftHold(h); err != nil {
			return err
		}
		left, err = inForce(tx)
		return err
	})
	if err != nil {
		return err
	}
	n, err := o.hintHeld(ctx)
	if err != nil {
		return fmt.Errorf("%s is resumed, and %s told so: %w; run the command again", wording.Hold(h), outreaches(n), err)
	}
	text := wording.Hold(h) + " goes on"
	if before == nil {
		text = wording.Hold(h) + " was not paused"
	}
	_, err = fmt.Fprintf(o.out, "%s\n%s that waited for a hold %s looking again\n", text, outreaches(n), isAre(n))
	if err == nil && len(left) > 0 {
		_, err = fmt.Fprintln(o.out, "still paused: "+strings.Join(names(left), ", "))
	}
	return err
}

func outreaches(n int) string {
	if n == 1 {
		return "1 outreach"
	}
	return wording.Number(float64(n)) + " outreaches"
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func names(holds []ledger.Hold) []string {
	list := make([]string, len(holds))
	for i, h := range holds {
		list[i] = wording.Hold(h)
	}
	return list
}

// hintsAtOnce bounds the hints of one transaction, so that the engine's own
// writes get their turn.
const hintsAtOnce = 1000

// hintHeld hints every outreach that waits because of a hold and gives their
// number.
func (o *office) hintHeld(ctx context.Context) (hinted int, err error) {
	var held []ledger.Ref
	err = o.store.Read(ctx, func(tx ledger.Tx) error {
		waiting, err := tx.Waiting(journey.WakeResume, 0)
		if err != nil {
			return err
		}
		for _, ref := range waiting {
			outreach, ok, err := tx.Outreach(ref)
			if err != nil {
				return err
			}
			if ok && outreach.Reason == customer.Paused {
				held = append(held, ref)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for page := range slices.Chunk(held, hintsAtOnce) {
		err := o.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
			for _, ref := range page {
				if err := tx.Hint(ref, o.instant()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return hinted, err
		}
		hinted += len(page)
	}
	return hinted, nil
}
