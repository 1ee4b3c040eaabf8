package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// kept gives all evidence, without what the store gives it.
func (s *seeded) kept() (list []customer.Evidence) {
	s.t.Helper()
	require.NoError(s.t, s.store.Read(s.t.Context(), func(tx ledger.Tx) (err error) {
		list, err = tx.Evidence("", 0, 0)
		return err
	}))
	return list
}

func TestOnlyTheirOwnWordFreesWhatACustomerSaid(t *testing.T) {
	t.Parallel()
	s := seed(t, inDoubt)
	require.Equal(t, "outreach: SMS address +1...02: the customer replied STOP, and only their own word takes that back; "+
		"say it with --their-word \"what they said, when, to whom\"\n", s.wrong(1, "suppress", "sms", "+12125550102", "--free", "--note", "they want it"))
	require.Len(t, s.kept(), 1)
	require.Equal(t, "SMS address +1...02 may be used again\n",
		s.call("suppress", "sms", "+1 (212) 555-0102", "--free", "--their-word", "called", "--customer", "u-1002", "--by", "ada", "--note", "ticket 7"))
	require.Equal(t, customer.Evidence{
		ID: 2, At: monday, Customer: ben, Act: customer.AddressFreed, How: customer.ByOperator, Channel: customer.SMS, Address: "+12125550102",
		Text: "called", Source: "ada: ticket 7",
	}, s.kept()[1])
	require.Equal(t, "SMS address +1...02 may be used: nothing keeps it from that\n", s.call("suppress", "sms", "+12125550102", "--free", "--note", "x"))
}

func TestAnAddressIsKeptFromBeingUsed(t *testing.T) {
	t.Parallel()
	s := seed(t, inDoubt)
	require.Equal(t, "email address a...@example.com is not used any more\n",
		s.call("suppress", "email", "anna@EXAMPLE.com", "--reason", "bounced", "--note", "she left", "--customer", string(anna)))
	require.Equal(t, "email address a...@example.com was kept from being used already, since 2026-11-23 14:00 UTC: its provider says that nothing arrives there\n",
		s.call("suppress", "email", "anna@example.com", "--reason", "bounced", "--note", "she left"))
	require.NoError(t, s.store.Read(t.Context(), func(tx ledger.Tx) error {
		hints, err := tx.Hints("usage-limit", 0)
		require.Len(t, hints, 1, "her open outreach looks again")
		return err
	}))
	for want, args := range map[string][]string{
		`channel "smss": is not sms, email or push; did you mean sms?`: {"smss", "1", "--note", "x"},
		"say why: --note, or --their-word with what the customer said": {"sms", "+12125550102"},
		"address: is not a phone number in the form of E.164":          {"sms", "0151", "--note", "x"},
		"address: is empty": {"push", " ", "--note", "x"},
		`--reason "bounce": is none; did you mean bounced?`: {"sms", "+12125550102", "--note", "x", "--reason", "bounce"},
	} {
		require.Contains(t, s.wrong(2, append([]string{"suppress"}, args...)...), want)
	}
}

func TestEvidenceIsWrittenWhole(t *testing.T) {
	t.Parallel()
	s := seed(t, inDoubt)
	s.call("suppress", "push", "token-1", "--note", "a lost phone")
	lines := strings.Split(strings.TrimSpace(s.call("evidence", "--format", "ndjson")), "\n")
	require.Len(t, lines, 2)
	require.JSONEq(t, `{"id": 1, "at": "2026-11-21T14:00:00Z", "customer": "u-1002", "customer_id": "`+string(ben)+`", "act": "address_suppressed",
		"how": "sms_reply", "topic": "", "channel": "sms", "address": "+12125550102", "message": "usage-limit.`+string(ben)+`.1.usage-warning.sms",
		"template": "usage-warning", "text": "Stop, please", "source": "sms-1"}`, lines[0])
	head := "id,at,customer,customer_id,act,how,topic,channel,address,message,template,text,source\n"
	require.Equal(t, head+"2,2026-11-23T14:00:00Z,,,address_suppressed,operator,,push,token-1,,,a lost phone,operator: a lost phone\n",
		s.call("evidence", "--since", "2026-11-22"))
	require.Equal(t, head, s.call("evidence", "--customer", "u-1001"), "nothing is kept of her")
	require.Equal(t, 2, strings.Count(s.call("evidence", "--customer", "u-1002", "--since", "2026-11-21T14:00:00Z"), "\n"))
	require.Contains(t, s.wrong(2, "evidence", "--since", "yesterday"), `--since: "yesterday" is no day and no instant`)
	require.Contains(t, s.wrong(2, "evidence", "--format", "cvs"), `--format "cvs": is not a format; did you mean csv?`)
	require.Contains(t, s.wrong(1, "evidence", "--customer", "nobody"), `customer "nobody": is not known`)
}

// TestAnOperatorsBlockIsTheOperators to lift, whoever's address it is.
func TestAnOperatorsBlockIsTheOperators(t *testing.T) {
	t.Parallel()
	s := seed(t, inDoubt)
	reason := func() (reason string) {
		require.NoError(t, s.store.Read(t.Context(), func(tx ledger.Tx) error {
			kept, _, err := tx.Suppressed(customer.SMS, "+12125550101")
			reason = kept.Reason
			return err
		}))
		return reason
	}
	s.call("suppress", "sms", "+12125550101", "--note", "a typo")
	require.Equal(t, customer.Blocked, reason())
	require.Equal(t, "SMS address +1...01 may be used again\n", s.call("suppress", "sms", "+12125550101", "--free", "--note", "another was meant"))
	require.Empty(t, reason())
	s.call("suppress", "sms", "+12125550101", "--their-word", "called: no more")
	require.Equal(t, customer.Unsubscribed, reason())
}

// TestEvidenceOfACustomerIsOfTheirAddressesToo covers a STOP that came before
// anybody was known by the number.
func TestEvidenceOfACustomerIsOfTheirAddressesToo(t *testing.T) {
	t.Parallel()
	stop := customer.Evidence{At: monday, Act: customer.AddressBlocked, How: customer.BySMS, Channel: customer.SMS, Address: "+12125550101", Text: "STOP"}
	theirs := customer.Evidence{At: monday, Customer: ben, Act: customer.ConsentGiven, How: customer.BySMS, Topic: "offers", Channel: customer.SMS, Address: "+12125550101"}
	s := seed(t, func(tx ledger.Tx) error {
		return errors.Join(inDoubt(tx), tx.Testify(stop, theirs),
			tx.Suppress(customer.Suppression{Channel: customer.SMS, Address: stop.Address, Reason: customer.StopReply, At: monday}))
	})
	require.Equal(t, "id,at,customer,customer_id,act,how,topic,channel,address,message,template,text,source\n"+
		"2,2026-11-23T14:00:00Z,,,address_suppressed,sms_reply,,sms,+12125550101,,,STOP,\n", s.call("evidence", "--customer", "u-1001"))
}
