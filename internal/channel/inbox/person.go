package inbox

import (
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// personView is a customer in one line.
type personView struct {
	ID       customer.ID `json:"id"`
	External string      `json:"external"`
	Name     string      `json:"name"` // the first and last name, else an id
}

// Initials gives a letter or two for a picture.
func (p personView) Initials() string {
	var initials []rune
	for _, word := range strings.Fields(p.Name) {
		initials = append(initials, []rune(strings.ToUpper(word))[0])
	}
	if len(initials) == 0 {
		return "?"
	}
	return string(initials[:min(len(initials), 2)])
}

// Hue gives the colour of their picture, in degrees; the same each time.
func (p personView) Hue() int {
	return int(digestOf(string(p.ID))[0]) * 360 / 256
}

// actView is what a customer did with a message.
type actView struct {
	Act   string    `json:"act"` // opened, clicked, replied
	At    time.Time `json:"at"`
	Local string    `json:"local_time"`
	Text  string    `json:"text,omitempty"` // of a reply
}

// reader reads for one page, in one transaction.
type reader struct {
	tx     ledger.Tx
	page   *page
	people map[customer.ID]*person
	err    error // the first
}

// person is a customer as a reader came to know them.
type person struct {
	profile customer.Profile
	known   bool
	zone    *time.Location
	acts    map[string][]actView // by send key, oldest first; nil: not read
}

func (p *page) read(tx ledger.Tx) *reader {
	return &reader{tx: tx, page: p, people: map[customer.ID]*person{}}
}

// person gives a customer; of one who is gone only the id is known.
func (r *reader) person(id customer.ID) *person {
	if known := r.people[id]; known != nil {
		return known
	}
	record, ok, err := r.tx.Customer(id)
	r.note(err)
	record.Profile.ID = id
	found := &person{profile: record.Profile, known: ok, zone: r.page.Zone(record.Profile)}
	r.people[id] = found
	return found
}

func (r *reader) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

// resolve gives the customer of our id or an outside one.
func (r *reader) resolve(id string) (customer.ID, bool) {
	if own := r.person(customer.ID(id)); own.known {
		return own.profile.ID, true
	}
	outside, ok, err := r.tx.Resolve(id)
	r.note(err)
	return outside, ok && r.person(outside).known
}

func (p *person) view() personView {
	v := personView{ID: p.profile.ID, External: p.profile.External}
	first, last := p.profile.Traits["first_name"].String(), p.profile.Traits["last_name"].String()
	switch {
	case strings.TrimSpace(first) != "":
		v.Name = strings.TrimSpace(first + " " + last)
	case v.External != "":
		v.Name = v.External
	default:
		v.Name = string(v.ID)
	}
	return v
}

// local writes an instant as the customer's clock shows it.
func (p *person) local(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(p.zone).Format("Mon 2 Jan 15:04")
}

// mostActs bounds how many of a customer's newest acts are looked at.
const mostActs = 200

// actsOn gives what a customer did with a message, oldest first.
func (r *reader) actsOn(id customer.ID, key string) []actView {
	p := r.person(id)
	if p.acts == nil {
		p.acts = map[string][]actView{}
		events, err := r.tx.Events(ledger.EventQuery{Customer: id, Names: actEvents(), Limit: mostActs, Newest: true})
		r.note(err)
		for _, e := range events {
			message := e.Properties[customer.MessageProperty].String()
			p.acts[message] = append(p.acts[message], actView{
				Act: strings.TrimPrefix(e.Name, actPrefix), At: e.At, Local: p.local(e.At), Text: e.Properties[customer.TextProperty].String(),
			})
		}
	}
	if list := p.acts[key]; list != nil {
		return slices.Clone(list)
	}
	return []actView{}
}

// actPrefix stands before an act in its event's name.
const actPrefix = "message_"

// actEvents names the events of what customers do with messages.
func actEvents() []string {
	return []string{customer.MessageOpened, customer.MessageClicked, customer.MessageReplied}
}
