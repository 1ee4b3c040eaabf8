package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

const gatePolicy = `
zone: America/New_York
country: US
channels: [sms, email, push]
topics:
  service: {consent: assumed}
  offers: {consent: asked}
  urgent: {consent: assumed, urgent: yes}
caps: {any: 1 per day}
quiet: daily 21:00-08:00
legal:
  - {hours: daily 06:00-23:00, source: "house reading", read: 2026-11-01}
  - {country: US, hours: daily 08:00-21:00, source: "47 CFR 64.1200(c)(1)", read: 2026-11-01}
  - {country: US, region: FL, channels: [sms], topics: offers, hours: daily 08:00-20:00, source: "Fla. Stat. 501.059", read: 2026-11-01}
  - {country: US, region: TX, hours: Mon-Sat 09:00-21:00, source: "Tex. Bus. & Com. Code 305.001", read: 2026-11-01}
  - {country: US, region: RI, channels: sms, topics: offers, hours: Mon-Fri 09:00-18:00, holidays: public, source: "R.I. Gen. Laws 5-61-3.6", read: 2026-11-01}
  - {country: FR, hours: Mon-Fri 10:00-13:00, holidays: closed, source: "Decree 2022-1313", read: 2026-11-01}
holidays: {FR: public, US: [2026-11-26]}
`

func readAll(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, problems := read(text)
	require.Empty(t, problems)
	return p
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := sendtime.NewZones().Load(name)
	require.NoError(t, err)
	return z
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	instant, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return instant.UTC()
}

// gate is a question to the gate that it answers with send.
type gate struct {
	ask   policy.Ask
	facts policy.Facts
}

// openGate asks on Tuesday 24 November 2026 at 12:00 in New York.
func openGate(t *testing.T) *gate {
	now := at(t, "2026-11-24T17:00:00Z")
	return &gate{
		ask: policy.Ask{Topic: "service", Claim: policy.Claim{Channel: customer.SMS, At: now, Priority: 50, Rule: "mine", N: 1, Step: "hello"}},
		facts: policy.Facts{
			Now: now, Suppressed: func(customer.Channel) bool { return false },
			Profile: &customer.Profile{Phone: "+12125550100"},
			Place:   policy.Place{Country: "US", Regions: []string{"NY"}, Zone: zone(t, "America/New_York")},
		},
	}
}

func (g *gate) at(t *testing.T, text string) { g.facts.Now = at(t, text) }

func (g *gate) says(answer bool) {
	g.facts.Profile.Consents = map[customer.Topic]customer.Consent{g.ask.Topic: {Given: answer}}
}

// gateCases are changes to a question that is answered with send, and what the
// answer is then.
type gateCases map[string]struct {
	set  func(*testing.T, *gate)
	want policy.Verdict
}

func (cases gateCases) run(t *testing.T) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := openGate(t)
			c.set(t, g)
			require.Equal(t, c.want, readAll(t, gatePolicy).Decide(g.ask, g.facts))
		})
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	gateCases{
		"everything in order": {func(*testing.T, *gate) {}, policy.Verdict{Answer: policy.Send}},
		"assumed consent withdrawn": {func(_ *testing.T, g *gate) { g.says(false) },
			policy.Verdict{Answer: policy.Drop, Reason: customer.NoConsent}},
		"asked consent never given": {func(_ *testing.T, g *gate) { g.ask.Topic = "offers" },
			policy.Verdict{Answer: policy.Drop, Reason: customer.NoConsent}},
		"asked consent given": {func(_ *testing.T, g *gate) { g.ask.Topic = "offers"; g.says(true) }, policy.Verdict{Answer: policy.Send}},
		"unknown topic, whatever was said": {func(_ *testing.T, g *gate) { g.ask.Topic = "gone"; g.says(true) },
			policy.Verdict{Answer: policy.Drop, Reason: customer.NoConsent}},
		"no address": {func(_ *testing.T, g *gate) { g.ask.Channel = customer.Push },
			policy.Verdict{Answer: policy.Drop, Reason: customer.NoAddress}},
		"suppressed": {func(_ *testing.T, g *gate) {
			g.facts.Suppressed = func(c customer.Channel) bool { return c == customer.SMS }
		},
			policy.Verdict{Answer: policy.Drop, Reason: customer.Suppressed}},
		"held, until somebody says": {func(_ *testing.T, g *gate) { g.facts.Held = true },
			policy.Verdict{Answer: policy.Wait, Reason: customer.Paused}},
		"no consent goes before a hold": {func(_ *testing.T, g *gate) { g.facts.Held = true; g.says(false) },
			policy.Verdict{Answer: policy.Drop, Reason: customer.NoConsent}},
		"capped": {func(t *testing.T, g *gate) {
			g.facts.Claims = []policy.Claim{{Channel: customer.Email, At: at(t, "2026-11-24T14:00:00Z"), Rule: "other", N: 1, Gone: true}}
		}, policy.Verdict{Answer: policy.Wait, Reason: customer.Capped, Until: at(t, "2026-11-25T05:00:00Z")}},
	}.run(t)
}

