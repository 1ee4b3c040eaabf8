package app

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/admin"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

func TestATakenAdminPortNamesItsFlag(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, taken.Close()) })
	o := good(t)
	o.HTTP, o.Admin = "127.0.0.1:0", taken.Addr().String()
	o.Store = t.TempDir() + "/outreach.db"
	err = Run(t.Context(), o)
	require.ErrorContains(t, err, "--admin "+o.Admin+": ")
	require.ErrorContains(t, err, "; give another address with --admin, or --admin off")

	o.Admin = "off"
	p, err := o.man()
	require.NoError(t, err)
	require.Empty(t, p.addr())
	p.close()
}

// TestTheAdminPortTellsFromTheStartToTheEnd follows one process.
func TestTheAdminPortTellsFromTheStartToTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quietLog())
	o := w.options
	o.Admin = "127.0.0.1:0"
	p, err := o.man()
	require.NoError(t, err)
	t.Cleanup(p.close)
	url := "http://" + p.addr()
	status, body := get(t, url+"/ready")
	require.Equal(t, 503, status)
	require.Contains(t, body, `"ready":false,"role":"all"`)
	require.Contains(t, body, `"detail":"starting"`)
	status, _ = get(t, url+"/metrics")
	require.Equal(t, 503, status)
	status, _ = get(t, url+"/live")
	require.Equal(t, 200, status, "it lives while it waits for others")

	w.running.post = p
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { o.lookOut(ctx, w.running); close(over) }()
	require.Eventually(t, func() bool { status, body = get(t, url+"/ready"); return status == 200 }, 10*time.Second, 10*time.Millisecond)
	for _, check := range []string{"store", "schema", "clock", "rules"} {
		require.Contains(t, body, `{"name":"`+check+`","ok":true,`)
	}
	status, body = get(t, url+"/metrics")
	require.Equal(t, 200, status)
	for _, line := range []string{"outreach_ready 1\n", "outreach_check{name=\"store\"} 1\n", "outreach_processes{role=\"all\"} 1\n"} {
		require.Contains(t, body, line)
	}
	cancel()
	<-over
	status, body = get(t, url+"/ready")
	require.Equal(t, 503, status)
	require.Contains(t, body, `"detail":"stopping"`)
}

// TestAnIntakeHasNoShares has each role tell what it gives to work that can wait.
func TestAnIntakeHasNoShares(t *testing.T) {
	t.Parallel()
	o := Defaults()
	r := Running{clock: &admin.Clock{}, yielding: newYielding()}
	prober := admin.NewProber(o.Clock.Machine)
	works := []string{"plans", "starts"}
	for role, want := range map[Role][]string{All: works, Worker: works, Intake: nil} {
		o.Role = string(role)
		require.Equal(t, want, slices.Sorted(maps.Keys(o.standing(r, prober).Shares)), role)
	}
}

// TestNothingIsAcceptedThatCannotBeKept breaks the store: readiness says so and
// why, events are answered with 503, and everything goes on when it is back.
func TestNothingIsAcceptedThatCannotBeKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quietLog())
	prober := admin.NewProber(w.options.Clock.Machine, w.options.checks(w.running)...)
	h := w.options.routes(w.running)
	track := func() (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/v1/track", strings.NewReader(`{"userId":"ana","event":"Signed Up","messageId":"m1"}`))
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		return answer.Code, answer.Header().Get("Retry-After")
	}
	for _, trouble := range []string{"the disk is full: make room there", "the file takes no writes"} {
		w.raw.fail(errors.New(trouble))
		prober.Look(t.Context())
		require.False(t, prober.Ready())
		require.Equal(t, trouble, prober.States()[0].Detail)
		status, after := track()
		require.Equal(t, []any{503, "5"}, []any{status, after})
		require.Zero(t, events(t, w))

		w.raw.fail(nil)
		prober.Look(t.Context())
		require.True(t, prober.Ready())
	}
	status, _ := track()
	require.Equal(t, 200, status)
	status, _ = track()
	require.Equal(t, 200, status, "sent again, it counts once")
	require.EqualValues(t, 1, events(t, w))
}

