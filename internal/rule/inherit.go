package rule

import (
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/behaviour"
)

// Inherits reports whether all that is kept of customers for an earlier version
// of the rule is all that this one needs: the same reasons come of the same
// history, and nothing further is looked at.
func (m *Matcher) Inherits(before *Matcher) bool {
	if m.reasons() != before.reasons() {
		return false
	}
	kept := map[string]bool{}
	for _, d := range before.defs {
		kept[d.Key()] = true
	}
	return !slices.ContainsFunc(m.defs, func(d behaviour.Def) bool { return !kept[d.Key()] })
}

// reasons gives what decides of which reasons there are, in one fixed form.
func (r *Rule) reasons() string {
	t := tree{}
	t.add("when", r.When.tree())
	t.text("about", r.About)
	t.text("fresh", r.Fresh.String())
	var b strings.Builder
	t.write(&b, 0)
	return b.String()
}
