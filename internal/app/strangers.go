package app

import (
	"net"

	"github.com/outreach-engine/outreach/internal/channel/inbox"
	"github.com/outreach-engine/outreach/internal/customer"
)

// showsInbox reports whether the inbox's pages are served.
func (o Options) showsInbox() bool {
	return len(o.toInbox()) > 0
}

// toInbox gives the channels whose messages only the inbox receives.
func (o Options) toInbox() (channels []customer.Channel) {
	for _, w := range o.ways() {
		if w.choice == inbox.Name {
			channels = append(channels, w.channel)
		}
	}
	return channels
}

// warnOfStrangers says what anybody may do who reaches an address that is not
// this machine's alone. The inbox asks nobody for a key.
func (o Options) warnOfStrangers(address net.Addr) {
	if tcp, ok := address.(*net.TCPAddr); !ok || tcp.IP.IsLoopback() {
		return
	}
	if len(o.writeKeys()) == 0 {
		o.Logger.Warn("anybody who reaches this address may send events: set OUTREACH_WRITE_KEYS, or listen on 127.0.0.1", "http", address.String())
	}
	if o.showsInbox() {
		o.Logger.Warn("anybody who reaches this address may see the inbox, its messages and its customers: listen on 127.0.0.1, "+
			"or let a proxy ask who comes", "http", address.String())
	}
}
