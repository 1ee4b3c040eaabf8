package ruletest

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// maxDraws bounds the search for an id: when one in ten thousand fits, one in
// e^20 searches finds none.
const maxDraws = 200_000

// drawing is one split with the branch that the test wants.
type drawing struct {
	rule   string
	step   *rule.Step
	branch string // "" goes past all of them
}

// draw gives each customer an id of the engine's that is in the rule's holdout
// when the test expects that, in no holdout when it does not, and is drawn for
// the branches that the test names: nobody could write a test otherwise.
func (c *casting) draw(draws source.Node) {
	none := c.env.Bundle.Policy.Holdout == 0 && len(c.draws) == 0
	if none && !slices.ContainsFunc(c.force, func(r *rule.Rule) bool { return r.Holdout > 0 }) {
		return
	}
	c.Script.IDs = map[string]customer.ID{}
	for _, external := range c.order {
		for n := range maxDraws {
			id := engineID(external, n)
			if c.fits(id, external) {
				c.Script.IDs[external] = id
				break
			}
		}
		if c.Script.IDs[external] == "" && len(c.draws) > 0 {
			draws.Fail("are drawn for too few customers to find one", "name fewer branches, or test with larger shares")
			return
		}
	}
}

// fits reports whether an id is held out by those rules, and only those, that
// the test expects to hold its customer out, and drawn as the test says.
func (c *casting) fits(id customer.ID, external string) bool {
	for _, d := range c.draws {
		b := journey.DrawnFor(d.rule, d.step, id)
		if b == nil && d.branch != "" || b != nil && b.Name != d.branch {
			return false
		}
	}
	expected := slices.ContainsFunc(c.Expect, func(x Expectation) bool {
		return x.Reason == customer.HeldOut && x.Customer == external
	})
	for _, r := range c.force {
		if journey.HeldOut(r, c.env.Bundle.Policy, id) != (expected && r == c.own) {
			return false
		}
	}
	return true
}

// readDraws reads which branches of splits the customers are drawn for.
func (c *casting) readDraws(n source.Node) {
	if blank(n) {
		return
	}
	for _, e := range n.Entries() {
		if e.Key.Kind() != source.Scalar || e.Name == "" || len(c.force) == 0 {
			continue
		}
		d, ok := c.splitNamed(e)
		if !ok {
			continue
		}
		text, ok := e.Value.Text()
		if !ok || text == "" {
			continue
		}
		if d.branch, ok = branchNamed(e.Value, text, d.step.Split); ok {
			c.draws = append(c.draws, d)
		}
	}
}

// splitNamed finds a split of the rules in force, the file's own first.
func (c *casting) splitNamed(e source.Entry) (found drawing, ok bool) {
	var known []string
	for _, r := range c.force {
		r.EachStep(func(s *rule.Step) {
			if s.Split == nil {
				return
			}
			if known = append(known, s.ID); s.ID == e.Name && !ok {
				found, ok = drawing{rule: r.Name, step: s}, true
			}
		})
	}
	switch {
	case ok:
	case len(known) == 0:
		e.Key.Fail("is not a split of the rule, which has none", "leave draws out")
	default:
		e.Key.Fail("is not the id of a split of the rule", orElse(source.DidYouMean(e.Name, known), "known: "+strings.Join(known, ", ")))
	}
	return found, ok
}

// branchNamed holds a branch to those that customers are drawn for. none is
// past all of them.
func branchNamed(n source.Node, text string, s *rule.Split) (name string, ok bool) {
	var known []string
	for i := range s.Branches {
		switch b := &s.Branches[i]; {
		case b.If == nil:
			known = append(known, b.Name)
		case b.Name == text:
			n.Fail("is taken when its condition holds, and nobody is drawn for it", "let the condition hold: traits, or what happens")
			return "", false
		}
	}
	if slices.Contains(known, text) {
		return text, true
	}
	if s.Drawn(math.Nextafter(1, 0)) == nil {
		known = append(known, nobody)
	}
	if text == nobody && slices.Contains(known, nobody) {
		return "", true
	}
	n.Fail("is not a branch of the split", orElse(source.DidYouMean(text, known), "known: "+strings.Join(known, ", ")))
	return "", false
}

// taken says in one line which branches of splits the customers went into; ""
// when they came to none.
func taken(rules []*rule.Rule, passed map[string]map[journey.Passed]int) string {
	var told []string
	for _, r := range rules {
		r.EachStep(func(s *rule.Step) {
			if s.Split == nil {
				return
			}
			for i := range s.Split.Branches {
				if name := s.Split.Branches[i].Name; passed[r.Name][journey.Passed{Step: s.ID, Branch: name}] > 0 {
					told = append(told, s.ID+" took "+name)
				}
			}
			if passed[r.Name][journey.Passed{Step: s.ID}] > 0 {
				told = append(told, s.ID+" took none")
			}
		})
	}
	return strings.Join(told, ", ")
}

func engineID(external string, n int) customer.ID {
	sum := sha256.Sum256([]byte(external + "/" + itoa(n)))
	return customer.ID("c" + hex.EncodeToString(sum[:8]))
}
