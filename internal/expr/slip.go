package expr

import "strings"

// thousands reports 1,000 and 12,5 and takes the rest of the number.
func (p *parser) thousands(left *node) bool {
	comma, rest := p.peek(), p.ahead()
	if p.commas || left.kind != numberNode || comma.at != left.end ||
		rest.kind != numberToken || rest.at != comma.end {
		return false
	}
	p.take()
	p.take()
	hint := "write " + withoutComma(p.text[left.at:left.end], p.text[rest.at:rest.end])
	left.end = rest.end
	p.problems = withoutAt(p.problems, left.at)
	p.report(left.at, hint, "%s has a comma", p.text[left.at:left.end])
	return true
}

// withoutComma writes 1,000 as 1000, 12,5 as 12.5 and 1.000,50 as 1000.50.
func withoutComma(before, behind string) string {
	whole := strings.NewReplacer(",", "", ".", "").Replace(before)
	group, _, _ := strings.Cut(behind, ".")
	if len(group) == 3 && !strings.Contains(before, ".") {
		return whole + behind
	}
	return whole + "." + behind
}

// withoutAt drops what was said about a place, to say something better.
func withoutAt(problems []Problem, at int) []Problem {
	kept := problems[:0]
	for _, q := range problems {
		if q.Offset != at {
			kept = append(kept, q)
		}
	}
	return kept
}

// word reads a word where an operator should stand.
func (p *parser) word(left *node, t, next token) (string, int) {
	meant, known := wordOperator(t.text)
	switch {
	case !known:
		p.missing(left, t)
		return "", 0
	case meant == "":
		p.fail(t.at, wordHint(t.text, p.source(left.at, left.end)), "%q is not in the language", t.text)
		return "", 0
	case meant == "==" && next.is("not"):
		p.report(t.at, "write !=", "%q is not an operator", p.source(t.at, next.end))
		p.tokens[p.i+1].kind, p.tokens[p.i+1].text = signToken, "!="
		p.take()
		return "!=", 1
	}
	p.report(t.at, "write "+meant, "%q is not an operator", t.text)
	p.tokens[p.i].kind, p.tokens[p.i].text = signToken, meant
	return meant, 1
}

// wordHint says what to write in place of a word that the language does not
// have.
func wordHint(word, before string) string {
	switch strings.ToLower(word) {
	case "between":
		return "write " + before + " >= 3 and " + before + " <= 5"
	case "then", "else":
		return "write " + strings.ToLower(word) + ": on a line of its own, and its steps below"
	case "percent":
		return "write " + before + "%"
	}
	return `compare with == or in: plan in ["surf", "ultimate"]`
}

// wordOperator gives the operator that a word between two values is meant to
// be, "" for one that the language does not have.
func wordOperator(word string) (meant string, known bool) {
	switch strings.ToLower(word) {
	case "is", "equals", "equal", "eq":
		return "==", true
	case "isnt", "ne":
		return "!=", true
	case "contains", "like", "matches", "regex", "startswith", "endswith", "starts", "ends",
		"between", "xor", "mod", "then", "else", "if", "percent":
		return "", true
	}
	return "", false
}
