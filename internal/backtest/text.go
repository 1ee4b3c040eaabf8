package backtest

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/wording"
)

// Text writes the report for people at a terminal.
func (r *Report) Text(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s, %s to %s, %s\n", wording.Count(int64(r.Events), "event"), wording.Count(int64(r.Customers), "customer"),
		r.local(r.From), r.local(r.To), r.Zone)
	for _, s := range r.Sources {
		b.WriteString(s.String())
	}
	for _, line := range r.leftOut() {
		b.WriteString(line + "\n")
	}
	for i := range r.Rules {
		b.WriteString("\n" + r.Rules[i].Name + "\n")
		table(&b, r.Rules[i].rows(r.local))
	}
	b.WriteString("\nall rules\n")
	table(&b, r.totals())
	for _, l := range r.Loads {
		if len(l.Jams) > 0 {
			b.WriteString("\n" + r.warning(l) + "\n")
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// leftOut says what was read and not played.
func (r *Report) leftOut() (lines []string) {
	if r.Duplicates > 0 {
		lines = append(lines, wording.Count(int64(r.Duplicates), "duplicate")+" left out: a message id stands for one event")
	}
	if r.Nobodys > 0 {
		lines = append(lines, wording.Count(int64(r.Nobodys), "event")+" left out: no customer is named, and nothing that a rule is about")
	}
	return lines
}

func (r *Report) local(at time.Time) string { return at.In(r.Zone).Format("2006-01-02 15:04") }

// String says what became of the rows.
func (s Source) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", s.Name, wording.Count(int64(s.Rows), "row"))
	for _, part := range []struct {
		n    int
		what string
	}{{s.Skipped, "skipped"}, {s.Refused, "refused"}} {
		if part.n > 0 {
			fmt.Fprintf(&b, ", %s %s", number(part.n), part.what)
		}
	}
	if s.Fields > 0 {
		fmt.Fprintf(&b, ", %s refused", wording.Count(int64(s.Fields), "field"))
	}
	b.WriteByte('\n')
	for _, trouble := range s.Trouble {
		fmt.Fprintf(&b, "    %s\n", trouble)
	}
	if more := s.Refused + s.Fields - len(s.Trouble); more > 0 {
		fmt.Fprintf(&b, "    and %s more\n", number(more))
	}
	return b.String()
}

// row is one line of a rule's table: what, how many, and more of it.
type row struct {
	what string
	n    int
	more string
}

func (r *Rule) rows(local func(time.Time) string) []row {
	rows := []row{
		{"matched", r.Matched, ofPeople(r.Matched, r.Customers)},
		{"entered", r.Entered, ""},
		{"not entered", total(r.NotEntered), reasons(r.NotEntered)},
		{"held out", r.HeldOut, ""},
		{"messages", r.Sent(), channels(r.Messages)},
		{"in other messages", r.Rode, ""},
		{"webhooks called", r.Calls, ""},
		{"tasks handed over", r.Tasks, ""},
		{"deferred", total(r.Deferred), reasons(r.Deferred)},
		{"dropped", total(r.Dropped), reasons(r.Dropped)},
		{"capped", r.Dropped[customer.Capped], winners(r.CappedBy)},
		{"goals reached", r.Goals.Reached, share(r.Goals.Reached, r.Reached, "outreach with a message", "outreaches with a message")},
		{"goals anyway", r.Goals.HeldOut, share(r.Goals.HeldOut, r.HeldOut, "held out", "held out")},
		{"goals before any message", r.Goals.Before, ""},
		{"peak an hour", r.Peak.Messages, peak(r.Peak, local)},
	}
	shown := rows[:2]
	for _, line := range rows[2:] {
		if line.n > 0 && (line.what != "capped" || line.more != "") || line.what == "messages" || line.what == "goals anyway" && r.HeldOut > 0 || line.what == "goals reached" && r.HasGoal && r.Reached > 0 {
			shown = append(shown, line)
		}
	}
	return shown
}

func (r *Report) totals() []row {
	messages := map[customer.Channel]int{}
	notEntered, dropped := map[customer.Reason]int{}, map[customer.Reason]int{}
	matched, heldOut := 0, 0
	for _, rule := range r.Rules {
		matched += rule.Matched
		heldOut += rule.HeldOut
		sum(messages, rule.Messages)
		sum(dropped, rule.Dropped)
		sum(notEntered, rule.NotEntered)
	}
	rows := []row{
		{"matched", matched, ofPeople(matched, r.Matched)},
		{"messages", total(messages), "to " + wording.Count(int64(r.Messaged), "customer")},
	}
	for _, l := range r.Loads {
		if l.Messages > 0 {
			rows = append(rows, row{"by " + wording.Channel(l.Channel), l.Messages, "at most " + number(l.Peak.Messages) + " an hour, " + r.local(l.Peak.At)})
		}
	}
	return append(rows, row{"not entered", total(notEntered), reasons(notEntered)}, row{"held out", heldOut, ""},
		row{"dropped", total(dropped), reasons(dropped)})
}

func number(n int) string { return wording.Number(float64(n)) }

func total[K comparable](m map[K]int) (n int) {
	for _, count := range m {
		n += count
	}
	return n
}

func reasons(m map[customer.Reason]int) string {
	var parts []string
	for _, reason := range sortedReasons(m) {
		name := string(reason)
		if name == "" {
			name = "moved"
		}
		parts = append(parts, name+" "+number(m[reason]))
	}
	return strings.Join(parts, ", ")
}

// winners names the rules that had the places of what the caps dropped, those
// that had them most often first, and not all of many.
func winners(m map[string]int) string {
	const shown = 3
	names := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b)) })
	var parts []string
	for _, name := range names[:min(len(names), shown)] {
		parts = append(parts, name+" had the place "+wording.Count(int64(m[name]), "time"))
	}
	if more := len(names) - len(parts); more > 0 {
		parts = append(parts, "and "+wording.Count(int64(more), "other rule"))
	}
	return strings.Join(parts, ", ")
}

func channels(m map[customer.Channel]int) string {
	var parts []string
	for _, channel := range customer.Channels() {
		if m[channel] > 0 {
			parts = append(parts, string(channel)+" "+number(m[channel]))
		}
	}
	return strings.Join(parts, ", ")
}

// share gives "of 40 held out (12 %)".
func share(n, of int, one, many string) string {
	what := many
	if of == 1 {
		what = one
	}
	text := "of " + number(of) + " " + what
	if of > 0 {
		text += " (" + wording.Percent(float64(n)/float64(of)) + ")"
	}
	return text
}

func ofPeople(matches, people int) string {
	if matches == 0 {
		return ""
	}
	return "of " + wording.Count(int64(people), "customer")
}

func peak(p Peak, local func(time.Time) string) string {
	if p.Messages == 0 {
		return ""
	}
	return "from " + local(p.At)
}

// table writes rows in columns.
func table(b *strings.Builder, rows []row) {
	what, digits := 0, 0
	for _, row := range rows {
		what, digits = max(what, utf8.RuneCountInString(row.what)), max(digits, len(number(row.n)))
	}
	for _, row := range rows {
		line := fmt.Sprintf("  %-*s  %*s  %s", what, row.what, digits, number(row.n), row.more)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
