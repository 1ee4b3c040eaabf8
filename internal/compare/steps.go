package compare

import (
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/rule"
)

// steps compares the steps of two versions by their ids.
func steps(before, after *rule.Rule) []Change {
	was, is := before.Places(), after.Places()
	moved := movedSteps(was, is)
	var list []Change
	for _, now := range is {
		old, ok := find(was, now.ID)
		if !ok {
			list = append(list, Change{Step: now.ID, How: Added, After: words(now) + ", " + where(is, now)})
			continue
		}
		if slices.Contains(moved, now.ID) {
			list = append(list, Change{Step: now.ID, How: Moved, Before: where(was, old), After: where(is, now)})
		}
		if old.Kind() != now.Kind() {
			list = append(list, Change{Step: now.ID, How: Changed, Key: "step", Before: words(old), After: words(now)})
			continue
		}
		for _, c := range fields(old.Fields(), now.Fields()) {
			c.Step = now.ID
			list = append(list, c)
		}
	}
	for _, old := range was {
		if _, ok := find(is, old.ID); !ok {
			list = append(list, Change{Step: old.ID, How: Removed, Before: words(old) + ", " + where(was, old)})
		}
	}
	return list
}

func find(list []rule.Place, id string) (rule.Place, bool) {
	i := slices.IndexFunc(list, func(p rule.Place) bool { return p.ID == id })
	if i < 0 {
		return rule.Place{}, false
	}
	return list[i], true
}

// words gives what makes a step what it is: "send usage-warning", "wait 3d".
func words(p rule.Place) string {
	first := p.Fields()[0]
	return strings.TrimSpace(first.Key + " " + first.Value)
}

// where says in words where a step stands.
func where(list []rule.Place, p rule.Place) string {
	before := ""
	for _, other := range list {
		if other.ID == p.ID {
			break
		}
		if other.In == p.In {
			before = other.ID
		}
	}
	switch {
	case before != "":
		return "after " + before
	case p.In == "":
		return "first"
	}
	return "first in " + p.In
}

// movedSteps gives the ids of steps that stand in another list, or in another
// order with those that are in both: as few as can be.
func movedSteps(was, is []rule.Place) []string {
	var moved []string
	lists := map[string][]string{} // the ids that stand in one list in both, in the old order
	for _, old := range was {
		now, ok := find(is, old.ID)
		switch {
		case !ok:
		case old.In != now.In:
			moved = append(moved, old.ID)
		default:
			lists[old.In] = append(lists[old.In], old.ID)
		}
	}
	for in, order := range lists {
		var now []int
		for _, p := range is {
			if i := slices.Index(order, p.ID); p.In == in && i >= 0 {
				now = append(now, i)
			}
		}
		kept := rising(now)
		for i, id := range order {
			if !slices.Contains(kept, i) {
				moved = append(moved, id)
			}
		}
	}
	return moved
}

// rising gives the longest run of rising numbers in a list, with gaps; of
// equal ones the first.
func rising(list []int) []int {
	var best []int
	ends := make([][]int, len(list)) // the longest that ends at i
	for i, n := range list {
		for j := range i {
			if list[j] < n && len(ends[j]) > len(ends[i]) {
				ends[i] = ends[j]
			}
		}
		ends[i] = append(slices.Clone(ends[i]), n)
		if len(ends[i]) > len(best) {
			best = ends[i]
		}
	}
	return best
}
