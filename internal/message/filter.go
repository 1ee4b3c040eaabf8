package message

import (
	"errors"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/customer"
)

// filter is one filter that templates may use. What it is given has the kinds
// that it says, and no value is absent; a result of nil is no value.
type filter struct {
	name    string
	in      customer.Kind // anyKind: whatever
	out     customer.Kind
	params  []param
	example string
	apply   func(f format, in any, args []any) (any, error)
}

// param is a value behind a filter's colon.
type param struct {
	kind     customer.Kind
	fallback any // what stands for it when it is left out; nil: it must be there
}

const (
	defaultFilter = "default"
	dateFilter    = "date"
)

var errZero = errors.New("divides by zero")

// accepts reports whether an expression of one kind may stand where another is
// wanted. Numbers may be written as text; what is not known yet may be right.
func accepts(want, got customer.Kind) bool {
	switch {
	case want == anyKind || got == anyKind || want == got:
		return true
	case want == customer.KindText:
		return isText(got) || got == customer.KindNumber
	}
	return isTime(want) && isTime(got)
}

func (f filter) accepts(kind customer.Kind) bool {
	return (accepts(f.in, kind) || kind == itemsKind) && kind != truthKind // checkPlace reports items
}

// needs gives how many values must be there.
func (f filter) needs() int {
	n := slices.IndexFunc(f.params, func(p param) bool { return p.fallback != nil })
	if n < 0 {
		return len(f.params)
	}
	return n
}

// byName finds filters. It is made once, and never changed.
var byName = sync.OnceValue(func() map[string]filter {
	table := map[string]filter{}
	for _, f := range filters() {
		table[f.name] = f
	}
	return table
})

func findFilter(name string) (filter, bool) {
	f, ok := byName()[name]
	return f, ok
}

func filterNames() []string { return slices.Sorted(maps.Keys(byName())) }

// filters lists every filter.
func filters() []filter {
	return slices.Concat(textFilters(), listFilters(), numberFilters(), []filter{
		{name: defaultFilter, params: []param{{}}, example: `customer.plan | default: "your plan"`},
		{name: dateFilter, in: customer.KindTime, out: customer.KindText, params: []param{{kind: customer.KindText}}, example: `now | date: "%d %B"`,
			apply: func(f format, in any, args []any) (any, error) { return f.date(in, args[0].(string)) }},
	})
}

const (
	textKind   = customer.KindText
	numberKind = customer.KindNumber
)

// ofText makes a filter from text to text.
func ofText(name, example string, params []param, apply func(s string, args []any) (any, error)) filter {
	return filter{name: name, in: textKind, out: textKind, params: params, example: example,
		apply: func(_ format, in any, args []any) (any, error) { return apply(in.(string), args) }}
}

func plainText(name string, apply func(string) string) filter {
	return ofText(name, "customer.plan | "+name, nil, func(s string, _ []any) (any, error) { return apply(s), nil })
}

func textFilters() []filter {
	one, two := []param{{kind: textKind}}, []param{{kind: textKind}, {kind: textKind}}
	return []filter{
		plainText("upcase", strings.ToUpper),
		plainText("downcase", strings.ToLower),
		plainText("capitalize", capitalize),
		plainText("strip", strings.TrimSpace),
		plainText("lstrip", func(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) }),
		plainText("rstrip", func(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }),
		plainText("strip_newlines", strings.NewReplacer("\r\n", "", "\n", "").Replace),
		plainText("url_encode", url.QueryEscape),
		ofText("append", `customer.plan | append: "!"`, one, func(s string, a []any) (any, error) { return s + a[0].(string), nil }),
		ofText("prepend", `customer.plan | prepend: "plan "`, one, func(s string, a []any) (any, error) { return a[0].(string) + s, nil }),
		ofText("remove", `customer.plan | remove: "x"`, one, func(s string, a []any) (any, error) { return replaced(s, a[0], "", -1) }),
		ofText("remove_first", `customer.plan | remove_first: "x"`, one, func(s string, a []any) (any, error) { return replaced(s, a[0], "", 1) }),
		ofText("replace", `customer.plan | replace: "x", "y"`, two, func(s string, a []any) (any, error) { return replaced(s, a[0], a[1], -1) }),
		ofText("replace_first", `customer.plan | replace_first: "x", "y"`, two, func(s string, a []any) (any, error) { return replaced(s, a[0], a[1], 1) }),
		ofText("slice", `customer.plan | slice: 0, 3`, []param{{kind: numberKind}, {numberKind, 1.0}}, sliced),
		ofText("truncate", `customer.plan | truncate: 20`, []param{{numberKind, 50.0}, {textKind, "..."}}, truncated),
		ofText("truncatewords", `customer.plan | truncatewords: 5`, []param{{numberKind, 15.0}, {textKind, "..."}}, truncatedWords),
	}
}

func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// replaced bounds the result before it is made.
func replaced(s string, from, to any, n int) (any, error) {
	f, t := from.(string), to.(string)
	if f == "" {
		return s, nil
	}
	if strings.Count(s, f)*(len(t)-len(f))+len(s) > maxTemplate {
		return nil, errTooLong
	}
	return strings.Replace(s, f, t, n), nil
}

