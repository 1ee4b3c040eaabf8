package activities_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
)

const data = `
traits:
  plan: [basic, surf, ultimate]
  plan_mb: number
  billing_day: number
  first_name: text
  renewal_at: date
events:
  data_session: {mb: number}
  data_topped_up: {mb: number}
  plan_changed: {}
  account_closed: {}
  app_opened: {}
  order_placed: {order_id: id, promised_at: time}
  order_delivered: {by: us, order_id: id}
  order_cancelled: {order_id: id}
`

const housePolicy = `
zone: America/New_York
channels: [sms, email, push]
topics:
  service: {consent: assumed}
  offers: {consent: asked}
  urgent: {consent: assumed, urgent: yes}
caps: {any: [2 per day, 5 per week]}
quiet: daily 21:00-08:00
windows: {sms: daily 09:00-20:00, email: daily 08:00-20:00, push: daily 09:00-21:00}
`

const usageLimit = `
description: Warn customers before they run out of data, then offer a bigger plan.
owner: growth@example.com
topic: service
priority: 70
when:
  usage:
    sum: data_session.mb
    per: month from billing_day
    limit: plan_mb + sum(data_topped_up.mb)
    reaches: 80%
audience: plan in ["surf", "ultimate"]
goal: {event: plan_changed, within: 14d}
stop: account_closed
until: end of period
steps:
  - send: usage-warning
    within: 24h
  - wait_for: message_clicked
    within: 2d
    then:
      - wait: 3d
      - send: usage-plan-advice
        topic: offers
        channel: email
    else:
      - send: usage-warning-followup
        channel: [sms, email]
`

func mail(subject string) []byte {
	return []byte("---\nsubject: " + subject + "\nlayout: none\n---\n<p>" + subject + "</p>\n")
}

func files(rules map[string]string) bundle.Files {
	f := bundle.Files{
		Rules: map[string][]byte{"data.yaml": []byte(data), "policy.yaml": []byte(housePolicy)},
		Templates: map[string][]byte{
			"usage-warning/sms.txt":             []byte("You have used {{ match.share | percent }} of your data."),
			"usage-plan-advice/email.html":      mail("A bigger plan"),
			"usage-warning-followup/sms.txt":    []byte("Still here if you need more data."),
			"usage-warning-followup/email.html": mail("More data"),
			"late/sms.txt":                      []byte("Your order is late."),
			"miss-you/sms.txt":                  []byte("We miss you."),
			"miss-you/email.html":               mail("We miss you"),
		},
	}
	for name, text := range rules {
		f.Rules[name+".yaml"] = []byte(text)
	}
	return f
}

func text(s string) *string { return &s }

// berlin is the customer of the language's own example.
func berlin(consents ...customer.Topic) observe.Change {
	c := observe.Change{
		Zone: text("Europe/Berlin"), Phone: text("+4915112345678"), Email: text("anna@example.com"),
		Traits: map[string]customer.Value{
			"plan": customer.Text("surf"), "plan_mb": customer.Number(15000), "billing_day": customer.Number(15),
		},
		Consents:    map[customer.Topic]bool{},
		Preferences: &customer.Preferences{Hours: map[customer.Channel]string{customer.SMS: "Mon-Fri 18:00-21:00"}},
	}
	for _, topic := range consents {
		c.Consents[topic] = true
	}
	return c
}

func TestWarnedOnceInTheEveningBySMS(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T08:00:00Z", files(map[string]string{"usage-limit": usageLimit}))
	b.identify("anna", berlin("service", "offers"))
	b.until("2026-11-23T09:00:00Z")
	b.happen("anna", "data_session", "mb", 11900)
	require.Empty(t, b.story("anna"), "11,900 of 15,000 is below 80 %%")
	b.until("2026-11-23T13:20:00Z")
	b.happen("anna", "data_session", "mb", 200)
	b.until("2026-11-23T15:00:00Z")
	b.happen("anna", "data_session", "mb", 200)
	b.until("2026-11-23T20:30:00Z")
	b.happen("anna", "account_closed")
	require.Len(t, b.sent, 1)
	require.Equal(t, "You have used 82 % of your data.", b.sent[0].Content.Text)
	story := b.story("anna")
	require.Contains(t, story[2], "Mon 14:20 usage-limit plan usage-warning sms for Mon ")
	require.Equal(t, "Mon 14:20 usage-limit match", story[0])
	require.Equal(t, "Mon 21:30 usage-limit end stop", story[len(story)-1])
}

func TestATopUpTakesTheReasonAway(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T08:00:00Z", files(map[string]string{"usage-limit": usageLimit}))
	b.identify("anna", berlin("service"))
	b.until("2026-11-23T13:20:00Z")
	b.happen("anna", "data_session", "mb", 12100)
	b.until("2026-11-23T16:59:00Z")
	b.happen("anna", "data_topped_up", "mb", 5000)
	b.until("2026-11-25T16:59:00Z")
	require.Empty(t, b.sent)
	story := b.story("anna")
	require.Equal(t, []string{
		"Mon 17:59 usage-limit drop usage-warning sms reason_gone", "Mon 17:59 usage-limit end reason_gone",
	}, story[len(story)-2:])
	b.happen("anna", "data_session", "mb", 5000)
	require.Equal(t, "Wed 17:59 usage-limit match", b.story("anna")[len(story)], "the grown limit is reached anew")
}

