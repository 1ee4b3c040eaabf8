package backtest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Report says what would have happened. Decisions from From to To are counted.
type Report struct {
	From, To   time.Time
	Zone       *time.Location // the company's: its days are those of Days
	Sources    []Source
	Events     int // that were played
	Customers  int
	Duplicates int // facts whose message id was there already
	Nobodys    int // events that named no customer, and nothing that a rule is about

	Rules    []Rule // by name
	Matched  int    // customers whom a rule matched
	Messaged int    // customers who got a message
	Days     []DayCount
	Week     [7][24]int // messages from Monday, by hour of the customers' own clocks
	Loads    []Load     // by channel
	Samples  []Sample   // by template, channel and instant
}

// Rule is what one rule did.
type Rule struct {
	Name       string
	Matched    int // reasons that showed
	Customers  int // who had one
	Entered    int // outreaches that began
	HeldOut    int
	NotEntered map[customer.Reason]int // reasons that began none, those held out aside
	Messages   map[customer.Channel]int
	Reached    int                     // outreaches with a message
	Messaged   int                     // customers with a message
	Rode       int                     // items that went out in messages of other rules
	Calls      int                     // webhooks that were called
	Tasks      int                     // that were handed over to teams
	Deferred   map[customer.Reason]int // messages that were moved; "": what they go by changed
	Dropped    map[customer.Reason]int // what did not go out: messages, calls, tasks
	CappedBy   map[string]int          // of those that the caps dropped, by the rule that has the place
	HasGoal    bool
	Goals      Goals
	Peak       Peak

	hours map[int64]map[customer.Channel]int // messages by hour since 1970
}

// Goals are outreaches whose goal was reached.
type Goals struct {
	Reached int // after a message
	HeldOut int // of those held out: anyway
	Before  int // of those with no message
}

// Peak is the fullest hour, the first of equal ones.
type Peak struct {
	At       time.Time // when the hour begins; zero: there is no message
	Messages int
}

// Day is a calendar day, as the first instant of that day in UTC has it.
type Day int64

// dayOf gives the day that a clock shows.
func dayOf(local time.Time) Day {
	y, m, d := local.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 3600))
}

// Date gives the day's midnight in UTC.
func (d Day) Date() time.Time { return time.Unix(int64(d)*24*3600, 0).UTC() }

// DayCount is one day's messages.
type DayCount struct {
	Day      Day
	Messages map[customer.Channel]int
}

// Load is what one channel has to carry, against what the policy lets it.
type Load struct {
	Channel  customer.Channel
	Messages int
	Peak     Peak
	Rate     float64 // messages a second of one process; 0: no bound
	Limit    float64 // the same an hour
	Fullest  []int   // messages of the fullest hour of each day of Report.Days
	Jams     []Jam   // in the order of time
	Enough   float64 // messages a second that would make no jam; 0: there is none
}

// Sample is one message as one customer would have got it.
type Sample struct {
	Template string
	Channel  customer.Channel
	Rule     string
	External string
	At       time.Time
	Zone     *time.Location
	Content  channel.Content
}

// zone gives the company's zone.
func (o Options) zone() *time.Location {
	return o.Bundle.Policy.ZoneOf(o.Zones, &customer.Profile{})
}

// report makes the report of what was counted.
func (t *theatre) report(counted *tally, samples []Sample) *Report {
	_, to := t.span()
	r := &Report{
		From: counted.from, To: to, Zone: counted.zone, Sources: t.past.sources, Events: t.past.events, Customers: t.past.groups,
		Duplicates: t.past.duplicates, Nobodys: t.nobodys, Matched: counted.matched, Messaged: counted.messaged, Week: counted.week, Samples: samples,
	}
	all := map[int64]map[customer.Channel]int{}
	for _, name := range slices.Sorted(maps.Keys(counted.rules)) {
		rule := counted.rules[name]
		rule.Peak = peakOf(rule.hours, customer.Channels()...)
		r.Rules = append(r.Rules, *rule)
		for hour, by := range rule.hours {
			for channel, n := range by {
				count(all, hour, channel, n)
			}
		}
	}
	last := dayOf(to.In(r.Zone))
	for day := dayOf(r.From.In(r.Zone)); day <= last; day++ {
		r.Days = append(r.Days, DayCount{day, counted.days[day]})
	}
	for _, channel := range customer.Channels() {
		l := t.load(channel, all, r)
		l.Jams, l.Enough = t.jams(counted, channel)
		r.Loads = append(r.Loads, l)
	}
	return r
}

func (t *theatre) load(channel customer.Channel, hours map[int64]map[customer.Channel]int, r *Report) Load {
	const secondsAnHour = 3600
	rate := t.Bundle.Policy.Rates[channel]
	load := Load{Channel: channel, Peak: peakOf(hours, channel), Rate: rate, Limit: rate * secondsAnHour, Fullest: make([]int, len(r.Days))}
	for hour, by := range hours {
		load.Messages += by[channel]
		day := int(dayOf(time.Unix(hour*3600, 0).In(r.Zone)) - r.Days[0].Day)
		if day >= 0 && day < len(load.Fullest) {
			load.Fullest[day] = max(load.Fullest[day], by[channel])
		}
	}
	return load
}

// peakOf gives the hour with the most messages of the channels.
func peakOf(hours map[int64]map[customer.Channel]int, channels ...customer.Channel) (peak Peak) {
	for _, hour := range slices.Sorted(maps.Keys(hours)) {
		n := 0
		for _, channel := range channels {
			n += hours[hour][channel]
		}
		if n > peak.Messages {
			peak = Peak{At: time.Unix(hour*3600, 0).UTC(), Messages: n}
		}
	}
	return peak
}

// Sent gives the number of a rule's messages.
func (r *Rule) Sent() (n int) {
	for _, channel := range customer.Channels() {
		n += r.Messages[channel]
	}
	return n
}

// bySample orders samples for the report.
func bySample(a, b Sample) int {
	return cmp.Or(cmp.Compare(a.Template, b.Template), cmp.Compare(a.Channel, b.Channel), a.At.Compare(b.At), cmp.Compare(a.External, b.External))
}
