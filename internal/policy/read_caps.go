package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

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
			if c != tighter && longer && covers && tighter.Most < c.Most && tighter.places(true) <= c.places(true) {
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
	return string(channel) + ": " + c.amount()
}

// amount gives a cap's numbers as an author writes them.
func (c Cap) amount() string {
	text := strconv.Itoa(c.Most) + " per " + string(c.Per)
	if c.Urgent > 0 {
		text += " and " + strconv.Itoa(c.Urgent) + " urgent"
	}
	return text
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
	all, more, kept := strings.Cut(text, " and ")
	parts := perUnit.FindStringSubmatch(strings.TrimSpace(all))
	if parts == nil || !slices.Contains(spans(), Span(parts[2])) {
		n.Fail("is not a cap", hint)
		return Cap{}, false
	}
	urgent, ok := readUrgent(more)
	if kept && !ok && perUnit.MatchString(strings.TrimSpace(more)) {
		n.Fail("is two caps", "write them as a list: ["+strings.TrimSpace(all)+", "+strings.TrimSpace(more)+"]")
		return Cap{}, false
	}
	if kept && !ok {
		n.Fail("is not a cap", "after and write how many more places urgent topics have, such as 2 per day and 1 urgent")
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
		return Cap{Channel: channel, Most: most, Per: Span(parts[2]), Urgent: urgent}, true
	}
	return Cap{}, false
}

// readUrgent reads "1 urgent".
func readUrgent(text string) (places int, ok bool) {
	number, word, _ := strings.Cut(strings.TrimSpace(text), " ")
	places, err := strconv.Atoi(number)
	return places, err == nil && places > 0 && places <= mostPerSpan && strings.TrimSpace(word) == "urgent"
}
