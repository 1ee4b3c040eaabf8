// Package expr is the expression language of rules: conditions such as
// `plan == "surf" and not happened(order_placed, 30d)`, and numbers such as
// `plan_mb + sum(data_topped_up.mb)`. It decides what a text means, whether it
// is sound, what it says of one customer at one instant, and when that could
// change. It refuses to know where the facts come from, what a rule is, and
// what follows when a condition holds.
//
// Logic is three-valued: what is not known is neither true nor false, and at
// the end what is not known does not hold.
package expr

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/customer"
)

const (
	maxLength  = 4000 // bytes of an expression, and of its canonical text
	maxNesting = 50   // brackets, calls and signs inside each other
)

// Type is what an expression comes to.
type Type uint8

// The types. The zero value is none of them.
const (
	Number Type = iota + 1
	Text
	Time  // an instant or a day
	Span  // a length of time
	Truth // a condition
)

func (t Type) String() string {
	switch t {
	case Number:
		return "number"
	case Text:
		return "text"
	case Time:
		return "time"
	case Span:
		return "duration"
	case Truth:
		return "condition"
	}
	return "nothing"
}

// KindSpan is the kind of a name whose value is a length of time, written as
// sendtime.Duration writes it: match.before. No trait can have it.
const KindSpan customer.Kind = "duration"

// Problem is one fault in an expression. Offset is in bytes from the start of
// the text, at most its length. Message says what is wrong, with the value;
// Hint how to mend it, "" if nobody can say.
type Problem struct {
	Offset        int
	Message, Hint string
}

// Decl is the declaration of a trait or property. Allowed is its closed list
// of texts; nil: any.
type Decl struct {
	Kind    customer.Kind
	Allowed []string
}

// Scope says which names exist where the expression stands.
type Scope interface {
	// Name gives a bare name: a trait, or in a `where` a property.
	Name(name string) (Decl, bool)
	// Property gives what follows the point: event.property, match.used, coupon.code.
	Property(object, name string) (Decl, bool)
	Event(name string) bool
	Template(name string) bool
	// Known lists every name, for "did you mean". It is asked only once a
	// fault was found.
	Known() Names
}

// Names are the names of a scope, in any order.
type Names struct {
	Traits    []string // bare names
	Events    []string
	Objects   []string // what else has properties: match, the answers of webhooks
	Templates []string
	// Properties lists those of an event or object; nil: none are known.
	Properties func(object string) []string
	// Word is what a bare name is called in messages; "" is trait.
	Word string
}

// Program is a checked expression. It is immutable and safe to share; two
// programs of the same canonical text in the same scope are alike in every field.
type Program struct {
	text      string
	uses      Uses
	condition condition // set when a condition was wanted
	quantity  quantity  // set when a number was wanted
}

// Compile reads an expression that must come to the wanted type. It gives a
// program, or every fault that it can tell apart, by their offsets.
func Compile(text string, want Type, scope Scope) (*Program, []Problem) {
	if problem, bad := unreadable(text); bad {
		return nil, []Problem{problem}
	}
	reading := newParser(text)
	root := reading.whole()
	c := checker{text: text, scope: scope, cut: reading.failed}
	result := c.need(root, c.operand(root), want)
	problems := append(reading.problems, c.problems...)
	canonical := ""
	if len(problems) == 0 {
		canonical = root.String()
		problems = append(problems, tooLong(canonical)...)
	}
	if len(problems) > 0 {
		return nil, inOrder(problems)
	}
	p := &Program{text: canonical, uses: c.uses.sorted()}
	switch want {
	case Truth:
		p.condition = result.condition
	case Number:
		p.quantity = result.quantity
	}
	return p, nil
}

// unreadable finds what makes reading further useless.
func unreadable(text string) (Problem, bool) {
	if problems := tooLong(text); problems != nil {
		return problems[0], true
	}
	for at, r := range text {
		if _, size := utf8.DecodeRuneInString(text[at:]); r == utf8.RuneError && size == 1 {
			return Problem{at, fmt.Sprintf("byte %#x is not UTF-8", text[at]), "save the file as UTF-8"}, true
		}
	}
	return Problem{}, false
}

func tooLong(text string) []Problem {
	if len(text) <= maxLength {
		return nil
	}
	return []Problem{{0, fmt.Sprintf("the expression has %d bytes, more than %d", len(text), maxLength),
		"split it over several steps or rules"}}
}

// inOrder sorts by offset and says nothing twice.
func inOrder(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int { return a.Offset - b.Offset })
	return slices.Compact(problems)
}

// String gives the canonical text: normal spacing, no needless brackets. It
// compiles to an equal program, so it may go into a version's hash.
func (p *Program) String() string { return p.text }

// Uses says what the program reads. The caller must not change it.
func (p *Program) Uses() Uses { return p.uses }

// Holds says whether a condition is known to be true.
func (p *Program) Holds(f Facts) bool {
	return p.condition != nil && p.condition.truth(f) == yes
}

// Truth gives a condition's value, and whether it is known.
func (p *Program) Truth(f Facts) (value, known bool) {
	if p.condition == nil {
		return false, false
	}
	t := p.condition.truth(f)
	return t == yes, t != unknown
}

// Number gives the value of a program that was compiled as a number, always
// finite, and whether it is known.
func (p *Program) Number(f Facts) (float64, bool) {
	if p.quantity == nil {
		return 0, false
	}
	return p.quantity.number(f)
}

// NextChange gives the first instant after f.Now() at which the result could
// differ with no further event; zero: never. It may be early, never late.
// Consent, reachability, habits and what was sent are taken to change with
// events only.
func (p *Program) NextChange(f Facts) time.Time {
	switch {
	case p.condition != nil:
		_, next := outlook(p.condition, f)
		return next
	case p.quantity != nil:
		_, _, next := forecast(p.quantity, f)
		return next
	}
	return time.Time{}
}
