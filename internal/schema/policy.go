package schema

import "github.com/outreach-engine/outreach/internal/customer"

// policy gives the schema of policy.yaml.
func (a author) policy() *node {
	n := object(map[string]*node{
		"zone": (&node{Type: "string", Message: "is not a zone: write for example Europe/Berlin"}).usually("UTC").
			about("The clock of customers whose own is not known."),
		"country":  country().about("The country of customers whose own is not known, for the law's hours and holidays."),
		"channels": channelList().about("Which channel comes first for customers who named none."),
		"topics":   topics(),
		"caps": perChannel(cap(), choice{string(customer.AnyChannel), "All channels together."}).
			about("The most that one customer gets, in their own days and weeks, all rules together. and 1 urgent: so many places more, for urgent topics alone."),
		"quiet": when(hoursMessage, choice{"none", "No quiet hours."}).usually("daily 21:00-08:00").
			about("When nothing goes out but what is urgent, on the customer's clock."),
		"windows":  perChannel(hours()).about("When a channel is usually welcome. Default: daily 09:00-20:00. What the customer asked for comes before it."),
		"legal":    a.legal(),
		"holidays": holidays(),
		"rates":    rates(),
		"holdout":  percent("1%").usually("0%").about("The share of customers that no rule reaches but urgent ones, for comparison."),
		"senders":  senders(),
		"teams":    teams(),
		"digests":  a.digests(),
		"learning": learning(),
		"unknown":  a.unknown(),
	})
	n.Title, n.Description = "The policy", "What holds for every rule, and what no single rule may decide."
	return n
}

// yes and no are words here, and truth values where an editor reads YAML 1.1.
func yesOrNo(message string) *node { return &node{Enum: []any{"yes", "no"}, Message: message} }

func topics() *node {
	topic := object(map[string]*node{
		"consent": (&node{Enum: []any{"assumed", "asked"}, EnumDescriptions: []string{"Until the customer says no.", "Only after a yes."},
			Message: "is not known here: write asked or assumed"}).about("Whether a yes is needed first."),
		"urgent": yesOrNo("is not known here: write yes or no").usually("no").about("yes: passes quiet hours, holidays and what the customer said. Never the law."),
	}, need{"consent", "write consent: asked, or consent: assumed"})
	n := &node{Type: "object", Additional: topic, MinFields: 1,
		Names: &node{Pattern: topicForm, Message: "is not a name for a topic: use small letters and digits, such as product-news"}}
	n.Snippets = []snippet{{"a topic", "What messages can be about.", map[string]any{"${1:tips}": map[string]any{"consent": "${2:asked}"}}}}
	return n.about("What messages can be about, and which consent each needs. Default: service, offers and urgent.")
}

// perChannel gives the schema of a mapping from channels, and some words
// beside them, to something.
func perChannel(value *node, others ...choice) *node {
	keys := map[string]*node{}
	for _, c := range append(others, channelChoices()...) {
		one := *value
		keys[c.name] = one.about(c.words)
	}
	n := object(keys)
	n.Message = "is not a channel: write push, sms or email"
	if len(others) > 0 {
		n.Message += ", or " + others[0].name + " for all together"
	}
	return n
}

func cap() *node {
	one := &node{Type: "string", Pattern: `^0*[1-9][0-9]* +per +(day|week|month)( +and +0*[1-9][0-9]* +urgent *)?$`,
		Message: "is not a cap: write a whole number and day, week or month, such as 2 per day, or 2 per day and 1 urgent"}
	return listOr(one.offering(choice{"2 per day", ""}, choice{"5 per week", ""}, choice{"2 per day and 1 urgent", "Places that are kept for urgent topics."}), one)
}

func rate() *node {
	return (&node{Type: "string", Pattern: `^[0-9]+(\.[0-9]+)? +per +(second|minute|hour)$`,
		Message: "is not a rate: write a number and second, minute or hour, such as 10 per second"}).offering(choice{"10 per second", ""})
}

// hours gives the schema of windows of time.
func hours() *node { return ref(hoursName) }

const hoursMessage = "is not a time of day: write from and to, such as daily 09:00-20:00"

