package sendgrid_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// base is what every report of eventOf's events has.
var base = channel.Report{
	ID: "sendgrid:e1", Channel: customer.Email, Key: "send-1", ProviderID: "m1",
	Address: "ada@example.com", At: time.Unix(1793527190, 0).UTC(),
}

func report(kind channel.ReportKind, change func(*channel.Report)) channel.Report {
	r := base
	r.Kind = kind
	if change != nil {
		change(&r)
	}
	return r
}

func eventOf(kind, more string) string {
	return fmt.Sprintf(`[{"email": "ada@example.com", "timestamp": 1793527190, "event": %q, "sg_event_id": "e1",`+
		`"sg_message_id": "m1.filter-1.2.0", "smtp-id": "<a@b>", "send_key": "send-1", "category": ["service"]%s}]`, kind, more)
}

func why(code, detail string) func(*channel.Report) {
	return func(r *channel.Report) { r.Code, r.Detail = code, detail }
}

func droppedFor(reason string) func(*channel.Report) {
	return func(r *channel.Report) {
		r.ID, r.Code, r.Detail = "sendgrid:e1:dropped", "dropped", "SendGrid dropped it: "+reason
	}
}

func topic(name customer.Topic) func(*channel.Report) {
	return func(r *channel.Report) { r.Topic = name }
}

const (
	refused = "the customer's mail server refused it"
	unknown = "SendGrid dropped it; its Activity page says why"
	ask     = `"550 5.1.1 <ada@example.com>: no such user [5.7.1.9]"`
)

// events holds each kind of event, and the variants that mean another thing.
var events = []struct {
	kind, more string
	want       []channel.Report
}{
	{"processed", ``, []channel.Report{report(channel.ReportTaken, nil)}},
	{"delivered", `, "response": "250 OK for ada@example.com"`, []channel.Report{report(channel.ReportDelivered, nil)}},
	{"deferred", `, "response": "400 try again", "attempt": "5"`, nil},

	{"dropped", `, "reason": "Bounced Address"`, []channel.Report{report(channel.ReportBounced, why("dropped", "SendGrid dropped it: the address bounced before"))}},
	{"dropped", `, "reason": "Invalid"`, []channel.Report{report(channel.ReportBounced, why("dropped", "SendGrid dropped it: the address is not valid"))}},
	{"dropped", `, "type": "Invalid"`, []channel.Report{report(channel.ReportBounced, why("dropped", "SendGrid dropped it: the address is not valid"))}},
	{"dropped", `, "reason": "Unsubscribed Address"`, []channel.Report{
		report(channel.ReportBlocked, nil), report(channel.ReportFailed, droppedFor("the address is unsubscribed")),
	}},
	{"dropped", `, "reason": "Unsubscribed Address", "asm_group_id": 1234`, []channel.Report{
		report(channel.ReportUnsubscribed, topic("tips")), report(channel.ReportFailed, droppedFor("the address is unsubscribed")),
	}},
	{"dropped", `, "reason": "Unsubscribed Address", "asm_group_id": 1`, []channel.Report{
		report(channel.ReportBlocked, nil), report(channel.ReportFailed, droppedFor("the address is unsubscribed")),
	}},
	{"dropped", `, "reason": "Spam Reporting Address"`, []channel.Report{
		report(channel.ReportComplained, nil), report(channel.ReportFailed, droppedFor("the customer called a mail spam before")),
	}},
	{"dropped", `, "reason": "Invalid SMTPAPI header: ada@example.com"`, []channel.Report{report(channel.ReportFailed, why("dropped", unknown))}},
	{"dropped", `, "reason": "Spam Content"`, []channel.Report{report(channel.ReportFailed, why("dropped", unknown))}},
	{"dropped", ``, []channel.Report{report(channel.ReportFailed, why("dropped", unknown))}},

	{"bounce", `, "type": "bounce", "status": "5.1.1", "reason": ` + ask + `, "bounce_classification": "Invalid Address"`, []channel.Report{
		report(channel.ReportBounced, why("5.1.1", refused+": invalid address")),
	}},
	{"bounce", `, "type": "bounce", "reason": ` + ask, []channel.Report{report(channel.ReportBounced, why("5.1.1", refused))}},
	{"bounce", `, "type": "bounce", "reason": "500 unknown recipient ada@example.com", "bounce_classification": "ada@example.com"`, []channel.Report{
		report(channel.ReportBounced, why("500", refused)),
	}},
	{"bounce", `, "type": "bounce", "reason": "550-5.1.2.3 is no status", "status": "ada@example.com"`, []channel.Report{report(channel.ReportBounced, why("550", refused))}},
	{"bounce", `, "type": "blocked", "status": "5.7.1", "bounce_classification": "Reputation"`, []channel.Report{
		report(channel.ReportFailed, why("5.7.1", refused+": reputation")),
	}},
	{"bounce", `, "type": "expired", "reason": "unable to get mx info"`, []channel.Report{report(channel.ReportFailed, why("", refused))}},
	{"bounce", `, "sg_message_id": null, "send_key": null`, []channel.Report{report(channel.ReportFailed, func(r *channel.Report) {
		r.Detail = refused
		r.ProviderID, r.Key = "", ""
	})}},

	{"open", `, "useragent": "Mozilla/5.0", "sg_machine_open": false`, []channel.Report{report(channel.ReportOpened, machine)}},
	{"open", `, "useragent": "Mozilla/5.0 (Macintosh)", "sg_machine_open": true`, []channel.Report{report(channel.ReportOpened, machine)}},
	{"open", `, "useragent": "Mozilla/5.0 (Macintosh)", "sg_machine_open": false`, []channel.Report{report(channel.ReportOpened, device("computer"))}},
	{"click", `, "useragent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)", "url": "https://example.com/?ada@example.com"`, []channel.Report{report(channel.ReportClicked, device("phone"))}},
	{"click", `, "useragent": "Barracuda Sentinel (EE)"`, []channel.Report{report(channel.ReportClicked, machine)}},
	{"click", ``, []channel.Report{report(channel.ReportClicked, nil)}},

	{"spamreport", ``, []channel.Report{report(channel.ReportComplained, nil)}},
	{"unsubscribe", ``, []channel.Report{report(channel.ReportBlocked, nil)}},
	{"unsubscribe", `, "asm_group_id": 1234`, []channel.Report{report(channel.ReportBlocked, nil)}},
	{"group_unsubscribe", `, "asm_group_id": 1234`, []channel.Report{report(channel.ReportUnsubscribed, topic("tips"))}},
	{"group_unsubscribe", `, "asm_group_id": 1`, []channel.Report{report(channel.ReportUnsubscribed, nil)}},
	{"group_resubscribe", `, "asm_group_id": "5678"`, []channel.Report{report(channel.ReportResubscribed, topic("offers"))}},
}

