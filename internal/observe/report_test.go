package observe_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

const (
	annasPhone    = "+4915112345678"
	annasEmail    = "Anna.B@example.com"
	annasPhoneApp = "device-1"
)

// newTold is a world in which anna has one outreach, whose messages went out by
// every channel a minute ago.
func newTold(t testing.TB, rules map[string]string) (w *world, parts map[customer.Channel]ledger.Part) {
	t.Helper()
	if rules == nil {
		rules = map[string]string{}
	}
	rules["buy"] = onPurchase
	w = newWorld(t, rules)
	w.identify("anna", observe.Change{Phone: pointer(annasPhone), Email: pointer(annasEmail), PushToken: "device-0"})
	w.identify("anna", observe.Change{PushToken: annasPhoneApp})
	w.happen("anna", "", "bought")
	return w, w.went("anna", ledger.Accepted)
}

// went says that the messages of a user's newest outreach are of a status.
func (w *world) went(user string, status ledger.PartStatus) map[customer.Channel]ledger.Part {
	w.t.Helper()
	profile := w.profile(user)
	parts := map[customer.Channel]ledger.Part{}
	list := w.outreaches(user)
	o := list[len(list)-1]
	o.Status, o.WakesOn = ledger.Open, []string{customer.MessageDelivered, customer.MessageBounced}
	w.write(func(tx ledger.Tx) error {
		for _, c := range customer.Channels() {
			p := ledger.Part{
				Ref: o.Ref, Step: "hello", Channel: c, Topic: "service", Template: "hello", Status: status, Attempt: 1, Address: profile.Address(c),
				Provider: "vendor", ProviderID: user + "-" + string(c), Sent: w.now.Add(-time.Minute), Updated: w.now,
			}
			if status == ledger.Ambiguous {
				p.Reason, p.ProviderID = customer.Unknown, ""
			}
			parts[c] = p
			require.NoError(w.t, tx.SavePart(p))
		}
		return tx.SaveOutreach(o)
	})
	return parts
}

// tell takes reports of a provider, one by one.
func (w *world) tell(reports ...channel.Report) (statuses []observe.Status) {
	w.t.Helper()
	for _, r := range reports {
		outcome := w.take(observe.Incoming{Report: &observe.Report{Report: r, Provider: "vendor"}})[0]
		statuses = append(statuses, outcome.Status)
	}
	return statuses
}

func (w *world) part(p ledger.Part) (now ledger.Part) {
	w.t.Helper()
	w.read(func(tx ledger.Tx) {
		found, ok, err := tx.Part(p.Ref, p.Step, p.Channel)
		require.NoError(w.t, err)
		require.True(w.t, ok)
		now = found
	})
	return now
}

// blocked gives why an address is suppressed, "" when it is not.
func (w *world) blocked(c customer.Channel, address string) (reason string) {
	w.t.Helper()
	w.read(func(tx ledger.Tx) {
		s, _, err := tx.Suppressed(c, address)
		require.NoError(w.t, err)
		reason = s.Reason
	})
	return reason
}

// proofs gives the evidence of one customer, or of all, without its ids.
func (w *world) proofs(of customer.ID) (list []customer.Evidence) {
	w.t.Helper()
	w.read(func(tx ledger.Tx) {
		found, err := tx.Evidence(of, 0, 0)
		require.NoError(w.t, err)
		list = found
	})
	for i := range list {
		list[i].ID = 0
	}
	return list
}

func (w *world) log(user string, names ...string) (events []customer.Event) {
	w.t.Helper()
	w.read(func(tx ledger.Tx) {
		found, err := tx.Events(ledger.EventQuery{Customer: w.idIn(tx, user), Names: names})
		require.NoError(w.t, err)
		events = found
	})
	return events
}

func (w *world) hints(rule string) (n int) {
	w.t.Helper()
	w.read(func(tx ledger.Tx) {
		list, err := tx.Hints(rule, 100)
		require.NoError(w.t, err)
		n = len(list)
	})
	return n
}

// news is a report of a part, an hour ago.
func (w *world) news(id string, kind channel.ReportKind, p ledger.Part) channel.Report {
	return channel.Report{ID: id, Kind: kind, Channel: p.Channel, Key: p.Key(), ProviderID: p.ProviderID, At: w.now.Add(-time.Second)}
}

