package pages

import (
	"strings"
	"unicode/utf8"

	"github.com/outreach-engine/outreach/internal/customer"
)

// shownDigits is how much of a phone number is shown, from its end.
const shownDigits = 3

// masked gives an address so that its owner knows it, and whoever else has the
// link does not learn it: j…@example.com, …006. Devices have none to show.
func masked(c customer.Channel, address string) string {
	switch c {
	case customer.Email:
		local, domain, ok := strings.Cut(address, "@")
		_, size := utf8.DecodeRuneInString(local)
		if !ok {
			return "…"
		}
		return local[:size] + "…@" + domain
	case customer.SMS:
		if len(address) <= 2*shownDigits {
			return "…"
		}
		return "…" + address[len(address)-shownDigits:]
	}
	return ""
}
