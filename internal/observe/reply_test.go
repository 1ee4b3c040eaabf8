package observe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// wrote is what came in by SMS from a number, as Twilio tells it: it names no
// message of ours. said is the provider's own word on it.
func (w *world) wrote(id, from, text, said string) channel.Report {
	return channel.Report{ID: id, Kind: channel.ReportReplied, Channel: customer.SMS, ProviderID: "SM" + id, Address: from, At: w.now, Text: text, Code: said}
}

func TestRepliesInLanguages(t *testing.T) {
	t.Parallel()
	w, parts := newTold(t, nil)
	for i, c := range []struct{ text, said, want string }{
		{"Danke!", "", ""},
		{"HELP", "", ""},
		{"STOP", "", "stop_reply"},
		{"Danke!", "", "stop_reply"},
		{"START", "", ""},
		{"Bitte keine SMS mehr", "", "stop_reply"},
		{"yes", "", ""},
		{"yes", "", ""},
		{"arrêtez", "", "stop_reply"},
		{"whatever", "START", ""},
		{"a word of their own", "STOP", "stop_reply"},
		{"STOP", "START", ""},
		{"STOP", "HELP", ""},
	} {
		w.now = w.now.Add(time.Minute)
		require.Equal(t, []observe.Status{observe.Taken}, w.tell(w.wrote(string(rune('a'+i)), annasPhone, c.text, c.said)))
		require.Equal(t, c.want, w.blocked(customer.SMS, annasPhone), "%d %s", i, c.text)
	}
	require.Equal(t, parts[customer.SMS], w.part(parts[customer.SMS]), "a reply to an address says nothing of one message")
	var acts []customer.Act
	for _, proof := range w.proofs(w.id("anna")) {
		acts = append(acts, proof.Act)
		require.Equal(t, []string{"sms_reply", annasPhone, parts[customer.SMS].Key(), "hello"}, []string{proof.How, proof.Address, proof.Message, proof.Template})
	}
	require.Equal(t, []customer.Act{
		"help_asked", "address_suppressed", "address_freed", "address_suppressed", "address_freed", "address_suppressed", "address_freed",
		"address_suppressed", "address_freed", "help_asked",
	}, acts)
	require.Equal(t, "Bitte keine SMS mehr", w.proofs("")[3].Text)
}

// TestARepeatOfAnOldStop comes after the customer started again.
func TestARepeatOfAnOldStop(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t, nil)
	stop := w.wrote("1", annasPhone, "STOP", "")
	w.now = w.now.Add(time.Minute)
	start := w.wrote("2", annasPhone, "START", "")
	require.Equal(t, []observe.Status{observe.Taken, observe.Taken, observe.Duplicate}, w.tell(stop, start, stop))
	require.Empty(t, w.blocked(customer.SMS, annasPhone))
	require.Len(t, w.proofs(""), 2)
	// A start that is older than the stop takes nothing back.
	w.now = w.now.Add(time.Minute)
	late := w.wrote("4", annasPhone, "START", "")
	w.now = w.now.Add(time.Minute)
	w.tell(w.wrote("3", annasPhone, "STOP", ""), late)
	require.Equal(t, "stop_reply", w.blocked(customer.SMS, annasPhone))
}

// TestStartTakesBackWordsOnly of the customer's, of that address.
func TestStartTakesBackWordsOnly(t *testing.T) {
	t.Parallel()
	w, parts := newTold(t, nil)
	w.tell(w.news("1", channel.ReportBounced, parts[customer.SMS]), w.news("2", channel.ReportComplained, parts[customer.Email]),
		w.wrote("3", annasPhone, "START", ""))
	require.Equal(t, "bounced", w.blocked(customer.SMS, annasPhone), "nothing arrives there, whatever they say")
	require.Equal(t, "complaint", w.blocked(customer.Email, annasEmail), "they said nothing of their email")
	// What a customer says goes before what a provider says.
	w.tell(w.wrote("4", annasPhone, "STOP", ""))
	require.Equal(t, "stop_reply", w.blocked(customer.SMS, annasPhone))
	w.tell(w.news("5", channel.ReportBounced, parts[customer.SMS]))
	require.Equal(t, "stop_reply", w.blocked(customer.SMS, annasPhone))
}

