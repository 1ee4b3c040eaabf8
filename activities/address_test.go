package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

const missYou = `
description: One message by the first channel that reaches the customer.
owner: care@example.com
topic: service
when: {event: plan_changed}
steps:
  - send: miss-you
    channel: [sms, email]
    at: now
    within: 6h
`

func missing() bundle.Files { return files(map[string]string{"miss": missYou}) }

// blocks gives the suppressions of the addresses, "" of those that may be used.
func (b *bench) blocks(addresses map[string]customer.Channel) map[string]string {
	b.t.Helper()
	found := map[string]string{}
	require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) error {
		for address, c := range addresses {
			s, _, err := tx.Suppressed(c, address)
			require.NoError(b.t, err)
			found[address] = s.Reason
		}
		return nil
	}))
	return found
}

// channels gives the channels that messages went out by, in order.
func (b *bench) channels() (list []customer.Channel) {
	for _, m := range b.sent {
		list = append(list, m.Channel)
	}
	return list
}

// TestAnAddressThatIsNoneGivesWay to the next channel, with no provider asked,
// and is used no more.
func TestAnAddressThatIsNoneGivesWay(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-11-23T12:00:00Z", missing())
	change := berlin("service")
	change.Preferences, change.Phone = nil, text("+49 151")
	b.identify("anna", change)
	b.happen("anna", "plan_changed")
	require.Equal(t, []customer.Channel{customer.Email}, b.channels())
	require.Equal(t, map[string]string{"+49 151": "bad_address", "anna@example.com": ""},
		b.blocks(map[string]customer.Channel{"+49 151": customer.SMS, "anna@example.com": customer.Email}))
	require.NoError(t, b.store.Read(t.Context(), func(tx ledger.Tx) error {
		proofs, err := tx.Evidence("", 0, 0)
		var kept []customer.Evidence
		for _, e := range proofs {
			if e.Act == customer.AddressBlocked {
				kept = append(kept, e)
			}
		}
		require.Len(t, kept, 1)
		require.Equal(t, []string{"validation", "+49 151", "is not a phone number in the form of E.164: + and 7 to 15 digits"},
			[]string{kept[0].How, kept[0].Address, kept[0].Text})
		return err
	}))
}

// TestNobodyIsReachedForOneReason has a customer whose every address fails: the
// outreach ends, once, with what kept the last one.
func TestNobodyIsReachedForOneReason(t *testing.T) {
	t.Parallel()
	gone := &channel.Error{Kind: channel.BadAddress, Provider: "bench", Code: "410"}
	for name, c := range map[string]struct {
		spoil func(*bench, *observe.Change)
		want  []string
	}{
		"none at all": {func(_ *bench, c *observe.Change) { c.Phone, c.Email = nil, nil }, []string{"Mon 13:00 miss match", "Mon 13:00 miss drop no_address"}},
		"all wrong": {func(_ *bench, c *observe.Change) { c.Phone, c.Email = text("+49 151"), text("anna@localhost") }, []string{
			"Mon 13:00 miss match", "Mon 13:00 miss enter", "Mon 13:00 miss plan miss-you sms for Mon 13:00",
			"Mon 13:00 miss drop miss-you sms bad_address", "Mon 13:00 miss plan miss-you email for Mon 13:00",
			"Mon 13:00 miss drop miss-you email bad_address", "Mon 13:00 miss end completed",
		}},
		"gone": {func(b *bench, _ *observe.Change) { b.answers = []error{gone, gone} }, []string{
			"Mon 13:00 miss match", "Mon 13:00 miss enter", "Mon 13:00 miss plan miss-you sms for Mon 13:00",
			"Mon 13:00 miss drop miss-you sms bad_address", "Mon 13:00 miss plan miss-you email for Mon 13:00",
			"Mon 13:00 miss drop miss-you email bad_address", "Mon 13:00 miss end completed",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "2026-11-23T12:00:00Z", missing())
			change := berlin("service")
			change.Preferences = nil
			c.spoil(b, &change)
			b.identify("anna", change)
			b.happen("anna", "plan_changed")
			b.until("2026-11-24T12:00:00Z")
			require.Empty(t, b.sent)
			require.Equal(t, c.want, b.story("anna"))
		})
	}
}

// TestAStopCountsForTheNextSend of whoever has the number, also where the
// message is planned already.
func TestAStopCountsForTheNextSend(t *testing.T) {
	t.Parallel()
	f := missing()
	f.Rules["miss.yaml"] = []byte(missYou[:len(missYou)-len("    at: now\n    within: 6h\n")] + "    at: Mon-Fri 18:00-21:00\n    within: 2d\n")
	b := newBench(t, "2026-11-23T12:00:00Z", f)
	for _, user := range []string{"anna", "bert"} {
		change := berlin("service")
		change.Preferences, change.Email = nil, text(user+"@example.com")
		b.identify(user, change)
		b.happen(user, "plan_changed")
	}
	require.Empty(t, b.sent)
	_, err := b.observer.Take(t.Context(), []observe.Incoming{{Report: &observe.Report{Provider: "bench", Report: channel.Report{
		ID: "1", Kind: channel.ReportReplied, Channel: customer.SMS, Address: "+4915112345678", Text: "STOP", At: b.now,
	}}}})
	require.NoError(t, err)
	b.work()
	b.until("2026-11-25T12:00:00Z")
	require.Equal(t, []customer.Channel{customer.Email, customer.Email}, b.channels())
}
