package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

// print writes the status for people.
func (v status) print(out io.Writer) error {
	for _, part := range []func(io.Writer) error{v.printCounts, v.Strays.print, v.printProcesses, v.printRules, v.printEnds, v.printHolds, v.printMend, v.printScopes, v.printDoubts, v.printUnknown} {
		if err := part(out); err != nil {
			return err
		}
	}
	return nil
}

func (v status) printCounts(out io.Writer) error {
	number := func(n int64) string { return wording.Number(float64(n)) }
	rows := [][]string{
		{"customers", number(v.Customers)},
		{"events", number(v.Events) + " in the log"},
		{"backlog", matches(v.Backlog) + " not started"},
		{"messages", v.messages()},
		{"rejected", number(v.Rejected)},
	}
	if !v.Forgotten.IsZero() {
		rows[1][1] += ", those from before " + v.Forgotten.Format(time.DateOnly) + " forgotten"
	}
	if v.TooLate > 0 {
		rows[1][1] += ", " + number(v.TooLate) + " of them too late to count"
	}
	if v.Rejected > 0 {
		rows[4][1] += " (outreach rejected lists them)"
	}
	if v.Refused != "" {
		rows = append(rows, []string{"rules", "the edit of " + v.RefusedAt.Format(time.DateTime) + " UTC is not in force: " + v.Refused})
	}
	return printTable(out, len(rows[0]), rows)
}

func matches(n int64) string {
	if n == 1 {
		return "1 match"
	}
	return wording.Number(float64(n)) + " matches"
}

// messages sums up what became of all messages.
func (v status) messages() string {
	if len(v.Messages) == 0 {
		return "none"
	}
	counts := maps.Clone(v.Messages)
	sent := "sent"
	if n := counts[ledger.Delivered]; n > 0 {
		sent = "sent (" + wording.Number(float64(n)) + " arrived)"
	}
	counts[ledger.Accepted] += counts[ledger.Delivered]
	const unwritten = "unwritten" // rejected before any provider was asked
	counts[unwritten] = v.Rejects[customer.TemplateError]
	counts[ledger.Rejected] -= counts[unwritten]
	var parts []string
	for _, kind := range []struct {
		status ledger.PartStatus
		words  string
	}{
		{ledger.Planned, "planned"}, {ledger.Queued, "waiting for a place in the caps"}, {ledger.Riding, "waiting for a message to ride on"},
		{ledger.Sending, "being sent"}, {ledger.Ambiguous, "being asked for"}, {ledger.Accepted, sent},
		{ledger.Failed, "not delivered"}, {ledger.Unknown, "unknown"},
		{ledger.Rejected, "refused by providers"}, {unwritten, "whose text could not be written"}, {ledger.Withdrawn, "withdrawn"},
	} {
		if n := counts[kind.status]; n > 0 {
			parts = append(parts, wording.Number(float64(n))+" "+kind.words)
		}
	}
	return strings.Join(parts, ", ")
}

func (v status) printRules(out io.Writer) error {
	if len(v.Rules) == 0 {
		_, err := fmt.Fprintln(out, "\nNo rules are in force; load them with: outreach rules load")
		return err
	}
	number := func(n int64) string { return wording.Number(float64(n)) }
	rows := [][]string{{"RULE", "VERSION", "HISTORY", "NOT STARTED", "OPEN", "PAUSED", "ENDED"}}
	for _, r := range v.Rules {
		var ended int64
		for _, n := range r.Ended {
			ended += n
		}
		rows = append(rows, []string{r.Name, cmp.Or(r.Version, "removed"), r.history(v.Customers),
			number(r.NotStarted), number(r.Open), number(r.Paused), number(ended)})
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	return printTable(out, 3, rows)
}

// history says how far a rule has read what customers did before it came.
func (r ruleStatus) history(customers int64) string {
	if r.Warm {
		return "read"
	}
	return fmt.Sprintf("warming, %s of %s customers", wording.Number(float64(r.Warmed)), wording.Number(float64(customers)))
}

func (v status) printEnds(out io.Writer) error {
	rows := [][]string{}
	for _, r := range v.Rules {
		for i, reason := range byCount(r.Ended) {
			name := r.Name
			if i > 0 {
				name = ""
			}
			rows = append(rows, []string{name, wording.Number(float64(r.Ended[reason])) + "  " + string(reason) + ": " + wording.Reason(reason)})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(out, "\nENDED"); err != nil {
		return err
	}
	return printTable(out, 2, rows)
}

// byCount gives reasons, the most frequent first.
func byCount(counts map[customer.Reason]int64) []customer.Reason {
	return slices.SortedFunc(maps.Keys(counts), func(a, b customer.Reason) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}

func (v status) printHolds(out io.Writer) error {
	if len(v.Holds) == 0 {
		return nil
	}
	rows := [][]string{{"HOLD", "SINCE", "HOLDS", "BY", "NOTE"}}
	for _, h := range v.Holds {
		rows = append(rows, []string{
			strings.TrimSpace(string(h.Kind) + " " + h.Name), utc(h.At), wording.Count(h.Held, "message"), h.By, h.Note,
		})
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	return printTable(out, len(rows[0]), rows)
}

func (v status) printUnknown(out io.Writer) error {
	if len(v.Unknown) == 0 {
		return nil
	}
	rows := [][]string{{"UNKNOWN WHETHER SENT", "CUSTOMER", "RULE", "AT"}}
	for _, u := range v.Unknown {
		rows = append(rows, []string{wording.Message(u.Template, u.Channel), string(u.Customer), u.Rule, utc(u.At)})
	}
	if n := v.Messages[ledger.Unknown]; n > int64(len(v.Unknown)) {
		rows = append(rows, []string{fmt.Sprintf("and %s more", wording.Number(float64(n-int64(len(v.Unknown)))))})
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	return printTable(out, len(rows[0]), rows)
}
