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

// perUnit splits "2 per day" into its number and its unit.
var perUnit = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) +per +([a-z]+)$`)

// mostPerSpan bounds a cap; what is higher bounds nothing.
const mostPerSpan = 1000

func (r *reader) caps(n source.Node) {
	for _, e := range entries(n) {
		if !checkChannel(e.Key, e.Name, customer.AnyChannel) {
			continue
		}
		channel := customer.Channel(e.Name)
		if channel == customer.AnyChannel {
			channel = ""
		}
		for _, item := range e.Value.Items() {
			if c, ok := readCap(item, channel); ok {
				r.addCap(item, c)
			}
		}
	}
	slices.SortFunc(r.policy.Caps, compareCaps)
	r.idleCaps(n)
}

// idleCaps warns of caps that another one makes useless.
func (r *reader) idleCaps(n source.Node) {
	for _, c := range r.policy.Caps {
		for _, tighter := range r.policy.Caps {
			longer := slices.Index(spans(), tighter.Per) >= slices.Index(spans(), c.Per)
			covers := tighter.Channel == "" || tighter.Channel == c.Channel
			if c != tighter && longer && covers && tighter.Most < c.Most {
				n.Warn("idle-cap", c.String()+" is never reached, since "+tighter.String()+" is less", "lower the one or raise the other")
			}
		}
	}
}

// String gives a cap as an author writes it.
func (c Cap) String() string {
	channel := c.Channel
	if channel == "" {
		channel = customer.AnyChannel
	}
	return string(channel) + ": " + strconv.Itoa(c.Most) + " per " + string(c.Per)
}

// addCap keeps a cap unless one of its channel and span is there.
func (r *reader) addCap(n source.Node, c Cap) {
	for _, other := range r.policy.Caps {
		if other.Channel == c.Channel && other.Per == c.Per {
			n.Fail("is the second cap per "+string(c.Per)+" here", "keep one of them")
			return
		}
	}
	r.policy.Caps = append(r.policy.Caps, c)
}

// compareCaps orders caps by channel, all channels first, and span.
func compareCaps(a, b Cap) int {
	if d := strings.Compare(string(a.Channel), string(b.Channel)); d != 0 {
		return d
	}
	return slices.Index(spans(), a.Per) - slices.Index(spans(), b.Per)
}

func spans() []Span { return []Span{PerDay, PerWeek, PerMonth} }

func readCap(n source.Node, channel customer.Channel) (Cap, bool) {
	const hint = "write a whole number and day, week or month, such as 2 per day"
	text, ok := textOf(n)
	if !ok {
		return Cap{}, false
	}
	parts := perUnit.FindStringSubmatch(text)
	if parts == nil || !slices.Contains(spans(), Span(parts[2])) {
		n.Fail("is not a cap", hint)
		return Cap{}, false
	}
	most, err := strconv.Atoi(parts[1])
	switch {
	case err != nil:
		n.Fail("is not a whole number", hint)
	case most == 0:
		n.Fail("a cap of 0 lets nothing out", "leave the channel out of the rules, or give a number above 0")
	case most > mostPerSpan:
		n.Fail("is higher than 1000, which bounds nothing", "give the number that one customer may bear")
	default:
		return Cap{Channel: channel, Most: most, Per: Span(parts[2])}, true
	}
	return Cap{}, false
}

func (r *reader) rates(n source.Node) {
	for _, e := range entries(n) {
		if !checkChannel(e.Key, e.Name) {
			continue
		}
		if rate, ok := readRate(e.Value); ok {
			r.policy.Rates[customer.Channel(e.Name)] = rate
		}
	}
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

func (r *reader) holdout(n source.Node) {
	text, ok := textOf(n)
	if !ok {
		return
	}
	number, percent := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	switch {
	case err != nil:
		n.Fail("is not a percentage", "write for example 5%")
	case !percent:
		n.Fail("lacks its %", "write "+number+"%")
	case !(share >= 0 && share < 100):
		n.Fail("is not a share that may be held out", "write 0% or more, and less than 100%")
	default:
		r.policy.Holdout = share / 100
	}
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
		name := len(text) <= longestSenderName && senderName.MatchString(text)
		if !name && !phoneNumber.MatchString(text) && !shortCode.MatchString(text) {
			n.Fail("is not a sender of SMS", `write a number with + and its country, such as "+15550100100", a short code, or a name of up to 11 letters`)
			return false
		}
	case customer.Push:
		n.Fail("push messages come from the app itself", "leave push out of senders")
		return false
	}
	return true
}
