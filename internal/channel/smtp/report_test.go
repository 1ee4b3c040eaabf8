package smtp_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/smtp"
	"github.com/outreach-engine/outreach/internal/customer"
)

var now = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

func reporter(t testing.TB) *smtp.Sender {
	t.Helper()
	c := config("127.0.0.1:25")
	c.ReportSecret = bearer
	return sender(t, c)
}

// callback carries a report as a mail server pipes it in.
func callback(body string) channel.Callback {
	return channel.Callback{Body: []byte(body), At: now, Header: func(name string) string {
		return map[string]string{"Authorization": "Bearer " + bearer}[name]
	}}
}

func report(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/reports/" + name + ".eml")
	require.NoError(t, err)
	return string(text)
}

func reports(t testing.TB, body string) []channel.Report {
	t.Helper()
	list, err := reporter(t).Reports(callback(body))
	require.NoError(t, err)
	ids := map[string]bool{}
	for i := range list {
		require.Len(t, list[i].ID, 32)
		require.False(t, ids[list[i].ID], "an id of its own for each")
		ids[list[i].ID] = true
		list[i].ID = ""
	}
	return list
}

func TestReports(t *testing.T) {
	t.Parallel()
	const key = "parcels.c1.1.late.email"
	at := func(second int) time.Time { return time.Date(2026, 11, 23, 9, 0, second, 0, time.UTC) }
	one := func(kind channel.ReportKind, id, address, code string, second int) channel.Report {
		return channel.Report{Kind: kind, Channel: customer.Email, Key: key, ProviderID: id, Address: address, Code: code, At: at(second)}
	}
	const long, short = "dc6668f1a040d660c423c9009d413c2d@example.com", "dc66@example.com"
	for name, want := range map[string][]channel.Report{
		"failed": {
			one(channel.ReportBounced, long, "ada+news@example.com", "5.1.1", 4),
			one(channel.ReportFailed, long, "bob@example.com", "5.2.2", 5),
		},
		"delivered": {
			one(channel.ReportDelivered, short, "ada@example.com", "2.0.0", 5),
			one(channel.ReportDelivered, short, "bob@example.com", "2.0.0", 5),
			one(channel.ReportDelivered, short, "all@example.com", "2.0.0", 5),
		},
		"complaint": {one(channel.ReportComplained, short, "ada@example.com", "abuse", 5)},
	} {
		require.Equal(t, want, reports(t, report(t, name)), name)
		crlf := strings.ReplaceAll(report(t, name), "\n", "\r\n")
		require.Equal(t, want, reports(t, crlf), name)
		first, err := reporter(t).Reports(callback(crlf))
		require.NoError(t, err)
		again, err := reporter(t).Reports(callback(report(t, name)))
		require.NoError(t, err)
		require.Equal(t, first, again, "told again, it is the same")
	}
	kind, body := reporter(t).Reply(nil)
	require.Equal(t, "", kind+body)
}

func TestWhatReportsMean(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]channel.ReportKind{
		"5.1.1": channel.ReportBounced, "5.1.2": channel.ReportBounced, "5.1.10": channel.ReportBounced, "5.2.1": channel.ReportBounced,
		"5.1.8": channel.ReportFailed, "5.7.1": channel.ReportFailed, "4.4.7": channel.ReportFailed, "": channel.ReportFailed,
	} {
		body := strings.Replace(report(t, "failed"), "Status: 5.1.1", "Status: "+status, 1)
		require.Equal(t, want, reports(t, body)[0].Kind, status)
	}
	for what, change := range map[string][2]string{
		"feedback about something else": {"Feedback-Type: abuse", "Feedback-Type: not-spam"},
		"a mail that is not ours":       {"X-Outreach-Key", "X-Key"},
	} {
		require.Empty(t, reports(t, strings.Replace(report(t, "complaint"), change[0], change[1], 1)), what)
	}
	foreign := strings.NewReplacer("X-Outreach-Key", "X-Key", "Original-Envelope-Id", "X-Id").Replace(report(t, "failed"))
	require.Empty(t, reports(t, foreign), "a mail that is not ours")
	future := strings.NewReplacer("2026", "2027").Replace(report(t, "delivered"))
	require.Equal(t, now, reports(t, future)[0].At, "nothing happened later than it was told")
	cut, _, _ := strings.Cut(report(t, "failed"), "--9B095B5ADSN=_01/mail.example.com\nContent-Description: Undelivered")
	require.Len(t, reports(t, cut), 2, "the headers of the mail may be missing")
}

func TestReportsThatAreRefused(t *testing.T) {
	t.Parallel()
	plain := "From: a@example.com\nContent-Type: text/plain\n\nhello"
	empty := "From: a@example.com\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: text/plain\n\nhello\n--b--\n"
	for body, want := range map[string]string{
		"":    "smtp report: it is no mail; pipe in the whole report, with its headers",
		plain: "smtp report: its content type is not multipart/report; pipe in delivery reports and complaints only",
		empty: "smtp report: it has no delivery status and no feedback report; pipe in delivery reports and complaints only",
	} {
		_, err := reporter(t).Reports(callback(body))
		require.EqualError(t, err, want)
		require.NotErrorIs(t, err, channel.ErrForged)
	}
	for _, authorization := range []string{"", "Bearer ", "Bearer x", bearer, "bearer " + bearer} {
		c := callback(report(t, "failed"))
		c.Header = func(string) string { return authorization }
		_, err := reporter(t).Reports(c)
		require.ErrorIs(t, err, channel.ErrForged, authorization)
	}
	c := callback(report(t, "failed"))
	c.Header = func(string) string { return "Bearer " }
	_, err := sender(t, config("127.0.0.1:25")).Reports(c)
	require.ErrorIs(t, err, channel.ErrForged, "without a secret nobody comes in")
	require.ErrorContains(t, err, "no report_secret is set; set one")
}

func FuzzReports(f *testing.F) {
	for _, name := range []string{"failed", "delivered", "complaint"} {
		f.Add(report(f, name))
	}
	s := reporter(f)
	f.Fuzz(func(t *testing.T, body string) {
		list, err := s.Reports(callback(body))
		if err != nil {
			require.Empty(t, list)
			require.True(t, strings.HasPrefix(err.Error(), "smtp report: "))
		}
		for _, r := range list {
			require.NotEmpty(t, r.ID)
			require.NotEmpty(t, r.Key)
			require.NotEmpty(t, r.Kind)
			require.Equal(t, customer.Email, r.Channel)
			require.False(t, r.At.After(now))
		}
	})
}
