package dictionary_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
)

func TestFieldReads(t *testing.T) {
	t.Parallel()
	kind := func(k customer.Kind) dictionary.Field { return dictionary.Field{Kind: k} }
	plan := dictionary.Field{Kind: customer.KindText, Allowed: []string{"basic", "7"}}
	for _, c := range []struct {
		field dictionary.Field
		value customer.Value
		want  bool
	}{
		{kind(customer.KindText), customer.Text("x"), true},
		{kind(customer.KindText), customer.Number(1), true},
		{kind(customer.KindID), customer.Text("010"), true},
		{kind(customer.KindNumber), customer.Text(" 1.5 "), true},
		{kind(customer.KindNumber), customer.Number(2), true},
		{kind(customer.KindNumber), customer.Text("two"), false},
		{kind(customer.KindNumber), customer.Text(""), true},
		{kind(customer.KindDate), customer.Text("2026-11-23"), true},
		{kind(customer.KindDate), customer.Text("23.11.2026"), false},
		{kind(customer.KindTime), customer.Text("2026-11-23T09:00:00Z"), true},
		{kind(customer.KindTime), customer.Text("at nine"), false},
		{plan, customer.Text("basic"), true},
		{plan, customer.Number(7), true},
		{plan, customer.Text("Basic"), false},
		{plan, customer.Value{}, true},
	} {
		require.Equal(t, c.want, c.field.Reads(c.value), "%v %v", c.field, c.value)
	}
}
