package ruletest

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// ErrList says that a list of expectations stands in a form that is not
// rewritten.
var ErrList = errors.New("its expect list stands in a form that is not rewritten; write it by hand")

// Update gives the text of a report's file in which the expect lists of the
// tests that did not go as expected say what happened. All else stays byte for
// byte. names are the tests whose list was rewritten. What was asked of a text
// and holds stays asked.
func (r Report) Update(env Env) (text []byte, names []string, err error) {
	whole := string(r.Suite.Text)
	for i := len(r.Results) - 1; i >= 0; i-- {
		result := r.Results[i]
		if result.Err != nil || result.Diff == nil {
			continue
		}
		if whole, err = rewrite(whole, result.Case.list, result.found(r.Suite)); err != nil {
			return nil, nil, fmt.Errorf("%s:%d: %q: %w", r.Suite.File, result.Case.list.line, result.Case.Name, err)
		}
		names = append(names, result.Case.Name)
	}
	slices.Reverse(names)
	return []byte(whole), names, r.sound(env, whole)
}

// sound holds that a rewritten file reads as before, its expectations aside.
func (r Report) sound(env Env, text string) error {
	var ps source.Problems
	again := Read(r.Suite.File, []byte(text), env, &ps)
	if err := ps.Err(); err != nil {
		return fmt.Errorf("%s: rewritten: %w", r.Suite.File, err)
	}
	same := func(a, b Case) bool { return a.Name == b.Name && len(a.Script.Acts) == len(b.Script.Acts) }
	if !slices.EqualFunc(again.Cases, r.Suite.Cases, same) {
		return fmt.Errorf("%s: %w", r.Suite.File, ErrList)
	}
	return nil
}

// found gives what happened, one line of a list each, with the comments of the
// lines that it stands in for.
func (r Result) found(suite *Suite) []item {
	rows := strings.Split(string(suite.Text), "\n")
	ends, told := r.endsKept(suite.Rule), map[int]bool{}
	at := r.Case.Script.From
	var items []item
	for j, h := range r.actual {
		i := r.asked(j)
		end, isEnd := ends[j]
		if isEnd {
			i = end
		}
		if r.verdict.used[j] < 0 && !isEnd && !worthSaying(h, suite.Rule, r.actual) {
			continue
		}
		var x Expectation
		var it item
		if i >= 0 {
			x = r.Case.Expect[i]
		}
		if i >= 0 && !told[i] {
			told[i] = true
			it.above, it.comment = r.Case.remarks(rows, i)
		}
		it.text, at = r.clockText(h, r.windowOf(j, x), at)
		it.text = "{at: " + it.text + r.said(h, x) + "}"
		items = append(items, it)
	}
	return items
}

// windowOf gives the expectation whose window a line keeps: the one that it
// meets.
func (r Result) windowOf(j int, x Expectation) Expectation {
	if r.verdict.used[j] < 0 {
		return Expectation{}
	}
	return x
}

// asked gives the expectation that a line meets or nearly meets; -1: none.
func (r Result) asked(j int) int {
	if i := r.verdict.used[j]; i >= 0 {
		return i
	}
	return slices.Index(r.verdict.near, j)
}

// worthSaying reports whether a line belongs into a list that nobody wrote: no
// plans, no ordinary ends, no second reasons while the first is under way, and
// no messages withdrawn because of an end that has its own line.
func worthSaying(h happening, own string, all []happening) bool {
	switch h.kind {
	case Sent, Task, Called:
		return true
	case Ended:
		return h.rule == own && h.reason != customer.Completed
	case NotEntered:
		return h.rule == own && h.reason != customer.AlreadyRunning
	case NotSent:
		return !slices.ContainsFunc(all, func(end happening) bool {
			return end.kind == Ended && end.ref == h.ref && end.at.Equal(h.at) && end.reason == h.reason
		})
	}
	return false
}

