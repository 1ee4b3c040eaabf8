package journey

import (
	"hash/fnv"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
)

// split sends a customer into the first branch whose condition holds, else
// into the one that they are drawn for, else past all of them.
func (r *run) split(step *rule.Step, next string) bool {
	branches := step.Split.Branches
	for i := range branches {
		if b := &branches[i]; b.If != nil && r.holds(b.If, r.f.Now) {
			return r.branch(b.Name, b.Steps, next, r.pos.Began)
		}
	}
	if b := DrawnFor(r.o.Rule, step, r.o.Customer); b != nil {
		return r.branch(b.Name, b.Steps, next, r.pos.Began)
	}
	return r.goTo(next, r.pos.Began)
}

// DrawnFor gives the branch of a rule's split that a customer is drawn for when
// no condition of it holds; nil when they go past all of them.
func DrawnFor(rule string, step *rule.Step, id customer.ID) *rule.Branch {
	return step.Split.Drawn(number("split/"+rule+"/"+step.ID, id))
}

// number gives a customer's own number for a drawing, from 0 up to 1: always
// the same one, evenly spread over customers, and of no relation to that for
// another drawing.
func number(drawing string, id customer.ID) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(drawing + "/" + string(id)))
	return float64(mix(h.Sum64())>>11) / (1 << 53)
}
