package wording_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
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

func TestMessagesAndCounts(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"welcome by SMS", "welcome by email", "welcome by push", "welcome"}, []string{
		wording.Message("welcome", customer.SMS), wording.Message("welcome", customer.Email),
		wording.Message("welcome", customer.Push), wording.Message("welcome", ""),
	})
	require.Equal(t, []string{"1 event", "0 events", "2,000 events"},
		[]string{wording.Count(1, "event"), wording.Count(0, "event"), wording.Count(2000, "event")})
}
