// Package push leads each push message to the provider that can carry it:
// browsers' subscriptions to one, devices' tokens to the other. It decides by
// the form of the address alone; it knows neither provider.
package push

import (
	"context"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Name is the provider's name. Errors name the provider that carried the
// message, or this when none could.
const Name = "push"

// Router is a sender of push messages to devices and browsers. Either may be
// nil: its messages are Rejected then, since a good address must not be
// suppressed for want of a provider.
type Router struct {
	Devices  channel.Sender // takes tokens
	Browsers channel.Sender // takes subscriptions: customer.ReadBrowser
}

var (
	_ channel.Sender   = Router{}
	_ channel.Repeater = Router{}
)

// Name implements channel.Sender.
func (r Router) Name() string { return Name }

// Send implements channel.Sender by the provider of the address. Its receipt
// and its error come as they are.
func (r Router) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	if carrier := r.carrier(m.To); carrier != nil {
		return carrier.Send(ctx, m)
	}
	detail := "no provider for devices is configured"
	if customer.IsBrowser(m.To) {
		detail = "no provider for browsers is configured"
	}
	return channel.Receipt{}, &channel.Error{Kind: channel.Rejected, Provider: Name, Code: "not_sent", Detail: detail}
}

// Leads names the provider that carries what goes to an address: rates count
// each by itself.
func (r Router) Leads(to string) string {
	if carrier := r.carrier(to); carrier != nil {
		return carrier.Name()
	}
	return Name
}

// RepeatsSafely implements channel.Repeater by the provider of the address.
func (r Router) RepeatsSafely(to string) bool {
	repeater, ok := r.carrier(to).(channel.Repeater)
	return ok && repeater.RepeatsSafely(to)
}

// carrier gives the provider of an address, nil when there is none.
func (r Router) carrier(to string) channel.Sender {
	if customer.IsBrowser(to) {
		return r.Browsers
	}
	return r.Devices
}
