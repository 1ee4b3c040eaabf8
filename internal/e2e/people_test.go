package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// life is one person who lives by chance.
type life struct {
	*rand.Rand
	user  string
	place int       // among all people
	from  time.Time // when the days begin
	at    time.Time
	acts  []simulate.Act
	made  int
}

func (l *life) chance(share float64) bool { return l.Float64() < share }

func pick[T any](l *life, list ...T) T { return list[l.IntN(len(list))] }

// Many do something at almost the same time, so that a live engine has much to
// do at once; no two acts fall on one instant.
const (
	beat   = 4 * time.Hour
	offset = 80 * time.Minute // between three choirs
)

// do adds an event at the next beat of the person's choir.
func (l *life) do(name string, properties map[string]customer.Value) {
	at := l.from.Add(l.at.Sub(l.from).Truncate(beat) + beat + offset*time.Duration(l.place%3))
	l.act(at, observe.Incoming{Event: customer.Event{Name: name, Properties: properties, Via: pick(l, customer.ViaApp, customer.ViaServer)}})
}

func (l *life) act(at time.Time, in observe.Incoming) {
	in.User = l.user
	at = at.Add(time.Duration(l.place*100+len(l.acts)) * time.Microsecond)
	l.acts = append(l.acts, simulate.Act{At: at, Incoming: in})
}

// arrive tells who they are: zones east, west and off the full hour, hours of
// their own for some, consent for some, no address for a few.
func (l *life) arrive() {
	text := func(s string) *string { return &s }
	c := observe.Change{
		Zone: text(pick(l, "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Los_Angeles")),
		Traits: map[string]customer.Value{
			"plan": customer.Text(pick(l, "basic", "surf", "ultimate")), "plan_mb": customer.Number(pick(l, 1000.0, 5000.0)),
			"billing_day": customer.Number(float64(1 + l.IntN(28))),
		},
		Consents: map[customer.Topic]bool{"tips": l.chance(0.7), "offers": l.chance(0.5)},
	}
	if l.chance(0.9) {
		c.Phone = text(fmt.Sprintf("+49151%08d", l.IntN(100_000_000)))
	}
	if l.chance(0.8) {
		c.Email = text(l.user + "@example.com")
	}
	if l.chance(0.5) {
		c.PushToken = "token-" + l.user
	}
	if l.chance(0.4) {
		c.Preferences = &customer.Preferences{
			Hours: map[customer.Channel]string{pick(l, customer.SMS, customer.Email, customer.AnyChannel): pick(l, "Mon-Fri 18:00-21:00", "daily 07:00-09:00", "Sat-Sun 10:00-12:00")},
		}
	}
	l.act(l.from, observe.Incoming{Change: c, Event: customer.Event{Name: customer.Identified}})
}

// live lets days pass until an instant.
func (l *life) live(to time.Time) {
	l.at = l.at.Add(time.Minute)
	if l.chance(0.4) {
		l.do("signed_up", nil)
	}
	for l.at = l.pass(12); l.at.Before(to); l.at = l.pass(150) {
		switch pick(l, "session", "session", "session", "app", "order", "bill", "click", "other") {
		case "session":
			l.do("data_session", map[string]customer.Value{"mb": customer.Number(float64(100 + l.IntN(1500)))})
		case "app":
			l.do("app_opened", nil)
		case "order":
			l.order(to)
		case "bill":
			l.bill(to)
		case "click":
			l.do(pick(l, customer.MessageClicked, customer.MessageOpened), nil)
		default:
			l.do(pick(l, "app_installed", "plan_changed", "account_closed", "data_topped_up"), map[string]customer.Value{"mb": customer.Number(1000)})
		}
	}
}

// pass gives a later instant, on average half of some hours away.
func (l *life) pass(hours int) time.Time {
	return l.at.Add(time.Duration(1+l.IntN(hours*3600)) * time.Second)
}

func (l *life) order(to time.Time) {
	l.made++
	id := customer.Text(fmt.Sprint(l.user, "-", l.made))
	promised := l.at.Add(time.Duration(12+l.IntN(60)) * time.Hour)
	l.do("order_placed", map[string]customer.Value{"order_id": id, "promised_at": customer.Text(promised.Format(time.RFC3339)), "product": customer.Text("phone")})
	l.later(to, 90, pick(l, "order_delivered", "order_delivered", "order_cancelled", ""), map[string]customer.Value{"order_id": id})
}

func (l *life) bill(to time.Time) {
	l.made++
	properties := map[string]customer.Value{
		"invoice_id": customer.Text(fmt.Sprint(l.user, "-", l.made)), "amount": customer.Number(19.9), "currency": customer.Text("EUR"),
	}
	l.do("payment_failed", properties)
	l.later(to, 120, pick(l, "payment_succeeded", ""), properties)
}

// later lets something follow, for "" nothing.
func (l *life) later(to time.Time, hours int, name string, properties map[string]customer.Value) {
	back := l.at
	if l.at = l.pass(hours); name != "" && l.at.Before(to) {
		l.do(name, properties)
	}
	l.at = back
}