func TestNoOfferWithoutConsent(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T08:00:00Z", files(map[string]string{"usage-limit": usageLimit}))
	b.identify("anna", berlin("service"))
	b.until("2026-11-23T13:20:00Z")
	b.happen("anna", "data_session", "mb", 12100)
	b.until("2026-11-24T08:00:00Z")
	b.happen("anna", customer.MessageClicked, customer.MessageProperty, b.sent[0].Key, customer.ChannelProperty, "sms")
	b.until("2026-11-28T08:00:00Z")
	require.Len(t, b.sent, 1)
	story := b.story("anna")
	require.Equal(t, []string{
		"Tue 09:00 usage-limit wait wait-2.then-1 for Fri 09:00",
		"Fri 09:00 usage-limit drop usage-plan-advice no_consent",
		"Fri 09:00 usage-limit end completed",
	}, story[len(story)-3:])
}

const lateDelivery = `
description: Say that a parcel is late before the customer has to ask.
owner: care@example.com
topic: service
about: order_id
when:
  missing: {event: order_delivered, after: order_placed, by: promised_at}
stop: order_cancelled
steps:
  - send: late
    at: now
    within: 12h
`

func TestOneOrderDoesNotEndAnothers(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T08:00:00Z", files(map[string]string{"late-delivery": lateDelivery}))
	change := berlin("service")
	change.Preferences = nil
	b.identify("anna", change)
	for _, order := range []string{"A", "B", "C"} {
		b.happen("anna", "order_placed", "order_id", order, "promised_at", "2026-11-23T12:00:00Z")
	}
	b.until("2026-11-23T11:00:00Z")
	b.happen("anna", "order_delivered", "order_id", "B")
	b.until("2026-11-23T23:00:00Z")
	require.Len(t, b.sent, 2, "A and C are late, B is not")
	b.happen("anna", "order_delivered", "order_id", "A")
	require.Equal(t, []string{
		"Mon 13:00 late-delivery match", "Mon 13:00 late-delivery enter",
		"Mon 13:00 late-delivery match", "Mon 13:00 late-delivery enter",
		"Mon 13:00 late-delivery plan late sms for Mon 13:00", "Mon 13:00 late-delivery plan late sms for Mon 13:00",
		"Mon 13:00 late-delivery send late sms", "Mon 13:00 late-delivery end completed",
		"Mon 13:00 late-delivery send late sms", "Mon 13:00 late-delivery end completed",
	}, b.story("anna"))
}

// TestAMessageNamesItsOwnOrder has two orders on their way for days: each
// message names the order that is late, with what was said when it was placed.
func TestAMessageNamesItsOwnOrder(t *testing.T) {
	t.Parallel()
	f := files(map[string]string{"late-delivery": strings.NewReplacer(
		"topic: service", "topic: service\naudience: known(order_placed.promised_at)", "steps:", "steps:\n  - wait: 2h",
	).Replace(lateDelivery)})
	f.Templates["late/sms.txt"] = []byte("Order {{ order_placed.order_id }} is late.")
	b := newBench(t, "2026-11-23T08:00:00Z", f)
	change := berlin("service")
	change.Preferences = nil
	b.identify("anna", change)
	b.happen("anna", "order_placed", "order_id", "A", "promised_at", "2026-11-26T12:00:00Z")
	b.happen("anna", "order_placed", "order_id", "B", "promised_at", "2026-11-26T12:00:00Z")
	b.until("2026-11-26T13:00:00Z") // both wait
	b.happen("anna", "order_placed", "order_id", "C", "promised_at", "2026-12-26T12:00:00Z")
	b.until("2026-11-27T12:00:00Z")
	var texts []string
	for _, m := range b.sent {
		texts = append(texts, m.Content.Text)
	}
	require.ElementsMatch(t, []string{"Order A is late.", "Order B is late."}, texts)
}

const goneSilent = `
description: Say hello to those who have gone silent.
owner: care@example.com
topic: service
when: {silent: {event: app_opened, for: 14d}}
again: after 90d
goal: {event: app_opened, within: 14d}
steps:
  - send: miss-you
    within: 7d
`

func TestSilenceKeepsTheWallClockAndEndsWithAnAct(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-10-20T08:00:00Z", files(map[string]string{"gone-silent": goneSilent}))
	b.identify("anna", berlin("service"))
	b.happen("anna", "app_opened") // 10:00 summer time in Berlin
	b.until("2026-11-03T08:59:00Z")
	require.Empty(t, b.story("anna"))
	b.until("2026-11-03T09:01:00Z") // 10:00 winter time: fourteen days by the wall clock
	require.Equal(t, "Tue 10:00 gone-silent match", b.story("anna")[0])
	b.happen("anna", "app_opened")
	require.Empty(t, b.sent)
	story := b.story("anna")
	require.Equal(t, "Tue 10:01 gone-silent end goal_reached", story[len(story)-1])
}

func TestProviderTroubleIsTriedAgainAndFallsBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-10-20T08:00:00Z", files(map[string]string{"gone-silent": goneSilent}))
	change := berlin("service")
	change.Preferences = nil
	b.identify("anna", change)
	b.happen("anna", "app_opened")
	b.answers = []error{
		&channel.Error{Kind: channel.Throttled, Provider: "bench", Code: "429", RetryAfter: 30 * time.Second},
		&channel.Error{Kind: channel.BadAddress, Provider: "bench", Code: "21211"},
	}
	b.until("2026-11-05T09:01:00Z")
	require.Len(t, b.sent, 1)
	require.Equal(t, customer.Email, b.sent[0].Channel, "the number is bad: the mail goes out")
}
