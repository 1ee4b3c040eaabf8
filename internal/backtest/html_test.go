package backtest_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/backtest"
	"github.com/outreach-engine/outreach/internal/browsertest"
	"github.com/outreach-engine/outreach/internal/customer"
)

var shots = flag.String("shots", "", "folder to write pictures of the page to")

func page(t testing.TB, r *backtest.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, r.HTML(&b))
	return b.String()
}

// TestThePageNeedsNothingElse: no script, no address that a browser would ask,
// and what customers are called is no markup.
func TestThePageNeedsNothingElse(t *testing.T) {
	t.Parallel()
	o := small(t)
	o.Samples = 3
	text := page(t, play(t, o))
	for _, there := range []string{
		`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`, "Thank you, Bo &lt;b&gt;!", "line 8: at: is not a time", "1 duplicate left out",
	} {
		require.True(t, strings.Contains(text, there), "the page lacks %s", there)
	}
	for _, absent := range []string{"<script", "http:", "https:", "ZgotmplZ", "<b>!"} {
		require.False(t, strings.Contains(text, absent), "the page holds %s", absent)
	}
	require.Contains(t, text, `<i class="dot sms"></i>SMS`)
	require.NotContains(t, text, `<i class="dot push"></i>`, "the legend holds what nothing went out by")
	require.True(t, text == page(t, play(t, o)), "the same past gives the same page")
}

// TestSamplesAreDrawnFromAll: at most so many of each template and channel,
// and those of other runs are the same.
func TestSamplesAreDrawnFromAll(t *testing.T) {
	t.Parallel()
	o := filed(shipped(t), afterwards(t), company(t, 120)...)
	o.Samples = 3
	report := play(t, o)
	type kind struct {
		template string
		channel  customer.Channel
	}
	drawn := map[kind]int{}
	for _, s := range report.Samples {
		drawn[kind{s.Template, s.Channel}]++
		require.NotEmpty(t, s.Content.Text)
		require.NotNil(t, s.Zone)
	}
	require.Len(t, report.Samples, 3*len(drawn)-missing(drawn, 3))
	require.Equal(t, 3, drawn[kind{"order-late", customer.SMS}])
}

func missing[K comparable](drawn map[K]int, most int) (n int) {
	for _, count := range drawn {
		n += most - min(count, most)
	}
	return n
}

// TestPageInBrowser looks at the page wide and narrow, light and dark.
func TestPageInBrowser(t *testing.T) {
	t.Parallel()
	o := filed(shipped(t), afterwards(t), company(t, 200)...)
	o.Samples = 3
	policy := *o.Bundle.Policy
	policy.Rates = map[customer.Channel]float64{customer.SMS: 2. / 3600, customer.Email: 20}
	o.Bundle.Policy = &policy
	report := play(t, o)
	text := page(t, report)
	b := browsertest.Start(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(text)) // the browser tells what it misses
	}))
	t.Cleanup(server.Close)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{1300, 400} {
			b.Dress(width, scheme)
			b.Open(server.URL)
			b.Fits()
			if *shots != "" {
				require.NoError(t, os.WriteFile(filepath.Join(*shots, fmt.Sprintf("simulation-%d-%s.png", width, scheme)), b.Picture(), 0o600))
			}
		}
	}
	for _, plot := range []string{"#days", "#load"} {
		require.Equal(t, true, b.Eval(`document.querySelector("`+plot+`").closest("section").querySelector(".plot rect").getBoundingClientRect().height > 1`), plot)
	}
	require.Equal(t, true, b.Eval(`document.querySelector(".limit") !== null && document.querySelector("rect.over") !== null && document.querySelector(".alarm") !== null`))
	require.Equal(t, float64(7*24), b.Eval(`document.querySelectorAll(".heat tbody td").length`))
	require.Equal(t, float64(strings.Count(text, "<iframe")), b.Eval(`[...document.querySelectorAll("iframe")].filter((f) => f.getAttribute("sandbox") === "" && f.srcdoc.includes("<")).length`))
	for _, address := range b.Asked() {
		require.True(t, strings.HasPrefix(address, server.URL) || strings.HasPrefix(address, "about:") || strings.HasPrefix(address, "data:"), address)
	}
	require.Empty(t, b.Said())
}
