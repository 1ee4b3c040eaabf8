package ruletest_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// place is where words of the language stand, with a file that shows one word
// too many there: the reader answers with the words that it knows.
type place struct {
	page, title string // of the section that explains them; no title: each has a section of its own
	file, text  string
}

const (
	aRule = "description: x\nowner: a@example.com\ntopic: service\n"
	aWhen = "when: {event: order_placed}\n"
	aSend = "steps: [{send: x}]\n"
)

func places() []place {
	list := []place{
		{page: "rules.md", file: "x.yaml", text: "zzz: 1\n"},
		{page: "policy.md", file: bundle.PolicyFile, text: "zzz: 1\n"},
		{page: "policy.md", title: "`topics`", file: bundle.PolicyFile, text: "topics: {service: {zzz: 1}}\n"},
		{page: "policy.md", title: "`legal`", file: bundle.PolicyFile, text: "legal: [{zzz: 1}]\n"},
		{page: "policy.md", title: "`teams`", file: bundle.PolicyFile, text: "teams: {care: {zzz: 1}}\n"},
		{page: "policy.md", title: "`digests`", file: bundle.PolicyFile, text: "digests: {weekly: {zzz: 1}}\n"},
		{page: "policy.md", title: "`learning`", file: bundle.PolicyFile, text: "learning: {zzz: 1}\n"},
		{page: "policy.md", title: "`unknown`", file: bundle.PolicyFile, text: "unknown: {zzz: 1}\n"},
		{page: "policy.md", title: "`rates`", file: bundle.PolicyFile, text: "rates: {zzz: 1 per second}\n"},
		{page: "policy.md", file: bundle.DataFile, text: "zzz: 1\n"},
		{page: "triggers.md", file: "x.yaml", text: aRule + "when: {}\n" + aSend},
		{page: "steps.md", file: "x.yaml", text: aRule + aWhen + "steps: [{id: x}]\n"},
		{page: "steps.md", title: "`split`", file: "x.yaml", text: aRule + aWhen + "steps: [{split: [{zzz: 1}]}]\n"},
		{page: "expressions.md", title: "What", file: "x.yaml", text: aRule + aWhen + "stop: {zzz: 1}\n" + aSend},
		{page: "expressions.md", file: "x.yaml", text: aRule + aWhen + "audience: zzz(plan)\n" + aSend},
	}
	for _, trigger := range []string{"usage", "silent", "missing", "count", "drop", "date"} {
		text := aRule + "when: {" + trigger + ": {zzz: 1}}\n" + aSend
		list = append(list, place{page: "triggers.md", title: "`" + trigger + "`", file: "x.yaml", text: text})
	}
	for step, other := range map[string]string{
		"send: x": "then", "attach: x": "at", "wait: 2d": "as", "wait_for: order_placed": "as", "if: 1 == 1": "as", "set: {plan: x}": "as",
		"webhook: https://example.com": "topic", "handoff: x": "as",
	} {
		kind, _, _ := strings.Cut(step, ":")
		text := aRule + aWhen + "steps: [{" + step + ", " + other + ": x}]\n"
		list = append(list, place{page: "steps.md", title: "`" + kind + "`", file: "x.yaml", text: text})
	}
	return list
}

// listed is how readers name the words that they know.
var listed = regexp.MustCompile(`(?:known: |write one of |takes |functions are )([a-z_]+(?:, (?:or - )?[a-z_]+)*)$`)

// words asks a reader which words it knows at a place.
func (p place) words(t *testing.T) []string {
	t.Helper()
	files := bundle.Files{Rules: map[string][]byte{bundle.DataFile: []byte("events: {order_placed: {}}\n")}}
	files.Rules[p.file] = []byte(p.text)
	_, problems := bundle.Check(files)
	for _, problem := range problems {
		if found := listed.FindStringSubmatch(problem.Hint); found != nil && !strings.Contains(problem.Message, "topic") {
			return strings.Split(strings.ReplaceAll(found[1], "or - ", ""), ", ")
		}
	}
	require.Fail(t, "no reader says which words it knows", "%s\n%v", p.text, problems)
	return nil
}

