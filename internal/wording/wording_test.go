package wording_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

// TestReasonsAreAllInWords holds that each reason has words of its own.
func TestReasonsAreAllInWords(t *testing.T) {
	t.Parallel()
	said := map[string]customer.Reason{}
	for _, r := range customer.Reasons() {
		words := wording.Reason(r)
		require.NotEqual(t, string(r), words, "%s has no words", r)
		require.NotContains(t, words, "_", r)
		require.NotContains(t, said, words, "%s says what %s says", r, said[words])
		said[words] = r
	}
	require.Equal(t, "next_years_word", wording.Reason("next_years_word"))
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 12400: "12,400", 1234567.891: "1,234,567.89",
		-1500: "-1,500", 0.25: "0.25", 0.5: "0.5", -0.001: "0", 999999.999: "1,000,000",
	} {
		require.Equal(t, want, wording.Number(f))
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]string{
		0: "0 %", 0.8266: "83 %", 0.29: "29 %", 0.794: "79 %", 1: "100 %", 12.5: "1,250 %",
	} {
		require.Equal(t, want, wording.Percent(share))
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	require.Equal(t, "used 12,400 of 15,000 (83 %)", wording.Figures(map[string]customer.Value{
		"used": customer.Number(12400), "limit": customer.Number(15000), "share": customer.Number(0.8267), "left": customer.Number(2600),
	}))
	require.Equal(t, "code A1, promised_at 2026-11-23", wording.Figures(map[string]customer.Value{
		"promised_at": customer.Text("2026-11-23"), "code": customer.Text("A1"),
	}))
	require.Empty(t, wording.Figures(nil))
}

func TestMessagesAndCounts(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"welcome by SMS", "welcome by email", "welcome by push", "welcome"}, []string{
		wording.Message("welcome", customer.SMS), wording.Message("welcome", customer.Email),
		wording.Message("welcome", customer.Push), wording.Message("welcome", ""),
	})
	require.Equal(t, []string{"sent welcome by SMS", "called the webhook coupon", "handed over the task for care"}, []string{
		wording.Done("welcome", customer.SMS), wording.Done("coupon", customer.Webhook), wording.Done("care", customer.Handoff),
	})
	require.Equal(t, []string{"not sent, welcome by SMS", "not answered, the webhook coupon", "not handed over, the task for care"}, []string{
		wording.NotDone("welcome", customer.SMS), wording.NotDone("coupon", customer.Webhook), wording.NotDone("care", customer.Handoff),
	})
	require.Equal(t, []string{"1 event", "0 events", "2,000 events"},
		[]string{wording.Count(1, "event"), wording.Count(0, "event"), wording.Count(2000, "event")})
}

func TestExact(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]string{
		0: "0", 12400: "12,400", 12437.25: "12,437.25", 0.1 + 0.2: "0.3", -0.5: "-0.5", -1234.5: "-1,234.5", 1e6: "1,000,000", 0.0000001: "0",
	} {
		require.Equal(t, want, wording.Exact(f))
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		property string
		values   []float64
		texts    []string
		unit     string
	}{
		"whole gigabytes and more": {"mb", []float64{12400, 15000}, []string{"12.4", "15"}, "GB"},
		"no decimal is lost":       {"data_mb", []float64{12437, 15000}, []string{"12.437", "15"}, "GB"},
		"parts of a megabyte":      {"mb", []float64{12437.5, 15000}, []string{"12,437.5", "15,000"}, "MB"},
		"little":                   {"mb", []float64{12, 900}, []string{"12", "900"}, "MB"},
		"bytes":                    {"bytes", []float64{1234567}, []string{"1,234,567"}, "bytes"},
		"minutes":                  {"call_minutes", []float64{12, 500}, []string{"12", "500"}, "minutes"},
		"no unit":                  {"used", []float64{1200, 5000}, []string{"1,200", "5,000"}, ""},
		"no property":              {"", []float64{3}, []string{"3"}, ""},
	} {
		texts, unit := wording.Amounts(c.property, c.values...)
		require.Equal(t, c.texts, texts, name)
		require.Equal(t, c.unit, unit, name)
	}
}

func TestShareIsNeverRoundedUpToItsBound(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]string{
		0.5: "50 %", 0.8: "80 %", 0.83: "83 %", 0.796: "79.6 %", 0.7999: "79.9 %", 0.799999999: "79.9 %", 0.794: "79 %",
	} {
		require.Equal(t, want, wording.Share(share, 0.8))
	}
}

func TestHoldsAndSuppressions(t *testing.T) {
	t.Parallel()
	require.Equal(t, "everything", wording.Hold(ledger.Hold{Kind: ledger.HoldAll}))
	require.Equal(t, "rule usage-limit", wording.Hold(ledger.Hold{Kind: ledger.HoldRule, Name: "usage-limit"}))
	for _, reason := range []string{customer.StopReply, customer.Unsubscribed, customer.Complaint, customer.Bounced, customer.Unregistered, customer.NoAddressAt} {
		require.NotEqual(t, reason, wording.Suppression(reason))
		require.NotContains(t, wording.Suppression(reason), "_")
	}
	require.Equal(t, "by_hand", wording.Suppression("by_hand"))
}

func TestHowWordsCameIn(t *testing.T) {
	t.Parallel()
	for _, how := range []string{
		customer.BySMS, customer.ByLink, customer.ByOneClick, customer.ByPage, customer.ByEvent, customer.ByBounce, customer.ByComplaint,
		customer.ByProvider, customer.ByOperator, customer.ByValidation,
	} {
		require.NotEqual(t, how, wording.How(how))
		require.NotContains(t, wording.How(how), "_")
	}
	require.Equal(t, "by_pigeon", wording.How("by_pigeon"))
}

func TestMask(t *testing.T) {
	t.Parallel()
	for address, c := range map[string]struct {
		channel customer.Channel
		want    string
	}{
		"+12125550101":    {customer.SMS, "+1...01"},
		"ben@example.com": {customer.Email, "b...@example.com"},
		"åsa@example.com": {customer.Email, "å...@example.com"},
		"token-12345":     {customer.Push, "a device"},
		"+1":              {customer.SMS, "..."},
		"":                {customer.Email, "..."},
	} {
		require.Equal(t, c.want, wording.Mask(c.channel, address))
	}
}

func TestFates(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"welcome by SMS arrived", "welcome by email did not arrive", "no clear answer came for welcome by push"}, []string{
		wording.Arrived("welcome", customer.SMS), wording.Failed("welcome", customer.Email), wording.NoAnswer("welcome", customer.Push),
	})
}
