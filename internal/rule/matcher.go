package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Reason is why an outreach is to exist: a trigger that held.
type Reason struct {
	At      time.Time // its own instant, which may be long past
	About   string
	Key     string // its identity: the same reason seen twice has one key
	Match   map[string]customer.Value
	Trigger string // message id of the event that gave it, "" when time did
}

// Matcher judges one rule. It is immutable and safe for concurrent use.
type Matcher struct {
	*Rule
	data   *dictionary.Dictionary
	defs   []behaviour.Def
	keys   map[keyOf]seriesKey
	whens  map[string]sendtime.When
	plan   *behaviour.Plan // of this rule alone
	names  []string        // of every event that the rule mentions
	asks   []string        // TriggerEvents
	total  seriesKey       // of a usage trigger
	parts  []seriesKey     // of a usage trigger: the total, and what its limit is made of
	starts sendtime.When   // of a schedule: when its times begin
	acts   seriesKey       // of a silent, count or drop trigger: what it looks at
}

type keyOf struct {
	expr.Aggregate
	limit bool
}

// seriesKey says where an aggregate's figures stand.
type seriesKey struct {
	key    string
	joined bool // by the rule's about
	period bool // in the buckets of the trigger's period
}

// NewMatcher prepares a rule that was read with data.
func NewMatcher(r *Rule, data *dictionary.Dictionary) *Matcher {
	m := &Matcher{Rule: r, data: data, keys: map[keyOf]seriesKey{}, whens: map[string]sendtime.When{}}
	for _, p := range r.programs() {
		m.need(p, false)
	}
	if u := r.When.Usage; u != nil {
		m.need(u.Limit, true)
		m.total = m.need1(expr.Aggregate{Op: u.Op, Event: u.Event, Property: u.Property}, true)
		m.parts = append(m.parts, m.total)
		for _, a := range u.Limit.Uses().Aggregates {
			m.parts = append(m.parts, m.key(a, true))
		}
	}
	m.needHistory()
	if t := r.When.Schedule; t != nil {
		m.starts = t.When.Starts()
	}
	m.plan = behaviour.NewPlan(m.defs, m.ownAct)
	m.names, m.asks = r.Events(), m.triggerEvents()
	return m
}

// Events gives every event that the rule mentions, sorted.
func (m *Matcher) Events() []string { return m.names }

// Mentions reports whether the rule mentions an event anywhere.
func (m *Matcher) Mentions(event string) bool {
	_, ok := slices.BinarySearch(m.names, event)
	return ok
}

func (m *Matcher) ownAct(event string) bool { return !m.data.Events[event].ByUs }

// Defs gives what the rule needs to be kept of every customer.
func (m *Matcher) Defs() []behaviour.Def { return slices.Clone(m.defs) }

func (m *Matcher) need(p *expr.Program, limit bool) {
	if p == nil {
		return
	}
	uses := p.Uses()
	for _, a := range uses.Aggregates {
		m.need1(a, limit)
	}
	for _, text := range uses.Hours {
		if w, err := sendtime.ParseWhen(text); err == nil {
			m.whens[text] = w
		}
	}
}

// needHistory keeps what a silent, count or drop trigger looks at.
func (m *Matcher) needHistory() {
	switch t := m.When; {
	case t.Silent != nil && t.Silent.Unusual:
		m.acts = m.keep(behaviour.Def{Event: t.Silent.Event, Days: true})
	case t.Silent != nil && t.Silent.Event != "":
		m.acts = m.need1(expr.Aggregate{Op: expr.Last, Event: t.Silent.Event}, false)
	case t.Count != nil:
		m.acts = m.keep(behaviour.Def{Event: t.Count.Event, Window: t.Count.Within, Filter: m.filter(t.Count.Where)})
	case t.Drop != nil:
		m.acts = m.keep(behaviour.Def{Event: t.Drop.Event, Per: t.Drop.Per, Keep: usualPeriods + 1})
	}
}

// keep adds a definition, apart by about where the event has it.
func (m *Matcher) keep(d behaviour.Def) seriesKey {
	if m.declares(d.Event, m.About) {
		d.About = m.About
	}
	m.defs = append(m.defs, d)
	return seriesKey{key: d.Key(), joined: d.About != ""}
}

func (m *Matcher) need1(a expr.Aggregate, limit bool) seriesKey {
	def := m.def(a, limit)
	m.defs = append(m.defs, def)
	key := seriesKey{key: def.Key(), joined: def.About != "", period: def.Per.Kind != behaviour.NoPeriod}
	m.keys[keyOf{a, limit}] = key
	return key
}

// of gives the series in a customer's state; nil when nothing came.
func (k seriesKey) of(s *behaviour.State, about string) *behaviour.Series {
	if !k.joined {
		about = ""
	}
	return s.Find(k.key, about)
}

// abouts gives the about values that anything came for, sorted; the empty one
// alone when they are not kept apart.
func (k seriesKey) abouts(s *behaviour.State) []string {
	if !k.joined {
		return []string{""}
	}
	var abouts []string
	for full := range s.Series {
		if key, about := behaviour.Split(full); key == k.key && about != "" {
			abouts = append(abouts, about)
		}
	}
	slices.Sort(abouts)
	return abouts
}

