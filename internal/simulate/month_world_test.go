package simulate_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// monthPolicy has caps that are far too tight for what ten rules want.
const monthPolicy = `zone: America/New_York
channels: [push, email, sms]
topics: {service: {consent: assumed}, alerts: {consent: assumed}, offers: {consent: assumed}}
quiet: daily 21:00-08:00
windows: {push: daily 09:00-21:00, sms: daily 09:00-20:00, email: daily 08:00-20:00}
`

const monthCaps = "caps: {any: [1 per day, 4 per week], sms: 2 per week}\n"

// monthRule is one of the ten: what happens, and what is said of it.
type monthRule struct {
	name     string
	priority int
	topic    string
	often    int           // of a hundred happenings
	within   time.Duration // of each send
	steps    string
}

// high is the priority from which on a message is one that must not be lost.
const high = 80

func monthRules() []monthRule {
	const day = 24 * time.Hour
	return []monthRule{
		{"fraud", 95, "alerts", 6, day, "  - {send: text, channel: [sms, push], at: now, within: 24h}\n"},
		{"unpaid", 90, "service", 6, 3 * day, "  - {send: text, within: 3d}\n  - {wait: 3d}\n  - {send: again, within: 3d}\n"},
		{"delivery", 80, "service", 8, day, "  - {send: text, channel: [push, sms], at: now, within: 24h}\n"},
		{"usage", 70, "service", 10, 3 * day, "  - {send: text, channel: sms, within: 3d}\n"},
		{"renewal", 60, "service", 8, 5 * day, "  - {send: text, channel: email, at: \"Mon-Fri 10:00-12:00\", within: 5d}\n"},
		{"survey", 50, "service", 12, 7 * day, "  - {wait: 1d}\n  - {send: text, channel: email}\n"},
		{"tips", 40, "offers", 12, 7 * day, "  - {send: text}\n"},
		{"upgrade", 30, "offers", 12, 7 * day, "  - {send: text, channel: [email, push], at: \"daily 17:00-20:00\"}\n  - {wait: 2d}\n  - {send: again}\n"},
		{"basket", 20, "offers", 14, day, "  - {send: text, channel: [push, email], at: now}\n"},
		{"news", 10, "offers", 12, 7 * day, "  - {send: text, channel: sms, at: \"daily 12:00-18:00\"}\n"},
	}
}

func monthFiles(caps string) bundle.Files {
	files := bundle.Files{Rules: map[string][]byte{"policy.yaml": []byte(monthPolicy + caps)}, Templates: map[string][]byte{}}
	events := "events:\n"
	for _, r := range monthRules() {
		events += "  " + r.name + "_came: {number: id}\n"
		files.Rules[r.name+".yaml"] = fmt.Appendf(nil, "description: One of ten.\nowner: care@example.com\ntopic: %s\npriority: %d\nabout: number\nwhen: {event: %s_came}\nsteps:\n%s",
			r.topic, r.priority, r.name, r.steps)
	}
	files.Rules["data.yaml"] = []byte(events)
	for _, name := range []string{"text", "again"} {
		files.Templates[name+"/sms.txt"] = []byte("Hello.\n")
		files.Templates[name+"/push.txt"] = []byte("---\ntitle: Hello\n---\nHello.\n")
		files.Templates[name+"/email.html"] = []byte("---\nsubject: Hello\nlayout: none\n---\n<p>Hello.</p>\n")
	}
	return files
}

// monthFrom is the first of a month in which clocks change, in New York on the
// 8th and in Berlin on the 29th.
func monthFrom() time.Time { return time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC) }

