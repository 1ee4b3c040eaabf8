package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/wording"
)

// print says the difference part by part, with an empty line between.
func (d *difference) print(out io.Writer) error {
	if d.Nothing {
		_, err := fmt.Fprintln(out, "nothing changed")
		return err
	}
	if _, err := fmt.Fprintln(out, strings.Join(d.Words.Lines(), "\n")); err != nil {
		return err
	}
	for _, part := range []func(io.Writer) error{d.printRunning, d.Past.print, d.AtOnce.print} {
		if err := part(out); err != nil {
			return err
		}
	}
	return nil
}

func (d *difference) printRunning(out io.Writer) error {
	if len(d.Running) == 0 {
		return nil
	}
	rows, all, moves := [][]string{{"RULE", "STANDING AT", "OPEN", "MIGRATE WOULD MOVE"}}, 0, 0
	for _, r := range d.Running {
		for _, s := range r.Steps {
			moved := 0
			if s.Moves {
				moved = s.Open
			}
			all, moves = all+s.Open, moves+moved
			rows = append(rows, []string{r.Rule, cmp.Or(s.Step, notBegun), strconv.Itoa(s.Open), strconv.Itoa(moved)})
		}
	}
	if _, err := fmt.Fprintln(out, "\nopen outreaches of these rules"); err != nil {
		return err
	}
	if err := printTable(out, 2, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "They keep the version that they began with. outreach migrate, once this is loaded, would move %d of %s.\n", moves, outreaches(all))
	return err
}

func (p *pastDifference) print(out io.Writer) error {
	if p == nil {
		return nil
	}
	const minutes = "2006-01-02 15:04"
	_, err := fmt.Fprintf(out, "\nplayed over %s of %s; what follows is of %s to %s UTC\n", wording.Count(int64(p.Events), "event"),
		wording.Count(int64(p.Customers), "customer"), p.From.UTC().Format(minutes), p.To.UTC().Format(minutes))
	if err != nil {
		return err
	}
	rows := [][]string{{"PEOPLE WHO ENTER", "BEFORE", "AFTER", "ENTER NOW", "NO LONGER"}}
	for _, r := range p.Rules {
		rows = append(rows, []string{r.Rule, strconv.Itoa(r.Before), strconv.Itoa(r.After), strconv.Itoa(r.Now), strconv.Itoa(r.Gone)})
	}
	if len(p.Rules) == 0 {
		rows = [][]string{{"the same people enter"}}
	}
	if err := printTable(out, 1, rows); err != nil {
		return err
	}
	for _, r := range p.Rules {
		if err := printIDs(out, r.Rule+", enter now", r.NowIDs); err != nil {
			return err
		}
		if err := printIDs(out, r.Rule+", no longer", r.GoneID); err != nil {
			return err
		}
	}
	return p.printMessages(out)
}

func (p *pastDifference) printMessages(out io.Writer) error {
	rows := [][]string{{"MESSAGES A DAY", "BY", "BEFORE", "AFTER"}}
	for _, m := range p.Messages {
		rows = append(rows, []string{m.Rule, wording.Channel(m.Channel), fmt.Sprintf("%.2f", m.Before), fmt.Sprintf("%.2f", m.After)})
	}
	if len(p.Messages) == 0 {
		rows = [][]string{{"no messages before, and none after"}}
	}
	if _, err := fmt.Fprintln(out); err != nil {
		return err
	}
	return printTable(out, 2, rows)
}

func (a *atOnce) print(out io.Writer) error {
	if a == nil {
		return nil
	}
	text := "nobody"
	if a.People > 0 {
		text = people(a.People)
	}
	var of []string
	for _, name := range slices.Sorted(maps.Keys(a.Rules)) {
		of = append(of, fmt.Sprintf("%s %d", name, a.Rules[name]))
	}
	if len(of) > 0 {
		text += " (" + strings.Join(of, ", ") + ")"
	}
	if _, err := fmt.Fprintf(out, "\nloaded at %s this would begin outreaches at once for %s\n", utc(a.At), text); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(a.IDs)) {
		if err := printIDs(out, name+", at once", a.IDs[name]); err != nil {
			return err
		}
	}
	return nil
}

func printIDs(out io.Writer, of string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(out, "  %s: %s\n", of, strings.Join(ids, " "))
	return err
}

// people gives 1 person, 2 people.
func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return wording.Number(float64(n)) + " people"
}