func TestDecideByTheClock(t *testing.T) {
	t.Parallel()
	tomorrow := "2026-11-25T13:00:00Z" // Wednesday 08:00 in New York
	gateCases{
		"closed by house and law": {func(t *testing.T, g *gate) { g.at(t, "2026-11-25T02:00:00Z") },
			policy.Verdict{Answer: policy.Wait, Reason: customer.LegalHours, Until: at(t, tomorrow)}},
		"quiet hours where no law closes": {func(t *testing.T, g *gate) {
			g.facts.Place = policy.Place{Country: "DE", Zone: zone(t, "Europe/Berlin")}
			g.at(t, "2026-11-24T20:30:00Z")
		}, policy.Verdict{Answer: policy.Wait, Reason: customer.QuietHours, Until: at(t, "2026-11-25T07:00:00Z")}},
		"urgent passes quiet hours": {func(t *testing.T, g *gate) {
			g.facts.Place = policy.Place{Country: "DE", Zone: zone(t, "Europe/Berlin")}
			g.at(t, "2026-11-24T20:30:00Z")
			g.ask.Topic = "urgent"
		}, policy.Verdict{Answer: policy.Send}},
		"urgent does not pass the law": {func(t *testing.T, g *gate) { g.ask.Topic = "urgent"; g.at(t, "2026-11-25T02:00:00Z") },
			policy.Verdict{Answer: policy.Wait, Reason: customer.LegalHours, Until: at(t, tomorrow)}},
		"the state's law goes before the country's": {func(t *testing.T, g *gate) {
			g.facts.Place.Regions = []string{"TX"}
			g.at(t, "2026-11-22T18:00:00Z") // a Sunday
		}, policy.Verdict{Answer: policy.Wait, Reason: customer.LegalHours, Until: at(t, "2026-11-23T14:00:00Z")}},
		"the law for a topic and a channel": {func(t *testing.T, g *gate) {
			g.facts.Place.Regions, g.ask.Topic = []string{"FL"}, "offers"
			g.says(true)
			g.at(t, "2026-11-25T01:00:00Z") // 20:00
		}, policy.Verdict{Answer: policy.Wait, Reason: customer.LegalHours, Until: at(t, tomorrow)}},
		"the same hour for another topic": {func(t *testing.T, g *gate) {
			g.facts.Place.Regions = []string{"FL"}
			g.at(t, "2026-11-25T01:00:00Z")
		}, policy.Verdict{Answer: policy.Send}},
		"a region that is not known keeps every region's law": {func(t *testing.T, g *gate) {
			g.facts.Place.Regions = nil
			g.at(t, "2026-11-22T18:00:00Z") // a Sunday, which Texas closes
		}, policy.Verdict{Answer: policy.Wait, Reason: customer.LegalHours, Until: at(t, "2026-11-23T14:00:00Z")}},
		"one of two regions": {func(t *testing.T, g *gate) {
			g.facts.Place.Regions = []string{"FL", "NY"}
			g.at(t, "2026-11-22T18:00:00Z")
		}, policy.Verdict{Answer: policy.Send}},
		"a clock that may be theirs is in the night": {func(t *testing.T, g *gate) {
			g.facts.Place.Also = []*time.Location{zone(t, "Pacific/Honolulu")}
		}, policy.Verdict{Answer: policy.Wait, Reason: customer.LegalHours, Until: at(t, "2026-11-24T18:00:00Z")}},
		"holiday of the house": {func(t *testing.T, g *gate) { g.at(t, "2026-11-26T17:00:00Z") },
			policy.Verdict{Answer: policy.Wait, Reason: customer.LegalHours, Until: at(t, "2026-11-27T13:00:00Z")}},
		"a public holiday that only one law shuts": {func(t *testing.T, g *gate) {
			g.facts.Place.Regions, g.ask.Topic = []string{"RI"}, "offers"
			g.says(true)
			g.at(t, "2026-12-25T17:00:00Z") // a Friday
		}, policy.Verdict{Answer: policy.Wait, Reason: customer.LegalHours, Until: at(t, "2026-12-28T14:00:00Z")}},
		"the same day under another law": {func(t *testing.T, g *gate) {
			g.facts.Place.Regions, g.ask.Topic = []string{"FL"}, "offers"
			g.says(true)
			g.at(t, "2026-12-25T17:00:00Z")
		}, policy.Verdict{Answer: policy.Send}},
		"urgent passes a holiday of the house": {func(t *testing.T, g *gate) { g.ask.Topic = "urgent"; g.at(t, "2026-11-26T17:00:00Z") },
			policy.Verdict{Answer: policy.Send}},
		"urgent does not pass a holiday of the law": {func(t *testing.T, g *gate) {
			g.ask.Topic, g.facts.Place = "urgent", policy.Place{Country: "FR", Zone: zone(t, "Europe/Paris")}
			g.at(t, "2026-12-25T11:00:00Z") // a Friday
		}, policy.Verdict{Answer: policy.Wait, Reason: customer.LegalHours, Until: at(t, "2026-12-28T09:00:00Z")}},
	}.run(t)
}

func TestDecideDropsWhatNoHourEverAllows(t *testing.T) {
	t.Parallel()
	p := readAll(t, gatePolicy)
	p.Quiet = when(t, "daily 07:00-23:30")
	g := openGate(t)
	require.Equal(t, policy.Verdict{Answer: policy.Drop, Reason: customer.NoAllowedTime}, p.Decide(g.ask, g.facts))
}
