package policy_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

func read(text string) (*policy.Policy, []string) {
	var ps source.Problems
	p := policy.Read("policy.yaml", []byte(text), &ps)
	var lines []string
	for _, problem := range ps.List() {
		lines = append(lines, problem.String())
	}
	return p, lines
}

func when(t *testing.T, lines ...string) sendtime.When {
	t.Helper()
	w, err := sendtime.ParseWhen(lines...)
	require.NoError(t, err)
	return w
}

const whole = `
zone: America/New_York
country: US
channels: [sms, email]
topics:
  service: {consent: assumed}
  offers: {consent: asked}
  urgent: {consent: assumed, urgent: yes}
caps: {any: [2 per day and 1 urgent, 5 per week], sms: 1 per day}
quiet: daily 21:00-08:00
windows: {push: daily 09:00-21:00, email: [Mon-Fri 08:00-20:00, Sat 10:00-12:00]}
legal:
  - {country: US, hours: daily 08:00-21:00, source: "47 CFR 64.1200(c)(1)", read: 2026-11-01}
  - {country: US, region: FL, channels: [sms], topics: offers, hours: daily 08:00-20:00, source: "Fla. Stat. 501.059", read: 2026-11-01}
  - {country: FR, hours: Mon-Fri 10:00-13:00, holidays: closed, source: "Decree 2022-1313", read: 2026-11-01}
holidays: {FR: public, US: [2026-12-24, public]}
rates: {sms: 10 per second, email: 90 per minute, sms/US: 5 per second, twilio: 50 per second, twilio/+15550100100: 1 per second}
holdout: 2.5%
senders: {email: "Megaphone <hello@example.com>", sms: "+15550100100"}
teams: {care-calls: {email: care@example.com}, shop: {webhook: "https://desk.example.com/tasks?of=shop"}}
digests: {weekly: {at: [Mon 09:00, Thu 18:00], channel: email, template: weekly-digest, topic: service, priority: 30, collects: [offers, service]}}
learning: {channels: no, explore: 2%}
unknown: {ask: 2h, sms: again, email: {offers: hold, urgent: again}}
`

func TestRead(t *testing.T) {
	t.Parallel()
	p, problems := read(whole)
	require.Empty(t, problems)
	holidays := p.Holidays
	p.Holidays = nil
	require.Equal(t, policy.Policy{
		Zone:     "America/New_York",
		Country:  "US",
		Channels: []customer.Channel{customer.SMS, customer.Email},
		Topics: map[customer.Topic]policy.Topic{
			"service": {Assumed: true}, "offers": {}, "urgent": {Assumed: true, Urgent: true},
		},
		Caps: []policy.Cap{
			{Most: 2, Per: policy.PerDay, Urgent: 1}, {Most: 5, Per: policy.PerWeek}, {Channel: customer.SMS, Most: 1, Per: policy.PerDay},
		},
		Quiet: when(t, "daily 21:00-08:00"),
		Legal: []policy.Legal{
			{Country: "US", Hours: when(t, "daily 08:00-21:00"), Source: "47 CFR 64.1200(c)(1)", Read: "2026-11-01"},
			{Country: "US", Region: "FL", Channels: []customer.Channel{customer.SMS}, Topics: []customer.Topic{"offers"},
				Hours: when(t, "daily 08:00-20:00"), Source: "Fla. Stat. 501.059", Read: "2026-11-01"},
			{Country: "FR", Hours: when(t, "Mon-Fri 10:00-13:00"), Holidays: policy.Listed, Source: "Decree 2022-1313", Read: "2026-11-01"},
		},
		Windows: map[customer.Channel]sendtime.When{
			customer.Push:  when(t, "daily 09:00-21:00"),
			customer.SMS:   when(t, "daily 09:00-20:00"),
			customer.Email: when(t, "Mon-Fri 08:00-20:00", "Sat 10:00-12:00"),
		},
		Rates:   map[customer.Channel]float64{customer.SMS: 10, customer.Email: 1.5},
		Scopes:  map[string]float64{"sms/US": 5, "twilio": 50, "twilio/+15550100100": 1},
		Holdout: 0.025,
		Senders: map[customer.Channel]string{customer.Email: "Megaphone <hello@example.com>", customer.SMS: "+15550100100"},
		Teams:   map[string]policy.Team{"care-calls": {Email: "care@example.com"}, "shop": {Webhook: "https://desk.example.com/tasks?of=shop"}},
		Digests: map[string]policy.Digest{"weekly": {
			At: when(t, "Mon 09:00", "Thu 18:00"), AtText: []string{"Mon 09:00", "Thu 18:00"}, Channel: customer.Email,
			Template: "weekly-digest", Topic: "service", Priority: 30, Collects: []customer.Topic{"offers", "service"},
		}},
		Learning: policy.Learning{Hours: true, Explore: 0.02},
		Unknown: policy.Unknown{Ask: 2 * time.Hour, Resolutions: map[customer.Channel]map[customer.Topic]policy.Resolution{
			customer.SMS:   {"": policy.SendAgain},
			customer.Email: {"offers": policy.HoldUnknown, "urgent": policy.SendAgain},
		}},
	}, p.Bare())
	require.Len(t, holidays, 2)
}

