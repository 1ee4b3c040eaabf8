package demo

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
)

// scene is a small piece of life: what happens now, and what it plans for
// later.
type scene func(l *live, now time.Time) []observe.Incoming

// opening is the order of the first scenes: something that is sent at once,
// something that waits, something that is dropped.
func opening() []scene {
	return []scene{
		paymentFails, signsUp, usesMostDaytime, orders, usesMostPatient, everydayLife,
		usesMostUnwilling, signsUp, paymentFails, usesMostDaytime, orders, usesMost,
		usesMostPatient, everydayLife, signsUp, usesMostDaytime, paymentFails, orders,
	}
}

type weighted struct {
	weight int
	play   scene
}

func scenes() []weighted {
	return []weighted{
		{14, everydayLife}, {2, usesMostDaytime}, {1, usesMost}, {1, usesMostPatient}, {1, paymentFails}, {2, orders},
		{1, signsUp}, {1, comesBack}, {1, looksAround},
	}
}

// opens is the customer opening the app.
func (p *person) opens(now time.Time) observe.Incoming {
	return p.does("app_opened", now, customer.ViaApp, nil)
}

// everydayLife is a bit of data here, a look into the app there.
func everydayLife(l *live, now time.Time) []observe.Incoming {
	var batch []observe.Incoming
	for range 2 {
		if p := l.some(func(p *person) bool { return p.habit == everyday }); p != nil {
			batch = append(batch, p.does("data_session", now, customer.ViaServer, megabytes(5+75*l.r.Float64())))
		}
	}
	p := l.some(func(p *person) bool { return (p.habit == everyday || p.habit == near) && p.hasApp() && p.awake(now) })
	if p != nil {
		batch = append(batch, p.opens(now))
	}
	return batch
}

func usesMost(l *live, now time.Time) []observe.Incoming {
	return l.usesMost(now, func(*person) bool { return true })
}

// usesMostDaytime is of a customer whom a message may reach right now.
func usesMostDaytime(l *live, now time.Time) []observe.Incoming {
	return l.usesMost(now, func(p *person) bool { return p.awake(now) && len(p.prefers.Hours) == 0 })
}

// usesMostPatient is of a customer who wants to be written to at hours of
// their own.
func usesMostPatient(l *live, now time.Time) []observe.Incoming {
	return l.usesMost(now, func(p *person) bool { return len(p.prefers.Hours) > 0 })
}

// usesMostUnwilling is of a customer who does not want to hear from us.
func usesMostUnwilling(l *live, now time.Time) []observe.Incoming {
	return l.usesMost(now, func(p *person) bool {
		given, said := p.consents["service"]
		return said && !given
	})
}

// usesMost takes a customer who fits beyond four fifths of their month, those
// first who are near it. Some then top up or change their plan.
func (l *live) usesMost(now time.Time, fits func(*person) bool) []observe.Incoming {
	p := l.untouched(func(p *person) bool { return p.habit == near && fits(p) })
	if p == nil {
		p = l.untouched(func(p *person) bool { return p.habit == everyday && fits(p) })
	}
	if p == nil {
		return everydayLife(l, now)
	}
	mb := (0.805 + 0.05*l.r.Float64() - p.share) * p.plan.mb
	switch n := l.r.IntN(100); {
	case n < 30:
		l.later(now, 15*time.Second, 2*time.Minute, p.topsUp)
	case n < 45 && p.plan != plans()[2]:
		l.later(now, 40*time.Second, 5*time.Minute, p.changesPlan)
	}
	return []observe.Incoming{p.does("data_session", now, customer.ViaServer, megabytes(mb))}
}

// untouched gives a customer who fits and was not given before in this run.
func (l *live) untouched(fits func(*person) bool) *person {
	for i := l.touched; i < len(l.order); i++ {
		p := &l.company.people[l.order[i]]
		if !fits(p) {
			continue
		}
		l.order[i], l.order[l.touched] = l.order[l.touched], l.order[i]
		l.touched++
		return p
	}
	return nil
}

func (p *person) topsUp(now time.Time) []observe.Incoming {
	return []observe.Incoming{p.does("data_topped_up", now, customer.ViaApp, megabytes(topUp))}
}

// changesPlan moves the customer to the next bigger plan.
func (p *person) changesPlan(now time.Time) []observe.Incoming {
	to := plans()[1]
	if p.plan.name == to.name {
		to = plans()[2]
	}
	in := p.does("plan_changed", now, customer.ViaWeb, map[string]customer.Value{"plan": customer.Text(to.name)})
	in.Change.Traits = map[string]customer.Value{"plan": customer.Text(to.name), "plan_mb": customer.Number(to.mb)}
	return []observe.Incoming{in}
}

// paymentFails is a bank that says no; more than half pay soon after.
func paymentFails(l *live, now time.Time) []observe.Incoming {
	p := l.some(func(p *person) bool { return p.habit == everyday || p.habit == near })
	if p == nil {
		return nil
	}
	bill := map[string]customer.Value{"invoice_id": customer.Text(l.name("R"))}
	if l.r.IntN(10) < 6 {
		l.later(now, 20*time.Second, 4*time.Minute, func(now time.Time) []observe.Incoming {
			return []observe.Incoming{p.does("payment_succeeded", now, customer.ViaServer, bill)}
		})
	}
	failed := map[string]customer.Value{
		"invoice_id": bill["invoice_id"], "amount": customer.Number(p.plan.price), "currency": customer.Text(p.place.currency),
	}
	return []observe.Incoming{p.does("payment_failed", now, customer.ViaServer, failed)}
}

