package policy

import (
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Hours that hold where a policy says nothing.
const (
	defaultQuiet  = "daily 21:00-08:00"
	defaultWindow = "daily 09:00-20:00"
	defaultZone   = "UTC"
)

// defaultExplore is the share of messages that go by the usual window though
// something was learned.
const defaultExplore = 0.05

// Default is the policy without a file: zone UTC; push before sms before
// email; the topics service (consent assumed), offers (asked) and urgent
// (assumed, passes quiet hours); quiet from 21:00 to 08:00; windows from 09:00
// to 20:00. Hours and channels follow what customers do, but for one message in
// twenty. What became of a message is asked for an hour; then it is held, but
// for push, which is sent again. It has no caps, no law, no holidays, no rates,
// no holdout and no digests. A file that leaves out a key keeps what stands
// here.
func Default() *Policy {
	p := &Policy{
		Zone:     defaultZone,
		Channels: customer.Channels(),
		Topics: map[customer.Topic]Topic{
			"service": {Assumed: true},
			"offers":  {},
			"urgent":  {Assumed: true, Urgent: true},
		},
		Quiet:    ownWhen(defaultQuiet),
		Windows:  map[customer.Channel]sendtime.When{},
		Holidays: map[string]Holidays{},
		Rates:    map[customer.Channel]float64{},
		Scopes:   map[string]float64{},
		Senders:  map[customer.Channel]string{},
		Learning: Learning{Hours: true, Channels: true, Explore: defaultExplore},
		Unknown:  Unknown{Ask: defaultAsk},
	}
	for _, c := range customer.Channels() {
		p.Windows[c] = ownWhen(defaultWindow)
	}
	return p
}

// ownWhen reads one of the texts above, each of which a test reads.
func ownWhen(text string) sendtime.When {
	w, err := sendtime.ParseWhen(text)
	if err != nil {
		return sendtime.When{}
	}
	return w
}

// TopicNames gives the topics, sorted.
func (p *Policy) TopicNames() []string {
	names := make([]string, 0, len(p.Topics))
	for topic := range p.Topics {
		names = append(names, string(topic))
	}
	slices.Sort(names)
	return names
}
