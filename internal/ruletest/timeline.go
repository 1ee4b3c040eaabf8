package ruletest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/wording"
)

// clockLayout is how instants are shown: as the customer's wall clock has
// them, with the weekday.
const clockLayout = "Mon " + minuteLayout

// Mark says how a line of a diff stands to what was expected.
type Mark rune

// The marks of a diff.
const (
	Met   Mark = ' ' // as expected, or nobody minds
	Asked Mark = '=' // as expected, in a whole timeline
	Lost  Mark = '-' // expected, and did not happen
	Extra Mark = '+' // happened, and must be expected
	Hint  Mark = '?' // about the line above
)

// Row is one line of a diff.
type Row struct {
	Mark Mark
	Text string
}

// String gives the mark and the text.
func (r Row) String() string { return strings.TrimRight(string(rune(r.Mark))+" "+r.Text, " ") }

// entry is one row with its place in time.
type entry struct {
	at    time.Time
	when  string
	first bool // before others of the same instant
	row   Row
	notes []string
}

// view says how a line of a play is shown, and whether it is.
type view func(v verdict, j int, all []happening) (Mark, bool)

// inDiff shows what a reader needs to see why a test fails: of the plans that
// nobody asked for those that were moved, that are nearly what was expected, and
// that say why a message that nobody expected came when it did.
func inDiff(v verdict, j int, all []happening) (Mark, bool) {
	h := all[j]
	switch {
	case v.unexpected(j, h):
		return Extra, true
	case !h.plans(), h.reason != "", v.used[j] >= 0:
		return Met, true
	case slices.Contains(v.near, j):
		return Met, true
	case h.remark() == "":
		return Met, false
	}
	for k := j + 1; k < len(all); k++ {
		if v.unexpected(k, all[k]) && h.same(all[k]) {
			return Met, true
		}
	}
	return Met, false
}

// inWhole shows everything, and what of it was asked for.
func inWhole(v verdict, j int, all []happening) (Mark, bool) {
	mark, _ := inDiff(v, j, all)
	if v.used[j] >= 0 {
		mark = Asked
	}
	return mark, true
}

// Timeline gives all that was expected and all that happened, decisions that
// no expectation is about among it; nil when the test could not be played.
func (r Result) Timeline() []Row {
	if r.Err != nil {
		return nil
	}
	return r.rows(inWhole)
}

// rows gives a timeline, and in a last line the branches of splits.
func (r Result) rows(show view) []Row {
	list := r.Case.timeline(r.verdict, r.actual, show)
	if r.ways != "" {
		list = append(list, Row{Met, "branches: " + r.ways})
	}
	return list
}

// timeline gives what was expected and what happened as one timeline, on the
// customer's wall clock; a zone that is not that of the start is named.
func (c *Case) timeline(v verdict, actual []happening, show view) []Row {
	var all []entry
	for j, h := range actual {
		if mark, ok := show(v, j, actual); ok {
			all = append(all, entry{at: h.at, when: shown(h.at, h.zone, c.Zone), row: Row{mark, c.happened(h)}})
		}
	}
	for i, x := range c.Expect {
		if v.met[i] >= 0 {
			continue
		}
		e := entry{at: x.From, when: c.span(x), first: true, row: Row{Lost, c.expected(x)}}
		if x.From.IsZero() {
			e.at = c.Script.To
		}
		if j := v.near[i]; j >= 0 {
			e.notes = c.nearNotes(v.note[i], actual[j])
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.at.Unix(), b.at.Unix()), cmp.Compare(rank(a), rank(b)))
	})
	return rows(all)
}

func rank(e entry) int {
	if e.first {
		return 0
	}
	return 1
}

// rows lays entries out: times in one column.
func rows(all []entry) []Row {
	width := 0
	for _, e := range all {
		width = max(width, len(e.when))
	}
	var list []Row
	for _, e := range all {
		e.row.Text = e.when + strings.Repeat(" ", width-len(e.when)) + "  " + e.row.Text
		list = append(list, e.row)
		for _, note := range e.notes {
			list = append(list, Row{Hint, strings.Repeat(" ", width) + "  " + note})
		}
	}
	if len(list) == 0 {
		return []Row{{Met, "nothing happened"}}
	}
	return list
}

