package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
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
	"github.com/outreach-engine/outreach/internal/witness"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// figuresOf gives the metrics of a store.
func figuresOf(store ledger.Store) *metrics.Metrics {
	return metrics.New(metrics.Options{
		Store: store, Now: clock, Machine: clock, Overdue: time.Minute, Providers: []string{"twilio"}, Version: "v1",
	})
}

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	require.Equal(t, 200, w.Code, w.Body.String())
	return w.Body.String()
}

// ours gives the lines of the engine's own figures, in order; histograms'
// buckets and the build are left out.
func ours(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "outreach_") && !strings.Contains(line, "_bucket") && !strings.HasPrefix(line, "outreach_build_info") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	slices.Sort(lines)
	return lines
}

func write(t *testing.T, store ledger.Store, fn func(ledger.Tx) error) {
	t.Helper()
	require.NoError(t, store.Write(t.Context(), ledger.GateLane, fn))
}

func part(n int, status ledger.PartStatus, ago time.Duration) ledger.Part {
	return ledger.Part{
		Ref: ledger.Ref{Rule: "hello", Customer: "canna", N: n}, Step: "one", Channel: customer.SMS, Status: status,
		Address: "+12125550101", Updated: noon.Add(-ago),
	}
}

// fill gives a store something of everything.
func fill(tx ledger.Tx) error {
	ref := ledger.Ref{Rule: "hello", Customer: "canna"}
	open := ledger.Outreach{Ref: ref, Key: "k", Status: ledger.Open, At: noon, NextAt: noon.Add(-time.Hour)}
	matched := ledger.Outreach{Ref: ref, Key: "l", Status: ledger.Matched, At: noon, NextAt: noon.Add(-time.Second)}
	_, _, err1 := tx.AddOutreach(open)
	_, _, err2 := tx.AddOutreach(matched)
	return errors.Join(err1, err2,
		tx.SavePart(part(1, ledger.Accepted, 0)), tx.SavePart(part(2, ledger.Unknown, time.Hour)), tx.SavePart(part(3, ledger.Unknown, time.Minute)),
		tx.SetHold(ledger.Hold{Kind: ledger.HoldChannel, Name: "sms", At: noon, By: "twilio", Note: "the account is suspended"}),
		tx.SetHold(ledger.Hold{Kind: ledger.HoldRule, Name: "hello", At: noon, By: "operator"}),
		tx.SavePace(ledger.Pace{Scope: "twilio", Until: noon.Add(time.Minute)}), tx.SavePace(ledger.Pace{Scope: "sms", Until: noon}),
		tx.Reject(ledger.Rejection{At: noon, Reason: "no name"}),
		tx.Activate(ledger.Active{Kind: ledger.RuleDocument, Name: "hello", Warm: true}),
		tx.Activate(ledger.Active{Kind: ledger.RuleDocument, Name: "later"}), tx.Activate(ledger.Active{Kind: ledger.PolicyDocument}),
		tx.Hint(ledger.Ref{Rule: "hello", Customer: "canna", N: 1}, noon.Add(-2*time.Second)),
		tx.SetDue(ledger.Due{Rule: "hello", Customer: "canna", At: noon.Add(-3 * time.Second)}),
		tx.Beat(ledger.Process{ID: "a", Role: "all", Beat: noon}), tx.Beat(ledger.Process{ID: "b", Role: "worker", Beat: noon.Add(-time.Minute)}))
}

