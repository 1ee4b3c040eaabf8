package lint

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
)

// rivals looks for two rules that the same moment starts for the same
// customers, and of which nobody said which goes first.
func (h *house) rivals() {
	for _, group := range h.groups() {
		h.rivalsAmong(group)
	}
}

// groups gives the rules by their reason, in the order of their names.
func (h *house) groups() [][]*rule.Rule {
	var groups [][]*rule.Rule
	place := map[string]int{}
	for _, r := range h.Bundle.Rules {
		why := reason(r)
		i, ok := place[why]
		if !ok {
			i = len(groups)
			place[why] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

func (h *house) rivalsAmong(rules []*rule.Rule) {
	for i, later := range rules {
		for _, first := range rules[:i] {
			if !meet(first, later) {
				continue
			}
			what := rivalry(first, later)
			if what == "" {
				continue
			}
			v := view{house: h, Rule: later, root: h.root(later)}
			v.warn("when", warning{sameMoment, "starts at the same moment and for the same customers as " + first.Name + ", and " + what,
				"make them one rule, or give them audiences that exclude each other"})
		}
	}
}

// rivalry says what two rules that meet do to each other; "": nothing that
// is sure to be a mistake.
func rivalry(a, b *rule.Rule) string {
	switch {
	case opening(a) > 0 && opening(b) > 0:
		return "both write at once"
	case a.Priority != b.Priority:
		return ""
	}
	for _, x := range a.Sends() {
		for _, y := range b.Sends() {
			if c := shared(x.Channels, y.Channels); c != "" && !x.Item && !y.Item && x.Topic == y.Topic {
				return "both write about " + string(x.Topic) + " by " + string(c) + " with the same priority"
			}
		}
	}
	return ""
}

// shared gives a channel that two sends name.
func shared(a, b []customer.Channel) customer.Channel {
	for _, c := range a {
		if slices.Contains(b, c) {
			return c
		}
	}
	return ""
}

// meet reports whether two rules of one reason may have it for one customer.
func meet(a, b *rule.Rule) bool {
	switch {
	case a.About != b.About:
		return false
	case a.Audience != nil && b.Audience != nil && expr.Disjoint(a.Audience, b.Audience):
		return false
	case a.When.Event == nil || a.When.Event.Where == nil || b.When.Event.Where == nil:
		return true
	}
	return !expr.Disjoint(a.When.Event.Where, b.When.Event.Where)
}

// reason gives a trigger as one text that is the same for two triggers that
// start together. The where of an event is not part of it.
func reason(r *rule.Rule) string {
	if e := r.When.Event; e != nil {
		return "event " + e.Event
	}
	_, rest, _ := strings.Cut(r.Canonical(), "\nwhen:\n")
	for i, line := range strings.SplitAfter(rest, "\n") {
		if i > 0 && !strings.HasPrefix(line, " ") {
			before, _, _ := strings.Cut(rest, "\n"+line)
			return before
		}
	}
	return rest
}

// opening gives how many messages a rule sends at the moment of its reason.
func opening(r *rule.Rule) int {
	for i, s := range r.Steps {
		if s.Send == nil || s.Send.Item || !s.Send.At.Now {
			return i
		}
	}
	return len(r.Steps)
}

// crowds looks for moments that start more messages than a customer may get
// in a day.
func (h *house) crowds() {
	for _, limit := range h.Bundle.Policy.Caps {
		if limit.Per != policy.PerDay || limit.Channel != "" {
			continue
		}
		for _, group := range h.groups() {
			h.crowd(limit, group)
		}
	}
}

// crowd reports the rule whose messages are too many for a cap, together with
// those of the rules before it that start with it.
func (h *house) crowd(limit policy.Cap, rules []*rule.Rule) {
	for i, last := range rules {
		together := []*rule.Rule{last}
		count := opening(last)
		for _, r := range rules[:i] {
			if opening(r) > 0 && !slices.ContainsFunc(together, func(t *rule.Rule) bool { return !meet(r, t) }) {
				together = append(together, r)
				count += opening(r)
			}
		}
		if opening(last) == 0 || count <= limit.Most || count-opening(last) > limit.Most {
			continue
		}
		v := view{house: h, Rule: last, root: h.root(last)}
		v.warn("when", warning{overCap, "the moment starts " + strconv.Itoa(count) + " messages at once" + with(together[1:]) + ", and a customer gets " + limit.Words() + " at most",
			"send less at once, with a wait between, or put it into one message"})
	}
}

func with(rules []*rule.Rule) string {
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = r.Name
	}
	slices.SortFunc(names, cmp.Compare[string])
	if len(names) == 0 {
		return ""
	}
	return " together with " + strings.Join(names, ", ")
}
