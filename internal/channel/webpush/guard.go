package webpush

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	dialTimeout = 4 * time.Second
	idleTimeout = 30 * time.Second // shorter than the usual 60 s of load balancers, so that they hang up last
	idlePerHost = 64               // as many calls as the engine has under way at once, so that none closes another's connection
)

// errLocal says that a host's address is not a public one.
var errLocal = errors.New("webpush: the host's address is not a public one")

// reserved are blocks that netip has no word for and that lead to no push
// service: shared, protocol, benchmark and future addresses, and those of IPv6
// that stand for others of IPv4 (IANA's special-purpose registries, RFC 6890).
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

// public reports whether an address may be one of a push service.
func public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return ip.IsGlobalUnicast() && !ip.IsPrivate() &&
		!slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// local reports whether a URL names a host that is surely not public: an
// address that is not, or a name that no public host has. Other names are
// looked at once they are addresses.
func local(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return true
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		return !public(ip)
	}
	name := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	last := name[strings.LastIndexByte(name, '.')+1:]
	return last == name || last == "" || last[0] <= '9' || // bare names, and numbers that some resolvers take for addresses
		slices.Contains([]string{"localhost", "local", "internal", "lan", "home", "corp", "arpa"}, last)
}

// check is a net.Dialer's Control: it refuses to connect to an address that is
// not public, whatever name led there.
func check(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !public(at.Addr()) {
		return errLocal
	}
	return nil
}

// open makes a transport that connects to whatever it is told to, through the
// proxy that the environment names.
func open() *http.Transport {
	t := transport(&net.Dialer{Timeout: dialTimeout})
	t.Proxy = http.ProxyFromEnvironment
	return t
}

func transport(dialer *net.Dialer) *http.Transport {
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           2 * idlePerHost,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// guarded connects to public addresses, or to the proxy that the environment
// names. The proxy looks names up itself, and may well stand in one's own
// network: it has to know where it does not lead.
type guarded struct{ direct, proxied http.RoundTripper }

func guard() guarded {
	return guarded{direct: transport(&net.Dialer{Timeout: dialTimeout, Control: check}), proxied: open()}
}

// RoundTrip implements http.RoundTripper.
func (g guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if proxy, err := http.ProxyFromEnvironment(r); err != nil || proxy != nil {
		return g.proxied.RoundTrip(r)
	}
	return g.direct.RoundTrip(r)
}
