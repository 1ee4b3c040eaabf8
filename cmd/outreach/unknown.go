package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/channel/relay"
	"github.com/outreach-engine/outreach/internal/channel/sendgrid"
	"github.com/outreach-engine/outreach/internal/channel/smtp"
	"github.com/outreach-engine/outreach/internal/channel/twilio"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/wording"
)

// doubts says which messages are meant, of those of which nobody knows whether
// they went out.
type doubts struct {
	keys          []string
	rule, channel string
}

// unknownFlags say what becomes of them.
type unknownFlags struct {
	doubts
	sent, notSent, again bool
	providerID, by       string
	all, yes             bool
}

func unknownCommand(now func() time.Time) *cobra.Command {
	var f unknownFlags
	cmd := &cobra.Command{
		Use:   "unknown [KEY]...",
		Short: "List messages of which nobody knows whether they went out, and settle them.",
		Long: "List the messages whose provider gave no clear answer: those that it is still asked for, and those that nobody can\n" +
			"say went out, with what is known of each. One that you looked up at its provider is settled by its key: --sent takes\n" +
			"it for sent, --not-sent for not sent, and --again sends it again, whatever became of the first: the customer may get\n" +
			"both. To send again, its outreach has to be under way, with nothing sent since; it comes back to that step, which is\n" +
			"planned anew. --all settles all of them, or those of one --rule or --channel; it does so with --yes only, and else\n" +
			"says which these are. docs/unknown.md says more.",
		Example: "  outreach unknown\n" +
			"  outreach unknown welcome.cabcdefghijklmn23.1.welcome.sms --sent --provider-id SM0123456789abcdef0123456789abcdef\n" +
			"  outreach unknown --all --channel push --again --yes",
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.sent, "sent", false, "it went out")
	flags.BoolVar(&f.notSent, "not-sent", false, "it did not go out, and will not")
	flags.BoolVar(&f.again, "again", false, "send it again")
	flags.StringVar(&f.providerID, "provider-id", "", "with --sent: the provider's own id of it")
	flags.StringVar(&f.by, "by", operatorHolds, "who says so; it is kept in the customer's story")
	flags.BoolVar(&f.all, "all", false, "settle all that are listed")
	flags.StringVar(&f.rule, "rule", "", "those of one rule")
	flags.StringVar(&f.channel, "channel", "", "those by one channel: sms, email or push")
	flags.BoolVar(&f.yes, "yes", false, "with --all: settle them")
	place, asJSON := storeFlag(cmd, now), jsonFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f.keys = args
		verdict, err := f.verdict()
		if err != nil {
			return usageError(err)
		}
		if verdict == "" || f.all && !f.yes {
			return place.useRules(cmd, func(ctx context.Context, o *office) error { return o.listDoubts(ctx, f, verdict, *asJSON) })
		}
		return place.changeRules(cmd, func(ctx context.Context, o *office) error { return o.settle(ctx, f, verdict) })
	}
	return cmd
}

// verdict gives what is said of the messages, "" when they are only listed.
func (f *unknownFlags) verdict() (dossier.Verdict, error) {
	var said []dossier.Verdict
	for _, one := range []struct {
		given   bool
		verdict dossier.Verdict
	}{{f.sent, dossier.WasSent}, {f.notSent, dossier.WasNot}, {f.again, dossier.SendAgain}} {
		if one.given {
			said = append(said, one.verdict)
		}
	}
	filtered := f.rule != "" || f.channel != ""
	switch {
	case len(said) > 1:
		return "", errors.New("give one of --sent, --not-sent and --again")
	case len(said) == 0 && (f.all || f.yes || f.providerID != ""):
		return "", errors.New("say what became of them: --sent, --not-sent or --again")
	case len(said) == 0:
		return "", nil
	case f.all == (len(f.keys) > 0):
		return "", errors.New("name messages by their keys, or give --all; outreach unknown lists them")
	case !f.all && filtered:
		return "", errors.New("--rule and --channel: go with --all, or with the list alone")
	case f.providerID != "" && (said[0] != dossier.WasSent || len(f.keys) != 1):
		return "", errors.New("--provider-id: goes with --sent and one key")
	case f.by == "":
		return "", errors.New("--by: is empty; say who says so")
	}
	return said[0], nil
}

// doubt is a message of which nobody knows whether it went out.
type doubt struct {
	Key        string            `json:"key"`
	Status     ledger.PartStatus `json:"status"` // ambiguous: its provider is asked; unknown
	Rule       string            `json:"rule"`
	Customer   string            `json:"customer"` // the outside id
	CustomerID customer.ID       `json:"customer_id"`
	Channel    customer.Channel  `json:"channel"`
	Topic      customer.Topic    `json:"topic"`
	Template   string            `json:"template"`
	Provider   string            `json:"provider"`
	Attempt    int               `json:"attempt"`
	Since      time.Time         `json:"since"`
	AskedUntil time.Time         `json:"asked_until,omitzero"` // or listened to
	Then       policy.Resolution `json:"then,omitempty"`       // what becomes of it then: hold, again
	Known      string            `json:"known"`                // the newest line of its story
}

