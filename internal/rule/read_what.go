package rule

import (
	"github.com/outreach-engine/outreach/internal/source"
)

func whatKeys() []string { return []string{"event", "where", "since", "if"} }

// what reads something that may happen: an event's name, a list of which any
// will do, {event, where, since}, or {if: condition}.
func (r *reader) what(n source.Node) What {
	if n.Kind() == source.Mapping {
		return r.alternatives(fields(n, whatKeys()))
	}
	var w What
	for _, item := range n.Items() {
		if item.Kind() == source.Mapping {
			w = append(w, r.alternatives(fields(item, whatKeys()))...)
			continue
		}
		if event, ok := r.event(item); ok {
			w = append(w, Alternative{Event: event})
		}
	}
	if len(n.Items()) == 0 {
		n.Fail("the list of events is empty", "name an event, such as order_placed")
	}
	return w
}

// alternatives reads one mapping of a what. An event may be a list, which the
// where and since hold for alike.
func (r *reader) alternatives(f source.Fields, ok bool) What {
	if !ok {
		return nil
	}
	kind, ok := only(f, []string{"event", "if"}, "event or condition", "write event: order_placed, or if: and a condition")
	if !ok {
		return nil
	}
	where, hasWhere := f.Get("where")
	since, hasSince := f.Get("since")
	if kind == "if" {
		if hasWhere {
			where.Fail("where stands beside if", "join the two with and in the condition")
		}
		if hasSince {
			since.Fail("since stands beside if", "leave it out; a condition holds or does not")
		}
		cond, _ := f.Get("if")
		return What{{If: r.condition(cond, r.stepScope())}}
	}
	from := SinceStart
	if hasSince {
		from = readSince(since)
	}
	return r.events(f, from)
}

func readSince(n source.Node) Since {
	text, ok := textOf(n)
	if ok && Since(text) != SinceToday {
		n.Fail("is not known here", "write since: today, or leave it out to count from the outreach's beginning")
	}
	return Since(text)
}

// events gives one alternative for each event of a mapping.
func (r *reader) events(f source.Fields, since Since) What {
	var w What
	list, _ := f.Get("event")
	for _, item := range list.Items() {
		event, ok := r.event(item)
		if !ok {
			continue
		}
		a := Alternative{Event: event, Since: since}
		if where, ok := f.Get("where"); ok {
			a.Where = r.condition(where, r.whereScope(event))
		}
		w = append(w, a)
	}
	if len(list.Items()) == 0 {
		list.Fail("the list of events is empty", "name an event, such as order_placed")
	}
	return w
}