// TestWhatProvidersTell has each kind of news about an email: what becomes of
// the message, of the address, and what the timeline and the evidence say.
func TestWhatProvidersTell(t *testing.T) {
	t.Parallel()
	for kind, want := range map[channel.ReportKind]struct {
		status  ledger.PartStatus
		event   string
		blocked string
		act     customer.Act
		how     string
		hints   int
	}{
		channel.ReportTaken:        {status: ledger.Accepted},
		channel.ReportDelivered:    {status: ledger.Delivered, event: "message_delivered", hints: 2},
		channel.ReportOpened:       {status: ledger.Delivered, event: "message_opened", hints: 1},
		channel.ReportClicked:      {status: ledger.Delivered, event: "message_clicked", hints: 1},
		channel.ReportReplied:      {status: ledger.Delivered, event: "message_replied", hints: 1},
		channel.ReportFailed:       {status: ledger.Failed, event: "message_failed", hints: 1},
		channel.ReportBounced:      {ledger.Failed, "message_bounced", "bounced", customer.AddressBlocked, "bounce", 3},
		channel.ReportComplained:   {ledger.Accepted, "identified", "complaint", customer.AddressBlocked, "complaint", 1},
		channel.ReportBlocked:      {ledger.Accepted, "identified", "unsubscribed", customer.AddressBlocked, "provider", 1},
		channel.ReportUnsubscribed: {ledger.Accepted, "identified", "", customer.ConsentWithdrawn, "provider", 0},
		channel.ReportResubscribed: {ledger.Accepted, "identified", "", customer.ConsentGiven, "provider", 0},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w, parts := newTold(t, nil)
			mail := parts[customer.Email]
			before := len(w.log("anna"))
			r := w.news("v1", kind, mail)
			r.Address, r.Code, r.Detail = strings.ToLower(annasEmail), "5.1.1", "no such mailbox"
			require.Equal(t, []observe.Status{observe.Taken}, w.tell(r))
			require.Equal(t, want.status, w.part(mail).Status)
			require.Equal(t, want.blocked, w.blocked(customer.Email, annasEmail), "the address as the customer has it")
			require.Equal(t, want.hints, w.hints("buy"))
			if want.event == "" {
				require.Len(t, w.log("anna"), before)
				require.Empty(t, w.proofs(""))
				return
			}
			require.Equal(t, customer.Event{
				MessageID: "v1", Customer: w.id("anna"), Name: want.event, At: r.At, ReceivedAt: w.now, Via: customer.ViaUs,
				Properties: pairs([]any{"message", mail.Key(), "template", "hello", "channel", "email", "reason", "5.1.1"}),
			}, w.log("anna", want.event)[slices.IndexFunc(w.log("anna", want.event), func(e customer.Event) bool { return e.MessageID == "v1" })])
			if want.act == "" {
				require.Empty(t, w.proofs(""))
				return
			}
			proof := customer.Evidence{
				At: r.At, Customer: w.id("anna"), Act: want.act, How: want.how, Channel: customer.Email, Address: annasEmail,
				Message: mail.Key(), Template: "hello", Text: "no such mailbox", Source: "v1",
			}
			if want.act != customer.AddressBlocked {
				proof.Address, proof.Topic = "", "service"
				require.Equal(t, kind == channel.ReportResubscribed, w.profile("anna").Consents["service"].Given)
			}
			require.Equal(t, []customer.Evidence{proof}, w.proofs(""))
		})
	}
}

// TestRulesUseWhatBecameOfMessages as triggers, and are told where they wait.
func TestRulesUseWhatBecameOfMessages(t *testing.T) {
	t.Parallel()
	w, parts := newTold(t, map[string]string{"sorry": "when: {event: message_bounced, where: channel == \"email\"}"})
	w.tell(w.news("1", channel.ReportDelivered, parts[customer.SMS]))
	require.Equal(t, 2, w.hints("buy"), "it changed, and its outreach waits for the event")
	w.tell(w.news("2", channel.ReportBounced, parts[customer.Push]))
	require.Equal(t, []string{"buy 1 open"}, w.fates("anna"))
	w.tell(w.news("3", channel.ReportBounced, parts[customer.Email]))
	require.Equal(t, []string{"buy 1 open", "sorry 1 matched"}, sortedFates(w, "anna"))
}

// permutations gives the reports in every order.
func permutations(list []channel.Report) (all [][]channel.Report) {
	if len(list) == 0 {
		return [][]channel.Report{nil}
	}
	for i := range list {
		rest := append(slices.Clone(list[:i]), list[i+1:]...)
		for _, p := range permutations(rest) {
			all = append(all, append([]channel.Report{list[i]}, p...))
		}
	}
	return all
}

