// Package demo is a company that does not exist: a phone provider with
// customers all over the world, what they did in the last weeks, and what they
// go on doing. It decides what its customers do and nothing about messages, and
// refuses to know rules, stores and real people: every number is one that
// regulators keep for fiction, and every address is at example.com.
package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Taker takes in what happened. *observe.Observer is one.
type Taker interface {
	Take(ctx context.Context, batch []observe.Incoming) ([]observe.Outcome, error)
}

// Company is the demo company. The same seed gives the same customers, and
// more customers leave the first ones as they are. It is immutable and safe for
// concurrent use.
type Company struct {
	seed   uint64
	people []person
}

// New makes a company with a number of customers.
func New(seed uint64, customers int) *Company {
	c := &Company{seed: seed, people: make([]person, max(customers, 0))}
	phones := phoneBook{}
	zones := sendtime.NewZones()
	for i := range c.people {
		name := fmt.Sprintf("lark-%05d", i+1)
		c.people[i] = newPerson(c.random(uint64(i)+1), name, phones, zones)
	}
	return c
}

// random gives a generator of its own for everything of one number.
func (c *Company) random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(c.seed, stream)) }

// opened is when the company opened its books, the instant of every Identify.
func opened() time.Time { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }

// Identify gives who the customers are, one each, with message ids that are
// the same each time.
func (c *Company) Identify() []observe.Incoming {
	list := make([]observe.Incoming, len(c.people))
	for i := range c.people {
		p := &c.people[i]
		list[i] = p.does(customer.Identified, opened(), customer.ViaServer, nil)
		list[i].Event.MessageID = fmt.Sprintf("demo/%d/%s/identify", c.seed, p.id)
		list[i].Change = p.change()
	}
	return list
}
