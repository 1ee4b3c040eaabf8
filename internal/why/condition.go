package why

import (
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/wording"
)

// conditions gives the parts of a condition as they stand.
func conditions(terms []expr.Term) []Condition {
	list := make([]Condition, 0, len(terms))
	for _, term := range terms {
		c := Condition{Text: term.Text, Holds: term.Holds, Known: term.Known}
		for _, r := range term.Reads {
			if c.Values == nil {
				c.Values = map[string]Value{}
			}
			c.Values[r.Name] = value(r)
		}
		list = append(list, c)
	}
	return list
}

// hidden is what stands for an address: explanations hold none.
const hidden = "(known)"

func private(name string) bool { return name == "email" || name == "phone" }

func value(r expr.Reading) Value {
	switch {
	case !r.Known:
		return nil
	case private(r.Name):
		return hidden
	case !r.At.IsZero():
		return r.At
	}
	return r.Value
}

// failing says which parts of a condition do not hold, each with what it reads.
func (t *teller) failing(terms []expr.Term) []string {
	var words []string
	for _, term := range terms {
		if !term.Holds {
			words = append(words, t.term(term))
		}
	}
	return words
}

// term says why a part does not hold: plan is "basic", the rule asks for surf
// or ultimate.
func (t *teller) term(term expr.Term) string {
	if len(term.Reads) == 1 && term.Wants != "" {
		return t.reading(term.Reads[0]) + ", the rule asks for " + term.Wants
	}
	words := term.Text + " does not hold"
	if !term.Known {
		words = term.Text + " is not known to hold"
	}
	for i, r := range term.Reads {
		if isAnswer(term.Text, r) {
			continue
		}
		words += map[bool]string{true: ": ", false: ", "}[i == 0] + t.reading(r)
	}
	return words
}

// isAnswer reports whether what is read is the part itself, or its opposite.
func isAnswer(text string, r expr.Reading) bool {
	return strings.TrimPrefix(text, "not ") == r.Name
}

// holding says what a part that holds goes by, in a few words.
func (t *teller) holding(term expr.Term) string {
	if len(term.Reads) == 1 && term.Reads[0].Known && !isAnswer(term.Text, term.Reads[0]) {
		return t.reading(term.Reads[0])
	}
	return term.Text
}

// reading says what was read.
func (t *teller) reading(r expr.Reading) string {
	switch {
	case !r.Known:
		return r.Name + " is not known"
	case private(r.Name):
		return r.Name + " is known"
	case !r.At.IsZero():
		return r.Name + " was " + t.local(r.At) + ", " + t.ago(r.At)
	}
	return r.Name + " is " + valueWords(r.Value)
}

// valueWords writes a number with commas, and a text in quotes.
func valueWords(v customer.Value) string {
	if n, ok := v.Float(); ok {
		return wording.Exact(n)
	}
	return strconv.Quote(v.String())
}
