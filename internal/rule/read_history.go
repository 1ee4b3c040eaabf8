package rule

import (
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/source"
)

// maxTimes bounds what a count trigger counts to: more are kept in the window
// as neighbours joined.
const maxTimes = 200

func (r *reader) countTrigger(n source.Node) *CountTrigger {
	t := &CountTrigger{}
	r.match = map[string]expr.Decl{"count": number()}
	f, ok := fields(n, []string{"event", "where", "times", "within"})
	if !ok {
		return t
	}
	if event, ok := f.Require("event", "name the event that is counted"); ok {
		t.Event, _ = r.event(event)
	}
	if where, ok := f.Get("where"); ok && t.Event != "" {
		t.Where = r.eventWhere(where, t.Event)
	}
	if times, ok := f.Require("times", "write how many, such as times: 3"); ok {
		t.Times = timesOf(times)
	}
	if within, ok := f.Require("within", "write the length of time in which they come, such as within: 10min"); ok {
		t.Within, _ = span(within)
	}
	return t
}

// eventWhere compiles a condition on an event by itself: what was counted once
// stays so, whatever comes later.
func (r *reader) eventWhere(n source.Node, event string) *expr.Program {
	p := r.condition(n, r.whereScope(event))
	if p == nil {
		return nil
	}
	if uses := p.Uses(); len(uses.Aggregates) > 0 || uses.Channels || len(uses.Hours) > 0 || uses.Sent {
		n.Fail("looks at more than the event", "name its properties and the customer's traits only; use audience for the rest")
		return nil
	}
	return p
}

func timesOf(n source.Node) int {
	text, ok := textOf(n)
	if !ok {
		return 0
	}
	times, err := strconv.Atoi(text)
	switch {
	case err != nil:
		n.Fail("is not a number of times", "write a whole number, such as 3")
	case times < 1 || times > maxTimes:
		n.Fail("is out of bounds", "write a number from 1 to "+strconv.Itoa(maxTimes))
	case times == 1:
		n.Fail("is a single event", "write when: {event: NAME} for one")
	}
	return times
}

func (r *reader) dropTrigger(n source.Node) *DropTrigger {
	t := &DropTrigger{By: 0.5, Per: Period{Kind: PerWeek}}
	r.match = map[string]expr.Decl{"count": number(), "usual": number()}
	if n.Kind() == source.Scalar && !blank(n) {
		n.Fail("names no keys", "write drop: {event: "+n.Raw()+"}")
		return t
	}
	f, ok := fields(n, []string{"event", "by", "per"})
	if !ok {
		return t
	}
	if event, ok := f.Require("event", "name the event that became rare"); ok {
		t.Event, _ = r.event(event)
	}
	if by, ok := f.Get("by"); ok {
		if part, ok := percentage(by); ok {
			t.By = part
			if part <= 0 || part > 1 {
				by.Fail("is not a share that can be lost", "write more than 0%, and 100% at most")
			}
		}
	}
	if per, ok := f.Get("per"); ok {
		t.Per = dropPeriod(per)
	}
	return t
}

func dropPeriod(n source.Node) Period {
	text, ok := textOf(n)
	kinds := []string{string(PerDay), string(PerWeek), string(PerMonth)}
	if ok && !slices.Contains(kinds, text) {
		n.Fail("is not a period here", "write "+strings.Join(kinds, ", ")+"; "+string(PerWeek)+" when left out")
	}
	return Period{Kind: behaviour.PeriodKind(text)}
}

func (r *reader) becomesTrigger(n source.Node) *BecomesTrigger {
	t := &BecomesTrigger{Cond: r.condition(n, r.limitScope())}
	if t.Cond == nil {
		return t
	}
	uses := t.Cond.Uses()
	switch {
	case uses.Sent:
		n.Fail("asks for what was sent, before there is an outreach", "leave sent() out here")
	case len(uses.Traits)+len(uses.Events)+len(uses.Hours) == 0 && !uses.Channels:
		n.Fail("looks at nothing of the customer, so it never turns", `write a condition that can change, such as plan == "gold"`)
	}
	return t
}
