package drill

import (
	"fmt"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// confirmed is the rule that waits for word that its message arrived, and
// confirmWithin is how long, as the rule says.
const (
	confirmed     = "sms-confirmed"
	confirmWithin = time.Minute
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
	Name string // of the rule's step
	To   []address
	// No address takes it, or none that takes it is reached: those are ways to
	// end, too.
	Refused, Undelivered bool
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
	"by-sms", "by-email", "by-push", "again", "by-sms", "by-email", "by-push", "sms-first", "sms-confirmed failing", "mixed",
	"sms-confirmed", "by-push", "sms-first gone", "by-sms failing", "by-email failing", "push-first gone", "again", "by-sms gone", "by-email", "by-push",
}

// people makes customers who are to get so many messages in all, each with
// addresses of their own. Those whose rule may wait for word come early, so
// that nobody waits for them at the end.
func people(messages int) []person {
	var list []person
	for n := 0; n < messages; {
		kind := mixture[len(list)%len(mixture)]
		if strings.HasPrefix(kind, confirmed) && n > messages/4 {
			kind = "sms-first"
		}
		p := newPerson(len(list), kind)
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
	rule, trouble, _ := strings.Cut(kind, " ")
	gone, failing := trouble == "gone", trouble == "failing"
	p := person{ID: fmt.Sprintf("c%05d", i), Rule: rule}
	phone := address{customer.SMS, fmt.Sprintf("+12126%06d", i)}
	mail := address{customer.Email, fmt.Sprintf("%s@drill.example.com", p.ID)}
	device := address{customer.Push, "device-of-" + p.ID}
	switch {
	case gone:
		phone.To, device.To = fmt.Sprintf("%s%06d", gonePhones, i), goneDevices+p.ID
	case failing && rule == "by-email":
		mail.To = failingMails + mail.To
	case failing:
		phone.To = fmt.Sprintf("%s%06d", failingPhones, i)
	}
	first, second := step{Name: "first"}, step{Name: "second"}
	switch rule {
	case "by-sms", added:
		first.To, first.Refused, first.Undelivered = []address{phone}, gone, failing
	case "by-email":
		first.To, first.Undelivered = []address{mail}, failing
	case "by-push":
		first.To = []address{device}
	case "again":
		first.To, second.To = []address{phone}, []address{phone}
	case "mixed":
		first.To, second.To = []address{mail}, []address{device}
	case "sms-first", confirmed:
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

// How addresses begin that nobody has, and those that take messages which do
// not arrive.
const (
	gonePhones    = "+12125"
	goneDevices   = "gone-device-of-"
	failingPhones = "+12127"
	failingMails  = "full-mailbox-of-"
)

// refused reports whether providers know no such address.
func refused(to string) bool {
	return strings.HasPrefix(to, gonePhones) || strings.HasPrefix(to, goneDevices)
}

// undelivered reports whether messages are taken for an address that they do
// not reach.
func undelivered(to string) bool {
	return strings.HasPrefix(to, failingPhones) || strings.HasPrefix(to, failingMails)
}