// TestAnyOrderEndsAlike: news come in any order and more than once, and the
// message ends where it would have ended.
func TestAnyOrderEndsAlike(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kinds []channel.ReportKind
		want  ledger.PartStatus
	}{
		"arrived after all": {[]channel.ReportKind{channel.ReportTaken, channel.ReportDelivered, channel.ReportFailed, channel.ReportOpened}, ledger.Delivered},
		"failed":            {[]channel.ReportKind{channel.ReportTaken, channel.ReportFailed, channel.ReportBounced}, ledger.Failed},
		"held back":         {[]channel.ReportKind{channel.ReportTaken, channel.ReportComplained, channel.ReportFailed}, ledger.Failed},
		"left":              {[]channel.ReportKind{channel.ReportUnsubscribed, channel.ReportFailed}, ledger.Failed},
	} {
		for _, from := range []ledger.PartStatus{ledger.Accepted, ledger.Ambiguous} {
			t.Run(name+" "+string(from), func(t *testing.T) {
				t.Parallel()
				w, _ := newTold(t, nil)
				mail := w.went("anna", from)[customer.Email]
				sent := w.outreaches("anna")[0].Sent
				var news []channel.Report
				for _, kind := range c.kinds {
					news = append(news, w.news("v-"+string(kind), kind, mail))
				}
				for i, order := range permutations(news) {
					w.went("anna", from)
					o := w.outreaches("anna")[0]
					o.Sent = sent
					w.write(func(tx ledger.Tx) error { return tx.SaveOutreach(o) })
					for j := range order {
						order[j].ID += string(rune('a' + i))
					}
					w.tell(order...)
					ended, o := w.part(mail), w.outreaches("anna")[0]
					require.Equal(t, c.want, ended.Status, "%v", order)
					if from == ledger.Ambiguous {
						require.Equal(t, sent+1, o.Sent, "%v", order)
					}
					hints := w.hints("buy")
					again := w.tell(order...)
					for j, status := range again {
						if order[j].Kind != channel.ReportTaken {
							require.Equal(t, observe.Duplicate, status)
						}
					}
					require.Equal(t, ended, w.part(mail), "twice is once")
					require.Equal(t, o, w.outreaches("anna")[0])
					require.Equal(t, hints, w.hints("buy"))
				}
			})
		}
	}
}

// TestNewsOfSomebodyWhoWasMerged find the message under its new name.
func TestNewsOfSomebodyWhoWasMerged(t *testing.T) {
	t.Parallel()
	w, parts := newTold(t, nil)
	w.happen("bert", "", "bought")
	w.identify("bert", observe.Change{Email: pointer("bert@example.com")})
	w.happen("bert", "", "bought")
	w.alias("anna", "bert")
	key := parts[customer.Email].Key()
	require.Contains(t, key, ".c", "the key names somebody who is no more")
	require.Equal(t, []observe.Status{observe.Taken}, w.tell(w.news("1", channel.ReportBounced, parts[customer.Email])))
	require.Equal(t, "bounced", w.blocked(customer.Email, annasEmail))
	require.Equal(t, w.id("bert"), w.log("bert", "message_bounced")[0].Customer)
	require.Equal(t, w.id("bert"), w.proofs("")[0].Customer)
}