// monthOf gives one customer's month: on some days several things happen. Two
// weeks more let everything end.
func monthOf(i int) simulate.Script {
	random := rand.New(rand.NewPCG(uint64(i), 2026))
	zones := []string{"America/New_York", "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"}
	hours := []string{"", "", "", "", "Mon-Fri 18:00-21:00", "Mon 19:00-21:00; Sat 10:00-14:00"}
	user := fmt.Sprintf("u-%05d", i)
	zone, phone, email := zones[random.IntN(len(zones))], fmt.Sprintf("+49151%08d", i), user+"@example.com"
	c := observe.Change{Zone: &zone, Phone: &phone, Email: &email}
	if random.IntN(2) == 0 {
		c.PushToken = user
	}
	if said := hours[random.IntN(len(hours))]; said != "" {
		c.Preferences = &customer.Preferences{Hours: map[customer.Channel]string{customer.AnyChannel: strings.ReplaceAll(said, ";", ",")}}
	}
	from := monthFrom()
	script := simulate.Script{From: from, To: from.AddDate(0, 0, 44)}
	script.Acts = append(script.Acts, simulate.Act{At: from, Incoming: observe.Incoming{User: user, Event: customer.Event{Name: customer.Identified}, Change: c}})
	rules, n := monthRules(), 0
	for range 4 + random.IntN(3) { // busy days
		day := from.AddDate(0, 0, random.IntN(30))
		for range 2 + random.IntN(3) {
			n++
			script.Acts = append(script.Acts, simulate.Act{At: day.Add(time.Duration(random.IntN(24*60)) * time.Minute), Incoming: observe.Incoming{
				User: user, Event: customer.Event{Name: drawRule(rules, random.IntN(100)) + "_came", Via: customer.ViaServer,
					Properties: map[string]customer.Value{"number": customer.Text(fmt.Sprint(n))}},
			}})
		}
	}
	return script
}

func drawRule(rules []monthRule, draw int) string {
	for _, r := range rules {
		if draw -= r.often; draw < 0 {
			return r.name
		}
	}
	return rules[0].name
}

// post is one message of one customer: what it asks for, and what became of it.
type post struct {
	ledger.Ref
	step     string
	priority int
	channel  customer.Channel
	zone     *time.Location
	sent     time.Time // zero: it was not
	ends     time.Time // of its within
	reason   customer.Reason
	notes    string // of all that was said about it
}

// postKey names a message: the same in every play of a month.
type postKey struct {
	ledger.Ref
	step string
}

func (p *post) key() postKey { return postKey{p.Ref, p.step} }

// byKey finds messages by what names them.
func byKey(list []*post) map[postKey]*post {
	found := map[postKey]*post{}
	for _, p := range list {
		found[p.key()] = p
	}
	return found
}

// posts gives the messages of a customer's play, in the order in which they
// were first heard of.
func posts(play *simulate.Play) []*post {
	rules := map[string]monthRule{}
	for _, r := range monthRules() {
		rules[r.name] = r
	}
	known := map[postKey]*post{}
	var list []*post
	for _, l := range play.Lines {
		if l.Step == "" || l.Kind == ledger.KindWait {
			continue
		}
		k := postKey{l.Ref, l.Step}
		p := known[k]
		if p == nil {
			p = &post{Ref: l.Ref, step: l.Step, priority: rules[l.Rule].priority, zone: l.Zone, ends: l.At.Add(rules[l.Rule].within)}
			known[k], list = p, append(list, p)
		}
		p.notes += l.Note + "\n"
		switch l.Kind {
		case ledger.KindSend:
			p.sent, p.channel = l.At, l.Channel
		case ledger.KindDrop:
			p.reason = l.Reason
		}
	}
	return list
}

// month plays all customers on two goroutines.
func month(t *testing.T, caps string, customers int) [][]*post {
	t.Helper()
	s := stage(t, monthFiles(caps))
	all := make([][]*post, customers)
	var workers sync.WaitGroup
	for first := range 2 {
		workers.Go(func() {
			for i := first; i < customers; i += 2 {
				play, err := s.Play(t.Context(), monthOf(i))
				if err != nil {
					t.Error(err)
					return
				}
				all[i] = posts(play)
			}
		})
	}
	workers.Wait()
	require.False(t, t.Failed())
	return all
}
