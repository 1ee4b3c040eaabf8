package expr

// Never reports whether it is certain, whatever the facts are, that a
// condition does not hold. False says nothing. Numbers never hold.
func (p *Program) Never() bool {
	return p.condition == nil || impossible(expand(p.condition, toHold))
}

// Always reports whether it is certain that a condition holds, also for
// somebody of whom nothing is known. False says nothing.
func (p *Program) Always() bool {
	return p.condition != nil && impossible(expand(p.condition, notToHold))
}

// NeverFails reports whether it is certain that a condition is not false: it
// holds for everybody of whom what it reads is known. False says nothing.
func (p *Program) NeverFails() bool {
	return p.condition != nil && impossible(expand(p.condition, toFail))
}

// Disjoint reports whether it is certain that two conditions of one scope
// never hold of one customer at one instant. False says nothing.
func Disjoint(a, b *Program) bool {
	return a.condition == nil || b.condition == nil || impossible(expand(all{a.condition, b.condition}, toHold))
}

// Follows reports whether it is certain that a condition holds wherever
// another one of its scope does, at the same instant. False says nothing.
func Follows(from, what *Program) bool {
	if from.condition == nil || what.condition == nil {
		return false
	}
	return impossible(product(expand(from.condition, toHold), expand(what.condition, notToHold)))
}

// demand is what a condition is asked to come to.
type demand uint8

const (
	toHold demand = iota
	toFail
	notToHold // false or not known
	notToFail // true or not known
)

// mirrored gives the demand on what stands behind a not.
func (d demand) mirrored() demand {
	return [...]demand{toHold: toFail, toFail: toHold, notToHold: notToFail, notToFail: notToHold}[d]
}

// literal is one part without and, or and not, and what it is to come to.
type literal struct {
	atom condition
	want truth
}

// cases are the ways in which a demand can be met, each a list of literals
// that all must be. Nil is "too many to tell"; no way at all is an empty list.
type cases [][]literal

// mostCases bounds how many ways are looked at.
const mostCases = 512

// expand gives the ways in which a condition comes to what is asked for.
func expand(c condition, d demand) cases {
	switch c := c.(type) {
	case negation:
		return expand(c.of, d.mirrored())
	case all:
		if d == toHold || d == notToFail {
			return every(c, d)
		}
		return either(c, d)
	case some:
		if d == toHold || d == notToFail {
			return either(c, d)
		}
		return every(c, d)
	}
	switch d {
	case toHold:
		return cases{{{c, yes}}}
	case toFail:
		return cases{{{c, no}}}
	case notToHold:
		return cases{{{c, no}}, {{c, unknown}}}
	}
	return cases{{{c, yes}}, {{c, unknown}}}
}

// every gives the ways in which all terms meet a demand.
func every(terms []condition, d demand) cases {
	result := cases{{}}
	for _, term := range terms {
		if result = product(result, expand(term, d)); result == nil {
			return nil
		}
	}
	return result
}

// either gives the ways in which one term at least meets a demand.
func either(terms []condition, d demand) cases {
	result := cases{}
	for _, term := range terms {
		more := expand(term, d)
		if more == nil || len(result)+len(more) > mostCases {
			return nil
		}
		result = append(result, more...)
	}
	return result
}

func product(a, b cases) cases {
	if a == nil || b == nil || len(a)*len(b) > mostCases {
		return nil
	}
	result := cases{}
	for _, x := range a {
		for _, y := range b {
			both := append(append([]literal{}, x...), y...)
			if !contradicts(both) { // keeps what cannot be from multiplying
				result = append(result, both)
			}
		}
	}
	return result
}

// impossible reports whether none of the cases can be.
func impossible(list cases) bool {
	if list == nil {
		return false
	}
	for _, one := range list {
		if !contradicts(one) {
			return false
		}
	}
	return true
}
