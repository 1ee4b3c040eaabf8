package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/source"
	"github.com/outreach-engine/outreach/internal/wording"
)

// suppressFlags say what is to become of an address.
type suppressFlags struct {
	free                             bool
	who, reason, note, theirWord, by string
}

func suppressCommand(now func() time.Time) *cobra.Command {
	var f suppressFlags
	cmd := &cobra.Command{
		Use:   "suppress CHANNEL ADDRESS",
		Short: "Keep an address from being used, or free it.",
		Long: "Keep everybody from using an address from the very next attempt on, or free it with --free, and keep the evidence of\n" +
			"why. CHANNEL is sms, email or push. What a customer said themselves - a STOP, an unsubscribe, a complaint - is taken\n" +
			"back by their own word only: say it with --their-word. What you block with a --note alone stays blocked whatever they\n" +
			"say, until you free it. Addresses stay in your shell's history; outreach evidence\n" +
			"lists what was done.",
		Example: "  outreach suppress sms +12125550101 --note \"number of a test phone\"\n" +
			"  outreach suppress email ben@example.com --reason bounced --note \"the company is gone\"\n" +
			"  outreach suppress sms +12125550101 --free --their-word \"called on 23 November: wants them again\"",
		Args: cobra.ExactArgs(2),
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.free, "free", false, "let the address be used again")
	flags.StringVar(&f.who, "customer", "", "whose it is: your own id, or ours (default: who was last written to there)")
	flags.StringVar(&f.reason, "reason", "", "why it must not be used: "+strings.Join(suppressReasons(), ", ")+
		" (default: operator; with --their-word unsubscribed)")
	flags.StringVar(&f.note, "note", "", "why, for whoever asks later")
	flags.StringVar(&f.theirWord, "their-word", "", "what the customer said, when, and to whom")
	flags.StringVar(&f.by, "by", operatorHolds, "who does it")
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		e, err := f.evidence(args[0], args[1])
		if err != nil {
			return usageError(err)
		}
		e.At = place.instant()
		return place.changeRules(cmd, func(ctx context.Context, o *office) error {
			if f.free {
				return o.free(ctx, e, f)
			}
			return o.suppress(ctx, e, f)
		})
	}
	return cmd
}

// suppressReasons are why a person may keep an address from being used.
func suppressReasons() []string {
	return []string{
		customer.Blocked, customer.Unsubscribed, customer.StopReply, customer.Complaint, customer.Bounced, customer.NoAddressAt, customer.Unregistered,
	}
}

// evidence gives what the flags prove, but for when and whose.
func (f suppressFlags) evidence(by, address string) (customer.Evidence, error) {
	c := customer.Channel(by)
	channels := []string{string(customer.SMS), string(customer.Email), string(customer.Push)}
	address = written(c, address)
	switch {
	case !slices.Contains(channels, by):
		return customer.Evidence{}, hinted(fmt.Sprintf("channel %q: is not sms, email or push", by), source.DidYouMean(by, channels))
	case address == "":
		return customer.Evidence{}, errors.New("address: is empty; name the one to keep from being used")
	case f.note == "" && f.theirWord == "":
		return customer.Evidence{}, errors.New("say why: --note, or --their-word with what the customer said")
	case !slices.Contains(suppressReasons(), f.why()):
		return customer.Evidence{}, hinted(fmt.Sprintf("--reason %q: is none", f.reason),
			cmp.Or(source.DidYouMean(f.reason, suppressReasons()), "write one of "+strings.Join(suppressReasons(), ", ")))
	}
	if trouble := customer.CheckAddress(c, address); trouble != "" {
		return customer.Evidence{}, errors.New("address: " + trouble)
	}
	return customer.Evidence{
		How: customer.ByOperator, Channel: c, Address: address, Text: cmp.Or(f.theirWord, f.note), Source: strings.TrimSuffix(f.by+": "+f.note, ": "),
	}, nil
}

// why gives the reason that is written: the customer's word, when it is theirs,
// else the operator's own.
func (f suppressFlags) why() string {
	if f.reason == "" && f.theirWord != "" {
		return customer.Unsubscribed
	}
	return cmp.Or(f.reason, customer.Blocked)
}

// written gives an address as the store has it: a number without what only
// helps to read it, a domain in small letters.
func written(c customer.Channel, address string) string {
	address = strings.TrimSpace(address)
	switch c {
	case customer.SMS:
		return strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "").Replace(address)
	case customer.Email:
		if local, domain, ok := strings.Cut(address, "@"); ok {
			return local + "@" + strings.ToLower(domain)
		}
	}
	return address
}

// whose gives the customer of an address: the one who is named, else who was
// written to there last; "" when nobody was.
func (o *office) whose(tx ledger.Tx, who string, e customer.Evidence) (customer.ID, error) {
	if who != "" {
		return o.find(tx, who)
	}
	part, _, err := tx.LastTo(e.Channel, e.Address)
	return part.Customer, err
}

// suppress keeps an address from being used.
func (o *office) suppress(ctx context.Context, e customer.Evidence, f suppressFlags) error {
	name := wording.Channel(e.Channel) + " address " + wording.Mask(e.Channel, e.Address)
	var before customer.Suppression
	var kept bool
	err := o.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) (err error) {
		if before, kept, err = tx.Suppressed(e.Channel, e.Address); err != nil {
			return err
		}
		if e.Customer, err = o.whose(tx, f.who, e); err != nil {
			return err
		}
		if err := o.desk.Suppress(tx, e, f.why()); err != nil {
			return err
		}
		after, _, err := tx.Suppressed(e.Channel, e.Address)
		kept = kept && after == before
		return cmp.Or(err, lookAgain(tx, e))
	})
	if err != nil {
		return err
	}
	text := name + " is not used any more"
	if kept {
		text = name + " was kept from being used already, since " + utc(before.At) + ": " + wording.Suppression(before.Reason)
	}
	_, err = fmt.Fprintln(o.out, text)
	return err
}

// free lets an address be used again.
func (o *office) free(ctx context.Context, e customer.Evidence, f suppressFlags) error {
	name := wording.Channel(e.Channel) + " address " + wording.Mask(e.Channel, e.Address)
	is := false
	err := o.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		before, there, err := tx.Suppressed(e.Channel, e.Address)
		is = there
		switch {
		case err != nil || !there:
			return err
		case dossier.Said(before.Reason) && f.theirWord == "":
			return fmt.Errorf("%s: %s, and only their own word takes that back; say it with --their-word \"what they said, when, to whom\"",
				name, wording.Suppression(before.Reason))
		}
		if e.Customer, err = o.whose(tx, f.who, e); err != nil {
			return err
		}
		return cmp.Or(o.desk.Free(tx, e), lookAgain(tx, e))
	})
	if err != nil {
		return err
	}
	text := name + " may be used again"
	if !is {
		text = name + " may be used: nothing keeps it from that"
	}
	_, err = fmt.Fprintln(o.out, text)
	return err
}

// lookAgain lets a customer's open outreaches see which addresses may be used.
func lookAgain(tx ledger.Tx, e customer.Evidence) error {
	if e.Customer == "" {
		return nil
	}
	open, err := tx.OpenOutreaches(e.Customer)
	for _, o := range open {
		if err := tx.Hint(o.Ref, e.At); err != nil {
			return err
		}
	}
	return err
}
