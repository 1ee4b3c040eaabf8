package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Live lets the company's customers go on with their lives until ctx ends,
// which is no error. Each second or so it hands a few events to taker, with the
// instants that clock gives; within a minute of its start every kind of event
// has come. A taker's error ends it. Message ids are unlike those of any other
// start.
func (c *Company) Live(ctx context.Context, taker Taker, clock func() time.Time) error {
	began := clock()
	l := c.newLive(began)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		now := clock()
		if batch := l.tick(now); len(batch) > 0 {
			if _, err := taker.Take(ctx, batch); err != nil && ctx.Err() == nil {
				return fmt.Errorf("demo: take %d events: %w", len(batch), err)
			}
		}
		timer.Reset(l.pause(now))
	}
}

// live is one run of the company's life. It belongs to one goroutine.
type live struct {
	company *Company
	began   time.Time
	run     string // names the run: no other start has the same
	r       *rand.Rand
	zones   *sendtime.Zones
	phones  phoneBook
	opening []scene // what comes first, so that there is something of everything to see
	agenda  []planned
	order   []int // customers in an order of this run
	touched int   // how many of them, from the front, used up most of their month
	monday  time.Time
	things  int // that got a name
	events  int
}

// planned is what is going to happen.
type planned struct {
	at   time.Time
	make func(now time.Time) []observe.Incoming
}

func (c *Company) newLive(now time.Time) *live {
	l := &live{
		company: c, began: now, run: strconv.FormatInt(now.UnixNano(), 36), zones: sendtime.NewZones(), phones: phoneBook{},
		r: rand.New(rand.NewPCG(c.seed, uint64(now.UnixNano()))),
	}
	for i := range c.people {
		l.phones.skip(c.people[i].place, c.people[i].phone)
	}
	l.phones.shuffle(l.r)
	l.order = l.r.Perm(len(c.people))
	l.opening = opening()
	l.later(now, 3*time.Minute, 6*time.Minute, func(now time.Time) []observe.Incoming { return outage(l, now) })
	return l
}

// tick gives what happens at an instant: what was planned, and one scene more.
func (l *live) tick(now time.Time) []observe.Incoming {
	batch := l.due(now)
	batch = append(batch, l.evening(now)...)
	batch = append(batch, l.next()(l, now)...)
	for i := range batch {
		if batch[i].Event.MessageID == "" {
			l.events++
			batch[i].Event.MessageID = "demo/" + l.run + "/" + strconv.Itoa(l.events)
		}
	}
	return batch
}

// pause is how long nothing happens: about a second at first, and later three,
// so that a demo that is left alone stays small.
func (l *live) pause(now time.Time) time.Duration {
	const lively = 10 * time.Minute
	pause := 700*time.Millisecond + time.Duration(l.r.Int64N(int64(600*time.Millisecond)))
	if now.Sub(l.began) > lively {
		return 3 * pause
	}
	return pause
}

// later plans what is to happen from shortest to longest after now.
func (l *live) later(now time.Time, shortest, longest time.Duration, then func(now time.Time) []observe.Incoming) {
	l.at(now.Add(shortest+time.Duration(l.r.Int64N(int64(longest-shortest)))), then)
}

func (l *live) at(at time.Time, then func(now time.Time) []observe.Incoming) {
	l.agenda = append(l.agenda, planned{at, then})
}

// due takes what was planned for now or before from the agenda.
func (l *live) due(now time.Time) []observe.Incoming {
	agenda := l.agenda
	l.agenda = nil
	var batch []observe.Incoming
	for _, p := range agenda {
		if p.at.After(now) {
			l.agenda = append(l.agenda, p)
			continue
		}
		batch = append(batch, p.make(now)...)
	}
	return batch
}

// name names a new thing: an order, a bill, a customer.
func (l *live) name(prefix string) string {
	l.things++
	return fmt.Sprintf("%s-%s-%d", prefix, l.run[max(0, len(l.run)-6):], l.things)
}

// some gives a customer drawn from those who fit, nil when nobody does.
func (l *live) some(fits func(p *person) bool) *person {
	people := l.company.people
	if len(people) == 0 {
		return nil
	}
	start := l.r.IntN(len(people))
	for i := range people {
		if p := &people[l.order[(start+i)%len(people)]]; fits(p) {
			return p
		}
	}
	return nil
}

// evening lets most customers of the Monday evening log on between seven and
// nine on their clock, some of them only after half past eight. The ids are the
// same at every start, so that nobody comes twice of an evening.
func (l *live) evening(now time.Time) []observe.Incoming {
	if now.Sub(l.monday) < time.Minute {
		return nil
	}
	from := l.monday
	l.monday = now
	if from.IsZero() {
		return nil
	}
	var batch []observe.Incoming
	for i := range l.company.people {
		p := &l.company.people[i]
		local := now.In(p.zone)
		if p.habit != mondays || local.Weekday() != time.Monday {
			continue
		}
		week := local.Format(time.DateOnly)
		comes := l.company.evening(p, local, uint64(i))
		if comes.IsZero() || comes.After(now) || !comes.After(from) {
			continue
		}
		in := p.opens(now)
		in.Event.MessageID = fmt.Sprintf("demo/%d/%s/monday/%s", l.company.seed, p.id, week)
		batch = append(batch, in)
	}
	return batch
}

// evening is when a customer logs on of a Monday evening; zero: not at all.
func (c *Company) evening(p *person, local time.Time, i uint64) time.Time {
	r := c.random(i | 1<<41 ^ uint64(local.YearDay())<<48)
	if r.IntN(10) < 3 {
		return time.Time{}
	}
	return time.Date(local.Year(), local.Month(), local.Day(), 19, r.IntN(120), 0, 0, p.zone)
}

// next gives the next scene: those of the opening, then any by weight.
func (l *live) next() scene {
	if len(l.opening) > 0 {
		first := l.opening[0]
		l.opening = slices.Delete(l.opening, 0, 1)
		return first
	}
	all := scenes()
	total := 0
	for _, s := range all {
		total += s.weight
	}
	n := l.r.IntN(total)
	for _, s := range all {
		if n -= s.weight; n < 0 {
			return s.play
		}
	}
	return everydayLife
}
