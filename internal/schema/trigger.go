package schema

import (
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
)

// kindOf is one of several kinds of a mapping, known by the key that names it.
type kindOf struct {
	key     string
	words   string
	keys    map[string]*node // the key itself among them
	need    []need
	more    []*node
	snippet any // what an editor writes behind the key
}

// pick gives the schema of a mapping that is one of several kinds: the key
// that is there says which, so that what is wrong is said of that kind alone.
// others are offered beside the kinds.
func pick(kinds []kindOf, none string, others ...snippet) *node {
	keys := map[string]*node{}
	for _, k := range kinds {
		keys[k.key] = &node{Description: k.words, Snippets: []snippet{{Label: k.key, Body: k.snippet}}}
	}
	n := &node{Type: "object", Properties: keys, Additional: false, MinFields: 1, Message: none, Snippets: others}
	for _, k := range slices.Backward(kinds) {
		one := object(k.keys, k.need...).both(k.more...)
		n = &node{If: &node{Type: "object", Required: []string{k.key}}, Then: one, Else: n}
	}
	return n
}

// trigger gives the schema of what stands under when.
func (a author) trigger() *node {
	kinds := []kindOf{a.eventTrigger(), a.usageTrigger(), a.silentTrigger(), a.missingTrigger(), a.countTrigger(), a.dropTrigger(),
		a.dateTrigger(), scheduleTrigger(), becomesTrigger()}
	return pick(kinds, "names no trigger: write one of event, usage, silent, missing, count, drop, date, schedule, becomes").
		about("The reason: one trigger.")
}

// single gives the kind of trigger whose keys stand under its own name.
func single(key, words string, value *node, body any) kindOf {
	return kindOf{key: key, words: words, keys: map[string]*node{key: value.about(words)}, snippet: body}
}

func (a author) eventTrigger() kindOf {
	k := single("event", "It happened: the name of an event. Beside it may stand where, an expression.", a.event(), "${1:order_placed}")
	k.keys["where"] = condition().about("What must hold of the event's own properties: total > 50. Default: any.")
	return k
}

func (a author) usageTrigger() kindOf {
	total := names("a property of type number: event.property", a.properties(".", customer.KindNumber),
		pattern{`^` + word + `\.` + word + `$`, "names no property: write event and property, such as data_session.mb"})
	latest := *total
	periods := []choice{{"day", ""}, {"week", "From Monday."}, {"month", ""}}
	for _, t := range a.traits(customer.KindNumber) {
		periods = append(periods, choice{"month from " + t.name, "Starts anew on this day of the month."})
	}
	keys := object(map[string]*node{
		"sum":    total.about("The total of a number: event.property."),
		"count":  a.event().about("How often an event came."),
		"latest": latest.about("The newest value of a number: event.property."),
		"per": (&node{Type: "string", Pattern: "^ *(day|week|month|month +from +" + word + "|since +" + word + ") *$",
			Message: "is not a period: write day, week, month, month from a trait (month from billing_day), or since an event"}).
			offering(periods...).about("When the total starts anew, on the customer's clock. Default: never."),
		"limit": figure().offering(a.traits(customer.KindNumber)...).
			about("What the total is measured against: a number or an expression, such as plan_mb + sum(data_topped_up.mb)."),
		"reaches": percent("80%").about("The share of the limit at which the reason comes up."),
	}, need{"limit", "write what the total is measured against, such as limit: plan_mb"},
		need{"reaches", "write the share of the limit, such as reaches: 80%"}).
		both(oneKey("names no total: write one of sum, count, latest, such as sum: data_session.mb", "sum", "count", "latest"))
	return single("usage", "A total reaches a share of a limit. Gives match.used, match.limit, match.share and match.left.", keys,
		map[string]any{"sum": "${1:data_session.mb}", "per": "${2:month}", "limit": "${3:plan_mb}", "reaches": "${4:80%}"})
}