// TestNewsThatNameTheirMessageOtherwise by the provider's own name, by the
// address, or not at all.
func TestNewsThatNameTheirMessageOtherwise(t *testing.T) {
	t.Parallel()
	w, parts := newTold(t, nil)
	mail, text := parts[customer.Email], parts[customer.SMS]
	byID := channel.Report{ID: "1", Kind: channel.ReportDelivered, Channel: customer.Email, ProviderID: mail.ProviderID}
	require.Equal(t, []observe.Status{observe.Taken}, w.tell(byID))
	require.Equal(t, ledger.Delivered, w.part(mail).Status)
	require.Equal(t, w.now, w.log("anna", "message_delivered")[0].At, "no instant is now")

	// Messages of other systems by the same provider say nothing of ours.
	for id, r := range map[string]channel.Report{
		"2": {Kind: channel.ReportDelivered, Channel: customer.SMS, ProviderID: "SM-other", Address: annasPhone},
		"3": {Kind: channel.ReportFailed, Channel: customer.SMS, Key: "buy.c9.1.hello.sms", Address: annasPhone},
		"4": {Kind: channel.ReportOpened, Channel: customer.SMS, Address: annasPhone},
		"5": {Kind: channel.ReportDelivered, Channel: customer.SMS, Key: "k"},
		"6": {Kind: channel.ReportUnsubscribed, Channel: customer.Email, ProviderID: "other", Address: annasEmail},
		"7": {Kind: channel.ReportReplied, Channel: customer.SMS},
		"":  {Kind: channel.ReportDelivered, Channel: customer.SMS, Key: text.Key()},
	} {
		r.ID = id
		require.Equal(t, []observe.Status{observe.Refused}, w.tell(r), id)
		require.Equal(t, text, w.part(text), id)
	}
	require.Empty(t, w.proofs(""))
	// Where an address bounces, or is unwanted, it counts whoever wrote there.
	require.Equal(t, []observe.Status{observe.Taken, observe.Duplicate}, w.tell(
		channel.Report{ID: "8", Kind: channel.ReportBounced, Channel: customer.SMS, ProviderID: "SM-other", Address: annasPhone},
		channel.Report{ID: "8", Kind: channel.ReportBounced, Channel: customer.SMS, ProviderID: "SM-other", Address: annasPhone}))
	require.Equal(t, "bounced", w.blocked(customer.SMS, annasPhone))
	require.Equal(t, text, w.part(text))
	require.Equal(t, []observe.Status{observe.Taken}, w.tell(channel.Report{ID: "9", Kind: channel.ReportComplained, Channel: customer.Email, Address: annasEmail}))
	require.Equal(t, "complaint", w.blocked(customer.Email, annasEmail))
	require.Equal(t, mail.Key(), w.proofs(w.id("anna"))[0].Message, "what went there last")
	require.Equal(t, []observe.Status{observe.Taken}, w.tell(
		channel.Report{ID: "10", Kind: channel.ReportUnsubscribed, Channel: customer.Email, ProviderID: "other", Address: annasEmail, Topic: "offers"}))
	require.False(t, w.profile("anna").Consents["offers"].Given)
	require.NotZero(t, w.profile("anna").Consents["offers"].At)
}

// TestMachinesOpenNothing: what a program opened is told, marked, and is no
// sign of the customer; nor is that a message arrived or failed.
func TestMachinesOpenNothing(t *testing.T) {
	t.Parallel()
	w, parts := newTold(t, nil)
	mail := parts[customer.Email]
	before := w.state("anna")
	opened := w.news("1", channel.ReportOpened, mail)
	opened.Machine = true
	clicked := w.news("2", channel.ReportClicked, mail)
	clicked.Machine = true
	w.now = w.now.Add(time.Hour)
	w.tell(opened, clicked, w.news("3", channel.ReportDelivered, mail), w.news("4", channel.ReportFailed, parts[customer.SMS]), w.news("5", channel.ReportBounced, parts[customer.Push]))
	after := w.state("anna")
	require.Equal(t, "yes", w.log("anna", "message_opened")[0].Properties["machine"].String())
	require.Equal(t, before.LastAct, after.LastAct)
	require.Equal(t, before.Used, after.Used)
	require.Equal(t, before.Habits, after.Habits)
	require.Equal(t, ledger.Delivered, w.part(mail).Status, "it arrived all the same")
	person := w.news("6", channel.ReportOpened, mail)
	person.Device = "phone"
	w.tell(person)
	require.Equal(t, person.At, w.state("anna").Used[customer.Email])
	properties := w.log("anna", "message_opened")[1].Properties
	require.Equal(t, "phone no", properties["device"].String()+" "+properties["machine"].String())
}

// TestADeviceThatIsGone is forgotten, and the one before it is used.
func TestADeviceThatIsGone(t *testing.T) {
	t.Parallel()
	w, parts := newTold(t, nil)
	w.tell(w.news("1", channel.ReportBounced, parts[customer.Push]))
	require.Equal(t, "unregistered", w.blocked(customer.Push, annasPhoneApp))
	require.Equal(t, []string{"device-0"}, w.profile("anna").PushTokens)
}

// TestABatchOfNewsOfOneCustomer sees what news before it wrote.
func TestABatchOfNewsOfOneCustomer(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t, map[string]string{"thanks": "when: {event: bought}\nstop: message_clicked"})
	parts := w.went("anna", ledger.Ambiguous)
	var batch []observe.Incoming
	for i, p := range []ledger.Part{parts[customer.SMS], parts[customer.Push], parts[customer.Email]} {
		for j, kind := range []channel.ReportKind{channel.ReportDelivered, channel.ReportClicked} {
			r := w.news(string(rune('a'+2*i+j)), kind, p)
			batch = append(batch, observe.Incoming{Report: &observe.Report{Report: r, Provider: "vendor"}})
		}
	}
	w.take(batch...)
	for _, o := range w.outreaches("anna") {
		if o.Ref == parts[customer.SMS].Ref {
			require.Equal(t, 3, o.Sent)
		}
	}
}
