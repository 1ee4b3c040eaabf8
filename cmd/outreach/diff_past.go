package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/compare"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// pastDifference is what two backtests over the same events say differently.
type pastDifference struct {
	From      time.Time     `json:"from"`
	To        time.Time     `json:"to"`
	Days      float64       `json:"days"`
	Events    int           `json:"events"`
	Customers int           `json:"customers"`
	Rules     []peopleRule  `json:"rules"`    // those with a difference
	Messages  []messageRule `json:"messages"` // of all rules that send any
}

// peopleRule says who enters a rule by one of the two alone.
type peopleRule struct {
	Rule   string   `json:"rule"`
	Before int      `json:"before"` // customers who entered
	After  int      `json:"after"`
	Now    int      `json:"enter_now"`
	Gone   int      `json:"no_longer"`
	NowIDs []string `json:"enter_now_ids,omitempty"` // with --list
	GoneID []string `json:"no_longer_ids,omitempty"`
}

// messageRule is what one rule sends by one channel.
type messageRule struct {
	Rule    string           `json:"rule"`
	Channel customer.Channel `json:"channel"`
	Before  float64          `json:"before_a_day"`
	After   float64          `json:"after_a_day"`
}

// atOnce are the people for whom loading would begin outreaches at once.
type atOnce struct {
	At     time.Time           `json:"at"` // when it would be loaded
	People int                 `json:"people"`
	Rules  map[string]int      `json:"rules,omitempty"`
	IDs    map[string][]string `json:"ids,omitempty"` // by rule, with --list
}

// freshRules names the rules that loading puts in force anew and that send
// messages.
func freshRules(changed []compare.Rule, after *bundle.Bundle) []string {
	var names []string
	for _, r := range after.Rules {
		sends := false
		r.EachStep(func(s *rule.Step) { sends = sends || s.Send != nil })
		if sends && slices.ContainsFunc(changed, func(c compare.Rule) bool { return c.Name == r.Name }) {
			names = append(names, r.Name)
		}
	}
	return names
}

// entries are the customers who entered rules, with when they last did.
type entries struct {
	mu   sync.Mutex
	last map[string]map[string]time.Time // by rule and outside id
}

func (e *entries) see(play *simulate.Play) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, line := range play.Lines {
		if line.Kind != ledger.KindEnter {
			continue
		}
		if e.last[line.Rule] == nil {
			e.last[line.Rule] = map[string]time.Time{}
		}
		e.last[line.Rule][cmp.Or(line.External, string(line.Customer))] = line.At // in the order of deciding
	}
}

// since gives who entered a rule from an instant on.
func (e *entries) since(rule string, from time.Time) map[string]bool {
	ids := map[string]bool{}
	for id, at := range e.last[rule] {
		if !at.Before(from) {
			ids[id] = true
		}
	}
	return ids
}

// past plays both over the same events.
func (d *differ) past(ctx context.Context, fresh []string) (*pastDifference, *atOnce, error) {
	desk := dossier.Desk{Library: library.Fixed(d.after), Zones: d.zones}
	begin := &beginning{desk: desk, rules: fresh, ids: map[string][]string{}, who: map[string]bool{}}
	ofFiles := func(ctx context.Context, play *simulate.Play, end time.Time) error {
		return begin.all(ctx, play.Store, end)
	}
	if len(d.files.list) == 0 {
		ofFiles = nil
		if err := begin.all(ctx, d.office.store, d.office.instant()); err != nil {
			return nil, nil, err
		}
	}
	was, before, err := d.play(ctx, d.before, ofFiles)
	if err != nil {
		return nil, nil, err
	}
	is, after, err := d.play(ctx, d.after, nil)
	if err != nil {
		return nil, nil, err
	}
	return d.pastOf(was, is, before, after), begin.told(d.list), nil
}

type seen func(context.Context, *simulate.Play, time.Time) error

// play plays the past by one bundle.
func (d *differ) play(ctx context.Context, b *bundle.Bundle, look seen) (*backtest.Report, *entries, error) {
	past, err := d.told(b)
	if err != nil {
		return nil, nil, err
	}
	who := &entries{last: map[string]map[string]time.Time{}}
	bars := &bars{out: d.cmd.ErrOrStderr()}
	defer bars.end()
	report, err := backtest.Run(ctx, backtest.Options{
		Bundle: b, Zones: d.zones, Past: past, Days: d.days, Workers: d.workers, Progress: bars.move,
		Seen: func(ctx context.Context, play *simulate.Play, end time.Time) error {
			who.see(play)
			if look == nil {
				return nil
			}
			return look(ctx, play, end)
		},
	})
	return report, who, err
}

