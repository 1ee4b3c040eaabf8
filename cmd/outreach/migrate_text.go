package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/wording"
)

// print says what was moved, or would be.
func (m *migration) print(out io.Writer) error {
	moves := m.count(func(s *stepMoves) int { return s.Move })
	stays := m.count(func(s *stepMoves) int { return total(s.Stay) })
	to := "version " + m.To
	if m.InForce {
		to += ", which is in force"
	}
	if moves+stays == 0 {
		_, err := fmt.Fprintf(out, "nothing to move: no outreach of rule %s goes by version %s\n", m.Rule, m.From)
		return err
	}
	if _, err := fmt.Fprintf(out, "%s, from version %s to %s\n\n", m.Rule, m.From, to); err != nil {
		return err
	}
	if err := printTable(out, 2, m.table()); err != nil {
		return err
	}
	lines := []string{""}
	lines = append(lines, m.reasons()...)
	if m.Moved {
		lines = append(lines, outreaches(moves)+" moved, "+strconv.Itoa(stays)+" stayed")
	} else {
		lines = append(lines, "nothing was moved; to move "+outreaches(moves)+" give --yes")
	}
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}

func (m *migration) table() [][]string {
	rows := [][]string{{"STANDING AT", "GOES ON AT", "MOVE", "THEN END", "STAY"}}
	for _, s := range m.Steps {
		to := cmp.Or(s.To, "its first step")
		if s.Move == 0 {
			to = "-"
		}
		rows = append(rows, []string{
			cmp.Or(s.Step, notBegun), to, strconv.Itoa(s.Move), strconv.Itoa(total(s.Ends)), strconv.Itoa(total(s.Stay)),
		})
	}
	return rows
}

// reasons says why some end and some stay.
func (m *migration) reasons() (lines []string) {
	ends, stays := map[customer.Reason]int{}, map[journey.Stay]int{}
	for _, s := range m.Steps {
		for reason, n := range s.Ends {
			ends[reason] += n
		}
		for why, n := range s.Stay {
			stays[why] += n
		}
	}
	would := "would "
	if m.Moved {
		would = ""
	}
	for _, reason := range slices.Sorted(maps.Keys(ends)) {
		lines = append(lines, fmt.Sprintf("%d %send at once: %s", ends[reason], would, wording.Reason(reason)))
	}
	for _, why := range slices.Sorted(maps.Keys(stays)) {
		lines = append(lines, fmt.Sprintf("%d %sstay: %s", stays[why], would, stayWords(why)))
	}
	return lines
}

// stayWords says why an outreach is not moved.
func stayWords(why journey.Stay) string {
	switch why {
	case journey.StayNoStep:
		return "the other version has no step of their id; --steps names one"
	case journey.StayUnderWay:
		return "a message is on its way; run the command again"
	case journey.StayHandedOver:
		return "a task is out under their step's id; it can be moved when it is done"
	}
	return string(why)
}

func total[K comparable](counts map[K]int) (n int) {
	for _, of := range counts {
		n += of
	}
	return n
}
