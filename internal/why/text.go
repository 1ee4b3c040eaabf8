package why

import (
	"fmt"
	"strings"

	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/wording"
)

// page is a text in the making.
type page struct{ lines []string }

// labelled puts a label in a column of its own.
const labelled = "  %-10s  %s"

func (p *page) add(label, text string) { p.lines = append(p.lines, fmt.Sprintf(labelled, label, text)) }

// Text writes an explanation for people.
func (e Explanation) Text() string {
	who := string(e.Customer)
	if e.External != "" {
		who = e.External + " (" + who + ")"
	}
	p := &page{lines: []string{fmt.Sprintf("customer %s, %s, where it is %s", who, e.Zone, e.LocalTime)}}
	if clock := e.clock(); clock != "" {
		p.add("clock", clock)
	}
	if e.Said.Text != "" {
		p.add("said", e.Said.Text)
	}
	p.habits(e.Habits)
	if len(e.Rules) == 0 {
		p.lines = append(p.lines, "", "no rule is in force, and nothing was decided about this customer")
	}
	for _, r := range e.Rules {
		p.lines = append(p.lines, "", r.Rule+": "+r.Text)
		p.rule(r)
	}
	return strings.Join(p.lines, "\n") + "\n"
}

// clock says where the zone is from, and which others are kept; "" when the
// customer said it.
func (e Explanation) clock() string {
	from := map[policy.Clue]string{
		policy.ByPhone: "by the phone number", policy.ByAddress: "by the address", policy.ByPolicy: "policy.yaml's own, as nothing tells theirs",
	}[e.ZoneFrom]
	if len(e.ZoneAlso) == 0 {
		return from
	}
	return from + "; not certain, so quiet hours, laws and holidays are kept in " + strings.Join(e.ZoneAlso, ", ") + " too"
}

func (p *page) rule(r Rule) {
	label := "trigger"
	for _, s := range r.Standing {
		p.add(label, s.Text)
		label = ""
	}
	if r.Unshown > 0 {
		p.add(label, "and "+wording.Number(float64(r.Unshown))+" more")
	}
	p.entry(r.Entry)
	for _, o := range r.Outreaches {
		p.outreach(o)
	}
	if r.Older > 0 {
		p.add("", "and "+wording.Number(float64(r.Older))+" older not shown")
	}
	label = "next"
	for _, n := range r.Next {
		text := n.Text
		if n.N > 0 && len(r.Next) > 1 {
			text = fmt.Sprintf("match %d: ", n.N) + text
		}
		if n.LocalTime != "" && !strings.Contains(text, n.LocalTime) {
			text = n.LocalTime + ": " + text
		}
		p.add(label, text)
		label = ""
	}
}

// entry writes what stands in the way, a line each, and what does not in one.
func (p *page) entry(checks []Check) {
	label := "in the way"
	var fine []string
	for _, c := range checks {
		if c.Passes {
			fine = append(fine, c.Text)
			continue
		}
		p.add(label, c.Text)
		label = ""
	}
	if len(fine) > 0 {
		p.add("passes", strings.Join(fine, "; "))
	}
}

func (p *page) outreach(o Outreach) {
	p.add(fmt.Sprintf("match %d", o.N), o.Text)
	width := 0
	for _, m := range o.Story {
		width = max(width, len(m.LocalTime))
	}
	for _, m := range o.Story {
		p.add("", fmt.Sprintf("%-*s  %s", width, m.LocalTime, m.Text))
	}
}