func sliced(s string, args []any) (any, error) {
	runes := []rune(s)
	start, length := whole(args[0]), whole(args[1])
	if start < 0 {
		start += len(runes)
	}
	if start < 0 || start >= len(runes) || length <= 0 {
		return "", nil
	}
	return string(runes[start:min(start+length, len(runes))]), nil
}

// whole gives a number's whole part, within a range in which sums never wrap.
func whole(v any) int { return int(max(-1e9, min(1e9, v.(float64)))) }

func truncated(s string, args []any) (any, error) {
	runes, end := []rune(s), args[1].(string)
	length := max(0, whole(args[0]))
	if len(runes) <= length {
		return s, nil
	}
	return string(runes[:max(0, length-utf8.RuneCountInString(end))]) + end, nil
}

func truncatedWords(s string, args []any) (any, error) {
	words, length := strings.Fields(s), max(1, whole(args[0]))
	if len(words) <= length {
		return s, nil
	}
	return strings.Join(words[:length], " ") + args[1].(string), nil
}

func listFilters() []filter {
	return []filter{
		{name: "split", in: textKind, out: listKind, params: []param{{kind: textKind}}, example: `customer.plan | split: ","`,
			apply: func(_ format, in any, a []any) (any, error) { return split(in.(string), a[0].(string)), nil }},
		{name: "join", in: listKind, out: textKind, params: []param{{textKind, " "}}, example: `names | join: ", "`,
			apply: func(_ format, in any, a []any) (any, error) { return strings.Join(in.([]string), a[0].(string)), nil }},
		{name: "first", in: listKind, out: textKind, example: `names | first`,
			apply: func(_ format, in any, _ []any) (any, error) { return at(in.([]string), 0), nil }},
		{name: "last", in: listKind, out: textKind, example: `names | last`,
			apply: func(_ format, in any, _ []any) (any, error) { return at(in.([]string), len(in.([]string))-1), nil }},
		{name: "size", out: numberKind, example: `customer.plan | size`, apply: size},
	}
}

// split gives at most maxItems members; the rest is dropped, as are empty ones
// at the end.
func split(s, sep string) []string {
	parts := strings.SplitN(s, sep, maxItems+1)
	parts = parts[:min(len(parts), maxItems)]
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return parts
}

func at(list []string, i int) any {
	if i < 0 || i >= len(list) {
		return nil
	}
	return list[i]
}

func size(f format, in any, _ []any) (any, error) {
	if list, ok := in.([]string); ok {
		return float64(len(list)), nil
	}
	return float64(utf8.RuneCountInString(f.text(in))), nil
}

// calculated makes a filter from number to number.
func calculated(name string, params []param, apply func(n float64, args []float64) (float64, error)) filter {
	example := "match.used | " + name
	if len(params) > 0 {
		example += ": 2"
	}
	return filter{name: name, in: numberKind, out: numberKind, params: params, example: example,
		apply: func(_ format, in any, args []any) (any, error) {
			given := make([]float64, len(args))
			for i, a := range args {
				given[i] = a.(float64)
			}
			n, err := apply(in.(float64), given)
			if math.IsNaN(n) || math.IsInf(n, 0) {
				return nil, errors.New("gives no finite number")
			}
			return n, err
		}}
}

func numberFilters() []filter {
	one := []param{{kind: numberKind}}
	digits := []param{{numberKind, 0.0}}
	spelt := func(name string, params []param, write func(f format, n float64, digits int) string) filter {
		return filter{name: name, in: numberKind, out: textKind, params: params, example: "match.used | " + name,
			apply: func(f format, in any, args []any) (any, error) {
				digits := auto
				if len(args) > 0 {
					digits = whole(args[0])
				}
				return write(f, in.(float64), digits), nil
			}}
	}
	return []filter{
		calculated("abs", nil, func(n float64, _ []float64) (float64, error) { return math.Abs(n), nil }),
		calculated("ceil", nil, func(n float64, _ []float64) (float64, error) { return math.Ceil(n), nil }),
		calculated("floor", nil, func(n float64, _ []float64) (float64, error) { return math.Floor(n), nil }),
		calculated("round", digits, func(n float64, a []float64) (float64, error) { return rounded(n, int(max(0, min(9, a[0])))), nil }),
		calculated("plus", one, func(n float64, a []float64) (float64, error) { return n + a[0], nil }),
		calculated("minus", one, func(n float64, a []float64) (float64, error) { return n - a[0], nil }),
		calculated("times", one, func(n float64, a []float64) (float64, error) { return n * a[0], nil }),
		calculated("divided_by", one, divided),
		calculated("modulo", one, modulo),
		calculated("at_least", one, func(n float64, a []float64) (float64, error) { return max(n, a[0]), nil }),
		calculated("at_most", one, func(n float64, a []float64) (float64, error) { return min(n, a[0]), nil }),
		spelt("number", []param{{numberKind, float64(auto)}}, format.number),
		spelt("percent", digits, format.percent),
		spelt("gigabytes", nil, func(f format, n float64, _ int) string { return f.gigabytes(n) }),
	}
}

// divided is true division: 7 by 2 is 3.5.
func divided(n float64, a []float64) (float64, error) {
	if a[0] == 0 {
		return 0, errZero
	}
	return n / a[0], nil
}

func modulo(n float64, a []float64) (float64, error) {
	if a[0] == 0 {
		return 0, errZero
	}
	return n - a[0]*math.Floor(n/a[0]), nil
}