func (c *Case) nearNotes(note string, h happening) []string {
	notes := []string{"nearest: " + shown(h.at, h.zone, c.Zone) + ", " + note}
	if strings.HasPrefix(note, "its text") && h.content != nil {
		notes = append(notes, "it reads: "+shorten(collapse(h.content.Text)))
	}
	if strings.HasPrefix(note, "its subject") && h.content != nil {
		notes = append(notes, "it reads: "+shorten(collapse(h.content.Subject)))
	}
	return notes
}

// shorten cuts a long text for a line.
func shorten(text string) string {
	const most = 160
	letters := []rune(text)
	if len(letters) <= most {
		return text
	}
	return string(letters[:most]) + "..."
}

// span shows when an expectation is to be met.
func (c *Case) span(x Expectation) string {
	if x.From.IsZero() {
		return "any time"
	}
	text := x.From.In(x.zone).Format(clockLayout)
	if x.Window {
		text += "-" + x.To.In(x.zone).Format("15:04")
	}
	return text + zoneNote(x.zone, c.Zone)
}

// expected says an expectation in words.
func (c *Case) expected(x Expectation) string {
	var b strings.Builder
	switch x.Kind {
	case Sent, Planned, NotSent:
		b.WriteString(words(x.Kind) + wording.Message(x.Name, x.Channel))
	case Ended, NotEntered:
		b.WriteString(words(x.Kind))
	default:
		b.WriteString(words(x.Kind) + x.Name)
	}
	if x.Reason != "" {
		b.WriteString(": " + string(x.Reason))
	}
	if !x.ForFrom.IsZero() {
		b.WriteString(" for " + shown(x.ForFrom, x.forZone, c.Zone))
	}
	for _, part := range x.Contains {
		b.WriteString(", containing " + quote(part))
	}
	for _, part := range x.Lacks {
		b.WriteString(", without " + quote(part))
	}
	if x.Subject != "" {
		b.WriteString(", with the subject " + quote(x.Subject))
	}
	return b.String() + c.of(x.Customer)
}

// happened says a line of a play in words.
func (c *Case) happened(h happening) string {
	text := words(h.kind)
	switch h.kind {
	case moved:
		text = c.moved(h)
	case Sent, NotSent, Planned:
		text += wording.Message(h.name, h.channel)
	case Task, Called:
		text += h.name
	}
	if h.kind == Planned && !h.planned.IsZero() {
		text += " for " + shown(h.planned, h.zone, c.Zone)
	}
	text += because(h)
	if h.kind == NotSent && h.reason == customer.TemplateError && h.trouble != nil {
		text += " (" + h.trouble.Error() + ")"
	}
	return text + c.of(h.customer)
}

// moved says where a message was moved to.
func (c *Case) moved(h happening) string {
	what := wording.Message(h.name, h.channel)
	if h.reason == customer.Unconfirmed {
		return "passed over " + what
	}
	if h.planned.IsZero() {
		return "put off " + what
	}
	return "moved " + what + " to " + shown(h.planned, h.zone, c.Zone)
}

// because gives a line's reason, and its note.
func because(h happening) string {
	note := h.remark()
	switch {
	case h.kind == Sent && note != "":
		return " " + note // the message that it rode in
	case h.reason != "" && note != "":
		return ": " + string(h.reason) + " - " + note
	case h.reason != "":
		return ": " + string(h.reason)
	case note != "":
		return ": " + note
	}
	return ""
}

// of names the customer where there are several.
func (c *Case) of(id string) string {
	if id == c.Main {
		return ""
	}
	return " (" + id + ")"
}

func words(kind Kind) string {
	switch kind {
	case Sent:
		return "sent "
	case NotSent:
		return "not sent "
	case Planned:
		return "planned "
	case Ended:
		return "ended"
	case NotEntered:
		return "not entered"
	case Task:
		return "task for "
	}
	return "called "
}
