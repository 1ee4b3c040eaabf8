package ruletest

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/rule"
)

// maxDraws bounds the search for an id: with a holdout of a thousandth, one in
// e^20 searches finds none.
const maxDraws = 20_000

// draw gives each customer an id of the engine's that is in the rule's holdout
// when the test expects that, and in no holdout when it does not: nobody could
// write a test otherwise.
func (c *casting) draw() {
	none := c.env.Bundle.Policy.Holdout == 0
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
	}
}

// fits reports whether an id is held out by those rules, and only those, that
// the test expects to hold its customer out.
func (c *casting) fits(id customer.ID, external string) bool {
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

func engineID(external string, n int) customer.ID {
	sum := sha256.Sum256([]byte(external + "/" + itoa(n)))
	return customer.ID("c" + hex.EncodeToString(sum[:8]))
}
