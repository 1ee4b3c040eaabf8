package activities_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// TestFiguresAreThoseOfTheMoment lets usage go on while the warning waits for
// the evening.
func TestFiguresAreThoseOfTheMoment(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T08:00:00Z", files(map[string]string{"usage-limit": usageLimit}))
	b.identify("anna", berlin("service"))
	b.happen("anna", "data_session", "mb", 12100)
	b.happen("anna", "data_session", "mb", 1500)
	b.until("2026-11-23T21:00:00Z")
	require.Len(t, b.sent, 1)
	require.Equal(t, "You have used 91 % of your data.", b.sent[0].Content.Text)
}

const orderNote = `
description: Say that an order was taken.
owner: care@example.com
topic: service
%ABOUT%
when: {event: order_placed}
steps:
  - send: order-note
    at: now
  - wait: 1d
  - send: order-note
    id: again
    at: now
`

// TestTextsSpeakOfWhatGaveTheReason places two orders one after the other:
// each message names its own, also a day later.
func TestTextsSpeakOfWhatGaveTheReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		about string
		want  []string
	}{
		"by order":    {"about: order_id", []string{"Order A", "Order B", "Order A", "Order B"}},
		"by customer": {"again: always", []string{"Order A", "Order A"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := files(map[string]string{"order-note": strings.Replace(orderNote, "%ABOUT%", c.about, 1)})
			f.Templates["order-note/sms.txt"] = []byte("Order {{ order_placed.order_id | default: \"?\" }}")
			b := newBench(t, "2026-11-23T12:00:00Z", f)
			change := berlin("service")
			change.Preferences = nil
			b.identify("anna", change)
			b.happen("anna", "order_placed", "order_id", "A")
			b.happen("anna", "order_placed", "order_id", "B")
			b.until("2026-11-25T12:00:00Z")
			var texts []string
			for _, m := range b.sent {
				texts = append(texts, m.Content.Text)
			}
			require.ElementsMatch(t, c.want, texts)
		})
	}
}

const twoOffers = `
description: Two messages on one day.
owner: care@example.com
topic: service
when: {event: plan_changed}
steps:
  - send: late
    at: now
  - send: miss-you
    channel: [sms, email]
    at: now
    within: 6h
`

// TestAFullChannelGivesWayToTheNext caps SMS at one a day: the second message
// goes out by the channel that can still reach the customer in time.
func TestAFullChannelGivesWayToTheNext(t *testing.T) {
	t.Parallel()
	f := files(map[string]string{"two": twoOffers})
	f.Rules["policy.yaml"] = []byte(strings.Replace(housePolicy, "caps: {any: [2 per day, 5 per week]}", "caps: {sms: 1 per day}", 1))
	b := newBench(t, "2026-11-23T12:00:00Z", f)
	change := berlin("service")
	change.Preferences = nil
	b.identify("anna", change)
	b.happen("anna", "plan_changed")
	require.Len(t, b.sent, 2)
	require.Equal(t, []customer.Channel{customer.SMS, customer.Email}, []customer.Channel{b.sent[0].Channel, b.sent[1].Channel})
}

const twoTexts = `
description: Two texts, the second a little later.
owner: care@example.com
topic: service
when: {event: plan_changed}
steps:
  - send: late
    at: now
  - wait: 20s
  - send: miss-you
    channel: sms
    at: now
`

// TestAWaitCountsFromWhenTheMessageWentOut has a provider that takes the first
// message a minute late: the second comes twenty seconds after it.
func TestAWaitCountsFromWhenTheMessageWentOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T12:00:00Z", files(map[string]string{"two": twoTexts}))
	change := berlin("service")
	change.Preferences = nil
	b.identify("anna", change)
	b.answers = []error{&channel.Error{Kind: channel.Throttled, Provider: "bench", Code: "429", RetryAfter: time.Minute}}
	b.happen("anna", "plan_changed")
	b.until("2026-11-23T12:01:10Z")
	require.Len(t, b.sent, 1)
	b.until("2026-11-23T12:01:19Z")
	require.Len(t, b.sent, 1, "nineteen seconds later")
	b.until("2026-11-23T12:01:20Z")
	require.Len(t, b.sent, 2)
}
