package app

import "net"

// showsInbox reports whether the inbox's pages are served.
func (o Options) showsInbox() bool {
	return o.SMS == "inbox" || o.Email == "inbox" || o.Push == "inbox"
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
