// Package learn proposes what data.yaml could declare from what was received:
// the names of traits, events and properties, and their types. It shows no
// value of anybody, but for the few words that many customers share. It decides
// nothing: what a company declares its people say.
package learn

import (
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Bounds of what is remembered. What comes above them is not proposed.
const (
	maxNames      = 2000 // traits, and events
	maxProperties = 200  // of one event
	maxWords      = 24   // different texts of one name
	maxWord       = 24   // of such a text, in bytes
)

// Seen is what was received, in bounded memory: of each name how often and with
// how many customers it came and what its values look like. The zero value has
// seen nothing. It is not safe for concurrent use.
type Seen struct {
	traits map[string]*sketch
	events map[string]*happened
	apps   bool // an event came from an app or a browser
}

// happened is what was seen of one event.
type happened struct {
	times      int64
	people     people
	fromServer int64
	properties map[string]*sketch
}

// people counts customers who come one after the other.
type people struct {
	count int64
	last  customer.ID
}

func (p *people) see(who customer.ID) {
	if who != p.last || p.count == 0 {
		p.last = who
		p.count++
	}
}

// Customer takes one customer's traits. Customers are given one after the
// other, each with what is theirs: traits, then events.
func (s *Seen) Customer(who customer.ID, traits map[string]customer.Value) {
	if s.traits == nil {
		s.traits = map[string]*sketch{}
	}
	for name, v := range traits {
		if sk := sketchOf(s.traits, name, maxNames); sk != nil {
			sk.see(who, v)
		}
	}
}

// Event takes one event. The engine's own are passed over.
func (s *Seen) Event(e customer.Event) {
	if e.Name == customer.Identified || strings.HasPrefix(e.Name, "message_") {
		return
	}
	if s.events == nil {
		s.events = map[string]*happened{}
	}
	h := s.events[e.Name]
	if h == nil {
		if len(s.events) >= maxNames {
			return
		}
		h = &happened{properties: map[string]*sketch{}}
		s.events[e.Name] = h
	}
	h.times++
	s.apps = s.apps || e.Via == customer.ViaApp || e.Via == customer.ViaWeb
	h.people.see(e.Customer)
	if e.Via == customer.ViaServer {
		h.fromServer++
	}
	for name, v := range e.Properties {
		if sk := sketchOf(h.properties, name, maxProperties); sk != nil {
			sk.see(e.Customer, v)
		}
	}
}

// sketchOf gives the sketch of a name, nil when there are too many names.
func sketchOf(all map[string]*sketch, name string, most int) *sketch {
	if s := all[name]; s != nil || len(all) >= most {
		return s
	}
	s := &sketch{}
	all[name] = s
	return s
}