// orders is an order by courier that is promised for the next minutes. Half
// come in time, most others late; a few are cancelled, or never come.
func orders(l *live, now time.Time) []observe.Incoming {
	p := l.some(func(p *person) bool { return p.habit == everyday && p.awake(now) })
	if p == nil {
		return nil
	}
	id := l.name("A")
	placed := now.Add(-20*time.Minute - time.Duration(l.r.Int64N(int64(20*time.Minute))))
	promised := now.Add(15*time.Second + time.Duration(l.r.Int64N(int64(75*time.Second)))).Truncate(time.Second)
	then := func(event string, after time.Duration) {
		l.at(promised.Add(after), func(now time.Time) []observe.Incoming {
			return []observe.Incoming{p.does(event, now, customer.ViaServer, order(id))}
		})
	}
	switch n := l.r.IntN(100); {
	case n < 40:
		then("order_delivered", -5*time.Second)
	case n < 82:
		then("order_delivered", time.Minute+time.Duration(l.r.Int64N(int64(4*time.Minute))))
	case n < 92:
		then("order_cancelled", -10*time.Second)
	}
	return []observe.Incoming{p.does("order_placed", placed, customer.ViaWeb, ordered(l.r, p, id, promised))}
}

// signsUp is somebody new, mostly from where it is day, who has not yet said
// when to be written to. Some get the app at once, and some use most of their
// data on the first film.
func signsUp(l *live, now time.Time) []observe.Incoming {
	var p person
	for range 8 {
		p = personIn(l.r, anywhere(l.r), l.name("lark"), phoneBook{}, l.zones)
		if p.awake(now) {
			break
		}
	}
	p.phone = l.phones.next(p.place)
	p.since, p.billing, p.share, p.habit = now, min(now.In(p.zone).Day(), 28), 0, everyday
	p.push, p.plan, p.prefers = "", plans()[l.r.IntN(2)], customer.Preferences{}
	delete(p.consents, "service")
	if p.phone == "" && p.email == "" {
		p.email = p.mail()
	}
	in := p.does("signed_up", now, customer.ViaWeb, nil)
	in.Change = p.change()
	if l.r.IntN(2) == 0 {
		l.later(now, time.Minute, 9*time.Minute, p.installs(l))
	}
	if l.r.IntN(3) == 0 {
		l.later(now, time.Minute, 6*time.Minute, func(now time.Time) []observe.Incoming {
			return []observe.Incoming{p.does("data_session", now, customer.ViaServer, megabytes(0.82*p.plan.mb))}
		})
	}
	return []observe.Incoming{in}
}

// installs gives the first start of the app on a device.
func (p *person) installs(l *live) func(now time.Time) []observe.Incoming {
	device := l.name("demo-new")
	return func(now time.Time) []observe.Incoming {
		in := p.does("app_installed", now.Add(-time.Second), customer.ViaApp, nil)
		in.Change.PushToken = device
		return []observe.Incoming{in, p.opens(now)}
	}
}

// comesBack is a customer who was silent and opens the app. It waits some
// minutes, so that there are silences to see.
func comesBack(l *live, now time.Time) []observe.Incoming {
	p := l.some(func(p *person) bool { return p.habit == quiet })
	if p == nil || now.Sub(l.began) < 5*time.Minute {
		return everydayLife(l, now)
	}
	return []observe.Incoming{p.opens(now)}
}

// looksAround is a customer who looks at something in the shop. Soon after it
// costs less, and sometimes they buy it.
func looksAround(l *live, now time.Time) []observe.Incoming {
	p := l.some(func(p *person) bool { return p.habit == everyday && p.awake(now) })
	if p == nil {
		return nil
	}
	product := map[string]customer.Value{"product_id": customer.Text("P-204")}
	l.later(now, 30*time.Second, 2*time.Minute, func(now time.Time) []observe.Incoming {
		return []observe.Incoming{p.does("price_dropped", now, customer.ViaServer, map[string]customer.Value{
			"product_id": product["product_id"], "product": customer.Text("pair of headphones"),
			"price": customer.Number(49), "was": customer.Number(59), "currency": customer.Text(p.place.currency),
		})}
	})
	return []observe.Incoming{p.does("product_viewed", now, customer.ViaApp, product)}
}

// outage is the network of a region that is down for some minutes: two events
// that name no customer. There is one in a run, some minutes after its start,
// where only some of the customers live.
func outage(l *live, now time.Time) []observe.Incoming {
	regions := []string{"NJ", "FL", "IL", "TX"}
	where := map[string]customer.Value{"region": customer.Text(one(l.r, regions)), "outage_id": customer.Text(l.name("X"))}
	of := func(event string, now time.Time) []observe.Incoming {
		return []observe.Incoming{{Event: customer.Event{
			Name: event, At: now.UTC().Truncate(time.Microsecond), Via: customer.ViaServer, Properties: where,
		}}}
	}
	l.later(now, 2*time.Minute, 4*time.Minute, func(now time.Time) []observe.Incoming { return of("outage_ended", now) })
	return of("outage_started", now)
}
