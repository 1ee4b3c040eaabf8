// Package wording says the ledger's words in plain English: reasons, channels,
// counts and figures. It decides nothing and knows no customer.
package wording

import (
	"math"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Channel names a channel inside a sentence: SMS, email, push.
func Channel(c customer.Channel) string {
	if c == customer.SMS {
		return "SMS"
	}
	return string(c)
}

// Message names what goes out inside a sentence: "usage-warning by SMS", "the
// webhook coupon", "the task for care-calls".
func Message(template string, c customer.Channel) string {
	switch c {
	case "":
		return template
	case customer.Webhook:
		return "the webhook " + template
	case customer.Handoff:
		return "the task for " + template
	}
	return template + " by " + Channel(c)
}

// Done says that something went out: "sent usage-warning by SMS", "called the
// webhook coupon", "handed over the task for care-calls".
func Done(template string, c customer.Channel) string {
	switch c {
	case customer.Webhook:
		return "called " + Message(template, c)
	case customer.Handoff:
		return "handed over " + Message(template, c)
	}
	return "sent " + Message(template, c)
}

// NotDone says that something did not go out: "not sent, usage-warning by SMS",
// "not answered, the webhook coupon".
func NotDone(template string, c customer.Channel) string {
	switch c {
	case customer.Webhook:
		return "not answered, " + Message(template, c)
	case customer.Handoff:
		return "not handed over, " + Message(template, c)
	}
	return "not sent, " + Message(template, c)
}

// Arrived says that a message reached the customer: "usage-warning by SMS
// arrived".
func Arrived(template string, c customer.Channel) string { return Message(template, c) + " arrived" }

// Failed says that a message that was taken did not reach the customer.
func Failed(template string, c customer.Channel) string {
	return Message(template, c) + " did not arrive"
}

// NoAnswer says that nobody knows whether a message went out.
func NoAnswer(template string, c customer.Channel) string {
	return "no clear answer came for " + Message(template, c)
}

// Mask writes as much of an address as tells it apart from a customer's others,
// and as little as keeps it from being used: +1...01, b...@example.com.
func Mask(c customer.Channel, address string) string {
	const shown = 2
	local, domain, isMail := strings.Cut(address, "@")
	letters := []rune(address)
	switch {
	case c == customer.Push:
		return "a device"
	case isMail && local != "":
		return string([]rune(local)[:1]) + "...@" + domain
	case len(letters) > 2*shown:
		return string(letters[:shown]) + "..." + string(letters[len(letters)-shown:])
	}
	return "..."
}

// Hold names what a hold covers: "rule usage-limit", "everything".
func Hold(h ledger.Hold) string {
	if h.Kind == ledger.HoldAll {
		return "everything"
	}
	return string(h.Kind) + " " + h.Name
}

// Count gives "1 event", "12,400 events".
func Count(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(float64(n)) + " " + one + "s"
}

// Number writes a number with commas between thousands and at most two
// decimals: 12,400 and 0.25.
func Number(f float64) string {
	text := strconv.FormatFloat(math.Abs(f), 'f', 2, 64)
	whole, decimals, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if decimals = strings.TrimRight(decimals, "0"); decimals != "" {
		whole += "." + decimals
	}
	if f < 0 && whole != "0" {
		return "-" + whole
	}
	return whole
}

// Percent writes a share in whole percent, as messages do: 0.826 is 83 %.
func Percent(share float64) string { return Number(math.Round(share*100)) + " %" }