func machine(r *channel.Report) { r.Machine = true }

func device(name string) func(*channel.Report) {
	return func(r *channel.Report) { r.Device = name }
}

func TestEvents(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	for _, tc := range events {
		t.Run(tc.kind+tc.more, func(t *testing.T) {
			t.Parallel()
			reports, err := v.reporter(t).Reports(v.callback(t, eventOf(tc.kind, tc.more), now))
			require.NoError(t, err)
			require.Equal(t, tc.want, reports)
		})
	}
}

func TestUserAgents(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	const android = "Mozilla/5.0 (Linux; Android 15; "
	for agent, want := range map[string]channel.Report{
		"": {},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148": {Device: "phone"},
		"Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148":          {Device: "tablet"},
		android + "Pixel 9) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36":               {Device: "phone"},
		android + "CUBOT X70) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36":             {Device: "phone"},
		android + "SM-X910) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36":                      {Device: "tablet"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0":             {Device: "computer"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15":                      {Device: "computer"},
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36":                               {Device: "computer"},
		"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)": {},
		"YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html":                  {},
		"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)":                   {Machine: true},
		"Mozilla/5.0 (Windows NT 6.1; WOW64) BingPreview/1.0b":                                      {Machine: true},
		"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)":                                {Machine: true},
		"python-requests/2.32.3": {Machine: true},
		" mozilla/5.0 ":          {Machine: true},
	} {
		for kind, means := range map[string]channel.ReportKind{"open": channel.ReportOpened, "click": channel.ReportClicked} {
			reports, err := v.reporter(t).Reports(v.callback(t, eventOf(kind, fmt.Sprintf(`, "useragent": %q`, agent)), now))
			require.NoError(t, err)
			exact := func(r *channel.Report) { r.Machine, r.Device = want.Machine, want.Device }
			require.Equal(t, []channel.Report{report(means, exact)}, reports, agent)
		}
	}
}

// FuzzReports: whatever the provider signs, nothing panics, and what is
// reported has a name, a kind, a time, and no address in its words.
func FuzzReports(f *testing.F) {
	for _, e := range events {
		f.Add(eventOf(e.kind, e.more))
	}
	f.Add("[null, {}, [1]]\r\n")
	f.Add(`[{"event": "open", "sg_event_id": "\ud800", "timestamp": 1, "useragent": 5}`)
	v := newVendor(f)
	s := v.reporter(f)
	kinds := []channel.ReportKind{
		channel.ReportTaken, channel.ReportDelivered, channel.ReportFailed, channel.ReportBounced, channel.ReportOpened, channel.ReportClicked,
		channel.ReportComplained, channel.ReportUnsubscribed, channel.ReportResubscribed, channel.ReportBlocked,
	}
	f.Fuzz(func(t *testing.T, body string) {
		reports, err := s.Reports(v.callback(t, body, now))
		if err != nil {
			require.NotErrorIs(t, err, channel.ErrForged)
			require.Empty(t, reports)
		}
		for _, r := range reports {
			require.Contains(t, kinds, r.Kind)
			require.True(t, strings.HasPrefix(r.ID, "sendgrid:") && len(r.ID) > len("sendgrid:"))
			require.Equal(t, customer.Email, r.Channel)
			_, err := r.At.MarshalText()
			require.NoError(t, err)
			require.NotContains(t, r.Code+r.Detail, "@")
			require.False(t, strings.Contains(r.ProviderID, "."))
			require.True(t, slices.Contains([]string{"", "phone", "tablet", "computer"}, r.Device))
		}
	})
}
