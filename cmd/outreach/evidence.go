package main

import (
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
	cmd.Flags().StringVar(&who, "customer", "", "one customer: your own id, or ours")
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
	var id customer.ID
	if who != "" {
		err := o.store.Read(ctx, func(tx ledger.Tx) (err error) {
			id, err = o.find(tx, who)
			return err
		})
		if err != nil {
			return err
		}
	}
	after, page := int64(0), []proof{}
	for more := true; more; {
		err := o.store.Read(ctx, func(tx ledger.Tx) error {
			list, err := tx.Evidence(id, after, evidencePage)
			page, more = page[:0], len(list) == evidencePage
			for _, e := range list {
				one, trouble := proofOf(tx, e)
				if trouble != nil {
					return trouble
				}
				page, after = append(page, one), e.ID
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, one := range page {
			if one.At.Before(since) {
				continue
			}
			if err := out.write(one); err != nil {
				return err
			}
		}
	}
	return out.close()
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
