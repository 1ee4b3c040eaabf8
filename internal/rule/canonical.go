package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/outreach-engine/outreach/internal/expr"
)

// versionDigits is the length of a version, in hex digits.
const versionDigits = 12

func version(r *Rule) string {
	sum := sha256.Sum256([]byte(r.Canonical()))
	return hex.EncodeToString(sum[:])[:versionDigits]
}

// Canonical gives the rule as YAML in one fixed form: every default written
// out, keys in a fixed order, no comments. Rules of one meaning have one
// canonical text, and Read reads it back as the same rule.
func (r *Rule) Canonical() string {
	t := r.head()
	t.add("steps", stepsTree(r.Steps, place{}))
	var b strings.Builder
	t.write(&b, 0)
	return b.String()
}

// head gives everything but the steps.
func (r *Rule) head() tree {
	t := tree{}
	t.text("description", r.Description)
	t.text("owner", r.Owner)
	t.text("topic", string(r.Topic))
	t.text("priority", strconv.Itoa(r.Priority))
	t.add("when", r.When.tree())
	t.text("about", r.About)
	t.text("audience", programText(r.Audience))
	t.text("fresh", r.Fresh.String())
	t.text("again", r.Again.String())
	if r.Goal != nil {
		t.add("goal", r.Goal.tree())
	}
	t.add("stop", r.Stop.tree())
	t.text("until", r.Until.String())
	t.text("holdout", percentText(r.Holdout))
	return t
}

// String gives fresh as rules write it.
func (f Fresh) String() string {
	if f.Any {
		return "any"
	}
	return f.Within.String()
}

// String gives again as rules write it.
func (a Again) String() string {
	if a.Kind == AfterSpan {
		return string(a.Kind) + " " + a.After.String()
	}
	return string(a.Kind)
}

// String gives until as rules write it, "" for none.
func (u Until) String() string {
	switch u.Kind {
	case UntilSpan:
		return u.Span.String()
	case UntilTrait:
		return u.Trait
	}
	return string(u.Kind)
}

// String gives at as rules write it.
func (a At) String() string {
	switch {
	case a.Now:
		return nowWord
	case a.Preferred:
		return preferred
	}
	return a.When.String()
}

// percentText writes a share of 0.8 as 80%.
func percentText(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e8)/1e6, 'f', -1, 64) + "%"
}

func programText(p *expr.Program) string {
	if p == nil {
		return ""
	}
	return p.String()
}

func (t Trigger) tree() tree {
	var out, inner tree
	switch {
	case t.Event != nil:
		out.text("event", t.Event.Event)
		out.text("where", programText(t.Event.Where))
	case t.Usage != nil:
		total := t.Usage.Event
		if t.Usage.Property != "" {
			total += "." + t.Usage.Property
		}
		inner.text(string(t.Usage.Op), total)
		inner.text("per", t.Usage.Per.String())
		inner.text("limit", programText(t.Usage.Limit))
		inner.text("reaches", percentText(t.Usage.Reaches))
		out.add("usage", inner)
	case t.Silent != nil:
		inner.text("event", t.Silent.Event)
		length := t.Silent.For.String()
		if t.Silent.Unusual {
			length = unusualWord
		}
		inner.text("for", length)
		out.add("silent", inner)
	case t.Missing != nil:
		inner.text("event", t.Missing.Event)
		inner.text("after", t.Missing.After)
		inner.text("by", t.Missing.By)
		if t.Missing.By == "" {
			inner.text("within", t.Missing.Within.String())
		}
		out.add("missing", inner)
	default:
		t.restTree(&out)
	}
	return out
}