func (a author) silentTrigger() kindOf {
	keys := object(map[string]*node{
		"event": a.event().about("The event that does not come any more. Default: any act of the customer's own."),
		"for": spanOr("is not a length of time: write for example 14d, or unusual", choice{"unusual", "Longer than this customer's own gaps usually are."}).
			about("How long nothing came, after at least one; or unusual: longer than this customer's own gaps usually are."),
	}, need{"for", "write how long nothing came, such as for: 14d"})
	return single("silent", "Nothing came for so long, after at least one. Once a silence.", keys,
		map[string]any{"event": "${1:app_opened}", "for": "${2:14d}"})
}

func (a author) missingTrigger() kindOf {
	keys := object(map[string]*node{
		"event":  a.event().about("The event that did not come."),
		"after":  a.event().about("The event that it should have followed."),
		"within": span().about("How long it may take."),
		"by": names("a property of type time or date", a.properties("", customer.KindTime, customer.KindDate), wordForm("property", "promised_at")).
			about("The property of after with the promised time."),
	}, need{"event", "name the event that did not come"}, need{"after", "name the event that it should have followed"}).
		both(oneKey("names no time: write within: 3d, or by: and the property with the promised time", "within", "by"))
	return single("missing", "One event came, and the one that should follow did not, in time.", keys,
		map[string]any{"event": "${1:order_delivered}", "after": "${2:order_placed}", "within": "${3:3d}"})
}

func (a author) countTrigger() kindOf {
	const least, most = 2, 200
	keys := object(map[string]*node{
		"event":  a.event().about("The event that is counted."),
		"where":  condition().about("What must hold of the event's own properties. Default: any."),
		"times":  whole(least, most, "is not a number of times: write a whole number, such as 3").about("How often it came."),
		"within": span().about("In how long a time, counted back from the newest."),
	}, need{"event", "name the event that is counted"}, need{"times", "write how often it came, such as times: 3"},
		need{"within", "write in how long a time, such as within: 7d"})
	return single("count", "It happened so many times within a time.", keys,
		map[string]any{"event": "${1:payment_failed}", "times": "${2:3}", "within": "${3:30d}"})
}

func (a author) dropTrigger() kindOf {
	keys := object(map[string]*node{
		"event": a.event().about("The event that came less often."),
		"by":    percent("50%").usually("50%").about("By how much less than usual."),
		"per": (&node{Enum: []any{"day", "week", "month"}, Message: "is not a period: write day, week or month"}).usually("week").
			about("The periods that are compared: the one that ended, with the median of the customer's last eight."),
	}, need{"event", "name the event that came less often"})
	return single("drop", "A finished period has much less of it than the customer's last eight usually had.", keys,
		map[string]any{"event": "${1:app_opened}", "by": "${2:50%}", "per": "${3:week}"})
}

func (a author) dateTrigger() kindOf {
	const message = "is not a length of days: write days, weeks or months, such as 3d"
	days := &node{Type: "string", Pattern: `^ *[0-9]+ *` + foldAll("d", "days?", "w", "weeks?", "months?", "years?") + ` *$`, Message: message}
	point := func() *node {
		n := listOr(days, days).offering(choice{"30d", ""}, choice{"7d", ""}, choice{"1d", ""})
		n.Then.Unique = true
		return n
	}
	keys := object(map[string]*node{
		"of": names("a trait of type date or time", a.traits(customer.KindDate, customer.KindTime), wordForm("trait", "renewal_on")).
			about("The trait with the day."),
		"before": point().about("How long before it, one or a list: [30d, 7d, 1d]. One outreach for each; a newer one ends the older."),
		"after":  point().about("How long after it, one or a list."),
	}, need{"of", "name the trait with the day, such as of: renewal_on"}).
		both(apart("before", "after", "after stands beside before: write two rules, one for each side of the day"))
	return single("date", "A day that a trait names: on it, or so long before or after.", keys,
		map[string]any{"of": "${1:renewal_on}", "before": []any{"${2:30d}", "${3:7d}"}})
}

func scheduleTrigger() kindOf {
	return single("schedule", "At a time of the week or month, for all in the audience, on each one's clock.", when(whenMessage), "${1:Mon 09:00}")
}

func becomesTrigger() kindOf {
	return single("becomes", "An expression turned true while the rule was in force.", condition(), "${1:plan == \"basic\"}")
}