func houseHours() *node { return when(hoursMessage) }

func country() *node {
	return &node{Type: "string", Pattern: "^[A-Z]{2}$", Message: "is not the code of a country: write two capital letters, such as US, GB or DE"}
}

func (a author) legal() *node {
	law := object(map[string]*node{
		"country":  country().about("Where it holds. Default: everywhere."),
		"region":   (&node{Type: text, Message: "is not the code of a state or province: write for example FL"}).about("The state or province, with country."),
		"channels": channelList().about("The channels that it is about. Default: all."),
		"topics":   listOr(a.topic(), a.topic()).about("The topics that it is about. Default: all."),
		"hours":    hours().about("The hours that the law leaves open."),
		"holidays": (&node{Enum: []any{"open", "closed", "public"}, Message: "is not known here: write open, closed or public"}).usually("open").
			about("closed: nothing on the days under holidays either. public: nothing on the country's public holidays, by this law alone."),
		"source": (&node{Type: text, Message: "is not a text: name the law"}).about("Where the law stands, and how surely it was read there."),
		"read": (&node{Type: text, Pattern: `^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$`, Message: "is not a month or a day: write for example 2026-11"}).
			about("When somebody read the law last: a month or a day."),
	}, need{"hours", "write the hours that the law leaves open, such as hours: daily 08:00-21:00"},
		need{"source", "name the law, such as source: 47 CFR 64.1200(c)(1)"}, need{"read", "say when you read the law, such as read: 2026-11"})
	law.Snippets = []snippet{{"a law", "", map[string]any{"country": "${1:US}", "hours": "${2:daily 08:00-21:00}", "source": "${3:the law}", "read": "${4:2026-11}"}}}
	return listOr(law, law).about("The hours that a law leaves open. Nothing passes, not even what is urgent. Of those that fit a customer the most particular holds.")
}

func holidays() *node {
	one := &node{Type: "string", Pattern: `^(public|[0-9]{4}-[0-9]{2}-[0-9]{2})$`, Message: "is not a day: write year, month and day, such as 2026-12-25, or the word public"}
	day := listOr(one.offering(choice{"public", "The country's public holidays."}), one)
	return (&node{Type: "object", Names: country(), Additional: day}).
		about("Days, by country, on which nothing goes out but what is urgent.")
}

func senders() *node {
	n := object(map[string]*node{
		"email": (&node{Type: "string", Pattern: "@", Message: `is not an email address: write for example "Larkline <hello@example.com>"`}).
			about("Who emails come from."),
		"sms": (&node{Type: []string{"string", "integer"}, Pattern: `^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11})$`,
			Message: `is not a sender of SMS: write a number with + in quotes, a short code, or a name of up to 11 letters`}).about("Who SMS come from."),
	})
	n.Message = "is not a channel with a sender: write email or sms; push messages come from the app itself"
	return n.about("Who messages come from.")
}

// endpointForm is how the address of a system is written.
const (
	endpointForm    = `^https?://[^ ]+$`
	endpointMessage = "is not an address: write it whole, such as https://example.com/score"
)

func teams() *node {
	const message = "says not where its tasks go: write email: care@example.com, or webhook: https://desk.example.com/tasks"
	team := object(map[string]*node{
		"email":   (&node{Type: "string", Pattern: "@", Message: "is not an email address: write it alone, such as care@example.com"}).about("Where its tasks go, by email."),
		"webhook": (&node{Type: "string", Pattern: endpointForm, Message: endpointMessage}).about("Where its tasks go, to a system of yours."),
	}).both(oneKey(message, "email", "webhook"))
	team.Snippets = []snippet{{"{email}", "By email.", map[string]any{"email": "${1:care@example.com}"}}, {"{webhook}", "To a system of yours.", map[string]any{"webhook": "${1:https://desk.example.com/tasks}"}}}
	return (&node{Type: "object", Additional: team, Names: &node{Pattern: topicForm, Message: "is not a name for a team: use small letters and digits, such as care-calls"}}).
		about("Who does the tasks of handoffs, by name, and where their tasks go.")
}
