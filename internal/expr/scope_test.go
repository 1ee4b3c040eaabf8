package expr_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
)

// company is the scope of a rule's audience at a company of the tests.
type company struct {
	traits map[string]expr.Decl
	events map[string]map[string]expr.Decl
	things map[string]map[string]expr.Decl
	word   string
}

func shop() company {
	number := expr.Decl{Kind: customer.KindNumber}
	id := expr.Decl{Kind: customer.KindID}
	return company{
		traits: map[string]expr.Decl{
			"plan":             {Kind: customer.KindText, Allowed: []string{"basic", "surf", "ultimate", "trial"}},
			"role":             {Kind: customer.KindText, Allowed: []string{"admin", "developer"}},
			"city":             {Kind: customer.KindText},
			"plan_mb":          number,
			"score":            number,
			"account":          id,
			"order_id":         id,
			"trial_ends_at":    {Kind: customer.KindDate},
			"customer_since":   {Kind: customer.KindDate},
			"last_discount_at": {Kind: customer.KindTime},
		},
		events: map[string]map[string]expr.Decl{
			"data_session":    {"mb": number},
			"data_topped_up":  {"mb": number},
			"order_placed":    {"total": number, "order_id": id, "promised_at": {Kind: customer.KindTime}, "plan": {Kind: customer.KindText}},
			"order_delivered": {"order_id": id},
			"app_opened":      {},
			"nps_answered":    {"score": number},
		},
		things: map[string]map[string]expr.Decl{
			"match":  {"used": number, "limit": number, "before": {Kind: expr.KindSpan}},
			"coupon": {"code": {Kind: customer.KindText}},
		},
	}
}

func (c company) Name(name string) (expr.Decl, bool) {
	d, ok := c.traits[name]
	return d, ok
}

func (c company) Property(object, name string) (expr.Decl, bool) {
	if d, ok := c.events[object][name]; ok {
		return d, true
	}
	d, ok := c.things[object][name]
	return d, ok
}

func (c company) Event(name string) bool {
	_, ok := c.events[name]
	return ok
}

func (c company) Template(name string) bool { return name == "outage" || name == "usage-warning" }

func (c company) Known() expr.Names {
	return expr.Names{
		Traits: keys(c.traits), Events: keys(c.events), Objects: keys(c.things),
		Templates: []string{"outage", "usage-warning"},
		Properties: func(object string) []string {
			return append(keys(c.events[object]), keys(c.things[object])...)
		},
		Word: c.word,
	}
}

func keys[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	return list
}

// program compiles a sound text.
func program(t require.TestingT, text string, want expr.Type) *expr.Program {
	p, problems := expr.Compile(text, want, shop())
	require.Empty(t, problems, text)
	return p
}

func condition(t testing.TB, text string) *expr.Program {
	t.Helper()
	return program(t, text, expr.Truth)
}
