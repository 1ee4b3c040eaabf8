package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/source"
)

// The formats of exports.
const (
	csvFormat    = "csv"
	ndjsonFormat = "ndjson"
)

// evidencePage bounds how many pieces of evidence are read at once.
const evidencePage = 1000

func evidenceCommand(now func() time.Time) *cobra.Command {
	var who, since, format string
	cmd := &cobra.Command{
		Use:   "evidence",
		Short: "Write who said yes or no, when, how and by which words.",
		Long: "Write the evidence of consents and of addresses that must not be used, oldest first, to standard output: when, who,\n" +
			"what it proves, how it came in, which topic, channel and address it is about, the message that it answers, and the\n" +
			"customer's own words. All of it is personal data: write it into a file that only those can read who have to answer\n" +
			"for it, and delete the file afterwards.",
		Example: "  outreach evidence --customer u-1001\n  outreach evidence --since 2026-11-01 --format ndjson > evidence.ndjson",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&who, "customer", "", "one customer, and the addresses that they have now: your own id, or ours")
	cmd.Flags().StringVar(&since, "since", "", "only what came at or after this: 2026-11-01 (UTC), or 2026-11-01T09:30:00Z")
	cmd.Flags().StringVar(&format, "format", csvFormat, "csv or ndjson")
	place := storeFlag(cmd, now)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		formats := []string{csvFormat, ndjsonFormat}
		if !slices.Contains(formats, format) {
			return usageError(hinted(fmt.Sprintf("--format %q: is not a format", format), source.DidYouMean(format, formats)))
		}
		from, err := sinceWhen(since)
		if err != nil {
			return usageError(err)
		}
		return place.use(cmd, func(ctx context.Context, o *office) error {
			return o.evidence(ctx, who, from, newProofs(format, o.out))
		})
	}
	return cmd
}

// sinceWhen reads a day or an instant; "" is the zero time.
func sinceWhen(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("--since: %q is no day and no instant; write 2026-11-01 or 2026-11-01T09:30:00Z", text)
}

// evidence writes what is kept, page by page.
func (o *office) evidence(ctx context.Context, who string, since time.Time, out *proofs) error {
	if who != "" {
		return o.evidenceOf(ctx, who, since, out)
	}
	after, page := int64(0), []proof{}
	for more := true; more; {
		err := o.store.Read(ctx, func(tx ledger.Tx) error {
			list, err := tx.Evidence("", after, evidencePage)
			if err != nil {
				return err
			}
			more = len(list) == evidencePage
			if more {
				after = list[len(list)-1].ID
			}
			page, err = proofsOf(tx, list)
			return err
		})
		if err := cmp.Or(err, out.writeAll(page, since)); err != nil {
			return err
		}
	}
	return out.close()
}

// evidenceOf writes what is kept of one customer, and of the addresses that
// they have now: also what came there before anybody was known by them.
func (o *office) evidenceOf(ctx context.Context, who string, since time.Time, out *proofs) error {
	var page []proof
	err := o.store.Read(ctx, func(tx ledger.Tx) error {
		id, err := o.find(tx, who)
		if err != nil {
			return err
		}
		list, err := aboutCustomer(tx, id)
		if err != nil {
			return err
		}
		page, err = proofsOf(tx, list)
		return err
	})
	if err := cmp.Or(err, out.writeAll(page, since)); err != nil {
		return err
	}
	return out.close()
}