// clockText writes when a line happened, as a list wants it after the line
// before; a window that was met stays. It gives the instant from which the next
// line counts.
func (r Result) clockText(h happening, x Expectation, before time.Time) (string, time.Time) {
	want := stretch{zone: h.zone}
	want.from, want.to = minutes(h.at, h.at.Add(time.Minute))
	const layout = "15:04"
	end := ""
	if x.Window {
		for _, s := range x.read {
			if s.has(h.at) {
				want.from, want.to = s.from, s.to
			}
		}
		end = "-" + sendtime.OnWall(want.to, h.zone).Format(layout)
	}
	wall := sendtime.OnWall(want.from, h.zone)
	text := wall.Format("Mon "+layout) + end
	read := r.reads(text, before, h)
	if !slices.ContainsFunc(read, want.same) {
		text = wall.Format(minuteLayout) + end
		read = r.reads(text, before, h)
	}
	from := first(read, before).from
	if from.Before(before) {
		from = before
	}
	return text, from
}

// reads gives the times that a text will be read as, in the place of a line.
func (r Result) reads(text string, before time.Time, h happening) []stretch {
	zones, ok := r.Case.zones[h.customer]
	if !ok {
		zones = []zoned{{zone: h.zone}}
	}
	m, _, _ := parseMoment(text)
	return readings(m, before, zones)
}

// said writes what a line is about, and of a text what was asked and holds.
func (r Result) said(h happening, x Expectation) string {
	var b strings.Builder
	key := func(name, value string) {
		if value != "" {
			b.WriteString(", " + name + ": " + value)
		}
	}
	switch h.kind {
	case Ended, NotEntered:
		key(string(h.kind), string(h.reason))
	default:
		key(string(h.kind), plain(h.name))
	}
	if h.kind == Sent || h.kind == NotSent || h.kind == Planned {
		key("channel", string(h.channel))
	}
	if h.kind == NotSent {
		key("reason", string(h.reason))
	}
	if h.kind == Planned {
		key("for", sendtime.OnWall(h.planned, h.zone).Format(minuteLayout))
	}
	if h.customer != r.Case.Main {
		key("customer", plain(h.customer))
	}
	if h.kind == Sent {
		key("contains", several(holding(x.Contains, func(part string) Expectation { return Expectation{Contains: []string{part}} }, h)))
		key("lacks", several(holding(x.Lacks, func(part string) Expectation { return Expectation{Lacks: []string{part}} }, h)))
		if (Expectation{Subject: x.Subject}).textNote(h) == "" {
			key("subject", plain(x.Subject))
		}
	}
	return b.String()
}

// holding keeps the parts of which a text is right.
func holding(parts []string, only func(string) Expectation, h happening) []string {
	var kept []string
	for _, part := range parts {
		if only(part).textNote(h) == "" {
			kept = append(kept, part)
		}
	}
	return kept
}

func several(parts []string) string {
	for i := range parts {
		parts[i] = plain(parts[i])
	}
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

var bare = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9 _./%-]*[A-Za-z0-9_./%-])?$`)

// plain writes a text as a value of a list in braces, in quotes where it needs
// them. JSON's quotes are YAML's.
func plain(text string) string {
	if text == "" || bare.MatchString(text) {
		return text
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(text) != nil {
		return text
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// rewrite puts a list in the place of another.
func rewrite(text string, p place, items []item) (string, error) {
	from, to, ok := p.span(text)
	if !ok {
		return "", ErrList
	}
	before, after := text[:from], text[to:]
	key := strings.TrimRight(before, " \n")
	keyIndent, dashes := indentOf(key), text[from] == '-'
	alone := strings.TrimSpace(line(after)) == "" && strings.HasSuffix(key, "expect:") && keyIndent >= 0
	switch {
	case len(items) == 0 && strings.HasSuffix(key, ":"):
		return key + " []" + after, nil
	case len(items) == 0:
		return before + "[]" + after, nil
	case dashes:
		return before + dashed(items, strings.Repeat(" ", p.column-1)) + after, nil
	case alone:
		indent := strings.Repeat(" ", keyIndent+2)
		return key + "\n" + indent + dashed(items, indent) + after, nil
	}
	return before + "[" + strings.Join(itemTexts(items), ", ") + "]" + after, nil
}

// indentOf gives the column, from 0, of the key with which a text ends, when
// it is the first of its line, a dash aside; else -1.
func indentOf(text string) int {
	last := text[strings.LastIndexByte(text, '\n')+1:]
	key := strings.TrimLeft(last, " -")
	if strings.TrimSuffix(key, "expect:") != "" {
		return -1
	}
	return len(last) - len(key)
}
