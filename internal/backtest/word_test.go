package backtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/importer"
)

// TestASecondChannelOnlyWhereNoWordComes plays the shipped payment-failed from
// a file: by SMS after half an hour where nothing is known of the push, and by
// the push alone otherwise.
func TestASecondChannelOnlyWhereNoWordComes(t *testing.T) {
	t.Parallel()
	const (
		events = "id,event,at,invoice_id,amount,currency\nanna,payment_failed,2026-11-23 10:00,R-1,19,EUR\nanna,payment_succeeded,2026-11-24 10:00,R-1,,\n"
		first  = "2026-11-23T10:00 push payment-failed\n"
	)
	for _, c := range []struct {
		silent []customer.Channel
		want   string
	}{
		{nil, first},
		{[]customer.Channel{customer.SMS}, first},
		{[]customer.Channel{customer.Push}, first + "2026-11-23T10:30 sms payment-failed\n"},
	} {
		dir := t.TempDir()
		o := filed(shipped(t), moment(t, "2026-12-01 00:00"),
			backtest.File{Kind: importer.Customers, Path: write(t, dir, "customers.csv", "id,token,phone\nanna,t-1,+4915112345678\n"),
				Map: write(t, dir, "customers.yaml", "id: id\nzone: {text: Europe/Berlin}\npush_token: token\nphone: phone\n")},
			backtest.File{Kind: importer.Events, Path: write(t, dir, "events.csv", events),
				Map: write(t, dir, "events.yaml", "id: id\nevent: {from: event}\nat: {from: at, format: \"YYYY-MM-DD hh:mm\", zone: customer}\nproperties: {invoice_id: invoice_id, amount: amount, currency: currency}\n")})
		o.Rules, o.Unconfirmed = []string{"payment-failed"}, c.silent
		got := ""
		for _, d := range decisions(t, lines(t, o)) {
			if d.Kind == "send" {
				got += d.Local[:len("2026-11-23T10:00")] + " " + d.Channel + " " + d.Template + "\n"
			}
		}
		require.Equal(t, c.want, got, c.silent)
	}
}