// aboutCustomer reads what is kept of a customer and of their addresses, oldest
// first. What somebody else at the same address said of a topic is theirs.
func aboutCustomer(tx ledger.Tx, id customer.ID) ([]customer.Evidence, error) {
	list, err := tx.Evidence(id, 0, 0)
	if err != nil {
		return nil, err
	}
	r, _, err := tx.Customer(id)
	if err != nil {
		return nil, err
	}
	for _, at := range addressesOf(r.Profile) {
		there, err := tx.EvidenceAt(at.channel, at.address)
		if err != nil {
			return nil, err
		}
		for _, e := range there {
			if e.Customer != id && (e.Customer == "" || e.Topic == "") {
				list = append(list, e)
			}
		}
	}
	slices.SortFunc(list, func(a, b customer.Evidence) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

// inbox is where messages go by a channel.
type inbox struct {
	channel customer.Channel
	address string
}

// addressesOf gives all addresses of a customer, every device among them.
func addressesOf(p customer.Profile) []inbox {
	list := []inbox{{customer.SMS, p.Phone}, {customer.Email, p.Email}}
	for _, token := range p.PushTokens {
		list = append(list, inbox{customer.Push, token})
	}
	return list
}

func proofsOf(tx ledger.Tx, list []customer.Evidence) ([]proof, error) {
	page := make([]proof, 0, len(list))
	for _, e := range list {
		one, err := proofOf(tx, e)
		if err != nil {
			return nil, err
		}
		page = append(page, one)
	}
	return page, nil
}

// proof is one piece of evidence with the customer's outside id.
type proof struct {
	ID         int64            `json:"id"`
	At         time.Time        `json:"at"`
	Customer   string           `json:"customer"`    // the outside id; "" when nobody was known by the address
	CustomerID customer.ID      `json:"customer_id"` // ours
	Act        customer.Act     `json:"act"`
	How        string           `json:"how"`
	Topic      customer.Topic   `json:"topic"`
	Channel    customer.Channel `json:"channel"`
	Address    string           `json:"address"`
	Message    string           `json:"message"`
	Template   string           `json:"template"`
	Text       string           `json:"text"`
	Source     string           `json:"source"`
}

func proofOf(tx ledger.Tx, e customer.Evidence) (proof, error) {
	p := proof{
		ID: e.ID, At: e.At.UTC(), CustomerID: e.Customer, Act: e.Act, How: e.How, Topic: e.Topic, Channel: e.Channel,
		Address: e.Address, Message: e.Message, Template: e.Template, Text: e.Text, Source: e.Source,
	}
	if e.Customer == "" {
		return p, nil
	}
	var err error
	p.Customer, err = outsideID(tx, e.Customer)
	return p, err
}

// proofs writes evidence in one of the formats.
type proofs struct {
	rows   *csv.Writer // nil with ndjson
	lines  *json.Encoder
	headed bool
}

func newProofs(format string, out io.Writer) *proofs {
	if format == csvFormat {
		return &proofs{rows: csv.NewWriter(out)}
	}
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	return &proofs{lines: lines}
}

func (w *proofs) write(p proof) error {
	if w.rows == nil {
		return w.lines.Encode(p)
	}
	if err := w.head(); err != nil {
		return err
	}
	return w.rows.Write([]string{
		strconv.FormatInt(p.ID, 10), p.At.Format(time.RFC3339Nano), p.Customer, string(p.CustomerID), string(p.Act), p.How,
		string(p.Topic), string(p.Channel), p.Address, p.Message, p.Template, p.Text, p.Source,
	})
}

// writeAll writes those that came at or after an instant.
func (w *proofs) writeAll(page []proof, since time.Time) error {
	for _, one := range page {
		if one.At.Before(since) {
			continue
		}
		if err := w.write(one); err != nil {
			return err
		}
	}
	return nil
}

// head writes the names of the columns, once.
func (w *proofs) head() error {
	if w.headed {
		return nil
	}
	w.headed = true
	return w.rows.Write([]string{
		"id", "at", "customer", "customer_id", "act", "how", "topic", "channel", "address", "message", "template", "text", "source",
	})
}

// close writes what is left; without any evidence the names of the columns.
func (w *proofs) close() error {
	if w.rows == nil {
		return nil
	}
	if err := w.head(); err != nil {
		return err
	}
	w.rows.Flush()
	return w.rows.Error()
}