// TestEachWordOfTheLanguageHasAnEntry asks the readers for their words.
func TestEachWordOfTheLanguageHasAnEntry(t *testing.T) {
	t.Parallel()
	entries := map[string][]string{}
	for _, s := range sections(t) {
		entries[s.page] = append(entries[s.page], titled(s.title)...)
		for _, word := range s.entries() {
			if name, _, call := strings.Cut(word, "("); call {
				entries[s.page] = append(entries[s.page], name)
			}
		}
		entries[s.name()] = append(entries[s.name()], s.entries()...)
	}
	for _, p := range places() {
		words := p.words(t)
		if p.title == "" {
			require.Subset(t, entries[p.page], words, "docs/%s has a section for each", p.page)
			continue
		}
		require.Subset(t, append(entries[p.page+": "+p.title], "id"), words, "docs/%s, %s", p.page, p.title)
	}
}

var (
	backticks = regexp.MustCompile("`([^`]+)`")
	entryRow  = regexp.MustCompile("^\\| (`.*?) \\|")
	headRow   = regexp.MustCompile(`^\| (key|function|operator|type|event|value|name) \|`)
)

// titled gives the words that a heading explains.
func titled(title string) []string {
	var words []string
	for _, m := range backticks.FindAllStringSubmatch(title, -1) {
		words = append(words, m[1])
	}
	return words
}

// entries gives the words that the section's tables explain: tables of keys,
// functions and the like, and not those of whole values.
func (s *section) entries() []string {
	var words []string
	explains := false
	for line := range strings.Lines(s.text) {
		row := entryRow.FindStringSubmatch(line)
		switch {
		case !strings.HasPrefix(line, "|"):
			explains = false
		case headRow.MatchString(line):
			explains = true
		case explains && row != nil:
			words = append(words, titled(row[1])...)
		}
	}
	return words
}

// TestEachExampleShowsItsWords holds that the examples of a section use each
// word that the section explains: a key as a key of what the section is about.
func TestEachExampleShowsItsWords(t *testing.T) {
	t.Parallel()
	for _, s := range sections(t) {
		if strings.HasPrefix(s.title, "A whole ") || s.title == "The keys of a rule" {
			continue // its words have sections of their own
		}
		keys := s.keys()
		for _, word := range titled(s.title) {
			require.True(t, keys[word] || strings.Contains(s.examples(), word), "%s: the example lacks %s", s.name(), word)
		}
		for _, word := range s.entries() {
			require.True(t, s.shows(keys, word), "%s: the example lacks %s", s.name(), word)
		}
	}
}

// shows reports whether the section's examples use a word: a key beside or
// under the section's own word, a function or another word anywhere.
func (s *section) shows(keys map[string]bool, word string) bool {
	own := titled(s.title)
	if len(own) == 1 && regexp.MustCompile(`^[a-z_]+$`).MatchString(word) && strings.Contains(s.text, "| key |") {
		return keys[own[0]+" "+word]
	}
	if name, _, call := strings.Cut(word, "("); call {
		word = name + "("
	}
	return strings.Contains(s.examples(), word)
}

// examples gives all that the section's examples say.
func (s *section) examples() string {
	var b strings.Builder
	for _, texts := range []map[string]string{s.files, s.templates} {
		for _, text := range texts {
			b.WriteString(text)
		}
	}
	return b.String()
}

// keys gives the keys of the section's examples, each by itself and behind
// those that it stands beside or under: channel, send channel.
func (s *section) keys() map[string]bool {
	keys := map[string]bool{}
	for name, text := range s.files {
		var problems source.Problems
		if root, ok := source.Read(name, []byte(text), &problems); ok {
			collect(root, nil, keys)
		}
	}
	return keys
}

func collect(n source.Node, above []string, keys map[string]bool) {
	switch n.Kind() {
	case source.List:
		for _, item := range n.Items() {
			collect(item, above, keys)
		}
	case source.Mapping:
		beside := above
		for _, e := range n.Entries() {
			beside = append(beside[:len(beside):len(beside)], e.Name)
		}
		for _, e := range n.Entries() {
			keys[e.Name] = true
			for _, other := range beside {
				keys[other+" "+e.Name] = true
			}
			collect(e.Value, append(above[:len(above):len(above)], e.Name), keys)
		}
	}
}

