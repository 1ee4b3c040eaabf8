package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

func resumeCommand(now func() time.Time) *cobra.Command {
	var then string
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "Lift the hold of a rule, a channel, a template or everything.",
		Long: "Lift a hold, say what becomes of what it held, and let every open outreach that it may concern look again.\n" +
			"With --then send, what was to go during the pause and may still go goes at the next allowed time: not all at\n" +
			"once, but over as long as the pause lasted, an hour at most, or as long as the channel's rate takes. With shift\n" +
			"it is planned anew, at the customer's next good time, with all of its within; with drop it is not sent, and\n" +
			"the next step follows. What is planned for later stands in each case; other holds stay.",
		Example: "  outreach resume --rule usage-limit\n  outreach resume --channel sms --then shift\n  outreach resume --all --then drop",
		Args:    cobra.NoArgs,
	}
	t := targetFlags(cmd)
	cmd.Flags().StringVar(&then, "then", string(ledger.ResumeSend), "what becomes of what was to go meanwhile: send, shift or drop")
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		h, err := t.hold()
		if err != nil {
			return err
		}
		if h.Then, err = resumption(then); err != nil {
			return err
		}
		h.Lifted = place.instant()
		return place.change(cmd, func(ctx context.Context, o *office) error { return o.resume(ctx, h) })
	}
	return cmd
}

func resumption(word string) (ledger.Resumption, error) {
	switch then := ledger.Resumption(word); then {
	case ledger.ResumeSend, ledger.ResumeShift, ledger.ResumeDrop:
		return then, nil
	}
	return "", usageError(fmt.Errorf("--then: %q is not send, shift or drop", word))
}

// resume lifts a hold and has open outreaches look again. It may be repeated:
// they look once more.
func (o *office) resume(ctx context.Context, h ledger.Hold) error {
	if err := o.readTemplates(ctx, h); err != nil {
		return err
	}
	var before *ledger.Hold
	var left []ledger.Hold
	var waiting int
	if err := o.measure(ctx, &h); err != nil {
		return err
	}
	err := o.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		var err error
		if before, err = o.holdThere(tx, h); err != nil {
			return err
		}
		if err := tx.LiftHold(h); err != nil {
			return err
		}
		if waiting, err = askAgain(tx, h); err != nil {
			return err
		}
		left, err = inForce(tx)
		return err
	})
	if err != nil {
		return err
	}
	text := wording.Hold(h) + " goes on: " + becomes(h)
	if before == nil {
		text = wording.Hold(h) + " was not paused"
	}
	_, err = fmt.Fprintf(o.out, "%s\n%s that waited for a hold %s looking again\n", text, outreaches(waiting), isAre(waiting))
	if err == nil && len(left) > 0 {
		_, err = fmt.Fprintln(o.out, "still paused: "+strings.Join(names(left), ", "))
	}
	return err
}

// becomes says what becomes of what a lifted hold held.
func becomes(h ledger.Hold) string {
	switch h.Then {
	case ledger.ResumeShift:
		return "what it held is planned anew"
	case ledger.ResumeDrop:
		return "what was to go meanwhile is dropped"
	}
	text := "what it held goes at the next allowed time"
	if over := h.Over.Round(time.Minute); over > 0 {
		text += ", over " + wording.Count(int64(over/time.Minute), "minute")
	}
	return text
}

// mostOver is over how long what a hold held goes out at most, where no rate
// asks for more.
const mostOver = time.Hour

// measure says over how long what a hold held is to go out: as long as it was
// held, up to an hour, or as long as the rate of its channel takes.
func (o *office) measure(ctx context.Context, h *ledger.Hold) error {
	rates := map[customer.Channel]float64{}
	if _, err := o.library.Follow(ctx); err == nil { // a hold is lifted whatever is wrong with the rules
		rates = o.library.Current().Policy.Rates
	}
	return o.store.Read(ctx, func(tx ledger.Tx) error {
		before, err := o.holdThere(tx, *h)
		if err != nil || before == nil {
			return err
		}
		held, err := heldBy(tx, *before, countedParts)
		if err != nil {
			return err
		}
		h.Over = min(max(h.Lifted.Sub(before.At), 0), mostOver)
		due := map[customer.Channel]float64{}
		for _, p := range held.list {
			if p.Planned.Before(h.Lifted) {
				due[p.Channel]++
			}
		}
		for channel, rate := range rates {
			if rate > 0 {
				h.Over = max(h.Over, time.Duration(due[channel]/rate*float64(time.Second)))
			}
		}
		return nil
	})
}

// askAgain has the open outreaches that a hold may concern look again, page by
// page by the engine, and gives the number of those that waited for a hold.
func askAgain(tx ledger.Tx, h ledger.Hold) (waiting int, err error) {
	tallies, err := tx.Tallies()
	for _, t := range tallies {
		if t.Status != ledger.Open || h.Kind == ledger.HoldRule && t.Rule != h.Name {
			continue
		}
		if t.Reason == customer.Paused {
			waiting += int(t.Count)
		}
		if err := tx.SetRecheck(t.Rule, ledger.Ref{}); err != nil {
			return waiting, err
		}
	}
	return waiting, err
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
