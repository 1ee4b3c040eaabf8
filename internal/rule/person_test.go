package rule_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// watched is what the tests' rules may watch.
const watched = `
traits: {plan: [basic, surf], plan_mb: number, seats: number, billing_day: number, role: text, ends: date, started: time}
events:
  used: {mb: number, device: id}
  topped_up: {mb: number, device: id}
  renewed: {}
  level: {percent: number, most: number}
  opened: {}
  bought: {total: number}
  billed: {by: us}
  ordered: {order: id, promised: time, day: date}
  arrived: {by: us, order: id}
`

// matcherOf reads a rule of which only the trigger and what stands beside it
// is given.
func matcherOf(t testing.TB, trigger string) *rule.Matcher {
	t.Helper()
	var ps source.Problems
	env := env(t)
	env.Data = dictionary.Read("data.yaml", []byte(watched), &ps)
	text := "description: A rule.\nowner: a@example.com\ntopic: service\n" + trigger + "\nsteps: [{send: welcome}]\n"
	r := rule.Read("rules/mine.yaml", []byte(text), env, &ps)
	require.NoError(t, ps.Err())
	return rule.NewMatcher(r, env.Data)
}

// person is one customer as the engine meets them: the log, the state, and
// the reasons that came, each once.
type person struct {
	t       testing.TB
	m       *rule.Matcher
	s       rule.Subject
	plan    *behaviour.Plan
	events  []customer.Event
	reasons []rule.Reason
	asked   int // times that the log was read
}

func newPerson(t testing.TB, m *rule.Matcher, traits ...any) *person {
	p := &person{t: t, m: m, s: rule.Subject{
		Profile: &customer.Profile{Traits: map[string]customer.Value{}}, State: &behaviour.State{}, Zone: time.UTC,
	}}
	p.plan = behaviour.NewPlan(m.Defs(), func(event string) bool { return event != "billed" && event != "arrived" })
	for i := 0; i < len(traits); i += 2 {
		p.s.Profile.Traits[traits[i].(string)] = valueOf(traits[i+1])
	}
	return p
}

func valueOf(v any) customer.Value {
	if n, ok := v.(int); ok {
		return customer.Number(float64(n))
	}
	return customer.Text(fmt.Sprint(v))
}

// event makes one that nobody else has.
func (p *person) event(at, name string, properties ...any) customer.Event {
	p.t.Helper()
	e := customer.Event{Name: name, At: instant(p.t, at), Properties: map[string]customer.Value{}}
	e.MessageID = fmt.Sprintf("%s at %s", name, e.At.Format("02 15:04"))
	for i := 0; i < len(properties); i += 2 {
		e.Properties[properties[i].(string)] = valueOf(properties[i+1])
	}
	return e
}

// instant reads a day of November 2026 (a Sunday is the 1st), or RFC 3339.
func instant(t testing.TB, text string) time.Time {
	t.Helper()
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			return at
		}
	}
	at, err := time.Parse("2006-01-02 15:04", "2026-11-"+text)
	require.NoError(t, err)
	return at
}

func (p *person) log(names []string, from, to time.Time) ([]customer.Event, error) {
	p.asked++
	var found []customer.Event
	for _, e := range p.events {
		if (len(names) == 0 || slices.Contains(names, e.Name)) && !e.At.Before(from) && (to.IsZero() || e.At.Before(to)) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b customer.Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.MessageID, b.MessageID))
	})
	return found, nil
}

// take takes an event as intake does, and gives the reasons that are new.
func (p *person) take(e customer.Event) []rule.Reason {
	p.events = append(p.events, e)
	about, joined := p.m.AboutOf(e)
	asked := slices.Contains(p.m.TriggerEvents(), e.Name) || slices.Contains(p.m.TriggerEvents(), "") && p.plan.Own(e.Name)
	var found []rule.Reason
	if asked && joined {
		found = p.m.ExpireBefore(p.s, about, e.At)
	}
	r := p.s.State.Apply(p.plan, e, p.s.Clock())
	if asked {
		judged, err := p.m.Judge(p.s, e, r, p.log)
		require.NoError(p.t, err)
		found = append(found, judged...)
	}
	return p.keep(found)
}

// pass lets time pass.
func (p *person) pass(at time.Time) []rule.Reason {
	var found []rule.Reason
	for _, about := range p.m.Abouts(p.s.State) {
		found = append(found, p.m.Expire(p.s, about, at)...)
	}
	return p.keep(found)
}

func (p *person) keep(found []rule.Reason) []rule.Reason {
	var fresh []rule.Reason
	for _, why := range found {
		if !slices.ContainsFunc(p.reasons, func(r rule.Reason) bool { return r.About == why.About && r.Key == why.Key }) {
			fresh = append(fresh, why)
			p.reasons = append(p.reasons, why)
		}
	}
	return fresh
}

// happen takes an event and gives the number of new reasons.
func (p *person) happen(at, name string, properties ...any) int {
	p.t.Helper()
	return len(p.take(p.event(at, name, properties...)))
}

// replayed gives the reasons of the whole log, judged from nothing.
func (p *person) replayed(now time.Time) []rule.Reason {
	events, err := p.log(p.m.HistoryEvents(), time.Time{}, time.Time{})
	require.NoError(p.t, err)
	reasons, _ := p.m.Replay(p.s, events, now)
	return reasons
}

// periods names what the reasons are about and the instants they stand for:
// with usage the period's start.
func (p *person) periods(reasons []rule.Reason) []string {
	var list []string
	for _, r := range reasons {
		start, _, _ := p.m.When.Usage.Per.Bounds(r.At, p.s.Clock())
		list = append(list, r.About+" "+start.Format(time.RFC3339))
	}
	slices.Sort(list)
	return slices.Compact(list)
}