// TestEachFigureHasAnEntry asks the reader which figures each trigger gives.
func TestEachFigureHasAnEntry(t *testing.T) {
	t.Parallel()
	gives := regexp.MustCompile(`match\.([a-z_]+)`)
	told := map[string]string{}
	for _, s := range sections(t) {
		if s.page == "triggers.md" {
			require.NotEmpty(t, s.examples(), s.name())
			told[s.title] = s.examples()
		}
	}
	for title, when := range map[string]string{
		"`usage`": "usage: {count: order_placed, limit: 3, reaches: 50%}", "`count`": "count: {event: order_placed, times: 3, within: 1d}",
		"`drop`": "drop: {event: order_placed}", "`date`": "date: {of: due, before: 1d}",
		"`missing`": "missing: {event: order_placed, after: asked, by: due_at}",
	} {
		files := bundle.Files{Rules: map[string][]byte{
			bundle.DataFile: []byte("traits: {due: date}\nevents: {order_placed: {}, asked: {due_at: time}}\n"),
			"x.yaml":        []byte(aRule + "when: {" + when + "}\naudience: match.zzzzzz > 1\n" + aSend),
		}}
		_, problems := bundle.Check(files)
		require.NotEmpty(t, problems)
		found := gives.FindAllStringSubmatch(problems[0].Hint, -1)
		require.NotEmpty(t, found, problems[0].String())
		for _, m := range found {
			name := strings.Replace(m[1], "due_at", "promised_at", 1)
			require.Contains(t, told[title], "match."+name, title)
		}
	}
}

// TestTheClosedListsHaveEntries holds the words that may stand as values.
func TestTheClosedListsHaveEntries(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	for _, s := range sections(t) {
		texts[s.name()] = s.text
	}
	lists := map[string][]string{
		"rules.md: `again`":                 {string(rule.Always), string(rule.Never), string(rule.AfterSpan) + " 30d", string(rule.EachPeriod)},
		"rules.md: `until`":                 {string(rule.UntilPeriod)},
		"rules.md: `fresh`":                 {"fresh: any"},
		"triggers.md: `usage`":              {string(rule.PerDay), string(rule.PerWeek), string(rule.PerMonth), string(rule.PerMonthFrom) + " TRAIT", string(rule.PerSinceEvent) + " EVENT"},
		"triggers.md: `silent`":             {"unusual"},
		"triggers.md: `drop`":               {string(rule.PerDay), string(rule.PerWeek), string(rule.PerMonth)},
		"steps.md: `send`":                  {"preferred", "now", string(rule.LateSkip), string(rule.LateSend)},
		"steps.md: `set`":                   {"now"},
		"expressions.md: When":              {"any time"},
		"policy.md: `topics`":               {"assumed", "asked", "yes", "no"},
		"policy.md: `quiet`":                {"none"},
		"policy.md: `legal`":                {"open", "closed", "public"},
		"policy.md: `holidays`":             {"public"},
		"policy.md: `caps`":                 {"any", "per day", "per week", "per month", "2 per day and 1 urgent"},
		"policy.md: `digests`":              {"email", "push"},
		"policy.md: `learning`":             {"yes", "no"},
		"steps.md: `attach`":                {"email", "push"},
		"policy.md: `rates`":                {"per second", "minute", "hour"},
		"policy.md: `events`":               {"by: us"},
		"expressions.md: What":              {"{event: app_opened, since: today}"},
		"policy.md: `traits`":               nil,
		"steps.md: How a channel is chosen": {"preferred"},
	}
	for _, kind := range customer.Kinds() {
		lists["policy.md: `traits`"] = append(lists["policy.md: `traits`"], string(kind))
	}
	for _, c := range customer.Channels() {
		lists["steps.md: `send`"] = append(lists["steps.md: `send`"], string(c))
	}
	for name, words := range lists {
		for _, word := range words {
			require.Contains(t, texts[name], "`"+word+"`", name)
		}
	}
}

// TestTheUnusualSilenceOfTheReference holds the page's figures to the formula.
func TestTheUnusualSilenceOfTheReference(t *testing.T) {
	t.Parallel()
	days, ok := behaviour.Unusual([]int{2, 3, 2, 4, 2, 3})
	require.True(t, ok)
	far := 2.5 + 3*0.5*1.4826
	page := file(t, "../../docs/triggers.md")
	require.Contains(t, page, "The gaps were 2, 3, 2, 4, 2 and 3 days.")
	require.Contains(t, page, fmt.Sprintf("2.5 + 3 × 0.5 × 1.4826 = **%.1f**. The longest of 3, 6 and %.1f is %d:", far, far, days))
	_, ok = behaviour.Unusual([]int{2, 3, 2, 4})
	require.False(t, ok, "fewer than five gaps say nothing")
}
