package simulate_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/simulate"
)

const scarceData = "traits: {name: text}\nevents: {came: {}, bought: {}, opened: {}, pressed: {}, failed: {}, calmed: {}, app_opened: {}}\n"

// scarcePolicy has few places, of which one is for what is urgent, and a digest
// that collects what finds none.
const scarcePolicy = `
zone: Europe/Berlin
channels: [push, email, sms]
topics:
  service: {consent: assumed}
  offers: {consent: asked}
  tips: {consent: assumed}
  urgent: {consent: assumed, urgent: yes}
caps: {any: [%s], push: 1 per day}
quiet: daily 21:00-08:00
windows: {push: daily 09:00-21:00, sms: daily 09:00-20:00, email: daily 08:00-20:00}
learning: {hours: yes, channels: yes, explore: 10%%}
digests:
  weekly: {at: ["Thu 10:00-12:00"], channel: email, template: digest, topic: %s, priority: %d, collects: [%s]}
`

var scarceRules = map[string]string{
	"arrival.yaml": `topic: service
priority: 60
when: {event: came}
again: always
steps:
  - {send: hello, channel: [email, push], at: now, within: 1d}
  - {wait: 3h}
  - {send: hello, id: again, within: 2d, late: send}
`,
	"offer.yaml": `topic: offers
priority: 20
when: {event: bought}
again: always
until: 20d
steps:
  - {send: hello, within: 1d, unless: app_opened}
  - {send: hello, id: second, at: now, within: 30h}
`,
	"tip.yaml": `topic: service
priority: 60
when: {event: opened}
goal: {event: pressed, within: 9d}
again: always
steps:
  - {attach: item, to: email, within: 5d}
  - {attach: note, to: weekly}
`,
	"nudge.yaml": `topic: service
priority: 60
when: {event: pressed}
again: always
stop: calmed
steps:
  - {attach: item, to: push, within: 3d}
  - {send: hello, channel: [push, sms], within: 20h, unless: app_opened}
`,
	"alarm.yaml": `topic: urgent
priority: 90
when: {event: failed}
again: always
stop: calmed
steps:
  - {send: hello, channel: [push, email, sms], at: now, within: 1d}
  - {send: broken, channel: [sms, email], at: now, within: 1d}
`,
}

// scarce draws the files of rules that compete for places and ride on each
// other's messages.
func scarce(t *rapid.T) bundle.Files {
	draw := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	caps := draw("caps", "1 per day and 1 urgent, 4 per week", "1 per day", "2 per day and 1 urgent", "2 per week and 1 urgent")
	collects := draw("collects", "offers", "offers, service", "tips, offers")
	files := bundle.Files{Rules: map[string][]byte{
		"data.yaml":   []byte(scarceData),
		"policy.yaml": fmt.Appendf(nil, scarcePolicy, caps, draw("topic of the digest", "tips", "service"), rapid.SampledFrom([]int{10, 60, 95}).Draw(t, "digest's priority"), collects),
	}, Templates: map[string][]byte{
		"digest/email.html": []byte("---\nsubject: Your week\nlayout: none\n---\n<p>This week:</p>{{ items }}\n"),
		"hello/email.html":  []byte("---\nsubject: Hello\nlayout: none\n---\n<p>Hello</p>{% if items %}{{ items }}{% endif %}\n"),
		"hello/push.txt":    []byte("---\ntitle: Hello\nlink: https://www.example.com/\n---\nHello{% if items %} {{ items }}{% endif %}\n"),
		"hello/sms.txt":     []byte("Hello"),
		"item/email.html":   []byte("---\nsubject: An item\nlayout: none\n---\n<p>An item</p>\n"),
		"item/push.txt":     []byte("---\ntitle: An item\nlink: https://www.example.com/\n---\nAn item\n"),
		"note/email.html":   []byte("---\nsubject: A note\nlayout: none\n---\n<p>A note for {{ customer.name }}</p>\n"),
		"broken/sms.txt":    []byte("For {{ customer.name }}"),
		"broken/email.html": []byte("---\nsubject: Broken\nlayout: none\n---\n<p>Broken</p>\n"),
	}}
	for name, text := range scarceRules {
		files.Rules[name] = []byte("description: A rule.\nowner: a@example.com\n" + text)
	}
	return files
}

// crowd draws what happens to a customer or two of the scarce rules.
func crowd(t *rapid.T) simulate.Script {
	from := time.Date(2026, 9, 28, 0, 0, 0, 0, time.UTC)
	script := simulate.Script{From: from, To: from.AddDate(0, 2, 0)}
	for i := range rapid.IntRange(1, 2).Draw(t, "customers") {
		user := fmt.Sprint("user", i)
		change := profile(t, i)
		change.Traits = map[string]customer.Value{}
		if rapid.Bool().Draw(t, "named") {
			change.Traits["name"] = customer.Text("Anna")
		}
		script.Acts = append(script.Acts, simulate.Act{At: from, Incoming: observe.Incoming{
			User: user, Event: customer.Event{Name: customer.Identified}, Change: change,
		}})
		for range rapid.IntRange(1, 30).Draw(t, "events") {
			at := from.Add(time.Duration(rapid.IntRange(0, 20*48).Draw(t, "half hour")) * 30 * time.Minute)
			name := rapid.SampledFrom([]string{
				"came", "came", "bought", "bought", "opened", "opened", "pressed", "failed", "calmed", "app_opened", "app_opened",
				customer.MessageClicked, customer.MessageOpened, customer.Identified,
			}).Draw(t, "event")
			in := observe.Incoming{User: user, Event: customer.Event{Name: name, Via: customer.ViaServer}}
			switch name {
			case "app_opened":
				in.Event.Via = customer.ViaApp
			case customer.Identified:
				in.Change = profile(t, i)
				in.Change.Traits = nil
			}
			script.Acts = append(script.Acts, simulate.Act{At: at, Incoming: in})
		}
	}
	return script
}

// TestLiveDecidesAlikeWhereLittleHasRoom holds I5 where messages compete for
// places, are queued for them, and ride on each other.
func TestLiveDecidesAlikeWhereLittleHasRoom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		files := scarce(rt)
		_, script := possible(rt, stage(rt, files), crowd(rt))
		alikeInTheEnd(rt, files, script)
	})
}
