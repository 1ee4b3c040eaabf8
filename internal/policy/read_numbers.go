package policy

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// perUnit splits "2 per day" into its number and its unit.
var perUnit = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) +per +([a-z]+)$`)

func (r *reader) holdout(n source.Node) {
	if share, ok := readShare(n); ok {
		r.policy.Holdout = share
	}
}

// readShare reads "5%" into 0.05: 0% or more, and less than 100%.
func readShare(n source.Node) (float64, bool) {
	text, ok := textOf(n)
	if !ok {
		return 0, false
	}
	number, percent := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	switch {
	case err != nil:
		n.Fail("is not a percentage", "write for example 5%")
	case !percent:
		n.Fail("lacks its %", "write "+number+"%")
	case !(share >= 0 && share < 100):
		n.Fail("is not such a share", "write 0% or more, and less than 100%")
	default:
		return share / 100, true
	}
	return 0, false
}

var (
	phoneNumber = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)                 // E.164
	shortCode   = regexp.MustCompile(`^[0-9]{3,8}$`)                         // five or six digits in most countries
	senderName  = regexp.MustCompile(`^[A-Za-z0-9 ]*[A-Za-z][A-Za-z0-9 ]*$`) // GSM 03.40: at most eleven characters
)

const longestSenderName = 11

func (r *reader) senders(n source.Node) {
	for _, e := range entries(n) {
		if !checkChannel(e.Key, e.Name) {
			continue
		}
		text, ok := textOf(e.Value)
		if ok && checkSender(e.Value, customer.Channel(e.Name), text) {
			r.policy.Senders[customer.Channel(e.Name)] = text
		}
	}
}

func checkSender(n source.Node, c customer.Channel, text string) bool {
	switch c {
	case customer.Email:
		if _, err := mail.ParseAddress(text); err != nil {
			n.Fail("is not an email address", `write for example "Megaphone <hello@example.com>"`)
			return false
		}
	case customer.SMS:
		if !IsSMSSender(text) {
			n.Fail("is not a sender of SMS", `write a number with + and its country, such as "+15550100100", a short code, or a name of up to 11 letters`)
			return false
		}
	case customer.Push:
		n.Fail("push messages come from the app itself", "leave push out of senders")
		return false
	}
	return true
}

// IsSMSSender reports whether a text can be the sender of an SMS: a number in
// E.164, a short code, or a name of at most eleven letters and digits.
func IsSMSSender(text string) bool {
	name := len(text) <= longestSenderName && senderName.MatchString(text)
	return name || phoneNumber.MatchString(text) || shortCode.MatchString(text)
}
