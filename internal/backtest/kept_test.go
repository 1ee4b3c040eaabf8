package backtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

// keep fills a store as a running engine would have.
func keep(t testing.TB, profiles []customer.Profile, events ...customer.Event) ledger.Store {
	t.Helper()
	store := sqlitetest.Open(t, sqlite.Options{})
	require.NoError(t, store.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
		for _, p := range profiles {
			if err := tx.SaveCustomer(ledger.Record{Profile: p}); err != nil {
				return err
			}
		}
		for _, e := range events {
			if _, err := tx.Append(e); err != nil {
				return err
			}
		}
		return nil
	}))
	return store
}

func keptProfile() customer.Profile {
	return customer.Profile{
		ID: "cstored1", External: "anna", Zone: "Europe/Berlin", Country: "DE", Region: "BE", Locale: "de-DE", Phone: "+4915112345678",
		Email: "anna@example.com", PushTokens: []string{"old", "new"}, Traits: map[string]customer.Value{"first_name": customer.Text("Anna")},
		Consents:    map[customer.Topic]customer.Consent{"service": {Given: true, At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}},
		Preferences: customer.Preferences{Channels: []customer.Channel{customer.SMS}},
	}
}

func happened(id customer.ID, message, name, at string) customer.Event {
	when, _ := time.Parse("2006-01-02 15:04", at)
	return customer.Event{MessageID: message, Customer: id, Name: name, At: when, ReceivedAt: when, Via: customer.ViaApp}
}

// TestAStoreIsPlayedWithItsOwnIDs: of a named customer and of a device.
func TestAStoreIsPlayedWithItsOwnIDs(t *testing.T) {
	t.Parallel()
	device := customer.Profile{ID: "cstored2", Phone: "+4915112345679", Traits: map[string]customer.Value{"first_name": customer.Text("Bo")}}
	store := keep(t, []customer.Profile{keptProfile(), device},
		happened("cstored1", "m1", "order_placed", "2026-03-02 09:00"), happened("cstored2", "m2", "order_placed", "2026-03-02 10:00"),
		happened("cstored1", "m3", customer.MessageSent, "2026-03-02 11:00"), happened("cstored1", "m4", "app_opened", "2026-03-03 09:00"))
	o := small(t)
	o.Past = &backtest.Kept{Store: store, Name: "outreach.db"}
	o.Samples = 1
	r := play(t, o)
	require.Equal(t, []any{2, 2, 1, 3}, []any{r.Customers, r.Rules[0].Sent(), r.Rules[0].Goals.Reached, r.Events})
	var who []string
	for _, d := range decisions(t, lines(t, o)) {
		if d.Kind == "send" {
			who = append(who, d.Customer)
		}
	}
	require.Equal(t, []string{"anna", "cstored2"}, who, "a device goes by our own id")
}

// TestEveryFactOfAProfileIsTold holds the changes to the profile that they
// come from.
func TestEveryFactOfAProfileIsTold(t *testing.T) {
	t.Parallel()
	want := keptProfile()
	kept := &backtest.Kept{Store: keep(t, []customer.Profile{want})}
	var facts []backtest.Fact
	sources, err := kept.Tell(t.Context(), func(f backtest.Fact) error {
		facts = append(facts, f)
		return nil
	}, func(string, int64, int64) {})
	require.NoError(t, err)
	require.Equal(t, 2, sources[0].Rows)
	require.Len(t, facts, 2, "one more for the second device")
	for i, f := range facts {
		require.Equal(t, []any{want.ID, "anna", true, want.PushTokens[i]}, []any{f.ID, f.User, f.Undated, f.Change.PushToken})
	}
	c := facts[0].Change
	require.Equal(t, []string{want.Zone, want.Country, want.Region, want.Locale, want.Phone, want.Email},
		[]string{*c.Zone, *c.Country, *c.Region, *c.Locale, *c.Phone, *c.Email})
	require.Equal(t, want.Traits, c.Traits)
	require.Equal(t, map[customer.Topic]bool{"service": true}, c.Consents)
	require.Equal(t, want.Preferences, *c.Preferences)
}

