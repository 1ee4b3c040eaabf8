package message_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/message"
	"github.com/outreach-engine/outreach/internal/source"
)

// data is the dictionary of these tests.
func data() *dictionary.Dictionary {
	text, number := dictionary.Field{Kind: customer.KindText}, dictionary.Field{Kind: customer.KindNumber}
	id, at := dictionary.Field{Kind: customer.KindID}, dictionary.Field{Kind: customer.KindTime}
	return &dictionary.Dictionary{
		Traits: map[string]dictionary.Field{
			"first_name": text, "plan": {Kind: customer.KindText, Allowed: []string{"basic", "surf"}},
			"plan_mb": number, "account": id, "vip": text,
			"renewal_at": {Kind: customer.KindDate}, "last_discount_at": at,
		},
		Events: map[string]dictionary.Event{
			"order_placed":   {Properties: map[string]dictionary.Field{"order_id": id, "promised_at": at, "total": number}},
			"account_closed": {},
		},
	}
}

// files adds a plain layout to some templates.
func files(more map[string]string) map[string][]byte {
	all := map[string][]byte{"layouts/default.html": []byte("<title>{{ subject }}</title>{% if preheader %}<i>{{ preheader }}</i>{% endif %}<main>{{ content }}</main>")}
	for name, text := range more {
		all[name] = []byte(text)
	}
	return all
}

// problems gives what is wrong with some files as their author reads it.
func problems(all map[string][]byte) []string {
	var ps source.Problems
	message.Read(all, message.Env{Data: data(), Prefix: "t/"}, &ps)
	var lines []string
	for _, p := range ps.List() {
		lines = append(lines, p.String())
	}
	return lines
}

// library reads files that have no errors.
func library(t testing.TB, all map[string][]byte) *message.Library {
	t.Helper()
	var ps source.Problems
	l := message.Read(all, message.Env{Data: data(), Prefix: "t/"}, &ps)
	require.NoError(t, ps.Err())
	return l
}

func ownLayout(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("../../templates/layouts/default.html")
	require.NoError(t, err)
	return text
}

// ana is a customer of whom everything is known.
func ana(t testing.TB) message.Vars {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return message.Vars{
		Customer: customer.Profile{Email: "ana@example.com", Traits: map[string]customer.Value{
			"first_name": customer.Text("Ana"), "plan": customer.Text("surf"), "plan_mb": customer.Number(15000),
			"account": customer.Text("010"), "vip": customer.Text("yes"),
			"renewal_at": customer.Text("2026-12-01"), "last_discount_at": customer.Text("2026-11-20T23:30:00Z"),
		}},
		Match: map[string]customer.Value{"used": customer.Number(12100), "share": customer.Number(0.8067), "left": customer.Number(2900)},
		Events: map[string]map[string]customer.Value{"order_placed": {
			"order_id": customer.Text("A 1&2"), "total": customer.Number(1234.5), "promised_at": customer.Text("2026-11-24T23:30:00Z"),
		}},
		Unsubscribe: "https://x.example/u?a=1&b=2",
		Now:         time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC),
		Zone:        zone,
	}
}

// sms renders one text as an SMS.
func sms(t testing.TB, text string, v message.Vars) (string, error) {
	t.Helper()
	c, err := library(t, map[string][]byte{"a/sms.txt": []byte(text)}).Render("a", customer.SMS, v)
	return c.Text, err
}