func TestHolidays(t *testing.T) {
	t.Parallel()
	p, problems := read("holidays: {FR: public, US: [public, 2026-12-24], PT: 2026-04-25}\n")
	require.Empty(t, problems)
	closed := func(country, text string) bool {
		day, err := time.Parse(time.DateOnly, text)
		require.NoError(t, err)
		return p.Holidays[country].Closed(day.Date())
	}
	for text, want := range map[string]map[string]bool{
		"2026-07-14": {"FR": true, "US": false, "PT": false},
		"2026-04-06": {"FR": true, "US": false, "PT": false}, // Easter Monday
		"2026-07-04": {"FR": false, "US": true, "PT": false},
		"2026-07-03": {"FR": false, "US": true, "PT": false}, // observed: the 4th is a Saturday
		"2027-12-31": {"FR": false, "US": true, "PT": false}, // observed: 1 January 2028 is a Saturday
		"2026-12-24": {"FR": false, "US": true, "PT": false},
		"2026-04-25": {"FR": false, "US": false, "PT": true},
		"2026-03-03": {"FR": false, "US": false, "PT": false},
	} {
		for country, is := range want {
			require.Equal(t, is, closed(country, text), "%s %s", country, text)
		}
	}
	require.False(t, policy.Holidays{}.Closed(2026, time.December, 25))
}

