package drill

import (
	"fmt"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
)

// pause lies between the two messages of a rule that has two, as the rules say.
const pauseSeconds = 3

// address is where one channel reaches a customer.
type address struct {
	Channel customer.Channel
	To      string
}

// step is one message that a customer is to get: by the first of the addresses
// that takes it.
type step struct {
	Name    string // of the rule's step
	To      []address
	Refused bool // no address takes it: that is a way to end, too
}

// person is one customer with the one event that happens to them.
type person struct {
	ID    string
	Rule  string
	Steps []step
}

// event gives the name of the event that begins the person's rule.
func (p person) event() string { return strings.ReplaceAll(p.Rule, "-", "_") }

// addresses gives every address of a person, each once.
func (p person) addresses() []address {
	var list []address
	seen := map[address]bool{}
	for _, s := range p.Steps {
		for _, a := range s.To {
			if !seen[a] {
				list = append(list, a)
			}
			seen[a] = true
		}
	}
	return list
}

// mixture is what twenty people in a row are.
var mixture = []string{
	"by-sms", "by-email", "by-push", "again", "by-sms", "by-email", "by-push", "sms-first", "by-sms", "mixed",
	"by-email", "by-push", "sms-first gone", "by-sms", "by-email", "push-first gone", "again", "by-sms gone", "by-email", "by-push",
}

// people makes customers who are to get so many messages in all, each with
// addresses of their own.
func people(messages int) []person {
	var list []person
	for n := 0; n < messages; {
		p := newPerson(len(list), mixture[len(list)%len(mixture)])
		if n+len(p.Steps) > messages {
			p = newPerson(len(list), "by-sms")
		}
		n += len(p.Steps)
		list = append(list, p)
	}
	return list
}

// newPerson makes the i-th customer.
func newPerson(i int, kind string) person {
	rule, gone, _ := strings.Cut(kind, " ")
	p := person{ID: fmt.Sprintf("c%05d", i), Rule: rule}
	phone := address{customer.SMS, fmt.Sprintf("+1212%d", 6_000_000+i)}
	mail := address{customer.Email, fmt.Sprintf("%s@drill.example.com", p.ID)}
	device := address{customer.Push, "device-of-" + p.ID}
	if gone != "" {
		phone.To, device.To = fmt.Sprintf("%s%06d", gonePhones, i), goneDevices+p.ID
	}
	first, second := step{Name: "first"}, step{Name: "second"}
	switch rule {
	case "by-sms":
		first.To, first.Refused = []address{phone}, gone != ""
	case "by-email":
		first.To = []address{mail}
	case "by-push":
		first.To = []address{device}
	case "again":
		first.To, second.To = []address{phone}, []address{phone}
	case "mixed":
		first.To, second.To = []address{mail}, []address{device}
	case "sms-first":
		first.To = []address{phone, mail}
	case "push-first":
		first.To = []address{device, mail}
	}
	p.Steps = []step{first}
	if second.To != nil {
		p.Steps = append(p.Steps, second)
	}
	return p
}

// How addresses that nobody has begin.
const (
	gonePhones  = "+12125"
	goneDevices = "gone-device-of-"
)

// refused reports whether providers know no such address.
func refused(to string) bool {
	return strings.HasPrefix(to, gonePhones) || strings.HasPrefix(to, goneDevices)
}
