package dictionary_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/source"
)

func read(t *testing.T, text string) (*dictionary.Dictionary, []string) {
	t.Helper()
	var ps source.Problems
	d := dictionary.Read("data.yaml", []byte(text), &ps)
	var lines []string
	for _, p := range ps.List() {
		lines = append(lines, p.String())
	}
	return d, lines
}

const shop = `
traits:
  plan: [basic, surf]
  plan_mb: number
  born: date
events:
  order_placed: {from: ["Order Completed", Bought], order_id: id, status: [open, paid]}
  invoice_created: {by: us}
  app_opened: {from: "Application Opened"}
`

func TestRead(t *testing.T) {
	t.Parallel()
	d, problems := read(t, shop)
	require.Empty(t, problems)
	require.Equal(t, map[string]dictionary.Field{
		"plan":    {Kind: customer.KindText, Allowed: []string{"basic", "surf"}},
		"plan_mb": {Kind: customer.KindNumber},
		"born":    {Kind: customer.KindDate},
	}, d.Traits)
	for _, own := range []string{
		"message_sent", "message_delivered", "message_opened", "message_clicked", "message_replied", "message_failed", "message_bounced", "handoff_done",
	} {
		require.Contains(t, d.Events, own)
		delete(d.Events, own)
	}
	require.Equal(t, map[string]dictionary.Event{
		"order_placed": {From: []string{"Order Completed", "Bought"}, Properties: map[string]dictionary.Field{
			"order_id": {Kind: customer.KindID},
			"status":   {Kind: customer.KindText, Allowed: []string{"open", "paid"}},
		}},
		"invoice_created": {ByUs: true, Properties: map[string]dictionary.Field{}},
		"app_opened":      {From: []string{"Application Opened"}, Properties: map[string]dictionary.Field{}},
	}, d.Events)
	require.Equal(t, []string{"born", "plan", "plan_mb"}, d.TraitNames())
	require.Equal(t, []string{"app_opened", "handoff_done", "invoice_created", "message_bounced", "message_clicked", "message_delivered",
		"message_failed", "message_opened", "message_replied", "message_sent", "order_placed"}, d.EventNames())
}

func TestEventName(t *testing.T) {
	t.Parallel()
	d, _ := read(t, shop)
	for outside, want := range map[string]string{
		"Order Completed": "order_placed",
		"Bought":          "order_placed",
		"order_placed":    "order_placed",
		"order completed": "order completed",
		"Page Viewed":     "Page Viewed",
		"":                "",
	} {
		require.Equal(t, want, d.EventName(outside))
	}
	require.Equal(t, "x", new(dictionary.Dictionary).EventName("x"))
}

