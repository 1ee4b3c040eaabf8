package ruletest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/ruletest"
)

func utc(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at
}

func pointer(s string) *string { return &s }

// TestACustomerIsMerged: a test's customer over the file's, key by key and
// trait by trait.
func TestACustomerIsMerged(t *testing.T) {
	t.Parallel()
	suite := read(t, company(t), "welcome", `start: 2026-11-23 09:00
customer: {id: anna, zone: Europe/Berlin, country: DE, phone: 0151 12345678, consent: [service], traits: {plan: surf, plan_mb: 010},
  prefers: {sms: [Mon 18:00, Tue 18:00], channel: sms}}
tests:
  - name: as it is
    until: 3d
    expect: []
  - name: merged
    start: 2026-07-01 09:00
    customer: {zone: Asia/Tokyo, email: a@example.com, prefers: none, consent: [tips, offers], traits: {plan: basic, first_name: "007"}}
    expect: [{at: Wed 18:00-21:00, ended: stop}]
`)
	first, second := suite.Cases[0].Script, suite.Cases[1].Script
	require.Equal(t, []time.Time{utc(t, "2026-11-23T08:00:00Z"), utc(t, "2026-11-26T08:00:00Z")}, []time.Time{first.From, first.To})
	require.Equal(t, []time.Time{utc(t, "2026-07-01T00:00:00Z"), utc(t, "2026-10-09T12:00:00Z")}, []time.Time{second.From, second.To})
	require.Equal(t, "anna", first.Acts[0].User)
	require.Equal(t, observe.Change{
		Zone: pointer("Europe/Berlin"), Country: pointer("DE"), Phone: pointer("+4915112345678"),
		Traits:   map[string]customer.Value{"plan": customer.Text("surf"), "plan_mb": customer.Number(10)},
		Consents: map[customer.Topic]bool{"service": true, "tips": false, "offers": false},
		Preferences: &customer.Preferences{
			Channels: []customer.Channel{customer.SMS}, Hours: map[customer.Channel]string{customer.SMS: "Mon 18:00; Tue 18:00"},
		},
	}, first.Acts[0].Change)
	require.Equal(t, observe.Change{
		Zone: pointer("Asia/Tokyo"), Country: pointer("DE"), Phone: pointer("+4915112345678"), Email: pointer("a@example.com"),
		Traits:      map[string]customer.Value{"plan": customer.Text("basic"), "plan_mb": customer.Number(10), "first_name": customer.Text("007")},
		Consents:    map[customer.Topic]bool{"service": false, "tips": true, "offers": true},
		Preferences: &customer.Preferences{},
	}, second.Acts[0].Change)
}

// TestTheClockFollowsTheCustomer: a customer without a zone has the phone's or
// the policy's, and one who moves has the new one from then on.
func TestTheClockFollowsTheCustomer(t *testing.T) {
	t.Parallel()
	suite := read(t, company(t), "welcome", `start: 2026-11-23 09:00
tests:
  - name: the policy's
    expect: []
  - name: the phone's
    customer: {phone: +436601234567}
    expect: []
  - name: moved
    do:
      - {at: Mon 12:00, zone: Asia/Tokyo}
      - {at: Tue 08:00, event: app_opened}
    expect:
      - {at: Mon 10:00, sent: welcome}
      - {at: Tue 09:00, ended: stop}
`)
	require.Equal(t, utc(t, "2026-11-23T14:00:00Z"), suite.Cases[0].Script.From)
	require.Equal(t, utc(t, "2026-11-23T08:00:00Z"), suite.Cases[1].Script.From)
	moved := suite.Cases[2]
	require.Equal(t, utc(t, "2026-11-23T17:00:00Z"), moved.Script.Acts[1].At)
	require.Equal(t, utc(t, "2026-11-23T23:00:00Z"), moved.Script.Acts[2].At)
	require.Equal(t, utc(t, "2026-11-23T15:00:00Z"), moved.Expect[0].From)
	require.Equal(t, utc(t, "2026-11-24T00:00:00Z"), moved.Expect[1].From)
}

// TestWhoIsHeldOut: nobody, unless the test expects it.
func TestWhoIsHeldOut(t *testing.T) {
	t.Parallel()
	env := company(t)
	for name, expect := range map[string]string{
		"one": "[{at: Mon 10:00, not_entered: held_out}]", "none": "[{at: Wed 10:00, sent: tips}]",
	} {
		for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
			suite := read(t, env, "survey", "start: 2026-11-23 09:00\ncustomer: {id: "+id+", phone: +4915112345678, traits: {plan: basic}, consent: [tips]}\n"+
				"tests:\n  - name: x\n    do: [{at: Mon 10:00, event: signed_up}]\n    expect: "+expect+"\n")
			require.Empty(t, told(play(t, env, suite).Results[0]), "%s %s", name, id)
		}
	}
}

func TestReadDir(t *testing.T) {
	t.Parallel()
	files, err := ruletest.ReadDir("testdata/company/rules")
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.Equal(t, "testdata/company/rules/usage-limit.test.yaml", files[0].Name)
	require.Equal(t, file(t, files[0].Path), string(files[0].Text))
	_, err = ruletest.ReadDir("testdata/nowhere")
	require.ErrorContains(t, err, "rules folder: ")
	require.ErrorContains(t, err, "name the folder that holds your rules")
}
