package compare

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// policyFields gives what a policy says, key by key.
func policyFields(p *policy.Policy) []rule.Field {
	list := []rule.Field{{Key: "zone", Value: p.Zone}, {Key: "country", Value: p.Country}, {Key: "channels", Value: joined(p.Channels)}}
	for _, name := range slices.Sorted(maps.Keys(p.Topics)) {
		list = append(list, rule.Field{Key: "topics." + string(name), Value: topicWords(p.Topics[name])})
	}
	var caps []string
	for _, c := range p.Caps {
		caps = append(caps, c.Words())
	}
	list = append(list, rule.Field{Key: "caps", Value: strings.Join(caps, ", ")}, rule.Field{Key: "quiet", Value: p.Quiet.String()})
	for _, c := range slices.Sorted(maps.Keys(p.Windows)) {
		list = append(list, rule.Field{Key: "windows." + string(c), Value: p.Windows[c].String()})
	}
	for _, l := range p.Legal {
		list = append(list, legalField(l))
	}
	for _, c := range slices.Sorted(maps.Keys(p.Rates)) {
		list = append(list, rule.Field{Key: "rates." + string(c), Value: number(p.Rates[c]) + " per second"})
	}
	for _, scope := range slices.Sorted(maps.Keys(p.Scopes)) {
		list = append(list, rule.Field{Key: "rates." + scope, Value: number(p.Scopes[scope]) + " per second"})
	}
	list = append(list, rule.Field{Key: "holdout", Value: number(p.Holdout*percent) + "%"})
	for _, c := range slices.Sorted(maps.Keys(p.Senders)) {
		list = append(list, rule.Field{Key: "senders." + string(c), Value: p.Senders[c]})
	}
	for _, name := range p.TeamNames() {
		list = append(list, rule.Field{Key: "teams." + name, Value: p.Teams[name].Email + p.Teams[name].Webhook})
	}
	list = append(list, digestFields(p)...)
	list = append(list, learningFields(p.Learning)...)
	list = append(list, unknownFields(p)...)
	return said(list)
}

// digestFields gives what the policy says of its digests.
func digestFields(p *policy.Policy) []rule.Field {
	var list []rule.Field
	for _, name := range p.DigestNames() {
		d, key := p.Digests[name], "digests."+name
		list = append(list,
			rule.Field{Key: key + ".at", Value: strings.Join(d.AtText, ", ")}, rule.Field{Key: key + ".channel", Value: string(d.Channel)},
			rule.Field{Key: key + ".template", Value: d.Template}, rule.Field{Key: key + ".topic", Value: string(d.Topic)},
			rule.Field{Key: key + ".priority", Value: strconv.Itoa(d.Priority)}, rule.Field{Key: key + ".collects", Value: joined(d.Collects)})
	}
	return list
}

func learningFields(l policy.Learning) []rule.Field {
	return []rule.Field{
		{Key: "learning.hours", Value: yesOrNo(l.Hours)}, {Key: "learning.channels", Value: yesOrNo(l.Channels)},
		{Key: "learning.explore", Value: number(l.Explore*percent) + "%"},
	}
}

// unknownFields gives what becomes of messages of which nobody can say whether
// they went out.
func unknownFields(p *policy.Policy) []rule.Field {
	list := []rule.Field{{Key: "unknown.ask", Value: sendtime.Duration{Elapsed: p.Unknown.Ask}.String()}}
	for _, c := range customer.Channels() {
		key := "unknown." + string(c)
		list = append(list, rule.Field{Key: key, Value: string(p.WhenUnknown(c, ""))})
		for _, topic := range slices.Sorted(maps.Keys(p.Unknown.Resolutions[c])) {
			if topic != "" {
				list = append(list, rule.Field{Key: key + "." + string(topic), Value: string(p.WhenUnknown(c, topic))})
			}
		}
	}
	return list
}

func yesOrNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

const percent = 100

// said leaves out what says nothing.
func said(list []rule.Field) []rule.Field {
	return slices.DeleteFunc(list, func(f rule.Field) bool { return f.Value == "" })
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', 12, 64) }

func topicWords(t policy.Topic) string {
	text := "consent asked"
	if t.Assumed {
		text = "consent assumed"
	}
	if t.Urgent {
		text += ", urgent"
	}
	return text
}

func legalField(l policy.Legal) rule.Field {
	key := "legal"
	for _, part := range []string{l.Country, l.Region, joined(l.Channels), joined(l.Topics)} {
		if part != "" {
			key += "." + part
		}
	}
	text := l.Hours.String()
	switch l.Holidays {
	case policy.Listed:
		text += ", holidays closed"
	case policy.Public:
		text += ", public holidays closed"
	}
	return rule.Field{Key: key, Value: text}
}

// holidays compares the days of every country: those that are only in one.
func holidays(before, after map[string]policy.Holidays) []Change {
	var list []Change
	for _, country := range slices.Sorted(maps.Keys(union(before, after))) {
		old, now := before[country].Days(), after[country].Days()
		c := Change{How: Changed, Key: "holidays." + country, Before: without(old, now), After: without(now, old)}
		switch {
		case c.Before == "" && c.After == "":
			continue
		case c.Before == "":
			c.How = Added
		case c.After == "":
			c.How = Removed
		}
		list = append(list, c)
	}
	return list
}

// shownDays bounds the days that are listed.
const shownDays = 5

// without lists the first of some days that are not among others.
func without(days, others []string) string {
	left := slices.DeleteFunc(slices.Clone(days), func(day string) bool { return slices.Contains(others, day) })
	if len(left) <= shownDays {
		return strings.Join(left, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(left[:shownDays], ", "), len(left)-shownDays)
}

// dataFields gives what a dictionary declares, name by name.
func dataFields(d *dictionary.Dictionary) []rule.Field {
	list := fieldsOf("traits.", d.Traits)
	for _, name := range slices.Sorted(maps.Keys(d.Events)) {
		e := d.Events[name]
		text := "by the customer"
		if e.ByUs {
			text = "by us"
		}
		if len(e.From) > 0 {
			text += ", from " + strings.Join(e.From, ", ")
		}
		list = append(list, rule.Field{Key: "events." + name, Value: text})
		list = append(list, fieldsOf("events."+name+".", e.Properties)...)
	}
	for _, name := range d.WebhookNames() {
		list = append(list, fieldsOf("webhooks."+name+".", d.Webhooks[name])...)
	}
	return list
}

func fieldsOf(prefix string, declared map[string]dictionary.Field) []rule.Field {
	var list []rule.Field
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		text := string(declared[name].Kind)
		if len(declared[name].Allowed) > 0 {
			text = strings.Join(declared[name].Allowed, ", ")
		}
		list = append(list, rule.Field{Key: prefix + name, Value: text})
	}
	return list
}

func joined[T ~string](list []T) string {
	var words []string
	for _, item := range list {
		words = append(words, string(item))
	}
	return strings.Join(words, ", ")
}
