// Package task writes what a handoff asks a person to do: about whom, why,
// what was tried and by when. It decides nothing, and knows neither how a task
// travels nor who does it.
package task

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

// Task is one task for a team. As JSON it is what a team's webhook is told.
type Task struct {
	Key         string                    `json:"key"` // the task's name, the same whenever it is handed over again
	Team        string                    `json:"team"`
	Rule        string                    `json:"rule"`
	Description string                    `json:"description"`        // of the rule
	Customer    string                    `json:"customer,omitempty"` // the company's own id; "" for a device that nobody has identified
	About       string                    `json:"about,omitempty"`    // order_id 17
	Why         string                    `json:"why,omitempty"`      // the reason in words
	Match       map[string]customer.Value `json:"match,omitempty"`    // the reason's figures
	Due         time.Time                 `json:"due,omitzero"`       // until when its end is waited for; zero: it is not
	Story       []Line                    `json:"story"`
	Zone        *time.Location            `json:"-"` // the customer's
}

// Line is one thing that was sent or that the customer did.
type Line struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// maxLines bounds a story: the newest stay.
const maxLines = 30

// Story gives what was sent and what the customer did, oldest first.
func Story(events []customer.Event, parts []ledger.Part) []Line {
	lines := []Line{}
	for _, e := range events {
		if text := did(e); text != "" {
			lines = append(lines, Line{e.At, text})
		}
	}
	for _, p := range parts {
		if p.Channel.Reaches() && (p.Status == ledger.Accepted || p.Status == ledger.Delivered) {
			lines = append(lines, Line{p.Sent, wording.Done(p.Template, p.Channel)})
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return a.At.Compare(b.At) })
	return lines[max(len(lines)-maxLines, 0):]
}

// did says what an event tells of the customer, "" when nothing.
func did(e customer.Event) string {
	template := cmp.Or(e.Properties[customer.TemplateProp].String(), "a message")
	switch e.Name {
	case customer.Identified, customer.MessageSent, customer.MessageDelivered, customer.HandoffDone:
		return ""
	case customer.MessageOpened:
		return "opened " + template
	case customer.MessageClicked:
		return "clicked in " + template
	case customer.MessageReplied:
		return "replied to " + template + ": " + e.Properties[customer.TextProperty].String()
	case customer.MessageFailed, customer.MessageBounced:
		return template + " did not arrive"
	}
	return e.Name
}

// Subject gives the task's subject line.
func (t Task) Subject() string {
	if t.Customer == "" {
		return "Task for " + t.Team + ": " + t.Rule
	}
	return "Task for " + t.Team + ": " + t.Rule + ", customer " + t.Customer
}

// Text gives the task as a letter. Times are the customer's.
func (t Task) Text() string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	line("Customer", cmp.Or(t.Customer, "not identified yet"))
	line("Why", t.Description)
	line("Reason", t.Why)
	line("About", t.About)
	if !t.Due.IsZero() {
		line("By", t.local(t.Due)+" ("+t.Zone.String()+")")
	}
	b.WriteString("\nWhat was sent, and what they did since:\n")
	for _, l := range t.Story {
		fmt.Fprintf(&b, "- %s: %s\n", t.local(l.At), l.Text)
	}
	if len(t.Story) == 0 {
		b.WriteString("- nothing yet\n")
	}
	fmt.Fprintf(&b, "\nTask: %s\nWhen it is done, send the event %s for this customer, with the line above as %s\nand what came of it as %s.\n",
		t.Key, customer.HandoffDone, customer.TaskProperty, customer.ResultProperty)
	return b.String()
}

func (t Task) local(at time.Time) string { return at.In(t.Zone).Format("Mon 2 Jan 2006 15:04") }
