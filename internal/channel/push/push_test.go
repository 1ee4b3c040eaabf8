package push_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/push"
	"github.com/outreach-engine/outreach/internal/customer"
)

// carrier takes each message under its own name, or refuses all.
type carrier struct {
	name string
	err  error
}

func (c carrier) Name() string { return c.name }

func (c carrier) Send(_ context.Context, m channel.Message) (channel.Receipt, error) {
	if c.err != nil {
		return channel.Receipt{}, c.err
	}
	return channel.Receipt{ProviderID: c.name + " " + m.Key}, nil
}

// sure is a carrier that may be asked again.
type sure struct{ carrier }

func (sure) RepeatsSafely(to string) bool { return to != "" }

const (
	token        = "tok-1"
	subscription = ` {"endpoint": "https://push.example.net/1"}`
)

func TestEachAddressGoesToItsProvider(t *testing.T) {
	t.Parallel()
	refusal := &channel.Error{Kind: channel.Throttled, Provider: "fcm", Code: "429"}
	devices, browsers := sure{carrier{name: "fcm"}}, carrier{name: "webpush"}
	none := func(what string) error {
		return &channel.Error{Kind: channel.Rejected, Provider: "push", Code: "not_sent", Detail: "no provider for " + what + " is configured"}
	}
	for name, tc := range map[string]struct {
		router  push.Router
		to      string
		receipt channel.Receipt
		err     error
		repeats bool
	}{
		"a device":         {push.Router{Devices: devices, Browsers: browsers}, token, channel.Receipt{ProviderID: "fcm send-1"}, nil, true},
		"a browser":        {push.Router{Devices: devices, Browsers: browsers}, subscription, channel.Receipt{ProviderID: "webpush send-1"}, nil, false},
		"a device's no":    {push.Router{Devices: carrier{err: refusal}, Browsers: browsers}, token, channel.Receipt{}, refusal, false},
		"no for devices":   {push.Router{Browsers: browsers}, token, channel.Receipt{}, none("devices"), false},
		"none of browsers": {push.Router{Devices: devices}, subscription, channel.Receipt{}, none("browsers"), false},
		"nobody":           {push.Router{}, token, channel.Receipt{}, none("devices"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, "push", tc.router.Name())
			receipt, err := tc.router.Send(t.Context(), channel.Message{Key: "send-1", Channel: customer.Push, To: tc.to})
			require.Equal(t, tc.receipt, receipt)
			require.Equal(t, tc.err, err)
			require.Equal(t, tc.repeats, tc.router.RepeatsSafely(tc.to))
		})
	}
}