// TestSomebodyWeNeverWroteTo asks for nothing more: nobody may use the number.
func TestSomebodyWeNeverWroteTo(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t, nil)
	const number = "+33612345678"
	stop := w.wrote("1", number, "ARRET", "")
	require.Equal(t, []observe.Status{observe.Taken, observe.Duplicate}, w.tell(stop, stop))
	require.Equal(t, "stop_reply", w.blocked(customer.SMS, number))
	require.Equal(t, []customer.Evidence{{
		At: w.now, Act: customer.AddressBlocked, How: "sms_reply", Channel: customer.SMS, Address: number, Text: "ARRET", Source: "1",
	}}, w.proofs(""))
	w.now = w.now.Add(time.Minute)
	require.Equal(t, []observe.Status{observe.Taken, observe.Taken}, w.tell(w.wrote("2", number, "HELP", ""), w.wrote("3", number, "START", "")))
	require.Empty(t, w.blocked(customer.SMS, number))
}

// TestTwoCustomersOfOneNumber are both left alone.
func TestTwoCustomersOfOneNumber(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t, nil)
	w.identify("bert", observe.Change{Phone: pointer(annasPhone)})
	w.tell(w.wrote("1", annasPhone, "STOP", ""))
	w.happen("bert", "", "bought")
	require.Equal(t, []string{"buy 1 suppressed"}, w.fates("bert"), "with no other channel there is one reason")
	require.Equal(t, []string{"buy 1 open"}, w.fates("anna"), "who has an email as well")
}

// TestConsentsThatAreSaidAgain are no news when the company's systems say them,
// and each is kept when the customer does.
func TestConsentsThatAreSaidAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	say := func(how string, yes bool, at time.Duration) {
		in := observe.Incoming{User: "anna", Event: w.event("", customer.Identified), Change: observe.Change{Consents: map[customer.Topic]bool{"offers": yes}}}
		in.Event.At = w.now.Add(at)
		if how != customer.ByEvent {
			in.Evidence = &customer.Evidence{How: how}
		}
		w.take(in)
	}
	kept := func() (list []string) {
		for _, e := range w.proofs("") {
			list = append(list, e.How+" "+string(e.Act))
		}
		return list
	}
	say(customer.ByEvent, true, -4*time.Hour)
	say(customer.ByEvent, true, -3*time.Hour)
	require.Equal(t, []string{"event consent_given"}, kept())
	say(customer.ByOneClick, false, -2*time.Hour)
	say(customer.ByOneClick, false, -time.Hour)
	say(customer.ByEvent, true, -150*time.Minute)
	require.False(t, w.profile("anna").Consents["offers"].Given, "an older word changes nothing")
	require.Equal(t, []string{"event consent_given", "one_click consent_withdrawn", "one_click consent_withdrawn"}, kept())
	say(customer.ByEvent, true, 0)
	require.Len(t, kept(), 4)
}

// TestDevicesTellOfTheirMessages once each, and of no other's.
func TestDevicesTellOfTheirMessages(t *testing.T) {
	t.Parallel()
	w, parts := newTold(t, nil)
	push := parts[customer.Push]
	w.happen("bert", "", "bought")
	receipt := func(user, id, name, key string) observe.Outcome {
		e := w.event("", name, customer.MessageProperty, key)
		e.MessageID, e.Via = id, customer.ViaApp
		return w.take(observe.Incoming{User: user, Event: e})[0]
	}
	refused := observe.Outcome{Status: observe.Refused, Reason: "message: is none that went to this customer, give the send_key that came with it"}
	require.Equal(t, refused, receipt("bert", "1", customer.MessageDelivered, push.Key()))
	require.Equal(t, refused, receipt("anna", "1", customer.MessageDelivered, "buy.c9.1.hello.push"))
	require.Equal(t, refused, receipt("somebody new", "1", customer.MessageDelivered, "buy.c9.1.hello.push"))
	require.Equal(t, push, w.part(push))
	before := w.state("anna")

	require.Equal(t, observe.Outcome{Status: observe.Taken}, receipt("anna", "1", customer.MessageDelivered, push.Key()))
	require.Equal(t, observe.Outcome{Status: observe.Duplicate}, receipt("anna", "1", customer.MessageDelivered, push.Key()))
	require.Equal(t, ledger.Delivered, w.part(push).Status)
	require.Equal(t, before.Used, w.state("anna").Used, "it arrived by itself")
	require.Equal(t, 2, w.hints("buy"))
	receipt("anna", "2", customer.MessageOpened, push.Key())
	require.Equal(t, pairs([]any{"message", push.Key(), "template", "hello", "channel", "push"}), w.log("anna", customer.MessageOpened)[0].Properties)
	require.Equal(t, w.now, w.state("anna").Used[customer.Push])
	w.alias("anna", "bert")
	require.Equal(t, observe.Outcome{Status: observe.Taken}, receipt("bert", "3", customer.MessageClicked, push.Key()), "under the name of before")
	require.Empty(t, w.proofs(""))
}

