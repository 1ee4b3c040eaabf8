package observe_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
)

func TestCheckTopics(t *testing.T) {
	t.Parallel()
	type said = map[customer.Topic]bool
	known := []string{"offers", "product-news", "service"}
	refused := func(topic, hint string) observe.Refusal {
		return observe.Refusal{Field: "consent." + topic, Reason: "is not a topic of policy.yaml; " + hint}
	}
	for name, c := range map[string]struct {
		known    []string
		in, want said
		refusals []observe.Refusal
	}{
		"nothing said":     {known, nil, nil, nil},
		"nothing known":    {nil, said{"ofers": true}, said{"ofers": true}, nil},
		"known":            {known, said{"offers": true, "service": false}, said{"offers": true, "service": false}, nil},
		"written as names": {known, said{"product_news": true}, said{"product-news": true}, nil},
		"misspelt":         {known, said{"ofers": true}, nil, []observe.Refusal{refused("ofers", "did you mean offers?")}},
		"one of two": {known, said{"ofers": true, "service": false}, said{"service": false},
			[]observe.Refusal{refused("ofers", "did you mean offers?")}},
		"sorted": {known, said{"zebra": true, "birds": false}, nil,
			[]observe.Refusal{refused("birds", "known: offers, product-news, service"), refused("zebra", "known: offers, product-news, service")}},
	} {
		change := observe.Change{Consents: c.in, PushToken: "kept"}
		require.Equal(t, c.refusals, change.CheckTopics(c.known), name)
		require.Equal(t, observe.Change{Consents: c.want, PushToken: "kept"}, change, name)
	}
}
