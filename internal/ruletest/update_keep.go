package ruletest

import "strings"

// item is one line of an expect list in the making.
type item struct {
	above   []string // comments that stand above it, each a line
	text    string
	comment string // behind it; "" none
}

// itemTexts gives what the items say, without comments.
func itemTexts(items []item) []string {
	list := make([]string, len(items))
	for i, it := range items {
		list[i] = it.text
	}
	return list
}

// dashed writes items as a list with dashes, each line but the first behind an
// indent.
func dashed(items []item, indent string) string {
	var rows []string
	for _, it := range items {
		rows = append(rows, it.above...)
		row := "- " + it.text
		if it.comment != "" {
			row += " " + it.comment
		}
		rows = append(rows, row)
	}
	return strings.Join(rows, "\n"+indent)
}

// endsKept gives, for the lines of a play that are ends, the expectation of an
// end that is lost and that the line stands in for: who wrote an ended line
// keeps one, with the reason that holds now.
func (r Result) endsKept(own string) map[int]int {
	kept := map[int]int{}
	for i, x := range r.Case.Expect {
		if x.Kind != Ended || r.verdict.met[i] >= 0 {
			continue
		}
		best := -1
		for j, h := range r.actual {
			_, taken := kept[j]
			if taken || r.verdict.used[j] >= 0 || !x.about(h, own) {
				continue
			}
			if best < 0 || h.at.Sub(x.From).Abs() < r.actual[best].at.Sub(x.From).Abs() {
				best = j
			}
		}
		if best >= 0 {
			kept[best] = i
		}
	}
	return kept
}

// remarks gives the comments of an expectation's line: those above it, up to
// the line before, and the one behind it.
func (c *Case) remarks(rows []string, i int) (above []string, behind string) {
	at := c.Expect[i].Line - 1
	if at < 0 || at >= len(rows) {
		return nil, ""
	}
	if i > 0 {
		for k := at - 1; k > c.Expect[i-1].Line-1; k-- {
			row := strings.TrimSpace(rows[k])
			if !strings.HasPrefix(row, "#") {
				break
			}
			above = append([]string{row}, above...)
		}
	}
	return above, commentOf(rows[at])
}

// commentOf gives the comment at the end of a line; "" when it has none.
func commentOf(row string) string {
	for i := 1; i < len(row); i++ {
		opens := strings.ContainsRune(" \t[{,:", rune(row[i-1]))
		switch {
		case (row[i] == '"' || row[i] == '\'') && opens:
			i = quoteEnd(row, i)
		case row[i] == '#' && (row[i-1] == ' ' || row[i-1] == '\t'):
			return strings.TrimRight(row[i:], " \t\r")
		}
	}
	return ""
}
