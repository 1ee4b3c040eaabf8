package policy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// Read reads a policy.yaml:
//
//	zone: America/New_York
//	country: US
//	channels: [push, sms, email]
//	topics: {service: {consent: assumed}, offers: {consent: asked}, urgent: {consent: assumed, urgent: yes}}
//	caps: {any: [2 per day, 5 per week], sms: 1 per day}
//	quiet: daily 21:00-08:00
//	windows: {push: daily 09:00-21:00, email: Mon-Fri 08:00-20:00}
//	legal: [{country: US, hours: daily 08:00-21:00, source: 47 CFR 64.1200(c)(1), read: 2026-11-01}]
//	holidays: {FR: public, US: [public, 2026-12-24]}
//	rates: {sms: 10 per second, sms/US: 5 per second, twilio: 50 per second, twilio/+15550100100: 1 per second}
//	holdout: 5%
//	senders: {email: "Megaphone <hello@example.com>", sms: "+15550100100"}
//	teams: {care-calls: {email: care@example.com}, shop: {webhook: "https://desk.example.com/tasks"}}
//	digests: {weekly: {at: Mon 09:00, channel: email, template: weekly-digest, topic: tips, collects: [tips, offers]}}
//	learning: {hours: yes, channels: yes, explore: 5%}
//	unknown: {ask: 1h, sms: hold, push: again, email: {tips: hold, urgent: again}}
//
// A law may narrow itself by region, channels and topics, and holidays: closed
// shuts its country's holidays. A key that is left out keeps what Default
// says; quiet: none has no quiet hours. What cannot both hold is a problem.
// All problems go to ps; the policy holds what could be read and is never nil.
func Read(name string, text []byte, ps *source.Problems) *Policy {
	r := &reader{policy: Default()}
	root, ok := source.Read(name, text, ps)
	if !ok || blank(root) {
		return r.policy
	}
	f := root.Fields("zone", "country", "channels", "topics", "caps", "quiet", "windows", "legal", "holidays",
		"rates", "holdout", "senders", "teams", "digests", "learning", "unknown")
	each := map[string]func(source.Node){
		"zone": r.zone, "country": r.country, "channels": r.channels, "topics": r.topics, "caps": r.caps,
		"quiet": r.quiet, "windows": r.windows, "holidays": r.holidays, "rates": r.rates, "holdout": r.holdout,
		"senders": r.senders, "teams": r.teams, "learning": r.learning,
	}
	for key, read := range each {
		if n, ok := f.Get(key); ok {
			read(n)
		}
	}
	if n, ok := f.Get("legal"); ok {
		r.legal(n)
	}
	if n, ok := f.Get("digests"); ok {
		r.digests(n)
	}
	if n, ok := f.Get("unknown"); ok {
		r.unknown(n)
	}
	r.contradictions(f)
	r.policy.settle()
	return r.policy
}

// reader fills a policy and remembers where its hours stand.
type reader struct {
	policy     *Policy
	windowsAt  map[customer.Channel]source.Node
	legalHours []source.Node // beside policy.Legal
}

// blank reports whether a value is missing, which source.Read has reported.
func blank(n source.Node) bool { return n.Kind() == source.Scalar && n.Raw() == "" }

// textOf gives a scalar's text; ok is false when there is none to judge.
func textOf(n source.Node) (string, bool) {
	if blank(n) {
		return "", false
	}
	return n.Text()
}

// entries gives the keys of a mapping, none when the value is missing.
func entries(n source.Node) []source.Entry {
	if blank(n) {
		return nil
	}
	return n.Entries()
}

// without gives an error's text less its opening, which names the value once
// more.
func without(err error, kind, value string) string {
	return strings.TrimPrefix(err.Error(), kind+" "+strconv.Quote(value)+": ")
}

func (r *reader) zone(n source.Node) {
	if text, ok := textOf(n); ok && checkZone(n, text) {
		r.policy.Zone = text
	}
}

func (r *reader) country(n source.Node) {
	if text, ok := textOf(n); ok && checkCountry(n, text) {
		r.policy.Country = text
	}
}

func (r *reader) channels(n source.Node) {
	if list := readChannels(n); len(list) > 0 {
		r.policy.Channels = list
	}
}

// readChannels reads one channel or a list of them, each once.
func readChannels(n source.Node) []customer.Channel {
	var list []customer.Channel
	for _, item := range n.Items() {
		text, ok := textOf(item)
		if !ok || !checkChannel(item, text) {
			continue
		}
		if slices.Contains(list, customer.Channel(text)) {
			item.Fail("stands twice in the list", "keep one of them")
			continue
		}
		list = append(list, customer.Channel(text))
	}
	if n.Kind() == source.List && len(n.Items()) == 0 {
		n.Fail("the list of channels is empty", "name at least one of push, sms, email")
	}
	return list
}

// checkChannel reports whether a text is a channel, or one of the other words
// that may stand here.
func checkChannel(n source.Node, text string, others ...customer.Channel) bool {
	known := append(customer.Channels(), others...)
	if slices.Contains(known, customer.Channel(text)) {
		return true
	}
	names := make([]string, len(known))
	for i, c := range known {
		names[i] = string(c)
	}
	n.Fail("is not a channel", source.DidYouMean(text, names))
	return false
}

var topicName = regexp.MustCompile(`^[a-z][a-z0-9]*([_-][a-z0-9]+)*$`)

func (r *reader) topics(n source.Node) {
	if blank(n) {
		return
	}
	topics := map[customer.Topic]Topic{}
	for _, e := range n.Entries() {
		if !topicName.MatchString(e.Name) {
			e.Key.Fail("is not a name for a topic", "use small letters and digits: offers, product-news")
			continue
		}
		if !blank(e.Value) {
			topics[customer.Topic(e.Name)] = readTopic(e.Value)
		}
	}
	if len(n.Entries()) == 0 && n.Kind() == source.Mapping {
		n.Fail("no topic is given, so no rule could send", "write for example service: {consent: assumed}")
	}
	r.policy.Topics = topics
}

func readTopic(n source.Node) Topic {
	f := n.Fields("consent", "urgent")
	var t Topic
	if consent, ok := f.Require("consent", "write consent: asked, or consent: assumed"); ok {
		t.Assumed = choice(consent, "asked", "assumed")
	}
	if urgent, ok := f.Get("urgent"); ok {
		t.Urgent = choice(urgent, "no", "yes")
	}
	return t
}

// choice reads one of two words and reports whether it is the second; any
// other word is a problem.
func choice(n source.Node, first, second string) bool {
	text, ok := textOf(n)
	if ok && text != first && text != second {
		n.Fail("is not known here", "write "+first+" or "+second)
	}
	return text == second
}

// hours reads one WHEN or a list of them; points in time are problems.
func hours(n source.Node) (sendtime.When, bool) {
	var lines []string
	sound := true
	for _, item := range n.Items() {
		text, ok := textOf(item)
		if !ok {
			sound = false
			continue
		}
		when, err := sendtime.ParseWhen(text)
		switch {
		case err != nil:
			item.Fail(without(err, "time line", text), "")
			sound = false
		case !when.OnlyWindows():
			item.Fail("is a moment where hours are due", "write from and to, such as daily 09:00-20:00")
			sound = false
		}
		lines = append(lines, text)
	}
	if !sound || len(lines) == 0 {
		return sendtime.When{}, false
	}
	when, err := sendtime.ParseWhen(lines...)
	return when, err == nil
}
