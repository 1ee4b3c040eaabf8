package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
)

// maxHistory bounds how many events a history has, so that a second start,
// which meets nothing but duplicates, is quick. Customers beyond it have none.
const maxHistory = 5000

const day = 24 * time.Hour

// soon is within how long of the first start what is left open in the history
// falls due.
const soon = 25 * time.Minute

// History gives what the customers did in the weeks before the company's first
// start, oldest first, all of it before since. Much of it is left open: data
// just below four fifths, silences and promises that end within minutes of
// since. Message ids hang on the seed and on since's day in UTC alone, so give
// the same since at every start: what comes again is then known.
func (c *Company) History(since time.Time) []observe.Incoming {
	var events []observe.Incoming
	for i := range c.people {
		p := &c.people[i]
		past := past{p: p, since: since, r: c.random(uint64(i) | 1<<40)}
		past.live()
		if len(events)+len(past.events) > maxHistory {
			break
		}
		for n := range past.events {
			past.events[n].Event.MessageID = fmt.Sprintf("demo/%d/%s/%s/%d", c.seed, since.UTC().Format(time.DateOnly), p.id, n+1)
		}
		events = append(events, past.events...)
	}
	slices.SortStableFunc(events, func(a, b observe.Incoming) int { return a.Event.At.Compare(b.Event.At) })
	return events
}

// past is one customer's history in the making.
type past struct {
	p      *person
	since  time.Time
	r      *rand.Rand
	events []observe.Incoming
}

// add keeps an event, unless it would not be past.
func (h *past) add(event string, at time.Time, via customer.Via, properties map[string]customer.Value) {
	if at.Before(h.since) {
		h.events = append(h.events, h.p.does(event, at, via, properties))
	}
}

func (h *past) live() {
	switch h.p.habit {
	case quiet:
		h.open(17*day, 27*day)
		h.open(17*day, 27*day)
		h.fellSilent(14)
	case mondays:
		h.mondays()
	default:
		h.data()
		h.app()
		h.shop()
	}
}

// between draws an instant from longest to shortest before since.
func (h *past) between(shortest, longest time.Duration) time.Time {
	return h.since.Add(-shortest - time.Duration(h.r.Int64N(int64(longest-shortest))))
}

func (h *past) open(shortest, longest time.Duration) {
	h.add("app_opened", h.between(shortest, longest), customer.ViaApp, nil)
}

// fellSilent lets the customer open the app for the last time so many days
// ago, less a few seconds to minutes on their clock.
func (h *past) fellSilent(days int) {
	left := h.r.Float64()
	due := h.since.Add(10*time.Second + time.Duration(left*left*left*float64(soon)))
	h.add("app_opened", due.In(h.p.zone).AddDate(0, 0, -days), customer.ViaApp, nil)
}

// data spreads the customer's share over this month of theirs.
func (h *past) data() {
	start, _, ok := behaviour.Period{Kind: behaviour.MonthFrom, Of: billingDay}.Bounds(h.since, h.p.clock())
	month := h.since.Sub(start)
	if !ok || month <= time.Minute {
		return
	}
	sessions := 2 + h.r.IntN(2)
	for i := range sessions {
		at := start.Add(time.Duration((float64(i) + h.r.Float64()) / float64(sessions) * float64(month-time.Second)))
		h.add("data_session", at, customer.ViaServer, megabytes(h.p.share*h.p.plan.mb/float64(sessions)))
	}
}

func megabytes(mb float64) map[string]customer.Value {
	const tenth = 10 // to one digit, downwards: what is below a limit stays there
	return map[string]customer.Value{"mb": customer.Number(float64(int64(mb*tenth)) / tenth)}
}

// app lets those who have the app look into it.
func (h *past) app() {
	if !h.p.hasApp() {
		return
	}
	h.open(3*day, 5*day)
	h.open(time.Hour, 2*day)
}

// mondays lets the customer look in on the Monday evenings of five weeks, by
// turns before eight and after. Of
// some the last look was on another day, so that their silence is long enough
// within minutes - where the evening of the coming Monday is near enough.
func (h *past) mondays() {
	local := h.since.In(h.p.zone)
	back := (int(local.Weekday()) + 6) % 7
	if back == 0 {
		back = 7
	}
	last := h.since
	if monday := nextMonday(h.since, h.p.zone); monday.Sub(h.since) < 70*time.Hour && monday.After(h.since.Add(soon)) && h.r.IntN(2) == 0 {
		h.fellSilent(5)
		last = h.events[0].Event.At
	}
	for week := range 5 {
		evening := time.Date(local.Year(), local.Month(), local.Day()-back-7*week, 19+week%2, h.r.IntN(58), 0, 0, h.p.zone)
		if evening.Before(last) {
			h.add("app_opened", evening, customer.ViaApp, nil)
		}
	}
	slices.SortFunc(h.events, func(a, b observe.Incoming) int { return a.Event.At.Compare(b.Event.At) })
}

// nextMonday is the next Monday 20:30 on the clock of a zone.
func nextMonday(now time.Time, zone *time.Location) time.Time {
	local := now.In(zone)
	ahead := (8 - int(local.Weekday())) % 7
	at := time.Date(local.Year(), local.Month(), local.Day()+ahead, 20, 30, 0, 0, zone)
	if at.After(now) {
		return at
	}
	return time.Date(local.Year(), local.Month(), local.Day()+ahead+7, 20, 30, 0, 0, zone)
}

// shop lets some customers sign up or order something in these weeks. Most
// orders came in time; some are promised for about now and are not there.
func (h *past) shop() {
	switch n := h.r.IntN(40); {
	case n < 2:
		at := h.between(3*day, 20*day)
		h.add("signed_up", at, customer.ViaWeb, nil)
		if h.p.hasApp() {
			h.add("app_installed", at.Add(time.Hour), customer.ViaApp, nil)
		}
	case n < 6:
		placed := h.between(5*day, 20*day)
		id := h.order(placed, placed.Add(2*day))
		h.add("order_delivered", placed.Add(40*time.Hour), customer.ViaServer, order(id))
	case n == 6:
		h.order(h.between(30*time.Hour, 40*time.Hour), h.since.Add(time.Duration(h.r.Int64N(int64(soon)))-5*time.Minute))
	}
}

// order places an order and gives its id.
func (h *past) order(at, promised time.Time) string {
	id := fmt.Sprintf("A-%s-%d", h.p.id[len("lark-"):], len(h.events)+1)
	h.add("order_placed", at, customer.ViaWeb, ordered(h.r, h.p, id, promised))
	return id
}

func order(id string) map[string]customer.Value {
	return map[string]customer.Value{"order_id": customer.Text(id)}
}

// ordered gives the properties of an order.
func ordered(r *rand.Rand, p *person, id string, promised time.Time) map[string]customer.Value {
	products := []string{"SIM card", "phone case", "charger", "travel eSIM card", "pair of headphones"}
	prices := []float64{5, 19, 25, 15, 59}
	i := r.IntN(len(products))
	properties := order(id)
	properties["product"] = customer.Text(products[i])
	properties["promised_at"] = customer.Text(promised.UTC().Format(time.RFC3339))
	properties["total"] = customer.Number(prices[i])
	properties["currency"] = customer.Text(p.place.currency)
	return properties
}