// TestAnEventForAllWhoShareIt reaches customers wherever they lie, and nobody
// when no rule is about it.
func TestAnEventForAllWhoShareIt(t *testing.T) {
	t.Parallel()
	rules, templates, dir := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, rules, "data.yaml", "traits: {district: text}\nevents: {outage_started: {by: us, district: text}, opened: {}}\n")
	write(t, rules, "outage.yaml", "description: Say that the net is down.\nowner: net@example.com\ntopic: service\nabout: district\n"+
		"when: {event: outage_started}\nsteps:\n  - send: thanks\n    channel: sms\n    at: now\n")
	write(t, rules, "policy.yaml", smallPolicy)
	mkdir(t, templates+"/thanks")
	write(t, templates+"/thanks", "sms.txt", "The net is down.\n")
	both := write(t, dir, "both.yaml", "customers: {id: id, phone: phone, traits: {district: district}}\nevents: {id: id, event: {from: event}, at: at, properties: {district: district}}\n")
	o := filed(readBundle(t, rules, templates), afterwards(t),
		backtest.File{Kind: importer.Customers, Map: both, Path: write(t, dir, "c.csv", "id,phone,district\nanna,+4915112345678,north\nbo,+4915112345679,south\ncy,+4915112345670,north\n")},
		backtest.File{Kind: importer.Events, Map: both, Path: write(t, dir, "e.csv", "id,event,at,district\nbo,opened,2026-03-01T09:00:00Z,\n,outage_started,2026-03-02T09:00:00Z,north\n,outage_started,2026-03-02T10:00:00Z,\n")})
	var sent []string
	for _, d := range decisions(t, lines(t, o)) {
		if d.Kind == "send" {
			sent = append(sent, d.Customer+" "+d.At)
		}
	}
	require.Equal(t, []string{"anna 2026-03-02T09:00:00Z", "cy 2026-03-02T09:00:00Z"}, sent)
	var b strings.Builder
	r := play(t, o)
	require.NoError(t, r.Text(&b))
	require.Contains(t, b.String(), "\n1 event left out: no customer is named, and nothing that a rule is about\n")
	require.Equal(t, 3, r.Customers)
}

// TestNewsThatNotAllWereToldIsPlayed: those who were told have it once.
func TestNewsThatNotAllWereToldIsPlayed(t *testing.T) {
	t.Parallel()
	rules, templates := t.TempDir(), t.TempDir()
	write(t, rules, "data.yaml", "traits: {district: text}\nevents: {outage_started: {by: us, district: text}}\n")
	write(t, rules, "outage.yaml", "description: Say that the net is down.\nowner: net@example.com\ntopic: service\nabout: district\n"+
		"when: {event: outage_started}\nsteps:\n  - send: thanks\n    channel: sms\n    at: now\n")
	write(t, rules, "policy.yaml", smallPolicy)
	mkdir(t, templates+"/thanks")
	write(t, templates+"/thanks", "sms.txt", "The net is down.\n")
	north := func(id customer.ID, name, phone string) customer.Profile {
		return customer.Profile{ID: id, External: name, Phone: phone, Traits: map[string]customer.Value{"district": customer.Text("north")}}
	}
	outage := happened("", "o1", "outage_started", "2026-03-02 09:00")
	outage.Properties = map[string]customer.Value{"district": customer.Text("north")}
	told := outage
	told.Customer, told.MessageID = "cstored1", customer.SharedID("o1", "cstored1")
	store := keep(t, []customer.Profile{north("cstored1", "anna", "+4915112345678"), north("cstored2", "bo", "+4915112345679")}, outage, told)
	require.NoError(t, store.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
		return tx.AddNews(ledger.News{Event: outage, Trait: "district", Value: "north", After: "cstored1"})
	}))
	o := filed(readBundle(t, rules, templates), afterwards(t))
	o.Past = &backtest.Kept{Store: store, Name: "store"}
	var sent []string
	for _, d := range decisions(t, lines(t, o)) {
		if d.Kind == "send" {
			sent = append(sent, d.Customer+" "+d.At)
		}
	}
	require.Equal(t, []string{"anna 2026-03-02T09:00:00Z", "bo 2026-03-02T09:00:00Z"}, sent)
}
