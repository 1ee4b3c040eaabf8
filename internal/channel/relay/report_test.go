package relay_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/relay"
	"github.com/outreach-engine/outreach/internal/channel/seal"
	"github.com/outreach-engine/outreach/internal/customer"
)

var now = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

// signed makes a callback as the company's system does.
func signed(t testing.TB, body string, at time.Time) channel.Callback {
	t.Helper()
	key, err := seal.ReadKey(secret)
	require.NoError(t, err)
	h := http.Header{}
	key.Sign(h, "call-1", body, at)
	return channel.Callback{Header: h.Get, Body: []byte(body), At: now}
}

func relaying(t testing.TB, channels ...customer.Channel) *relay.Sender {
	t.Helper()
	return sender(t, relay.Config{URL: "https://example.com/messages", Secret: secret, Channels: channels})
}

func TestReports(t *testing.T) {
	t.Parallel()
	list, err := relaying(t).Reports(signed(t, `[
		{"id": "1", "key": "k", "status": "delivered", "at": "2026-11-23T10:00:00+01:00", "text": "for nobody"},
		{"id": "2", "key": "k", "status": "failed", "code": "E7"},
		{"id": "3", "key": "k", "status": "bounced", "code": "E8", "at": "2027-01-01T00:00:00Z"},
		{"id": "4", "key": "k", "status": "opened"},
		{"id": "5", "key": "k", "status": "clicked"},
		{"id": "6", "key": "k", "status": "replied", "text": "Thanks"},
		{"id": "7", "key": "k", "status": "complained"},
		{"id": "8", "key": "k", "status": "unsubscribed", "more": true},
		{"id": "9", "status": "blocked", "channel": "sms", "address": "+15550100100"},
		{"id": "10", "key": "k", "status": "queued"}
	]`, now.Add(-time.Minute)))
	require.NoError(t, err)
	one := func(id string, kind channel.ReportKind) channel.Report {
		return channel.Report{ID: "webhook:" + id, Kind: kind, Key: "k", At: now}
	}
	delivered, failed, bounced, replied := one("1", channel.ReportDelivered), one("2", channel.ReportFailed), one("3", channel.ReportBounced), one("6", channel.ReportReplied)
	delivered.At, failed.Code, bounced.Code, replied.Text = now.Add(-30*time.Minute), "E7", "E8", "Thanks"
	require.Equal(t, []channel.Report{
		delivered, failed, bounced, one("4", channel.ReportOpened), one("5", channel.ReportClicked), replied,
		one("7", channel.ReportComplained), one("8", channel.ReportUnsubscribed),
		{ID: "webhook:9", Kind: channel.ReportBlocked, Channel: customer.SMS, Address: "+15550100100", At: now},
	}, list)
	only, err := relaying(t, customer.Email).Reports(signed(t, `[{"id": "1", "key": "k", "status": "opened"}]`, now))
	require.NoError(t, err)
	require.Equal(t, customer.Email, only[0].Channel, "it carries nothing else")
	kind, body := relaying(t).Reply(list)
	require.Equal(t, "", kind+body)
}

func TestReportsThatAreRefused(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`:                                     `webhook report: the body is no json list; write it like [{"id": "1", "key": "...", "status": "delivered"}]`,
		``:                                       `webhook report: the body is no json list; write it like [{"id": "1", "key": "...", "status": "delivered"}]`,
		`[1]`:                                    "webhook report 1: a field is not of its kind; write texts, and at as RFC 3339 has it",
		`[{"id": "1", "at": "ada@example.com"}]`: "webhook report 1: a field is not of its kind; write texts, and at as RFC 3339 has it",
		`[null]`:                                 "webhook report 1: id is missing; give each report one that stays the same when it is sent again",
		`[{"id": "1", "key": "k"}]`:              "webhook report 1: status is missing; write delivered, failed, bounced ...",
		`[{"id": "1", "status": "x"}]`:           "webhook report 1: key is missing; write the key of the message, or channel and address where there is none",
		`[{"id":"1","key":"k","status":"opened"}, {"id": "2", "key": "k", "status": "x", "channel": "fax"}]`: `webhook report 2: channel: "fax" reaches no customer; write sms, email or push`,
	} {
		list, err := relaying(t).Reports(signed(t, body, now))
		require.EqualError(t, err, want, body)
		require.NotErrorIs(t, err, channel.ErrForged)
		require.Empty(t, list)
	}
	const good = `[{"id": "1", "key": "k", "status": "opened"}]`
	late, other := signed(t, good, now.Add(-6*time.Minute)), signed(t, good, now)
	other.Body = []byte(`[{"id": "1", "key": "x", "status": "opened"}]`)
	unsigned := signed(t, good, now)
	unsigned.Header = func(string) string { return "" }
	for name, c := range map[string]channel.Callback{"late": late, "other": other, "unsigned": unsigned} {
		_, err := relaying(t).Reports(c)
		require.ErrorIs(t, err, channel.ErrForged, name)
	}
}

func FuzzReports(f *testing.F) {
	f.Add(`[{"id": "1", "key": "k", "status": "delivered", "at": "2026-11-23T10:00:00+01:00"}]`)
	f.Add(`[{"id": "9", "status": "blocked", "channel": "sms", "address": "+15550100100"}, null]`)
	s := relaying(f)
	f.Fuzz(func(t *testing.T, body string) {
		list, err := s.Reports(signed(t, body, now))
		if err != nil {
			require.NotErrorIs(t, err, channel.ErrForged)
			require.Empty(t, list)
		}
		for _, r := range list {
			require.NotEmpty(t, r.ID)
			require.NotEmpty(t, r.Kind)
			require.True(t, r.Key != "" || r.Address != "" && r.Channel != "")
			require.False(t, r.At.After(now))
			require.False(t, r.At.IsZero())
		}
	})
}
