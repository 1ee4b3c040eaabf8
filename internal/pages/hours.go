package pages

import (
	"maps"

	"github.com/outreach-engine/outreach/internal/customer"
)

// hours is one of the times that the preference page lets choose.
type hours struct {
	name string // in the form
	when string // as Preferences keep it; "" is not said
}

// The names of two choices that are no times.
const (
	anyHours = "any"
	ownHours = "own" // they said it elsewhere, in words of their own
)

// choosable lists the times that can be chosen.
func choosable() []hours {
	return []hours{
		{anyHours, ""},
		{"mornings", "daily 08:00-12:00"},
		{"afternoons", "daily 12:00-17:00"},
		{"evenings", "daily 17:00-21:00"},
		{"weekends", "Sat-Sun 09:00-20:00"},
	}
}

// whenever is what Preferences keep where a channel has no bound, and the
// others have one.
const whenever = "any time"

// hoursOf names the choice that holds for a channel.
func hoursOf(p customer.Preferences, c customer.Channel) string {
	said, ok := p.HoursFor(c)
	if !ok || said == whenever {
		return anyHours
	}
	for _, h := range choosable() {
		if h.when == said {
			return h.name
		}
	}
	return ownHours
}

// setHours gives preferences with other hours for a channel. Those given are
// not changed. A name that is none changes nothing.
func setHours(p customer.Preferences, c customer.Channel, name string) customer.Preferences {
	for _, h := range choosable() {
		if h.name != name {
			continue
		}
		said := maps.Clone(p.Hours)
		if said == nil {
			said = map[customer.Channel]string{}
		}
		_, bound := said[customer.AnyChannel]
		switch {
		case h.when != "":
			said[c] = h.when
		case bound:
			said[c] = whenever
		default:
			delete(said, c)
		}
		if p.Hours = said; len(said) == 0 {
			p.Hours = nil
		}
	}
	return p
}

// setFirst gives preferences with another channel first, the others behind it
// in their order; "" forgets the order.
func setFirst(p customer.Preferences, first customer.Channel) customer.Preferences {
	if first == "" {
		p.Channels = nil
		return p
	}
	order := []customer.Channel{first}
	for _, c := range p.Channels {
		if c != first {
			order = append(order, c)
		}
	}
	p.Channels = order
	return p
}

// firstOf gives the channel that is liked best, "" not said.
func firstOf(p customer.Preferences) customer.Channel {
	if len(p.Channels) == 0 {
		return ""
	}
	return p.Channels[0]
}
