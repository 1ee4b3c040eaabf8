package drill

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sandbox"
)

// Print writes the five numbers of the first report, a line each, and beneath
// them a table with a column for each report.
func Print(w io.Writer, reports ...Report) error {
	if len(reports) == 0 {
		return nil
	}
	r := reports[0]
	_, err := fmt.Fprintf(w, "lost %d\nduplicated %d\nstuck %d\nunknown %d\nlate %d\n\n", r.Lost, r.Duplicated, r.Stuck, r.Unknown, r.Late)
	if err != nil {
		return err
	}
	var columns [][]line
	for _, one := range reports {
		columns = append(columns, one.lines())
	}
	for row, first := range columns[0] {
		text := fmt.Sprintf("  %-44s", first.name)
		for _, c := range columns {
			text += fmt.Sprintf("%14s", c[row].text)
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(text, " ")); err != nil {
			return err
		}
	}
	for _, one := range reports {
		for i, d := range one.Details {
			if one.Options.Naive && i == examples {
				break
			}
			if _, err := fmt.Fprintf(w, "  %s: %s\n", one.design(), d); err != nil {
				return err
			}
		}
	}
	return nil
}

// PrintRolled writes what came of a rolling drill.
func PrintRolled(w io.Writer, r Rolled) error {
	text := fmt.Sprintf("lost %d\nduplicated %d\nstuck %d\nmessages %d\n\n  %-38s%9s%9s%9s%9s%9s\n", r.Lost, r.Duplicated, r.Stuck, r.Messages,
		"late while", "messages", "half", "99 in 100", "most", "over 1s")
	precise := func(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
	for _, s := range r.Spans {
		text += fmt.Sprintf("  %-38s%9d%9s%9s%9s%9d\n", s.Name, s.Messages, precise(s.Half), precise(s.P99), precise(s.Most), s.Over)
	}
	text += fmt.Sprintf("  an event was taken after at most      %9s\n", precise(r.Posting))
	for i, stop := range r.Stops {
		text += fmt.Sprintf("  process %d stopped at %s in    %9s\n", i+1, stop.At.UTC().Format("15:04:05.000"), precise(stop.Took))
	}
	text += fmt.Sprintf("  versions at the end: %s\n  seconds %.0f\n", strings.Join(r.Versions, ", "), r.Took.Seconds())
	for _, d := range r.Details {
		text += "  " + d + "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

// examples is how much is told of what the other design did wrong.
const examples = 5

type line struct{ name, text string }

// lines gives the table's column of one report; each has the same rows.
func (r Report) lines() []line {
	c := r.Sandbox
	count := func(name string, n int) line { return line{name, fmt.Sprint(n)} }
	span := func(name string, share float64) line { return line{name, seconds(r.Quantile(share))} }
	list := []line{
		{"", r.design()},
		count("lost", r.Lost),
		count("  the carrier failed, and no other was tried", r.Forsaken),
		count("duplicated", r.Duplicated),
		count("stuck", r.Stuck),
		count("unknown", r.Unknown),
		count("  by SMS", r.UnknownBy[customer.SMS]),
		count("  by email", r.UnknownBy[customer.Email]),
		count("  by push", r.UnknownBy[customer.Push]),
		count("  were accepted in truth", r.Reached),
		count("late (over "+r.Options.LateIf.String()+")", r.Late),
		span("lateness: half within", 0.5),
		span("  99 in 100 within", 0.99),
		span("  the last after", 1),
		count("messages", r.Messages),
		count("  accepted", r.Accepted),
		count("  to addresses that do not exist", r.Refused),
		count("  accepted, and returned later", r.Returned),
		count("  another channel took the place of one", r.FellBack),
		count("  another channel, for want of word", r.Doubted),
		count("  pushes that replaced their first", r.Replaced),
		count("kills of engine or worker", r.Kills.Worker),
		count("kills of Temporal", r.Kills.Temporal),
		count("kills of PostgreSQL", r.Kills.Postgres),
		count("restarts of PostgreSQL", r.Kills.Restarts),
		count("kills of two at once", r.Kills.Both),
		count("starts in vain", r.GaveUps),
		count("rate: SMS in a second, at most", r.Vendors.Rate),
		count("  in the worst second", r.Vendors.WorstSecond),
		line{"held for", seconds(r.Vendors.Held)},
		line{"  the last call came after", seconds(r.Vendors.LastCall)},
		count("  calls later than one call's time", r.Vendors.AfterHold),
		count("calls of providers", c.Calls),
	}
	for _, t := range sandbox.Troubles() {
		list = append(list, count("  "+string(t), c.Troubles[t]))
	}
	return append(list,
		count("callbacks taken", c.Callbacks),
		count("  twice", c.Doubled),
		count("  of messages out of order", c.Swapped),
		count("  of messages late", c.Late),
		count("callbacks that never came, of messages", c.Lost),
		count("callbacks that nobody took", c.Refused),
		count("forged callbacks", c.Forged),
		count("  not answered with 403", c.Believed),
		count("seed", int(r.Options.Seed)), //nolint:gosec // made below a million
		line{"seconds", fmt.Sprintf("%.0f", r.Took.Seconds())},
	)
}

// design names what was drilled.
func (r Report) design() string {
	if r.Options.Naive {
		return "naive"
	}
	return "outreach"
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// WriteJSON writes reports for programs: an object for each design.
func WriteJSON(w io.Writer, reports ...Report) error {
	list := map[string]any{}
	for _, r := range reports {
		list[r.design()] = map[string]any{
			"numbers": r.Numbers, "vendors": r.Vendors, "kills": r.Kills, "startsInVain": r.GaveUps, "providers": r.Sandbox, "green": r.Green(),
			"seed": r.Options.Seed, "email": r.Options.email(), "seconds": r.Took.Seconds(), "lateIfSeconds": r.Options.LateIf.Seconds(),
			"latenessSeconds": map[string]float64{
				"half": r.Quantile(0.5).Seconds(), "99in100": r.Quantile(0.99).Seconds(), "most": r.Quantile(1).Seconds(),
			},
		}
	}
	lines := json.NewEncoder(w)
	lines.SetIndent("", "  ")
	return lines.Encode(list)
}