func events(t *testing.T, w *world) (n int64) {
	t.Helper()
	require.NoError(t, w.raw.Read(t.Context(), func(tx ledger.Tx) (err error) {
		n, err = tx.CountEvents()
		return err
	}))
	return n
}

// timed is a store that tells the time.
type timed struct {
	ledger.Store
	off time.Duration
	now func() time.Time
}

func (s *timed) Time(context.Context) (time.Time, error) { return s.now().Add(-s.off), nil }

// TestNothingIsDecidedByAWrongClock holds that a process whose clock is minutes
// off takes no event, plans nothing and sends nothing, and goes on by itself.
func TestNothingIsDecidedByAWrongClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quietLog())
	w.take(observe.Incoming{User: "ana", Event: customer.Event{MessageID: "m1", Name: "signed_up", At: w.now}})
	store := &timed{Store: w.running.Store, now: w.options.Clock.Machine, off: 4 * time.Minute}
	w.running.Store = store
	prober := admin.NewProber(w.options.Clock.Machine, w.options.checks(w.running)...)
	prober.Look(t.Context())
	const says = "clock: this machine's is 4m0s ahead: nothing is decided or sent until it is right; set it by NTP"
	require.Equal(t, says, prober.States()[2].Detail)
	require.False(t, prober.Ready())

	ref := ledger.Ref{Rule: "welcome", Customer: "c", N: 1}
	_, advanced := w.running.Engine.Advance(t.Context(), activities.Question{Ref: ref, Seq: 1})
	_, delivered := w.running.Engine.Deliver(t.Context(), activities.Question{Ref: ref, Seq: 1, Deliver: "welcome.c.1.s.sms"})
	_, worked := w.running.Engine.Work(t.Context(), "welcome")
	_, inquired := w.running.Engine.Inquire(t.Context())
	_, taken := w.running.Observer.Take(t.Context(), []observe.Incoming{{User: "ana", Event: customer.Event{MessageID: "m2", Name: "signed_up", At: w.now}}})
	for _, err := range []error{advanced, delivered, worked, inquired, taken} {
		require.ErrorContains(t, err, says)
	}
	store.off = 4 * time.Second
	prober.Look(t.Context())
	require.True(t, prober.Ready())
	require.Equal(t, 4*time.Second, w.running.clock.Off())
	w.work()
}

// TestANewerProgramHasChangedTheTables holds that an older one beside it goes on:
// tables only grow, and somebody has to do the work until it is replaced.
func TestANewerProgramHasChangedTheTables(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quietLog())
	w.running.Store = formed{w.running.Store}
	prober := admin.NewProber(w.options.Clock.Machine, w.options.checks(w.running)...)
	prober.Look(t.Context())
	require.Equal(t, "a newer version of this program has changed the tables (they are of form 9, this one knows 8): run that version here, too", prober.States()[1].Detail)
	require.True(t, prober.States()[1].OK)
}

type formed struct{ ledger.Store }

func (formed) Form(context.Context) (have, want int64, err error) { return 9, 8, nil }

// TestWithoutRulesAProcessIsOfNoUse says what to do.
func TestWithoutRulesAProcessIsOfNoUse(t *testing.T) {
	t.Parallel()
	w := &world{t: t, raw: &flaky{}, options: Defaults()}
	w.options.Logger = good(t).Logger
	w.build()
	detail, err := w.options.checks(w.running)[3].Look(t.Context())
	require.Empty(t, detail)
	require.EqualError(t, err, "no rule is in force: load some with outreach rules load, or give --rules")
}

// TestFiguresOfACompanyNameNobody lets the demo company live for two days and
// looks through the figures.
func TestFiguresOfACompanyNameNobody(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	w := newWorld(t, quietLog())
	private := w.company(40, 2)
	answer := httptest.NewRecorder()
	w.running.metrics.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	figures := answer.Body.String()
	for _, name := range []string{"outreach_sends_total{", "outreach_lateness_seconds_count{", "outreach_plans_total{", "outreach_not_sent_total{",
		"outreach_events_total{", "outreach_matches_total{", "outreach_provider_calls_total{", "outreach_deliveries_total{"} {
		require.Contains(t, figures, name)
	}
	requirePrivate(t, figures, private)
}
