package policy

import (
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// providers are the names that rates may give, with the channel whose senders
// each has; "" for one without senders.
func providers() map[string]customer.Channel {
	return map[string]customer.Channel{
		"twilio": customer.SMS, "sendgrid": customer.Email, "smtp": customer.Email, "fcm": "", "webpush": "", "webhook": "",
	}
}

// ProviderNames gives the providers that rates may name, in a fixed order.
func ProviderNames() []string {
	return []string{"twilio", "sendgrid", "smtp", "fcm", "webpush", "webhook"}
}

func (r *reader) rates(n source.Node) {
	for _, e := range entries(n) {
		if slices.Contains(customer.Channels(), customer.Channel(e.Name)) {
			if rate, ok := readRate(e.Value); ok {
				r.policy.Rates[customer.Channel(e.Name)] = rate
			}
			continue
		}
		scope, ok := readScope(e.Key, e.Name)
		if !ok {
			continue
		}
		if _, twice := r.policy.Scopes[scope]; twice {
			e.Key.Fail("is the same sender as one above", "keep one of them")
			continue
		}
		if rate, ok := readRate(e.Value); ok {
			r.policy.Scopes[scope] = rate
		}
	}
}

// readScope reads sms/US, twilio, or twilio/+15550100100.
func readScope(n source.Node, text string) (scope string, ok bool) {
	of, rest, narrowed := strings.Cut(text, scopeMark)
	known := ProviderNames()
	for _, c := range customer.Channels() {
		known = append(known, string(c))
	}
	switch {
	case !slices.Contains(known, of):
		n.Fail("is neither a channel nor a provider", source.DidYouMean(of, known))
	case !narrowed:
		return text, true
	case slices.Contains(ProviderNames(), of):
		return readSenderScope(n, of, rest)
	case of == string(customer.SMS):
		return text, checkScopeCountry(n, of, rest)
	default:
		n.Fail("has no country", "write "+of+" alone; only the numbers of sms tell a country")
	}
	return "", false
}

// checkScopeCountry reports whether a channel is narrowed by a country's code.
func checkScopeCountry(n source.Node, of, code string) bool {
	if code != "" && contains(countries, code) {
		return true
	}
	hint := "write the two letters of ISO 3166, such as " + of + "/US"
	if meant := meantCountry(code); meant != "" {
		hint = "write " + of + scopeMark + meant
	}
	n.FailAt(len(of)+len(scopeMark), "does not end in the code of a country", hint)
	return false
}

// messagingService is how Twilio names a pool of senders that sends as one.
var messagingService = regexp.MustCompile(`^MG[0-9a-f]{32}$`)

// readSenderScope reads one sender at a provider.
func readSenderScope(n source.Node, provider, sender string) (scope string, ok bool) {
	at := len(provider) + len(scopeMark)
	switch providers()[provider] {
	case customer.SMS:
		if !IsSMSSender(sender) && !messagingService.MatchString(sender) {
			n.FailAt(at, "does not end in a sender of SMS", `write it as under senders, such as "`+provider+`/+15550100100"`)
			return "", false
		}
	case customer.Email:
		if _, err := mail.ParseAddress(sender); err != nil {
			n.FailAt(at, "does not end in an email address", `write it as under senders, such as "`+provider+`/hello@example.com"`)
			return "", false
		}
	default:
		n.FailAt(at, "names a sender, and "+provider+" has none", "write "+provider+" alone")
		return "", false
	}
	return Narrow(provider, sender), true
}

// readRate reads "10 per second" into messages per second.
func readRate(n source.Node) (float64, bool) {
	text, ok := textOf(n)
	if !ok {
		return 0, false
	}
	seconds := map[string]float64{"second": 1, "minute": 60, "hour": 3600}
	parts := perUnit.FindStringSubmatch(text)
	if parts == nil || seconds[parts[2]] == 0 {
		n.Fail("is not a rate", "write a number and second, minute or hour, such as 10 per second")
		return 0, false
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	const most = 1e6
	if err != nil || number <= 0 || number > most {
		n.Fail("is not a rate that can be kept", "give a number above 0 and up to 1000000")
		return 0, false
	}
	return number / seconds[parts[2]], true
}
