package rule

import (
	"slices"
	"strconv"

	"github.com/outreach-engine/outreach/internal/source"
)

// branchNumber is what the n-th branch, from 0, is called when it has no name.
func branchNumber(n int) string { return strconv.Itoa(n + 1) }

// split reads a list of branches.
func (r *reader) split(n source.Node, at place, i int) *Split {
	s := &Split{}
	if blank(n) {
		return s
	}
	items := n.Items()
	if n.Kind() != source.List || len(items) == 0 {
		n.Fail("is no list of branches", "list them, such as - {name: new, share: 50%, steps: [...]}")
		r.unread = true
		return s
	}
	names, left := map[string]bool{}, all
	for k, item := range items {
		b, f, ok := r.branch(item, len(items), k)
		if !ok {
			r.unread = true
			continue
		}
		if names[b.Name] {
			item.Fail("the name "+b.Name+" is taken by another branch", "give each branch a name of its own")
			r.unread = true
			continue // its steps would have the ids of the other's
		}
		names[b.Name] = true
		if b.Rest() && k < len(items)-1 {
			item.Fail("has neither if nor share, so it takes all who are left, and the branches after it nobody", "put it last, or give it a share")
		}
		left = checkShare(f, b, left)
		if steps, ok := f.Get("steps"); ok {
			b.Steps = r.stepList(steps, at.branch(i, b.Name))
		}
		s.Branches = append(s.Branches, b)
	}
	r.checkSplit(n, s)
	return s
}

// branch reads one branch of several, but for its steps.
func (r *reader) branch(n source.Node, several, k int) (b Branch, f source.Fields, ok bool) {
	b.Name = branchNumber(k)
	if f, ok = branchFields(n); !ok {
		return b, f, false
	}
	if name, ok := f.Get("name"); ok {
		b.Name = branchName(name, b.Name)
	} else if several > 1 {
		n.Fail("has no name", "name each branch, such as name: new-text, to find it in reports")
	}
	cond, hasIf := f.Get("if")
	part, hasShare := f.Get("share")
	switch {
	case hasIf && hasShare:
		part.Fail("stands beside if", "write one of the two; a share of those for whom a condition holds is a split inside a branch")
		return b, f, false
	case hasIf:
		b.If = r.condition(cond, r.stepScope())
		return b, f, b.If != nil
	case hasShare:
		b.Shared = true
		b.Share, ok = percentage(part)
	}
	return b, f, ok
}

// branchFields reads a branch's keys. A step that stands where a branch is due
// is refused by name.
func branchFields(n source.Node) (source.Fields, bool) {
	if n.Kind() != source.Mapping {
		if !blank(n) {
			n.Fail("is no branch", "write for example - {name: new, share: 50%, steps: [...]}")
		}
		return source.Fields{}, false
	}
	for _, e := range n.Entries() {
		if e.Name != "if" && slices.Contains(stepKinds, e.Name) {
			e.Key.Fail("is a step where a branch is due", "put it under steps: of a branch")
			return source.Fields{}, false
		}
	}
	return fields(n, []string{"name", "if", "share", "steps"})
}

func branchName(n source.Node, number string) string {
	text, ok := textOf(n)
	switch {
	case !ok:
		return number
	case !nameShape.MatchString(text) || len(text) > maxName:
		n.Fail("cannot name a branch", "use small letters, digits and - between words, at most 64")
		return number
	}
	return text
}

// checkShare takes a branch's share from what is left of all people, in
// millionths, and gives what is left then.
func checkShare(f source.Fields, b Branch, left int) int {
	own := b.millionths()
	switch {
	case own > left:
		part, _ := f.Get("share")
		part.Fail("brings the shares above 100%", "leave at most "+percentText(float64(left)/all)+" for it")
		return 0
	case b.Rest() && left == 0:
		f.Of.Warn("empty-share", "nobody is left for it, since the shares make 100% already", "leave it out, or lower a share")
	}
	return left - own
}

// checkSplit reports a split that parts nobody.
func (r *reader) checkSplit(n source.Node, s *Split) {
	if r.unread {
		return
	}
	parts := slices.ContainsFunc(s.Branches, func(b Branch) bool { return !b.Rest() })
	steps := slices.ContainsFunc(s.Branches, func(b Branch) bool { return len(b.Steps) > 0 })
	switch {
	case !parts:
		n.Fail("parts nobody, since no branch has an if or a share", "give one a share, such as share: 50%")
	case !steps:
		n.Fail("no branch has steps", "list them under steps: of a branch")
	}
}
