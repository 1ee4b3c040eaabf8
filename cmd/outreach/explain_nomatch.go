package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/wording"
)

// whyNot says why a rule in force never matched the customer.
func (t *teller) whyNot(m *rule.Matcher) (string, error) {
	if active := t.library.Current().Active[m.Name]; !library.Knows(active, t.file.Profile.ID) {
		return "not judged yet: the rule is warming, the customer's history has not been read", nil
	}
	switch w := m.When; {
	case w.Usage != nil:
		return t.usageNot(m), nil
	case w.Silent != nil:
		return t.silentNot(m), nil
	case w.Missing != nil:
		return t.missingNot(m), nil
	case w.Event != nil:
		return t.eventNot(w.Event)
	}
	return "no match", nil
}

// usageNot gives the figures of this period.
func (t *teller) usageNot(m *rule.Matcher) string {
	var words []string
	for _, f := range m.Figures(t.file.Subject(), t.now) {
		text := "used " + wording.Number(f.Used) + " of a limit that is not known"
		if f.Limit > 0 {
			text = wording.Used(f.Used, f.Limit, f.Share())
		}
		if f.About != "" {
			text += " (" + m.About + " " + f.About + ")"
		}
		words = append(words, text)
	}
	if len(words) == 0 {
		words = append(words, "nothing was used")
	}
	return "no match: " + strings.Join(words, ", ") + span(m.When.Usage.Per) + "; the rule asks for " + wording.Percent(m.When.Usage.Reaches)
}

// span says in which period something was used.
func span(per behaviour.Period) string {
	switch per.Kind {
	case behaviour.NoPeriod:
		return ""
	case behaviour.SinceEvent:
		return " since the last " + per.Of
	case behaviour.MonthFrom:
		return " in the month from " + per.Of
	}
	return " this " + string(per.Kind)
}

func (t *teller) silentNot(m *rule.Matcher) string {
	what := act(m.When.Silent.Event)
	switch due := m.NextDue(t.file.Subject(), "", time.Time{}); {
	case due.IsZero():
		return "no match: no " + what + " has ever come"
	case due.After(t.now):
		return "no match: without any " + what + " the rule matches " + t.local(due)
	default:
		return "no match: no " + what + " for " + m.When.Silent.For.String() + " was reached " + t.local(due) +
			", which the engine has not judged, or found too old when the rule came"
	}
}

func (t *teller) missingNot(m *rule.Matcher) string {
	const shown = 3
	var words []string
	waiting := 0
	for _, about := range m.Abouts(t.file.State) {
		due := m.NextDue(t.file.Subject(), about, time.Time{})
		if due.IsZero() {
			continue
		}
		if waiting++; waiting > shown {
			continue
		}
		text := "matches " + t.local(due)
		if about != "" {
			text += " (" + m.About + " " + about + ")"
		}
		words = append(words, text)
	}
	if waiting == 0 {
		return "no match: no " + m.When.Missing.After + " waits for its " + m.When.Missing.Event
	}
	text := "no match: without " + m.When.Missing.Event + " the rule " + strings.Join(words, ", ")
	if waiting > shown {
		text += fmt.Sprintf(" and %d more", waiting-shown)
	}
	return text
}

func (t *teller) eventNot(w *rule.EventTrigger) (string, error) {
	events, err := t.tx.Events(ledger.EventQuery{Customer: t.file.Profile.ID, Names: []string{w.Event}, Limit: 1, Newest: true})
	if err != nil || len(events) == 0 {
		return "no match: no " + w.Event + " has come", err
	}
	text := "no match: the last " + w.Event + " came " + t.local(events[0].At)
	if w.Where != nil {
		return text + ", and the rule's where did not hold, or it was too old when the rule came", nil
	}
	return text + ", too old when the rule came", nil
}

// print writes the explanation for people.
func (e explanation) print(out io.Writer) error {
	who := string(e.Customer)
	if e.External != "" {
		who = e.External + " (" + who + ")"
	}
	lines := []string{fmt.Sprintf("customer %s, %s, where it is %s", who, e.Zone, e.LocalTime)}
	if e.Older > 0 {
		lines = append(lines, "", fmt.Sprintf("%s are not shown", wording.Count(int64(e.Older), "older match")))
	}
	for _, v := range e.Outreaches {
		lines = append(lines, "", fmt.Sprintf("%s %d: %s", v.Rule, v.N, v.Stands))
		width := 0
		for _, m := range v.Story {
			width = max(width, len(m.LocalTime))
		}
		for _, m := range v.Story {
			lines = append(lines, fmt.Sprintf("  %-*s  %s", width, m.LocalTime, m.Text))
		}
		if v.WaitsFor != "" {
			lines = append(lines, "  "+v.WaitsFor)
		}
	}
	if len(e.Outreaches) == 0 {
		lines = append(lines, "", "nothing was decided about this customer")
	}
	for i, n := range e.NoMatch {
		if i == 0 {
			lines = append(lines, "")
		}
		lines = append(lines, n.Rule+": "+n.Why)
	}
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}