// def gives the definition that holds an aggregate's figures. In a limit the
// totals without a span are those of the trigger's period.
func (m *Matcher) def(a expr.Aggregate, limit bool) behaviour.Def {
	d := behaviour.Def{Event: a.Event, Property: a.Property, Window: a.Window}
	if a.Op == expr.Happened || a.Op == expr.Count || a.Op == expr.Last {
		d.Property = ""
	}
	if m.declares(a.Event, m.About) {
		d.About = m.About
	}
	totals := a.Op == expr.Sum || a.Op == expr.Count || a.Op == expr.Happened || m.isUsage(a)
	if limit && a.Window.IsZero() && totals {
		d.Per = m.When.Usage.Per
	}
	return d
}

func (m *Matcher) isUsage(a expr.Aggregate) bool {
	u := m.When.Usage
	return u != nil && a == expr.Aggregate{Op: u.Op, Event: u.Event, Property: u.Property}
}

func (m *Matcher) key(a expr.Aggregate, limit bool) seriesKey { return m.keys[keyOf{a, limit}] }

// declares reports whether an event has a property, by data.yaml.
func (m *Matcher) declares(event, property string) bool {
	if property == "" {
		return false
	}
	_, ok := m.data.Events[event].Properties[property]
	return ok
}

// Joins reports whether an event concerns the outreach about a value: it does
// unless the rule has an about that the event declares with another value.
func (m *Matcher) Joins(e customer.Event, about string) bool {
	return !m.declares(e.Name, m.About) || e.Properties[m.About].String() == about
}

// AboutOf gives the value that an event joins by; ok is false when the rule
// has an about and the event has no value for it.
func (m *Matcher) AboutOf(e customer.Event) (value string, ok bool) {
	if m.About == "" {
		return "", true
	}
	v := e.Properties[m.About]
	return v.String(), !v.IsZero()
}

// TriggerEvents names the events that the trigger looks at, sorted; "" stands
// for every act of the customer's own. A usage trigger looks at changes of the
// profile too. The caller must not change it.
func (m *Matcher) TriggerEvents() []string { return m.asks }

func (m *Matcher) triggerEvents() []string {
	var names []string
	switch t := m.When; {
	case t.Event != nil:
		names = []string{t.Event.Event}
	case t.Usage != nil:
		names = append(m.limitEvents(), t.Usage.Event, customer.Identified)
		if t.Usage.Per.Kind == behaviour.SinceEvent {
			names = append(names, t.Usage.Per.Of)
		}
	case t.Silent != nil:
		names = []string{t.Silent.Event}
	case t.Missing != nil:
		names = []string{t.Missing.After, t.Missing.Event}
	case t.Count != nil:
		names = []string{t.Count.Event}
	case t.Drop != nil:
		names = []string{t.Drop.Event}
	case t.Date != nil, t.Schedule != nil:
		names = []string{customer.Identified}
	case t.Becomes != nil:
		names = turners(t.Becomes.Cond.Uses())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// limitEvents names the events that a usage trigger's limit looks at.
func (m *Matcher) limitEvents() []string {
	var names []string
	for _, a := range m.When.Usage.Limit.Uses().Aggregates {
		names = append(names, a.Event)
	}
	return names
}

// GoalEvents names the events that may reach the goal, sorted.
func (m *Matcher) GoalEvents() []string {
	if m.Goal == nil {
		return nil
	}
	var names []string
	for _, a := range m.Goal.What {
		if a.Event != "" {
			names = append(names, a.Event)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// wants reports whether an event of that name can change whether the trigger
// holds.
func (m *Matcher) wants(event string) bool {
	any := len(m.asks) > 0 && m.asks[0] == ""
	return any && m.plan.Own(event) || slices.Contains(m.asks, event)
}

// Fits reports whether the customer is in the rule's audience at an instant.
func (m *Matcher) Fits(s Subject, at time.Time, about string, story *Story) bool {
	return m.Condition(m.Audience, s, at, about, story)
}

// FollowsStory reports whether the audience depends on what an outreach has
// lived through, so that Fits needs its story.
func (m *Matcher) FollowsStory() bool {
	if m.Audience == nil {
		return false
	}
	uses := m.Audience.Uses()
	return len(uses.Properties) > 0 || uses.Sent
}

// Condition reports whether an expression of the rule holds.
func (m *Matcher) Condition(p *expr.Program, s Subject, at time.Time, about string, story *Story) bool {
	if p == nil {
		return true
	}
	return p.Holds(&view{m: m, s: s, at: at, about: about, story: story})
}

// where reports whether an expression holds of an event.
func (m *Matcher) where(p *expr.Program, s Subject, e customer.Event, about string) bool {
	if p == nil {
		return true
	}
	return p.Holds(&view{m: m, s: s, at: e.At, about: about, event: &e})
}

// Is reports whether an event is what an alternative waits for, for the
// outreach about a value.
func (m *Matcher) Is(a Alternative, s Subject, e customer.Event, about string) bool {
	return a.Event == e.Name && m.Joins(e, about) && m.where(a.Where, s, e, about)
}

// numberText writes a number so that it reads back the same.
func numberText(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func keyText(parts ...any) string {
	texts := make([]string, len(parts))
	for i, p := range parts {
		switch p := p.(type) {
		case time.Time:
			texts[i] = p.UTC().Format(time.RFC3339Nano)
		case float64:
			texts[i] = numberText(p)
		default:
			texts[i] = fmt.Sprint(p)
		}
	}
	return strings.Join(texts, "/")
}
