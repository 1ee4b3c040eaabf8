package metrics_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/metrics"
	"github.com/outreach-engine/outreach/internal/store/memory"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

func scrape(t *testing.T, m *metrics.Metrics, status int) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	require.Equal(t, status, w.Code, w.Body.String())
	return w.Body.String()
}

// ours gives the lines of the engine's own figures, in order; histograms'
// buckets are left out.
func ours(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "outreach_") && !strings.Contains(line, "_bucket") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	slices.Sort(lines)
	return lines
}

func TestFigures(t *testing.T) {
	t.Parallel()
	store := memory.New()
	part := func(n int, status ledger.PartStatus, ago time.Duration) ledger.Part {
		return ledger.Part{
			Ref: ledger.Ref{Rule: "hello", Customer: "canna", N: n}, Step: "one", Channel: customer.SMS, Status: status,
			Address: "+12125550101", Updated: noon.Add(-ago),
		}
	}
	require.NoError(t, store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		_, _, err := tx.AddOutreach(ledger.Outreach{Ref: ledger.Ref{Rule: "hello", Customer: "canna"}, Key: "k", Status: ledger.Open, At: noon})
		return errors.Join(err,
			tx.SavePart(part(1, ledger.Accepted, 0)), tx.SavePart(part(2, ledger.Unknown, time.Hour)), tx.SavePart(part(3, ledger.Unknown, time.Minute)),
			tx.SetHold(ledger.Hold{Kind: ledger.HoldChannel, Name: "sms", At: noon, By: "twilio", Note: "the account is suspended"}),
			tx.SavePace(ledger.Pace{Scope: "twilio", Until: noon.Add(time.Minute)}), tx.SavePace(ledger.Pace{Scope: "sms", Until: noon}),
			tx.Reject(ledger.Rejection{At: noon, Reason: "no name"}))
	}))
	m := metrics.New(metrics.Options{Store: store, Now: clock, Providers: []string{"twilio"}, Version: "v1"})
	m.Call("twilio", "taken", 40*time.Millisecond)
	m.Call("twilio", "throttled", 60*time.Millisecond)
	m.Callback("twilio", "forged")
	text := scrape(t, m, 200)
	require.Equal(t, []string{
		`outreach_callbacks_total{outcome="forged",provider="twilio"} 1`,
		`outreach_holds{by="twilio",kind="channel",name="sms"} 1`,
		`outreach_messages_in_doubt_oldest_seconds{status="ambiguous"} 0`,
		`outreach_messages_in_doubt_oldest_seconds{status="unknown"} 3600`,
		`outreach_messages_in_doubt{status="ambiguous"} 0`,
		`outreach_messages_in_doubt{status="unknown"} 2`,
		`outreach_messages{status="accepted"} 1`,
		`outreach_messages{status="unknown"} 2`,
		`outreach_outreaches{status="matched"} 0`,
		`outreach_outreaches{status="open"} 1`,
		`outreach_provider_call_seconds_count{provider="twilio"} 2`,
		`outreach_provider_call_seconds_sum{provider="twilio"} 0.1`,
		`outreach_provider_calls_total{outcome="taken",provider="twilio"} 1`,
		`outreach_provider_calls_total{outcome="throttled",provider="twilio"} 1`,
		`outreach_rejected_total 1`,
		`outreach_waiting_scopes 1`,
	}, ours(text))
	for _, private := range []string{"canna", "2125550101", "suspended"} {
		require.NotContains(t, text, private)
	}
}

// silent is a store that does not answer.
type silent struct{ ledger.Store }

func (silent) Read(context.Context, func(ledger.Tx) error) error { return errors.New("disk") }

func TestAStoreThatDoesNotAnswerIsAFailedScrape(t *testing.T) {
	t.Parallel()
	require.Contains(t, scrape(t, metrics.New(metrics.Options{Store: silent{}, Now: clock}), 500), "disk")
}

// TestThePageNamesEveryFigure holds docs/metrics.md to what is given.
func TestThePageNamesEveryFigure(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	m := metrics.New(metrics.Options{Store: memory.New(), Now: clock})
	m.Call("inbox", "taken", 0)
	m.Callback("inbox", "taken")
	require.NoError(t, err)
	for _, line := range regexp.MustCompile(`(?m)^# HELP (outreach_\S+) `).FindAllStringSubmatch(scrape(t, m, 200), -1) {
		require.Contains(t, string(page), "`"+line[1]+"`")
	}
}