func (d *differ) pastOf(was, is *backtest.Report, before, after *entries) *pastDifference {
	const day = 24 * time.Hour
	p := &pastDifference{
		From: is.From, To: is.To, Days: max(is.To.Sub(is.From).Hours()/day.Hours(), 1), Events: is.Events, Customers: is.Customers,
		Rules: []peopleRule{}, Messages: []messageRule{},
	}
	names := map[string][2]*backtest.Rule{}
	for side, report := range []*backtest.Report{was, is} {
		for i := range report.Rules {
			both := names[report.Rules[i].Name]
			both[side] = &report.Rules[i]
			names[report.Rules[i].Name] = both
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		old, now := before.since(name, was.From), after.since(name, is.From)
		r := peopleRule{Rule: name, Before: len(old), After: len(now), NowIDs: without(now, old), GoneID: without(old, now)}
		r.Now, r.Gone = len(r.NowIDs), len(r.GoneID)
		if !d.list {
			r.NowIDs, r.GoneID = nil, nil
		}
		if r.Now+r.Gone > 0 {
			p.Rules = append(p.Rules, r)
		}
		for _, c := range customer.Channels() {
			m := messageRule{Rule: name, Channel: c, Before: sentBy(names[name][0], c) / p.Days, After: sentBy(names[name][1], c) / p.Days}
			if m.Before+m.After > 0 {
				p.Messages = append(p.Messages, m)
			}
		}
	}
	return p
}

func sentBy(r *backtest.Rule, c customer.Channel) float64 {
	if r == nil {
		return 0
	}
	return float64(r.Messages[c])
}

// without gives those who are in one set alone, sorted.
func without(ids, others map[string]bool) []string {
	var list []string
	for id := range ids {
		if !others[id] {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// beginning finds the people for whom rules would begin outreaches at once.
type beginning struct {
	desk  dossier.Desk
	rules []string

	mu  sync.Mutex
	at  time.Time
	ids map[string][]string // by rule
	who map[string]bool
}

// all looks at every customer of a store.
func (b *beginning) all(ctx context.Context, store ledger.Store, now time.Time) error {
	b.mu.Lock()
	b.at = now
	b.mu.Unlock()
	if len(b.rules) == 0 {
		return nil
	}
	for after, more := customer.ID(""), true; more; {
		err := store.Read(ctx, func(tx ledger.Tx) error {
			records, err := tx.CustomersAfter(after, runningAtOnce)
			for _, record := range records {
				rules, err := b.desk.Beginning(tx, record.Profile.ID, b.rules, now)
				if err != nil {
					return err
				}
				b.add(cmp.Or(record.Profile.External, string(record.Profile.ID)), rules)
				after = record.Profile.ID
			}
			more = len(records) == runningAtOnce
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *beginning) add(id string, rules []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range rules {
		b.ids[name], b.who[id] = append(b.ids[name], id), true
	}
}

func (b *beginning) told(list bool) *atOnce {
	a := &atOnce{At: b.at, People: len(b.who), Rules: map[string]int{}}
	for name, ids := range b.ids {
		slices.Sort(ids)
		a.Rules[name] = len(ids)
	}
	if list {
		a.IDs = b.ids
	}
	return a
}

// runningRule is a rule's open outreaches.
type runningRule struct {
	Rule  string        `json:"rule"`
	Steps []runningStep `json:"steps"`
}

// runningStep counts those who stand at one step.
type runningStep struct {
	Step  string `json:"step"` // "" before the first
	Open  int    `json:"open"`
	Moves bool   `json:"moves"` // outreach migrate would move them: the new version has the step
}

// running counts the open outreaches of rules that changed or go.
func (d *differ) running(ctx context.Context, changed []compare.Rule) ([]runningRule, error) {
	var list []runningRule
	for _, c := range changed {
		steps := map[string]int{}
		err := d.office.eachRunning(ctx, c.Name, func(page []ledger.Outreach) error {
			for _, o := range page {
				if o.Version != c.After {
					steps[journey.StepOf(o)]++
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		r := runningRule{Rule: c.Name}
		for _, id := range slices.Sorted(maps.Keys(steps)) {
			r.Steps = append(r.Steps, runningStep{Step: id, Open: steps[id], Moves: hasStep(d.after, c.Name, id)})
		}
		if len(r.Steps) > 0 {
			list = append(list, r)
		}
	}
	return list, nil
}

// hasStep reports whether a rule of a bundle has a step; who has not begun can
// begin in any rule that is there.
func hasStep(b *bundle.Bundle, name, id string) bool {
	i := slices.IndexFunc(b.Rules, func(r *rule.Rule) bool { return r.Name == name })
	if i < 0 || id == "" {
		return i >= 0
	}
	_, _, ok := b.Rules[i].Find(id)
	return ok
}