func TestDefault(t *testing.T) {
	t.Parallel()
	p := policy.Default()
	require.Equal(t, when(t, "daily 21:00-08:00"), p.Quiet)
	require.Equal(t, map[customer.Channel]sendtime.When{
		customer.Push: when(t, "daily 09:00-20:00"), customer.SMS: when(t, "daily 09:00-20:00"), customer.Email: when(t, "daily 09:00-20:00"),
	}, p.Windows)
	require.Equal(t, []string{"offers", "service", "urgent"}, p.TopicNames())
	empty, problems := read("zone: UTC\n")
	require.Empty(t, problems)
	require.Equal(t, p.Bare(), empty.Bare())
	loud, problems := read("quiet: none\n")
	require.Empty(t, problems)
	require.True(t, loud.Quiet.IsZero())
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"key":     {"quite: daily 21:00-08:00\n", []string{`policy.yaml:1:1: quite: "quite": is not a key that is known here; did you mean quiet?`}},
		"zone":    {"zone: Europe/Berlni\n", []string{`policy.yaml:1:7: zone: "Europe/Berlni": is not an IANA name, write Europe/Berlin`}},
		"country": {"country: UK\n", []string{`policy.yaml:1:10: country: "UK": is not the code of a country; write GB`}},
		"small":   {"country: us\n", []string{`policy.yaml:1:10: country: "us": is not the code of a country; write US`}},
		"channel": {"channels: [sms, emial, sms]\n", []string{`policy.yaml:1:17: channels[1]: "emial": is not a channel; did you mean email?`, `policy.yaml:1:24: channels[2]: "sms": stands twice in the list; keep one of them`}},
		"none":    {"channels: []\n", []string{`policy.yaml:1:11: channels: the list of channels is empty; name at least one of push, sms, email`}},
		"topics": {"topics: {Offers: {consent: asked}, a: {}, b: {consent: maybe, urgent: true}}\n", []string{
			`policy.yaml:1:10: topics.Offers: "Offers": is not a name for a topic; use small letters and digits: offers, product-news`,
			`policy.yaml:1:39: topics.a: consent is missing; write consent: asked, or consent: assumed`,
			`policy.yaml:1:56: topics.b.consent: "maybe": is not known here; write asked or assumed`,
			`policy.yaml:1:71: topics.b.urgent: "true": is not known here; write no or yes`}},
		"caps": {"caps: {any: [0 per day, 2 a day, 3 per week, 4 per week], fax: 1 per day, sms: 1.5 per day}\n", []string{
			`policy.yaml:1:14: caps.any[0]: "0 per day": a cap of 0 lets nothing out; leave the channel out of the rules, or give a number above 0`,
			`policy.yaml:1:25: caps.any[1]: "2 a day": is not a cap; write a whole number and day, week or month, such as 2 per day`,
			`policy.yaml:1:46: caps.any[3]: "4 per week": is the second cap per week here; keep one of them`,
			`policy.yaml:1:59: caps.fax: "fax": is not a channel; known: push, sms, email, any`,
			`policy.yaml:1:80: caps.sms: "1.5 per day": is not a whole number; write a whole number and day, week or month, such as 2 per day`}},
		"idle cap":  {"caps: {any: 2 per day, sms: 3 per day}\n", []string{`policy.yaml:1:7: warning [idle-cap]: caps: sms: 3 per day is never reached, since any: 2 per day is less; lower the one or raise the other`}},
		"quiet":     {"quiet: daily 21:00\n", []string{`policy.yaml:1:8: quiet: "daily 21:00": is a moment where hours are due; write from and to, such as daily 09:00-20:00`}},
		"all quiet": {"quiet: any time\nwindows: {sms: daily 09:00-10:00}\n", []string{`policy.yaml:1:8: quiet: "any time": is always quiet, so nothing could go out; write the hours of the night, such as daily 21:00-08:00`, `policy.yaml:2:16: windows.sms: "daily 09:00-10:00": lies wholly in the quiet hours (any time), so nothing could go out; move the window or the quiet hours`}},
		"window":    {"windows: {sms: daily 9-20, push: [Mon 10:00]}\n", []string{`policy.yaml:1:16: windows.sms: "daily 9-20": time "9" is not complete, write 09:00`, `policy.yaml:1:35: windows.push[0]: "Mon 10:00": is a moment where hours are due; write from and to, such as daily 09:00-20:00`}},
		"in quiet":  {"quiet: daily 20:00-08:00\nwindows: {sms: daily 21:00-23:00}\n", []string{`policy.yaml:2:16: windows.sms: "daily 21:00-23:00": lies wholly in the quiet hours (daily 20:00-08:00), so nothing could go out; move the window or the quiet hours`}},
		"law": {"legal: [{country: US, region: Florida}, {region: FL, hours: daily 08:00-20:00, source: x, read: 2026-11}, {country: US, region: US-FL, hours: daily 08:00-20:00, source: x, read: 2026-11, topics: ofers}]\n", []string{
			`policy.yaml:1:9: legal[0]: source is missing; name the law, such as source: 47 CFR 64.1200(c)(1)`,
			`policy.yaml:1:9: legal[0]: read is missing; say when you read the law, such as read: 2026-11`,
			`policy.yaml:1:9: legal[0]: hours is missing; write the hours that the law leaves open, such as hours: daily 08:00-21:00`,
			`policy.yaml:1:31: legal[0].region: "Florida": is not the code of a state or province of US; write its two letters, such as AL`,
			`policy.yaml:1:50: legal[1].region: "FL": a region needs its country; add it, such as country: US`,
			`policy.yaml:1:129: legal[2].region: "US-FL": names the country twice; write FL`,
			`policy.yaml:1:196: legal[2].topics: "ofers": is not one of the topics above; did you mean offers?`}},
		"law read when": {"legal: [{hours: daily 08:00-20:00, source: x, read: last week}, {country: US, hours: daily 08:00-20:00, source: x, read: 2026-13}]\n", []string{
			`policy.yaml:1:53: legal[0].read: "last week": is not a month or a day; write for example 2026-11 or 2026-11-23`,
			`policy.yaml:1:122: legal[1].read: "2026-13": is not a month or a day; write for example 2026-11 or 2026-11-23`}},
		"law twice":      {"legal: [{hours: daily 08:00-20:00, source: x, read: 2026-11}, {hours: daily 08:00-21:00, source: y, read: 2026-11}]\n", []string{`policy.yaml:1:63: legal[1]: legal hours stand twice for the same country, region, channels and topics; keep one of them, or list both hours in it`}},
		"law in quiet":   {"legal: {hours: daily 21:00-23:00, source: x, read: 2026-11}\n", []string{`policy.yaml:1:16: legal.hours: "daily 21:00-23:00": the legal hours lie wholly in the quiet hours (daily 21:00-08:00); move the quiet hours, or mend the legal ones`}},
		"law and window": {"windows: {email: Sat 09:00-12:00}\nlegal: {country: FR, hours: Mon-Fri 10:00-20:00, channels: email, source: x, read: 2026-11}\n", []string{`policy.yaml:2:29: warning [window-against-law]: legal.hours: "Mon-Fri 10:00-20:00": leaves no moment in the window of email (Sat 09:00-12:00); customers in FR are then reached only at hours they asked for`}},
		"no holidays":    {"legal: {country: FR, hours: daily 10:00-20:00, holidays: closed, source: x, read: 2026-11}\n", []string{`policy.yaml:1:58: legal.holidays: "closed": no holidays are given for FR; add them under holidays, such as holidays: {FR: public}`}},
		"not public":     {"legal: {country: PT, hours: daily 10:00-20:00, holidays: public, source: x, read: 2026-11}\n", []string{`policy.yaml:1:58: legal.holidays: "public": the public holidays of PT are not known here; list the days under holidays, and write holidays: closed here`}},
		"not so closed":  {"legal: {country: PT, hours: daily 10:00-20:00, holidays: yes, source: x, read: 2026-11}\n", []string{`policy.yaml:1:58: legal.holidays: "yes": is not known here; write open, closed or public`}},
		"none known":     {"legal: {country: PT, hours: daily 10:00-20:00, holidays: closed, source: x, read: 2026-11}\n", []string{`policy.yaml:1:58: legal.holidays: "closed": no holidays are given for PT; add them under holidays, such as holidays: {PT: [2026-12-25]}`}},
		"holidays": {"holidays: {PT: public, XX: public, US: [Christmas, 2026-02-30]}\n", []string{
			`policy.yaml:1:16: holidays.PT: "public": the public holidays of PT are not known here; list the days, such as [2026-12-25, 2026-12-26]`,
			`policy.yaml:1:24: holidays.XX: "XX": is not the code of a country; write the two letters of ISO 3166, such as US, GB or DE`,
			`policy.yaml:1:41: holidays.US[0]: "Christmas": is not a day; write year, month and day, such as 2026-12-25, or the word public`,
			`policy.yaml:1:52: holidays.US[1]: "2026-02-30": is not a day; write year, month and day, such as 2026-12-25, or the word public`}},
		"rates":             {"rates: {sms: fast, push: 0 per second}\n", []string{`policy.yaml:1:14: rates.sms: "fast": is not a rate; write a number and second, minute or hour, such as 10 per second`, `policy.yaml:1:26: rates.push: "0 per second": is not a rate that can be kept; give a number above 0 and up to 1000000`}},
		"holdout":           {"holdout: 5\n", []string{`policy.yaml:1:10: holdout: "5": lacks its %; write 5%`}},
		"cap and more":      {"caps: {any: 2 per day and a few}\n", []string{`policy.yaml:1:13: caps.any: "2 per day and a few": is not a cap; after and write how many more places urgent topics have, such as 2 per day and 1 urgent`}},
		"digest by sms":     {"digests: {weekly: {at: Mon 09:00, channel: sms, template: x, topic: service}}\n", []string{`policy.yaml:1:44: digests.weekly.channel: "sms": cannot hold a digest; write email or push; an SMS is too short`}},
		"digest at no time": {"digests: {weekly: {at: Mon 25:00, channel: email, template: x, topic: service}}\n", []string{`policy.yaml:1:24: digests.weekly.at: "Mon 25:00": time "25:00" does not exist, use 00:00 to 23:59, or 24:00 as an end`}},
		"digest of what":    {"digests: {weekly: {at: Mon 09:00, channel: email, template: x, topic: servce}}\n", []string{`policy.yaml:1:71: digests.weekly.topic: "servce": is not a topic of this policy; did you mean service?`}},
		"digest lacks all":  {"digests: {weekly: {}}\n", []string{`policy.yaml:1:19: digests.weekly: at is missing; say when it goes out, such as at: Mon 09:00`, `policy.yaml:1:19: digests.weekly: channel is missing; write channel: email, or channel: push`, `policy.yaml:1:19: digests.weekly: template is missing; name the template that holds the items, such as template: weekly-digest`, `policy.yaml:1:19: digests.weekly: topic is missing; name the topic that the whole is about, such as topic: tips`}},
		"digest first":      {"digests: {weekly: {at: Mon 09:00, channel: email, template: x, topic: service, priority: first}}\n", []string{`policy.yaml:1:90: digests.weekly.priority: "first": is not a priority; write a whole number from 0 to 100`}},
		"learning":          {"learning: {hours: maybe, explore: all}\n", []string{`policy.yaml:1:19: learning.hours: "maybe": is not known here; write no or yes`, `policy.yaml:1:35: learning.explore: "all": is not a percentage; write for example 5%`}},
		"all out":           {"holdout: 100%\n", []string{`policy.yaml:1:10: holdout: "100%": is not such a share; write 0% or more, and less than 100%`}},
		"senders": {"senders: {email: hello, sms: 'Megaphone Mobile', push: App}\n", []string{
			`policy.yaml:1:18: senders.email: "hello": is not an email address; write for example "Megaphone <hello@example.com>"`,
			`policy.yaml:1:31: senders.sms: "Megaphone Mobile": is not a sender of SMS; write a number with + and its country, such as "+15550100100", a short code, or a name of up to 11 letters`,
			`policy.yaml:1:56: senders.push: "App": push messages come from the app itself; leave push out of senders`}},
		"teams": {"teams: {Care: {email: a@example.com}, a: {}, b: {email: care}, c: {webhook: 'http://x.example.com'}, d: {email: a@example.com, webhook: 'https://x.example.com'}, e: {mail: a@example.com}}\n", []string{
			`policy.yaml:1:9: teams.Care: "Care": is not a name for a team; use small letters and digits: care-calls`,
			`policy.yaml:1:42: teams.a: says not where its tasks go; write email: care@example.com, or webhook: https://desk.example.com/tasks`,
			`policy.yaml:1:57: teams.b.email: "care": is not an email address; write it alone, such as care@example.com`,
			`policy.yaml:1:78: teams.c.webhook: "http://x.example.com": is not encrypted; write https://x.example.com`,
			`policy.yaml:1:138: teams.d.webhook: "https://x.example.com": stands beside email; keep one of them; a task goes one way`,
			`policy.yaml:1:167: teams.e.mail: "mail": is not a key that is known here; did you mean email?`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := read(c.text)
			require.Equal(t, c.want, got)
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(whole)
	f.Add("topics: [a]\ncaps: {any: [x]}\nlegal: [a, {country: US, region: [x]}]\nholidays: {US: {a: b}}")
	f.Add("rates: {sms: 1e9 per second}\nholdout: NaN%\nsenders: {sms: [x]}\nquiet: [daily 01:00-02:00]")
	f.Fuzz(func(t *testing.T, text string) {
		var ps source.Problems
		require.NotNil(t, policy.Read("policy.yaml", []byte(text), &ps))
		for _, p := range ps.List() {
			require.NotEmpty(t, p.Message)
			unread := p.Path == "" && p.Line == 0 && slices.Contains(source.WholeFile(), p.Message)
			require.True(t, unread || p.Line > 0 && p.Column > 0, p.String())
		}
	})
}