// readDoubts gives the messages that are meant, the oldest of each status first.
func (o *office) readDoubts(tx ledger.Tx, which doubts) (list []ledger.Part, err error) {
	for _, status := range []ledger.PartStatus{ledger.Ambiguous, ledger.Unknown} {
		parts, err := tx.PartsBy(status, 0)
		if err != nil {
			return nil, err
		}
		list = append(list, slices.DeleteFunc(parts, func(p ledger.Part) bool { return !which.has(p) })...)
	}
	return list, nil
}

func (d doubts) has(p ledger.Part) bool {
	switch {
	case p.Item || !p.Channel.Reaches():
		return false
	case len(d.keys) > 0 && !slices.Contains(d.keys, p.Key()):
		return false
	}
	return (d.rule == "" || p.Rule == d.rule) && (d.channel == "" || string(p.Channel) == d.channel)
}

// doubtOf says what is known of one.
func (o *office) doubtOf(tx ledger.Tx, p ledger.Part) (doubt, error) {
	d := doubt{
		Key: p.Key(), Status: p.Status, Rule: p.Rule, CustomerID: p.Customer, Channel: p.Channel, Topic: p.Topic, Template: p.Template,
		Provider: p.Provider, Attempt: p.Attempt, Since: doubtSince(p),
	}
	var err error
	if d.Customer, err = outsideID(tx, p.Customer); err != nil {
		return d, err
	}
	if p.Status == ledger.Ambiguous {
		terms := o.library.Current().Policy
		d.AskedUntil, d.Then = d.Since.Add(terms.Unknown.Ask), terms.WhenUnknown(p.Channel, p.Topic)
	}
	lines, err := tx.Decisions(p.Customer, 0)
	for _, line := range slices.Backward(lines) {
		if line.Ref == p.Ref && line.Step == p.Step && line.Channel == p.Channel {
			d.Known = cmp.Or(line.Note, wording.Reason(line.Reason))
			break
		}
	}
	return d, err
}

// doubtSince gives since when nobody knows.
func doubtSince(p ledger.Part) time.Time {
	if p.Status == ledger.Ambiguous && !p.Lease.IsZero() {
		return p.Lease
	}
	if p.Sent.IsZero() {
		return p.Updated
	}
	return p.Sent
}

// shownDoubts bounds the messages that are written one by one.
const shownDoubts = 100

// listDoubts writes the messages that are meant.
func (o *office) listDoubts(ctx context.Context, f unknownFlags, verdict dossier.Verdict, asJSON bool) error {
	list, all := []doubt{}, 0
	err := o.store.Read(ctx, func(tx ledger.Tx) error {
		parts, err := o.readDoubts(tx, f.doubts)
		all, list = len(parts), list[:0]
		if !asJSON {
			parts = parts[:min(len(parts), shownDoubts)]
		}
		for _, p := range parts {
			d, one := o.doubtOf(tx, p)
			list, err = append(list, d), cmp.Or(err, one)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case asJSON:
		return printJSON(o.out, list)
	case all == 0:
		_, err = fmt.Fprintln(o.out, "no message is in doubt")
		return err
	}
	if err := o.printDoubts(list, all-len(list)); err != nil || verdict == "" {
		return err
	}
	_, err = fmt.Fprintf(o.out, "\nnothing is settled yet: --yes takes %s for %s\n", wording.Count(int64(all), "message"), verdictWords(verdict))
	return err
}

func verdictWords(v dossier.Verdict) string {
	switch v {
	case dossier.WasNot:
		return "not sent"
	case dossier.SendAgain:
		return "lost, and sends again what may be"
	}
	return string(v)
}

func (o *office) printDoubts(list []doubt, more int) error {
	rows := [][]string{{"KEY", "MESSAGE", "CUSTOMER", "PROVIDER", "SINCE", "WHAT IS KNOWN"}}
	for _, d := range list {
		rows = append(rows, []string{d.Key, wording.Message(d.Template, d.Channel), shorten([]byte(d.Customer)), d.Provider, utc(d.Since), d.words()})
	}
	if more > 0 {
		rows = append(rows, []string{"and " + wording.Number(float64(more)) + " more; --json writes all of them"})
	}
	return printTable(o.out, len(rows[0]), rows)
}

// words says how far one has come.
func (d doubt) words() string {
	if d.Status != ledger.Ambiguous {
		return "unknown: " + d.Known
	}
	then := "then it is held for a person"
	if d.Then == policy.SendAgain {
		then = "then it is sent again"
	}
	switch d.Provider {
	case twilio.Name:
		return "being asked until " + utc(d.AskedUntil) + ", " + then + ": " + d.Known
	case sendgrid.Name, smtp.Name, relay.Name: // they cannot be asked, and report
		return "its report is awaited until " + utc(d.AskedUntil) + ", " + then + ": " + d.Known
	}
	return "settled as soon as the engine looks at it: " + d.Known
}