func TestCheckReceipt(t *testing.T) {
	t.Parallel()
	const (
		ours  = "event: is a name that the engine keeps for itself, choose another"
		which = "event: tells of a message of the engine's, and only of push messages devices may tell: give its send_key as the property message, or choose another name"
	)
	for _, c := range []struct{ name, key, want string }{
		{customer.MessageDelivered, "buy.c1.1.hello.push", ""},
		{customer.MessageOpened, "buy.c1.1.hello.push", ""},
		{customer.MessageClicked, "buy.c1.1.hello.push", ""},
		{customer.MessageDelivered, "buy.c1.1.hello.sms", which},
		{customer.MessageDelivered, "push", which},
		{customer.MessageDelivered, "", which},
		{customer.MessageReplied, "buy.c1.1.hello.push", ours},
		{customer.MessageSent, "buy.c1.1.hello.push", ours},
		{customer.MessageFailed, "buy.c1.1.hello.push", ours},
		{customer.MessageBounced, "buy.c1.1.hello.push", ours},
		{customer.Identified, "buy.c1.1.hello.push", ours},
	} {
		require.Equal(t, c.want, observe.CheckReceipt(c.name, pairs([]any{"message", c.key})), "%s %s", c.name, c.key)
	}
}

func TestTokensThatAreNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"push_token": "two words"}`:     "push_token: has spaces or characters that no token has; send what the app got from Firebase, or the browser's subscription",
		`{"device_token": "{\"a\": 1}"}`:  "device_token: endpoint is not an https URL; send it as JSON.stringify(subscription) gives it",
		`{"push_token": {"endpoint": 1}}`: "push_token: is not a JSON object with endpoint and keys; send it as JSON.stringify(subscription) gives it",
	} {
		change, refused := observe.ReadTraits(traits(t, text), nil)
		require.Empty(t, change.PushToken)
		require.Len(t, refused, 1)
		require.Equal(t, want, refused[0].String())
	}
	var change observe.Change
	require.Equal(t, []observe.Refusal{{Field: "context.device.token", Reason: "has spaces or characters that no token has; send what the app got from Firebase, or the browser's subscription"}},
		change.AddDevice("", "", "two words", nil))
	require.Equal(t, observe.Change{}, change)
}

// TestASubscriptionIsOneText however it was written.
func TestASubscriptionIsOneText(t *testing.T) {
	t.Parallel()
	const (
		key   = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
		auth  = "BTBZMqHH6r4Tts7J_aSIgg"
		plain = `{"endpoint":"https://push.example.net/1","keys":{"p256dh":"` + key + `","auth":"` + auth + `"}}`
	)
	for _, text := range []string{
		`{"push_token": {"keys": {"auth": "` + auth + `==", "p256dh": "` + key + `"}, "expirationTime": 1, "endpoint": "https://push.example.net/1"}}`,
		`{"push_token": "{\"endpoint\": \"https://push.example.net/1\", \"expirationTime\": null, \"keys\": {\"p256dh\": \"` + key + `\", \"auth\": \"` + auth + `\"}}"}`,
	} {
		change, refused := observe.ReadTraits(traits(t, text), nil)
		require.Empty(t, refused)
		require.Equal(t, plain, change.PushToken)
	}
}
