package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// noneWord says that there are no quiet hours.
const noneWord = "none"

func (r *reader) quiet(n source.Node) {
	if n.Raw() == noneWord {
		r.policy.Quiet = sendtime.When{}
		return
	}
	if when, ok := hours(n); ok {
		r.policy.Quiet = when
	}
}

func (r *reader) windows(n source.Node) {
	r.windowsAt = map[customer.Channel]source.Node{}
	for _, e := range entries(n) {
		if !checkChannel(e.Key, e.Name) {
			continue
		}
		if when, ok := hours(e.Value); ok {
			r.policy.Windows[customer.Channel(e.Name)] = when
			r.windowsAt[customer.Channel(e.Name)] = e.Value
		}
	}
}

func (r *reader) legal(n source.Node) {
	for _, item := range n.Items() {
		if blank(item) {
			continue
		}
		f := item.Fields("country", "region", "channels", "topics", "hours", "holidays", "source", "read")
		law, ok := r.readLaw(f)
		if !ok {
			continue
		}
		if slices.ContainsFunc(r.policy.Legal, law.sameReach) {
			item.Fail("legal hours stand twice for the same country, region, channels and topics", "keep one of them, or list both hours in it")
			continue
		}
		hoursNode, _ := f.Get("hours")
		r.policy.Legal = append(r.policy.Legal, law)
		r.legalHours = append(r.legalHours, hoursNode)
	}
}

// sameReach reports whether two laws hold for just the same customers and
// messages.
func (l Legal) sameReach(other Legal) bool {
	return l.Country == other.Country && l.Region == other.Region &&
		sameSet(l.Channels, other.Channels) && sameSet(l.Topics, other.Topics)
}

func sameSet[T ~string](a, b []T) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func (r *reader) readLaw(f source.Fields) (Legal, bool) {
	law, placed := readPlace(f)
	if n, ok := f.Get("channels"); ok {
		law.Channels = readChannels(n)
	}
	if n, ok := f.Get("topics"); ok {
		law.Topics = r.knownTopics(n)
	}
	if n, ok := f.Get("holidays"); ok {
		law.Holidays = readClosed(n)
		switch {
		case law.Holidays == Public && placed && publicSet(law.Country) == nil:
			n.Fail("the public holidays"+ofCountry(law.Country)+" are not known here", "list the days under holidays, and write holidays: closed here")
		case law.Holidays == Listed && placed && !r.policy.closedAnywhere(law.Country):
			n.Fail("no holidays are given"+forCountry(law.Country), "add them under holidays, such as holidays: {"+law.exampleOfHolidays()+"}")
		}
	}
	if n, ok := f.Require("source", "name the law, such as source: 47 CFR 64.1200(c)(1)"); ok {
		law.Source, _ = textOf(n)
	}
	if n, ok := f.Require("read", "say when you read the law, such as read: 2026-11"); ok {
		law.Read = readDate(n)
	}
	n, ok := f.Require("hours", "write the hours that the law leaves open, such as hours: daily 08:00-21:00")
	if !ok {
		return law, false
	}
	law.Hours, ok = hours(n)
	return law, ok && placed
}

// readClosed reads which holidays a law shuts.
func readClosed(n source.Node) Closed {
	text, ok := textOf(n)
	switch c := Closed(text); {
	case !ok || text == "open":
		return Open
	case c == Listed || c == Public:
		return c
	}
	n.Fail("is not known here", "write open, closed or public")
	return Open
}

func ofCountry(code string) string {
	if code == "" {
		return " of every country"
	}
	return " of " + code
}

// readDate reads a month or a day; "" when it is neither.
func readDate(n source.Node) string {
	text, ok := textOf(n)
	if !ok {
		return ""
	}
	for _, form := range []string{"2006-01", time.DateOnly} {
		if _, err := time.Parse(form, text); err == nil {
			return text
		}
	}
	n.Fail("is not a month or a day", "write for example 2026-11 or 2026-11-23")
	return ""
}

// exampleOfHolidays shows how the holidays of the law's country are given.
func (l Legal) exampleOfHolidays() string {
	country := cmp.Or(l.Country, "US")
	if publicSet(country) == nil {
		return country + ": [2026-12-25]"
	}
	return country + ": " + publicWord
}

// readPlace reads where a law holds; ok is false when that cannot be told.
func readPlace(f source.Fields) (law Legal, ok bool) {
	country, hasCountry := f.Get("country")
	if hasCountry {
		law.Country, ok = textOf(country)
		if !ok || !checkCountry(country, law.Country) {
			return law, false
		}
	}
	region, hasRegion := f.Get("region")
	if !hasRegion {
		return law, true
	}
	law.Region, ok = textOf(region)
	if ok && !hasCountry {
		region.Fail("a region needs its country", "add it, such as country: US")
		return law, false
	}
	return law, ok && checkRegion(region, law.Country, law.Region)
}

func forCountry(code string) string {
	if code == "" {
		return ""
	}
	return " for " + code
}

func (r *reader) knownTopics(n source.Node) []customer.Topic {
	var topics []customer.Topic
	for _, item := range n.Items() {
		text, ok := textOf(item)
		if !ok {
			continue
		}
		if _, known := r.policy.Topics[customer.Topic(text)]; !known {
			item.Fail("is not one of the topics above", source.DidYouMean(text, r.policy.TopicNames()))
			continue
		}
		topics = append(topics, customer.Topic(text))
	}
	return topics
}

// contradictions reports hours that leave no moment to send in.
func (r *reader) contradictions(f source.Fields) {
	for _, c := range customer.Channels() {
		if n, ok := r.windowsAt[c]; ok && !meets(r.policy.Windows[c], r.policy.Quiet, sendtime.When{}) {
			n.Fail("lies wholly in the quiet hours ("+r.policy.Quiet.String()+"), so nothing could go out", "move the window or the quiet hours")
		}
	}
	for i, law := range r.policy.Legal {
		n := r.legalHours[i]
		if !meets(law.Hours, r.policy.Quiet, sendtime.When{}) {
			n.Fail("the legal hours lie wholly in the quiet hours ("+r.policy.Quiet.String()+")", "move the quiet hours, or mend the legal ones")
			continue
		}
		r.againstWindows(n, law)
	}
	r.widerLaws()
	if n, ok := f.Get("quiet"); ok && r.policy.Quiet.String() == "any time" {
		n.Fail("is always quiet, so nothing could go out", "write the hours of the night, such as daily 21:00-08:00")
	}
}

// againstWindows reports the windows that a law shuts wholly. Only laws that
// hold for every topic count.
func (r *reader) againstWindows(n source.Node, law Legal) {
	if len(law.Topics) > 0 {
		return
	}
	for _, c := range customer.Channels() {
		covered := len(law.Channels) == 0 || slices.Contains(law.Channels, c)
		window, ok := r.policy.Windows[c]
		if covered && ok && meets(window, r.policy.Quiet, sendtime.When{}) && !meets(window, r.policy.Quiet, law.Hours) {
			n.Warn("window-against-law", "leaves no moment in the window of "+string(c)+" ("+window.String()+")",
				"customers"+strings.Replace(forCountry(law.Country), " for ", " in ", 1)+" are then reached only at hours they asked for")
		}
	}
}

// meets reports whether any moment of a window is neither quiet nor against
// the law.
func meets(window, quiet, legal sendtime.When) bool {
	aMonday := time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC)
	return sendtime.Next(sendtime.Request{Now: aMonday, Zone: time.UTC, When: window, Quiet: quiet, Legal: []sendtime.When{legal}}).OK
}
