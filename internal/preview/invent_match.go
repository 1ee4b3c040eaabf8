package preview

import (
	"maps"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/rule"
)

// match makes up the figures that a rule gives, and lets the person's traits
// and events agree with them.
func (i inventor) match(r *rule.Rule, v message.Vars) map[string]customer.Value {
	values := map[string]customer.Value{}
	for _, name := range r.MatchNames() {
		values[name] = i.figure(name)
	}
	switch t := r.When; {
	case t.Usage != nil:
		maps.Copy(values, usage(t.Usage, v))
	case t.Missing != nil && t.Missing.By != "":
		promised := customer.Text(i.now.Add(-30 * time.Minute).Truncate(30 * time.Minute).UTC().Format(time.RFC3339))
		values[t.Missing.By] = promised
		v.Events[t.Missing.After][t.Missing.By] = promised
	case t.Count != nil:
		values["count"] = customer.Number(float64(t.Count.Times))
	case t.Drop != nil:
		values["usual"], values["count"] = customer.Number(usually), customer.Number(math.Floor(usually*(1-t.Drop.By)))
	case t.Date != nil:
		maps.Copy(values, i.day(t.Date, v))
	}
	return values
}

// usually is what somebody who does less than before used to do in a period.
const usually = 10

// usage gives a total that has just crossed the share.
func usage(u *rule.UsageTrigger, v message.Vars) map[string]customer.Value {
	limit := limitOf(u, v)
	used := math.Ceil(limit*min(u.Reaches*1.03, max(u.Reaches, 0.99)) - 1e-6)
	return map[string]customer.Value{
		"used": customer.Number(used), "limit": customer.Number(limit),
		"left": customer.Number(max(limit-used, 0)), "share": customer.Number(used / limit),
	}
}

// day gives the trait a day for which the rule's first point is today.
func (i inventor) day(t *rule.DateTrigger, v message.Vars) map[string]customer.Value {
	if len(t.Points) == 0 {
		return nil
	}
	point, side, days := t.Points[0], "before", t.Points[0].Days
	if t.After {
		side, days = "after", -days
	}
	day := customer.Text(i.now.In(v.Zone).AddDate(0, 0, days).Format(time.DateOnly))
	v.Customer.Traits[t.Of] = day
	return map[string]customer.Value{"day": day, side: customer.Text(point.String())}
}

// figure makes up a figure by its name, or by what data.yaml declares of a
// trait or property of that name.
func (i inventor) figure(name string) customer.Value {
	if f, ok := i.data.Traits[name]; ok {
		return i.value(name, f)
	}
	for _, event := range i.data.EventNames() {
		declared, _ := i.data.Event(event)
		if f, ok := declared.Properties[name]; ok {
			return i.value(name, f)
		}
	}
	if strings.HasSuffix(name, "_at") {
		return i.value(name, dictionary.Field{Kind: customer.KindTime})
	}
	return customer.Number(numberFor(name))
}

// limitOf gives a limit: the number that the rule writes, else the first trait
// that it reads, else one that fits what is counted.
func limitOf(u *rule.UsageTrigger, v message.Vars) float64 {
	if u.Limit != nil {
		if n, err := strconv.ParseFloat(u.Limit.String(), 64); err == nil && n > 0 {
			return n
		}
		for _, trait := range u.Limit.Uses().Traits {
			if n, ok := v.Customer.Traits[trait].Float(); ok && n > 0 {
				return n
			}
		}
	}
	const plain = 100
	if n := numberFor(u.Property); n >= plain {
		return n
	}
	return plain
}

// triggerEvents gives the events without which a rule never begins.
func triggerEvents(r *rule.Rule) []string {
	switch t := r.When; {
	case t.Event != nil:
		return []string{t.Event.Event}
	case t.Usage != nil:
		return []string{t.Usage.Event}
	case t.Count != nil:
		return []string{t.Count.Event}
	case t.Missing != nil:
		return []string{t.Missing.After}
	}
	return nil
}