func (t Trigger) restTree(out *tree) {
	var inner tree
	switch {
	case t.Count != nil:
		inner.text("event", t.Count.Event)
		inner.text("where", programText(t.Count.Where))
		inner.text("times", strconv.Itoa(t.Count.Times))
		inner.text("within", t.Count.Within.String())
		out.add("count", inner)
	case t.Drop != nil:
		inner.text("event", t.Drop.Event)
		inner.text("by", percentText(t.Drop.By))
		inner.text("per", t.Drop.Per.String())
		out.add("drop", inner)
	case t.Date != nil:
		inner.text("of", t.Date.Of)
		var list tree
		for _, d := range t.Date.Points {
			list.list = append(list.list, scalar(d.String()))
		}
		inner.add(t.Date.side(), list)
		out.add("date", inner)
	case t.Schedule != nil:
		out.text("schedule", t.Schedule.When.String())
	case t.Becomes != nil:
		out.text("becomes", programText(t.Becomes.Cond))
	case t.Digest != nil:
		out.text(digestWord, t.Digest.Name)
	}
}

// side is the key that a date's points stand under.
func (d *DateTrigger) side() string {
	if d.After {
		return "after"
	}
	return "before"
}

func (g *Goal) tree() tree {
	if len(g.What) > 1 && g.Within == defaultGoalWithin() || len(g.What) == 0 {
		return g.What.tree()
	}
	t := g.What[0].tree()
	if len(g.What) > 1 {
		events := tree{}
		for _, a := range g.What {
			events.list = append(events.list, scalar(a.Event))
		}
		t.pairs[0].value = events
	}
	t.text("within", g.Within.String())
	return t
}

// tree gives the list of alternatives; an event alone stands as its name.
func (w What) tree() tree {
	var t tree
	for _, a := range w {
		item := a.tree()
		if a.If == nil && len(item.pairs) == 1 {
			item = scalar(a.Event)
		}
		t.list = append(t.list, item)
	}
	return t
}

func (a Alternative) tree() tree {
	var t tree
	t.text("event", a.Event)
	t.text("where", programText(a.Where))
	t.text("since", string(a.Since))
	t.text("if", programText(a.If))
	return t
}

// tree is one YAML value: a scalar, a list, or pairs.
type tree struct {
	scalar string
	list   []tree
	pairs  []pair
}

type pair struct {
	key   string
	value tree
}

func scalar(text string) tree { return tree{scalar: text} }

func (t tree) empty() bool { return t.scalar == "" && len(t.list) == 0 && len(t.pairs) == 0 }

// add appends a pair, unless its value is empty.
func (t *tree) add(key string, value tree) {
	if !value.empty() {
		t.pairs = append(t.pairs, pair{key, value})
	}
}

func (t *tree) text(key, value string) { t.add(key, scalar(value)) }

// write writes lists and pairs in block style.
func (t *tree) write(b *strings.Builder, indent int) {
	margin := strings.Repeat(" ", indent)
	for _, p := range t.pairs {
		b.WriteString(margin + p.key + ":")
		p.value.writeBehind(b, indent+2)
	}
	for _, item := range t.list {
		b.WriteString(margin + "-")
		if len(item.pairs) == 0 {
			item.writeBehind(b, indent+2)
			continue
		}
		var block strings.Builder
		item.write(&block, indent+2)
		b.WriteString(" " + block.String()[indent+2:])
	}
}

// writeBehind writes a value behind a key or dash: on its line or below.
func (t *tree) writeBehind(b *strings.Builder, indent int) {
	if t.scalar != "" {
		b.WriteString(" " + quote(t.scalar) + "\n")
		return
	}
	b.WriteByte('\n')
	t.write(b, indent)
}

// quote writes a text so that YAML reads it back, in quotes only where it
// must be.
func quote(text string) string {
	printable := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
	switch {
	case !printable || text != strings.TrimSpace(text):
		return strconv.Quote(text)
	case plain(text):
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// plain reports whether YAML reads a printable text as it stands.
func plain(text string) bool {
	first := text[0]
	opens := first >= '0' && first <= '9' || first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z'
	return opens && !strings.Contains(text, ": ") && !strings.Contains(text, " #") && !strings.HasSuffix(text, ":")
}