func TestWhatTheStoreHolds(t *testing.T) {
	t.Parallel()
	store := memory.New()
	write(t, store, fill)
	text := scrape(t, figuresOf(store))
	require.Equal(t, []string{
		`outreach_backlog_oldest_seconds{what="due"} 3`,
		`outreach_backlog_oldest_seconds{what="hints"} 2`,
		`outreach_backlog_oldest_seconds{what="matched"} 1`,
		`outreach_backlog_oldest_seconds{what="overdue"} 3600`,
		`outreach_backlog{what="due"} 1`,
		`outreach_backlog{what="hints"} 1`,
		`outreach_backlog{what="matched"} 1`,
		`outreach_backlog{what="overdue"} 1`,
		`outreach_holds{by="operator",kind="rule",name="hello"} 1`,
		`outreach_holds{by="twilio",kind="channel",name="sms"} 1`,
		`outreach_messages_in_doubt_oldest_seconds{status="ambiguous"} 0`,
		`outreach_messages_in_doubt_oldest_seconds{status="unknown"} 3600`,
		`outreach_messages_in_doubt{status="ambiguous"} 0`,
		`outreach_messages_in_doubt{status="unknown"} 2`,
		`outreach_messages{status="accepted"} 1`,
		`outreach_messages{status="unknown"} 2`,
		`outreach_outreaches_started_total 0`,
		`outreach_outreaches{status="matched"} 1`,
		`outreach_outreaches{status="open"} 1`,
		`outreach_processes{role="all"} 1`,
		`outreach_rejected_total 1`,
		`outreach_rules 2`,
		`outreach_rules_warming 1`,
		`outreach_waiting_scopes 1`,
	}, ours(text))
	for _, private := range []string{"canna", "2125550101", "suspended"} {
		require.NotContains(t, text, private)
	}
	require.Contains(t, text, "\ngo_goroutines ")
	require.Contains(t, text, "\nprocess_start_time_seconds ")
	require.Regexp(t, `outreach_build_info{go="go1[^"]+",version="v1"} 1`, text)
}

// did has one of everything that a process counts.
func did(t *testing.T, m *metrics.Metrics, store ledger.Store) {
	t.Helper()
	seen := witness.Watch(store, m.Committed)
	ref := ledger.Ref{Rule: "hello", Customer: "canna", N: 1}
	require.NoError(t, seen.Write(t.Context(), ledger.IntakeLane, func(tx ledger.Tx) error {
		entered := ledger.Outreach{Ref: ledger.Ref{Rule: "hello", Customer: "canna"}, Key: "k", Status: ledger.Matched}
		refused := ledger.Outreach{Ref: entered.Ref, Key: "l", Status: ledger.Ended, Reason: customer.HeldOut}
		_, _, err1 := tx.AddOutreach(entered)
		_, _, err2 := tx.AddOutreach(refused)
		return errors.Join(err1, err2, tx.Decide(ledger.Decision{Ref: ref, Kind: ledger.KindDrop, Reason: customer.HeldOut}))
	}))
	line := func(kind ledger.Kind, step string, by customer.Channel) ledger.Decision {
		return ledger.Decision{Ref: ref, At: noon, Kind: kind, Step: step, Channel: by, Planned: noon.Add(-3 * time.Second), Reason: customer.Capped}
	}
	write(t, seen, func(tx ledger.Tx) error {
		claimed, err := tx.Claim("hello", noon, noon, 1)
		item, at := part(1, ledger.Accepted, 0), part(1, ledger.Delivered, 0)
		item.Step, item.Item, at.Step = "item", true, "at"
		return errors.Join(err, tx.SaveOutreach(claimed[0]), tx.SavePart(item), tx.SavePart(at), tx.Decide(
			line(ledger.KindPlan, "one", customer.SMS), line(ledger.KindSend, "one", customer.SMS), line(ledger.KindSend, "at", customer.SMS),
			line(ledger.KindSend, "item", customer.SMS), line(ledger.KindDeliver, "one", customer.SMS), line(ledger.KindFail, "one", customer.SMS),
			line(ledger.KindDrop, "two", customer.Email), line(ledger.KindDefer, "two", customer.Email)))
	})
	m.Call("twilio", "taken", 40*time.Millisecond)
	m.Call("twilio", "throttled", 60*time.Millisecond)
	m.Callback("twilio", "forged")
	m.Event(customer.ViaWeb, "taken")
	m.Event(customer.ViaUs, "duplicate")
	m.Follow(func() metrics.Standing {
		return metrics.Standing{Ready: true, Checks: map[string]bool{"store": true, "clock": false}, ClockOff: -1500 * time.Millisecond,
			Slowed: 1.2, Shares: map[string]float64{"starts": 0.25}}
	})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/track", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") })
	for _, r := range []string{"POST /v1/track", "GET /health", "GET /somebody@example.com"} {
		method, path, _ := strings.Cut(r, " ")
		m.HTTP(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), method, path, nil))
	}
}

// timed gives what a histogram's sum is called whose value depends on the
// machine.
var timed = regexp.MustCompile(`^outreach_(store_write|http)_seconds_sum`)

