package demo

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// habit is how a customer behaves.
type habit int

const (
	everyday habit = iota // a bit of data, the app every few days
	near                  // has used just less than four fifths of the data
	quiet                 // opened the app two weeks ago for the last time
	mondays               // opens the app on Monday evenings only, and reads no email
)

// person is one customer.
type person struct {
	id       string // the outside id
	place    place
	zone     *time.Location
	name     string
	locale   string
	email    string // "" none
	phone    string // E.164; "" none
	push     string // a device with the app; "" none
	plan     plan
	billing  int // day of the month, 1 to 28
	since    time.Time
	consents map[customer.Topic]bool
	prefers  customer.Preferences
	habit    habit
	share    float64 // of the month's data, used up to now
}

// plan is what a customer bought.
type plan struct {
	name  string
	mb    float64
	price float64 // in any currency: this company is simple
}

// topUp is how much data one top-up adds, in MB.
const topUp = 5000

func plans() []plan {
	return []plan{{"basic", 2000, 9}, {"surf", 15_000, 19}, {"ultimate", 50_000, 39}}
}

// newPerson draws a customer.
func newPerson(r *rand.Rand, id string, phones phoneBook, zones *sendtime.Zones) person {
	return personIn(r, anywhere(r), id, phones, zones)
}

func personIn(r *rand.Rand, where place, id string, phones phoneBook, zones *sendtime.Zones) person {
	p := person{id: id, place: where, zone: time.UTC, locale: one(r, where.locales)}
	if zone, err := zones.Load(where.zone); err == nil {
		p.zone = zone
	}
	p.name = nameIn(r, p.locale)
	p.plan = []plan{plans()[0], plans()[1], plans()[1], plans()[2]}[r.IntN(4)]
	p.billing = 1 + r.IntN(28)
	p.since = time.Date(2020, time.January, 1+r.IntN(2000), 0, 0, 0, 0, time.UTC)
	p.habit = []habit{everyday, everyday, everyday, everyday, everyday, near, near, near, quiet, mondays}[r.IntN(10)]
	p.reached(r, phones)
	p.said(r)
	p.share = 0.05 + 0.55*r.Float64()
	if p.habit == near {
		p.share = 0.70 + 0.095*r.Float64()
	}
	return p
}

// reached draws how a customer can be reached. A few cannot be at all.
func (p *person) reached(r *rand.Rand, phones phoneBook) {
	const without = 0.015
	hasEmail, hasApp, hasPhone := r.Float64() < 0.85, r.Float64() < 0.6, r.Float64() < 0.9
	device := fmt.Sprintf("demo-%016x%016x", r.Uint64(), r.Uint64())
	nobody := r.Float64() < without
	if p.habit == quiet || p.habit == mondays {
		hasApp, nobody = true, false
	}
	if hasPhone && !nobody {
		p.phone = phones.next(p.place)
	}
	if hasApp && !nobody {
		p.push = device
	}
	if hasEmail && !nobody || p.phone == "" && p.push == "" && !nobody {
		p.email = p.mail()
	}
}

func (p *person) mail() string { return mailbox(p.name) + "." + p.id + "@example.com" }

// said draws what a customer said: consents, hours, channels.
func (p *person) said(r *rand.Rand) {
	p.consents = map[customer.Topic]bool{}
	for _, topic := range []struct {
		name    customer.Topic
		yes, no float64
	}{{"service", 0.1, 0.04}, {"tips", 0.75, 0.1}, {"offers", 0.5, 0.2}} {
		switch answer := r.Float64(); {
		case answer < topic.yes:
			p.consents[topic.name] = true
		case answer < topic.yes+topic.no:
			p.consents[topic.name] = false
		}
	}
	saysHours, saysOrder := r.Float64() < 0.44, r.Float64() < 0.25
	hours := map[customer.Channel]string{customer.AnyChannel: one(r, favourites())}
	if r.Float64() < 0.4 {
		hours = map[customer.Channel]string{one(r, customer.Channels()): one(r, favourites()), one(r, customer.Channels()): one(r, favourites())}
	}
	order := customer.Channels()
	r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	if p.habit == mondays {
		p.consents["tips"] = true
		return
	}
	if saysHours {
		p.prefers.Hours = hours
	}
	if saysOrder {
		p.prefers.Channels = order[:1+r.IntN(len(order))]
	}
}

// billingDay is the trait with the day on which the data starts anew.
const billingDay = "billing_day"

// clock gives what the customer's months depend on.
func (p *person) clock() behaviour.Clock {
	return behaviour.Clock{Zone: p.zone, Trait: func(name string) (customer.Value, bool) {
		return customer.Number(float64(p.billing)), name == billingDay
	}}
}

// favourites are hours that customers ask for, as the engine writes them.
func favourites() []string {
	return []string{
		"Mon-Fri 18:00-21:00", "Mon-Fri 12:00-14:00", "daily 09:00-11:00", "daily 17:00-20:00", "Sat,Sun 10:00-13:00",
		"Mon-Fri 08:00-09:30", "daily 20:00-21:00", "Tue,Thu 19:00-21:00", "Sat 09:00-12:00", "daily 14:00-17:00",
	}
}

// hasApp reports whether the customer has the app.
func (p *person) hasApp() bool { return p.push != "" }

// awake reports whether it is the middle of the day where the customer is.
func (p *person) awake(now time.Time) bool {
	hour := now.In(p.zone).Hour()
	return hour >= 9 && hour < 19
}

// change gives all that the company knows of the customer.
func (p *person) change() observe.Change {
	c := observe.Change{
		Zone: text(p.place.zone), Country: text(p.place.country), Locale: text(p.locale), Region: text(p.place.region),
		Phone: text(p.phone), Email: text(p.email), PushToken: p.push,
		Traits: map[string]customer.Value{
			"first_name": customer.Text(p.name), "plan": customer.Text(p.plan.name), "plan_mb": customer.Number(p.plan.mb),
			billingDay: customer.Number(float64(p.billing)), "customer_since": customer.Text(p.since.Format(time.DateOnly)),
		},
		Consents: maps.Clone(p.consents),
	}
	if len(p.prefers.Hours) > 0 || len(p.prefers.Channels) > 0 {
		said := customer.Profile{Preferences: p.prefers}.Clone().Preferences
		c.Preferences = &said
	}
	return c
}

// text gives a field of a change; what is empty leaves the field as it is.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// does gives something that the customer did, or that befell them. It has no
// message id yet.
func (p *person) does(event string, at time.Time, via customer.Via, properties map[string]customer.Value) observe.Incoming {
	return observe.Incoming{User: p.id, Event: customer.Event{
		Name: event, At: at.UTC().Truncate(time.Microsecond), Via: via, Properties: properties,
	}}
}
