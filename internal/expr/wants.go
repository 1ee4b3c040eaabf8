package expr

import (
	"strconv"
	"strings"
)

// wants says in words what a condition asks of the one thing that it reads; ""
// when it is no plain comparison with what stands in the text.
func wants(c condition) string {
	switch c := c.(type) {
	case negation:
		return wantsNot(c.of)
	case compareTexts:
		return wantsText(c)
	case compareNumbers:
		return wantsNumber(c)
	case compareTimes:
		return wantsTime(c)
	case textIn:
		return joined(c.list, "or")
	case numberIn:
		return joined(numbers(c.list), "or")
	case elapsed:
		return "at least " + c.span.String() + " ago"
	case isKnown:
		return "any value"
	}
	return ""
}

// wantsNot says what the opposite of a condition asks for.
func wantsNot(c condition) string {
	switch c := c.(type) {
	case textIn:
		return "anything but " + joined(c.list, "and")
	case numberIn:
		return "anything but " + joined(numbers(c.list), "and")
	case elapsed:
		return "less than " + c.span.String() + " ago"
	case isKnown:
		return "no value"
	case compareNumbers:
		if opposite, ok := opposites()[c.relation]; ok {
			return wants(compareNumbers{opposite, c.left, c.right})
		}
	}
	return ""
}

func opposites() map[relation]relation {
	return map[relation]relation{"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
}

func wantsText(c compareTexts) string {
	literal, ok := c.right.(fixedText)
	if !ok {
		literal, ok = c.left.(fixedText)
	}
	switch {
	case !ok:
		return ""
	case c.relation == "!=":
		return "anything but " + string(literal)
	}
	return string(literal)
}

func wantsNumber(c compareNumbers) string {
	relation, literal, ok := c.relation, fixedNumber(0), false
	if literal, ok = c.right.(fixedNumber); !ok {
		if literal, ok = c.left.(fixedNumber); !ok {
			return ""
		}
		relation = relation.mirrored()
	}
	number := numeric(float64(literal))
	switch relation {
	case "==":
		return number
	case "!=":
		return "anything but " + number
	case "<":
		return "less than " + number
	case "<=":
		return "at most " + number
	case ">":
		return "more than " + number
	}
	return "at least " + number
}

func wantsTime(c compareTimes) string {
	relation, literal, ok := c.relation, fixedDay(""), false
	if literal, ok = c.right.(fixedDay); !ok {
		if literal, ok = c.left.(fixedDay); !ok {
			return ""
		}
		relation = relation.mirrored()
	}
	switch relation {
	case "==":
		return string(literal)
	case "!=":
		return "anything but " + string(literal)
	case "<":
		return "before " + string(literal)
	case "<=":
		return "at " + string(literal) + " or before"
	case ">":
		return "after " + string(literal)
	}
	return "at " + string(literal) + " or later"
}

// joined lists words: "a", "a or b", "a, b or c".
func joined(list []string, last string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	end := len(list) - 1
	return strings.Join(list[:end], ", ") + " " + last + " " + list[end]
}

func numbers(list []float64) []string {
	texts := make([]string, len(list))
	for i, f := range list {
		texts[i] = numeric(f)
	}
	return texts
}

func numeric(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