func TestWhatTheProcessDid(t *testing.T) {
	t.Parallel()
	store := memory.New()
	m := figuresOf(silent{})
	did(t, m, store)
	lines := slices.DeleteFunc(ours(scrape(t, m)), timed.MatchString)
	require.Equal(t, []string{
		`outreach_callbacks_total{outcome="forged",provider="twilio"} 1`,
		`outreach_check{name="clock"} 0`,
		`outreach_check{name="store"} 1`,
		`outreach_clock_off_seconds -1.5`,
		`outreach_deliveries_total{channel="sms",outcome="delivered"} 2`,
		`outreach_deliveries_total{channel="sms",outcome="failed"} 1`,
		`outreach_events_total{outcome="duplicate",via="us"} 1`,
		`outreach_events_total{outcome="taken",via="web"} 1`,
		`outreach_http_seconds_count{code="2xx",route="GET /health"} 1`,
		`outreach_http_seconds_count{code="4xx",route="other"} 1`,
		`outreach_http_seconds_count{code="5xx",route="POST /v1/track"} 1`,
		`outreach_intake_slowed_ratio 1.2`,
		`outreach_lateness_seconds_count{channel="sms"} 2`,
		`outreach_lateness_seconds_sum{channel="sms"} 6`,
		`outreach_matches_total{outcome="entered"} 1`,
		`outreach_matches_total{outcome="held_out"} 1`,
		`outreach_not_sent_total{channel="email",reason="capped"} 1`,
		`outreach_outreaches_started_total 1`,
		`outreach_plans_total{channel="sms"} 1`,
		`outreach_provider_call_seconds_count{provider="twilio"} 2`,
		`outreach_provider_call_seconds_sum{provider="twilio"} 0.1`,
		`outreach_provider_calls_total{outcome="taken",provider="twilio"} 1`,
		`outreach_provider_calls_total{outcome="throttled",provider="twilio"} 1`,
		`outreach_ready 1`,
		`outreach_sends_total{channel="sms"} 2`,
		`outreach_share{work="starts"} 0.25`,
		`outreach_store_write_seconds_count{lane="gate"} 1`,
		`outreach_store_write_seconds_count{lane="intake"} 1`,
	}, lines, "of a store that does not answer nothing is told")
}

// silent is a store that does not answer.
type silent struct{ ledger.Store }

func (silent) Read(context.Context, func(ledger.Tx) error) error { return errors.New("disk") }

// TestLabelsAreClosedLists throws at the figures what could make series without
// end: each label's words stay a few.
func TestLabelsAreClosedLists(t *testing.T) {
	t.Parallel()
	store := memory.New()
	m := figuresOf(store)
	seen := witness.Watch(store, m.Committed)
	write(t, seen, func(tx ledger.Tx) error {
		for i := range 10_000 {
			odd := fmt.Sprint("odd-", i)
			ref := ledger.Ref{Rule: odd, Customer: customer.ID(odd), N: 1}
			_, _, err := tx.AddOutreach(ledger.Outreach{Ref: ref, Key: odd, Status: ledger.Matched, Reason: customer.Reason(odd)})
			p := ledger.Part{Ref: ref, Step: odd, Channel: customer.Channel(odd), Status: ledger.PartStatus(odd), Address: odd, Provider: odd}
			line := ledger.Decision{Ref: ref, Step: odd, Channel: customer.Channel(odd), Reason: customer.Reason(odd), Planned: noon, At: noon}
			sent, dropped := line, line
			sent.Kind, dropped.Kind = ledger.KindSend, ledger.KindDrop
			if err := errors.Join(err, tx.SavePart(p), tx.Decide(sent, dropped), tx.Activate(ledger.Active{Kind: ledger.RuleDocument, Name: odd}),
				tx.SetHold(ledger.Hold{Kind: ledger.HoldRule, Name: odd, By: odd}), tx.Beat(ledger.Process{ID: odd, Role: odd, Beat: noon})); err != nil {
				return err
			}
		}
		return nil
	})
	mux := m.HTTP(http.NewServeMux())
	for i := range 1000 {
		odd := fmt.Sprint("odd-", i)
		m.Call(odd, odd, 0)
		m.Callback(odd, odd)
		m.Event(customer.Via(odd), odd)
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/"+odd, nil))
	}
	text := scrape(t, m)
	lines := ours(text)
	require.Less(t, len(lines), 120)
	odd := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.Contains(line, "odd-") })
	require.LessOrEqual(t, len(odd), 50, "but for the names of a few holds")
	for _, line := range odd {
		require.True(t, strings.HasPrefix(line, "outreach_holds{"), line)
	}
	require.Contains(t, lines, `outreach_not_sent_total{channel="other",reason="other"} 10000`)
	require.Contains(t, lines, `outreach_processes{role="other"} 10000`)
	require.Contains(t, lines, `outreach_holds{by="other",kind="rule",name="other"} 9950`)
	require.Contains(t, lines, `outreach_provider_calls_total{outcome="other",provider="other"} 1000`)
}

