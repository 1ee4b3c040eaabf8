package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

// countedParts bounds the planned messages that are looked at for a count.
const countedParts = 100_000

// shownHeld bounds the held messages that are shown one by one.
const shownHeld = 10

// heldMessages are the planned messages that a hold covers, those that were to
// go first in front.
type heldMessages struct {
	list []ledger.Part
	some bool // there may be more
}

// heldBy reads the messages that a hold covers, among the first so many that
// are planned; 0 is all.
func heldBy(tx ledger.Tx, h ledger.Hold, limit int) (held heldMessages, err error) {
	planned, err := tx.PartsBy(ledger.Planned, limit)
	for _, p := range planned {
		if p.Channel.Reaches() && journey.Held([]ledger.Hold{h}, p) {
			held.list = append(held.list, p)
		}
	}
	slices.SortFunc(held.list, func(a, b ledger.Part) int {
		return cmp.Or(a.Planned.Compare(b.Planned), cmp.Compare(a.Key(), b.Key()))
	})
	held.some = limit > 0 && len(planned) == limit
	return held, err
}

// words counts them: "at least 2,008 planned messages".
func (held heldMessages) words() string {
	text := wording.Count(int64(len(held.list)), "planned message")
	if held.some {
		text = "at least " + text
	}
	return text
}

// counts gives their number by rule, channel and template, as a table.
func (held heldMessages) counts() [][]string {
	type kind struct {
		rule, template string
		channel        customer.Channel
	}
	counts := map[kind]int64{}
	for _, p := range held.list {
		counts[kind{p.Rule, p.Template, p.Channel}]++
	}
	rows := [][]string{{"RULE", "CHANNEL", "TEMPLATE", "HELD"}}
	for _, k := range slices.SortedFunc(maps.Keys(counts), func(a, b kind) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.channel, b.channel), cmp.Compare(a.template, b.template))
	}) {
		rows = append(rows, []string{k.rule, string(k.channel), k.template, wording.Number(float64(counts[k]))})
	}
	return rows
}

// tellHeld says whom a hold holds: counts and the first few, or, when a file is
// named, all of them there; "-" is rows.
func (o *office) tellHeld(ctx context.Context, h ledger.Hold, file string, rows io.Writer) error {
	limit := countedParts
	if file != "" {
		limit = 0
	}
	return o.store.Read(ctx, func(tx ledger.Tx) error {
		held, err := heldBy(tx, h, limit)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(o.out, held.words()+" held"); err != nil || len(held.list) == 0 && file == "" {
			return err
		}
		if len(held.list) > 0 {
			if _, err := fmt.Fprintln(o.out); err != nil {
				return err
			}
			if err := printTable(o.out, 3, held.counts()); err != nil {
				return err
			}
		}
		switch file {
		case "":
			return o.printFirst(tx, held)
		case "-":
			return held.write(tx, rows)
		}
		return held.keep(tx, file)
	})
}

// printFirst shows the first few held messages.
func (o *office) printFirst(tx ledger.Tx, held heldMessages) error {
	rows := [][]string{{"CUSTOMER", "RULE", "MESSAGE", "PLANNED"}}
	for _, p := range held.list[:min(shownHeld, len(held.list))] {
		who, err := outsideID(tx, p.Customer)
		if err != nil {
			return err
		}
		rows = append(rows, []string{shorten([]byte(who)), p.Rule, wording.Message(p.Template, p.Channel), utc(p.Planned)})
	}
	if more := len(held.list) - shownHeld; more > 0 {
		rows = append(rows, []string{"and " + wording.Number(float64(more)) + " more; --list FILE.csv writes all of them"})
	}
	if _, err := fmt.Fprintln(o.out); err != nil {
		return err
	}
	return printTable(o.out, len(rows[0]), rows)
}

// outsideID gives the id that the customer has outside, the engine's own when
// there is none.
func outsideID(tx ledger.Tx, id customer.ID) (string, error) {
	record, _, err := tx.Customer(id)
	return cmp.Or(record.Profile.External, string(id)), err
}

// keep writes all of them to a file that its owner alone may read.
func (held heldMessages) keep(tx ledger.Tx, path string) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("--list: %w; the pause is set: run the command again with another file", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return held.write(tx, file)
}

// write writes all of them as CSV: customer, rule, template, channel and the
// planned instant in UTC.
func (held heldMessages) write(tx ledger.Tx, out io.Writer) error {
	w := csv.NewWriter(out)
	if err := w.Write([]string{"customer", "rule", "template", "channel", "planned"}); err != nil {
		return err
	}
	for _, p := range held.list {
		who, err := outsideID(tx, p.Customer)
		if err != nil {
			return err
		}
		row := []string{who, p.Rule, p.Template, string(p.Channel), p.Planned.UTC().Format(time.RFC3339)}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