func TestTheEnginesOwnEventsAreKnown(t *testing.T) {
	t.Parallel()
	var d dictionary.Dictionary
	replied, ok := d.Event(customer.MessageReplied)
	require.True(t, ok)
	require.False(t, replied.ByUs)
	require.Equal(t, []string{"channel", "message", "template", "text"}, d.PropertyNames(customer.MessageReplied))
	require.Equal(t, []string{"channel", "message", "reason", "template"}, d.PropertyNames(customer.MessageFailed))
	failed, _ := d.Event(customer.MessageFailed)
	require.True(t, failed.ByUs)
	require.Equal(t, []string{"push", "sms", "email"}, failed.Properties["channel"].Allowed)
	_, ok = d.Event("order_placed")
	require.False(t, ok)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"unknown key": {"trait:\n  plan: text\n", []string{`data.yaml:1:1: trait: "trait": is not a key that is known here; did you mean traits?`}},
		"a list":      {"- plan\n", []string{`data.yaml:1:1: is a list where keys with values are due; leave out the dashes and the [ ], and write key: value, one a line`}},
		"no value":    {"traits:\nevents:\n  a:\n", []string{`data.yaml:1:8: traits: has no value; write one after the colon, or leave the key out`, `data.yaml:3:5: events.a: has no value; write a: {} for an event without properties`}},
		"type":        {"traits: {a: string, b: nubmer, c: {d: text}}\n", []string{`data.yaml:1:13: traits.a: "string": is not a type; write text, or the list of allowed texts in [ ]`, `data.yaml:1:24: traits.b: "nubmer": is not a type; write one of text, number, id, date, time, or the list of allowed texts in [ ]`, `data.yaml:1:35: traits.c: is keys with values where a type is due; write one of text, number, id, date, time, or the list of allowed texts in [ ]`}},
		"truth":       {"traits: {a: boolean}\n", []string{`data.yaml:1:13: traits.a: "boolean": is not a type; write [yes, no]`}},
		"allowed":     {"traits: {a: [x, x], b: [], c: [[x]]}\n", []string{`data.yaml:1:17: traits.a[1]: "x": stands twice in the list of allowed texts; keep one of them`, `data.yaml:1:24: traits.b: the list of allowed texts is empty; list the texts, or write text for any`, `data.yaml:1:32: traits.c[0]: is a list where a single value is due; give one value, without [ ] and without a dash`}},
		"name": {"traits: {planMB: number, ÄÖ: text}\nevents: {Order Completed: {}}\n", []string{`data.yaml:1:10: traits.planMB: "planMB": is not a name that rules can use; write plan_mb`,
			`data.yaml:1:26: traits.ÄÖ: "ÄÖ": is not a name that rules can use; use small letters, digits and _ between words, and start with a letter: order_placed`,
			`data.yaml:2:10: events.Order Completed: "Order Completed": is not a name that rules can use; write order_completed: {from: "Order Completed"}`}},
		"reserved": {"traits: {match: text}\nevents: {count: {}, message_read: {}, a: {known: text}}\n", []string{`data.yaml:1:10: traits.match: "match": is a word of the rule language and cannot name a trait; choose another, such as match_value`,
			`data.yaml:2:10: events.count: "count": is a word of the rule language and cannot name an event; choose another, such as count_value`,
			`data.yaml:2:21: events.message_read: "message_read": starts with message_, which is kept for what becomes of messages; choose another name; message_sent, message_delivered, message_opened, message_clicked, message_replied, message_failed, message_bounced are known without being declared`,
			`data.yaml:2:43: events.a.known: "known": is a word of the rule language and cannot name a property; choose another, such as known_value`}},
		"trait and event": {"events: {plan: {}}\ntraits: {plan: text}\n", []string{`data.yaml:1:10: events.plan: "plan": is a trait too; give the trait or the event another name`}},
		"outside name": {"events:\n  a: {from: X}\n  b: {from: [X, a, b, text, message_sent]}\n", []string{`data.yaml:3:14: events.b.from[0]: "X": is the outside name of a already; an outside name belongs to one event; keep one of them`,
			`data.yaml:3:17: events.b.from[1]: "a": is an event of its own; leave it out of from, or do not declare it as an event`,
			`data.yaml:3:20: warning [own-name]: events.b.from[2]: "b": is the event's own name; leave it out of from`,
			`data.yaml:3:23: events.b.from[3]: "text": is a type, but from names what the event is called outside; write from: "Order Completed", and give a property another name`,
			`data.yaml:3:29: events.b.from[4]: "message_sent": is an event of its own; leave it out of from, or do not declare it as an event`}},
		"by":    {"events: {a: {by: them}}\n", []string{`data.yaml:1:18: events.a.by: "them": is not known here; write by: us for an event that is not the customer's own act, or leave by out`}},
		"twice": {"events: {a: {}, a: {}}\n", []string{`data.yaml:1:17: events.a: "a": stands twice, first on line 1; keep one of them`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := read(t, c.text)
			require.Equal(t, c.want, got)
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(shop)
	f.Add("traits: {a: [x, {y: z}]}\nevents: {b: [c]}")
	f.Add("events: {a: {from: {b: c}, by: [us]}}")
	f.Fuzz(func(t *testing.T, text string) {
		var ps source.Problems
		require.NotNil(t, dictionary.Read("data.yaml", []byte(text), &ps))
		for _, p := range ps.List() {
			require.Equal(t, "data.yaml", p.File)
			require.NotEmpty(t, p.Message)
			unread := p.Path == "" && p.Line == 0 && slices.Contains(source.WholeFile(), p.Message)
			require.True(t, unread || p.Line > 0 && p.Column > 0, p.String())
		}
	})
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	d, problems := read(t, "webhooks: {coupon: {code: text, value: number, kind: [a, b]}, ping: {ok: [yes, no]}}\n")
	require.Empty(t, problems)
	require.Equal(t, []string{"coupon", "ping"}, d.WebhookNames())
	require.Equal(t, []string{"code", "kind", "value"}, d.PropertyNames("coupon"))
	fields, ok := d.Properties("coupon")
	require.True(t, ok)
	require.Equal(t, dictionary.Field{Kind: customer.KindText, Allowed: []string{"a", "b"}}, fields["kind"])
	_, isEvent := d.Event("coupon")
	require.False(t, isEvent)
	done, ok := d.Properties("handoff_done")
	require.True(t, ok)
	require.Len(t, done, 2)
	_, problems = read(t, "traits: {plan: text}\nevents: {order_placed: {}, handoff_done: {task: text}}\nwebhooks: {plan: {a: text}, order_placed: {a: text}, Coupon: {a: text}, match: {a: text}, ok: {count: text, a: bool}}\n")
	require.Equal(t, []string{
		`data.yaml:2:28: events.handoff_done: "handoff_done": is an event of the engine's own; leave it out; it is known without being declared`,
		`data.yaml:3:12: webhooks.plan: "plan": is a trait or an event too; give the answer another name`,
		`data.yaml:3:29: webhooks.order_placed: "order_placed": is a trait or an event too; give the answer another name`,
		`data.yaml:3:54: webhooks.Coupon: "Coupon": is not a name that rules can use; write coupon`,
		`data.yaml:3:73: webhooks.match: "match": is a word of the rule language and cannot name a webhook's answer; choose another, such as match_value`,
		`data.yaml:3:96: webhooks.ok.count: "count": is a word of the rule language and cannot name a field; choose another, such as count_value`,
		`data.yaml:3:112: webhooks.ok.a: "bool": is not a type; write [yes, no]`,
	}, problems)
}