// slow is a store whose reads take as long as they are told.
type slow struct {
	ledger.Store
	reads chan struct{} // each read takes one of them
}

func (s slow) Read(ctx context.Context, fn func(ledger.Tx) error) error {
	select {
	case <-s.reads:
		return s.Store.Read(ctx, fn)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestAScrapeDoesNotWaitForASlowStore holds that the last figures are given
// while newer ones are read.
func TestAScrapeDoesNotWaitForASlowStore(t *testing.T) {
	t.Parallel()
	store := memory.New()
	s := slow{store, make(chan struct{}, 1)}
	m := figuresOf(s)
	s.reads <- struct{}{}
	require.Contains(t, ours(scrape(t, m)), `outreach_rejected_total 0`)
	write(t, store, func(tx ledger.Tx) error { return tx.Reject(ledger.Rejection{At: noon}) })
	require.Contains(t, ours(scrape(t, m)), `outreach_rejected_total 0`, "they are still fresh")
	m.Age()
	began := time.Now()
	require.Contains(t, ours(scrape(t, m)), `outreach_rejected_total 0`, "the last ones, meanwhile")
	require.Less(t, time.Since(began), 2*time.Second)
	s.reads <- struct{}{}
	require.Eventually(t, func() bool { return slices.Contains(ours(scrape(t, m)), `outreach_rejected_total 1`) }, 10*time.Second, time.Millisecond)
}

// TestFiguresOfAStoreThatFailsAreForgotten holds that old ones do not look like
// new ones, and that they come back.
func TestFiguresOfAStoreThatFailsAreForgotten(t *testing.T) {
	t.Parallel()
	store := &failing{Store: memory.New()}
	m := figuresOf(store)
	require.Contains(t, scrape(t, m), "outreach_rejected_total")
	store.err = errors.New("disk")
	m.Age()
	require.NotContains(t, scrape(t, m), "outreach_rejected_total")
	store.err = nil
	m.Age()
	require.Contains(t, scrape(t, m), "outreach_rejected_total")
}

type failing struct {
	ledger.Store
	err error
}

func (f *failing) Read(ctx context.Context, fn func(ledger.Tx) error) error {
	if f.err != nil {
		return f.err
	}
	return f.Store.Read(ctx, fn)
}

// TestThePageNamesEveryFigure holds docs/metrics.md to what is given, and what
// is given to it.
func TestThePageNamesEveryFigure(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	store := memory.New()
	m := figuresOf(lined{store})
	did(t, m, store)
	write(t, store, fill)
	given := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^# HELP (outreach_\S+) `).FindAllStringSubmatch(scrape(t, m), -1) {
		given[line[1]] = true
		require.Contains(t, string(page), "| `"+line[1]+"` |")
	}
	for _, line := range regexp.MustCompile("(?m)^\\| `(outreach_[a-z_]+)`").FindAllStringSubmatch(string(page), -1) {
		require.True(t, given[line[1]], "%s is on the page, and not given", line[1])
	}
}

// lined is a store that tells what waits and what ran anew.
type lined struct{ ledger.Store }

func (lined) Waiting(ledger.Lane) int   { return 2 }
func (lined) Retries() map[string]int64 { return map[string]int64{"deadlock": 3} }

func TestWhatAStoreTellsBeside(t *testing.T) {
	t.Parallel()
	m := figuresOf(witness.Watch(lined{memory.New()}))
	require.Subset(t, ours(scrape(t, m)), []string{
		`outreach_store_retries_total{why="deadlock"} 3`, `outreach_store_waiting{lane="gate"} 2`, `outreach_store_waiting{lane="intake"} 2`,
	})
}
