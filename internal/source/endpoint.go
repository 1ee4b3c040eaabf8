package source

import (
	"net/netip"
	"net/url"
	"strings"
)

// CheckEndpoint says what is wrong with a URL that the engine is to call, and
// how to mend it; "" when nothing is. It must be https, or http to the machine
// itself, and carry no user and no fragment.
func CheckEndpoint(text string) (message, hint string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return "is not a URL", "write it whole, such as https://api.example.com/coupons"
	case u.User != nil:
		return "holds a user, which every reader of the file would see", "leave it out; calls are signed with the engine's own secret"
	case u.Fragment != "":
		return "has a # part, which is never sent", "leave it out"
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return "", ""
	case u.Scheme == "http":
		return "is not encrypted", "write https://" + strings.TrimPrefix(text, "http://")
	}
	return "is not a web address", "write it with https:// in front"
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
