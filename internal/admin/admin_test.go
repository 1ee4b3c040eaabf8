package admin_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/admin"
)

// hands is a clock that is set by hand.
type hands struct{ at atomic.Int64 }

func (h *hands) now() time.Time {
	return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).Add(time.Duration(h.at.Load()))
}

func (h *hands) pass(d time.Duration) { h.at.Add(int64(d)) }

// switched is a check that stands or not, as it is told.
type switched struct{ trouble atomic.Pointer[string] }

func (s *switched) look(context.Context) (string, error) {
	if t := s.trouble.Load(); t != nil {
		return "", errors.New(*t)
	}
	return "written in 1 ms", nil
}

func (s *switched) fail(text string) { s.trouble.Store(&text) }

func ask(t *testing.T, h http.Handler, path string) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func serve(p *admin.Prober) http.Handler {
	return admin.Handler(admin.Options{Prober: p, Role: "all", Version: "v1.2.3", Metrics: http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "figures") })})
}

func TestReadyTellsEachCheckAndSinceWhen(t *testing.T) {
	t.Parallel()
	clock, store, rules := &hands{}, &switched{}, &switched{}
	p := admin.NewProber(clock.now, admin.Check{Name: "store", Look: store.look}, admin.Check{Name: "rules", Look: rules.look})
	h := serve(p)
	status, body := ask(t, h, "/ready")
	require.Equal(t, 503, status)
	require.JSONEq(t, `{"ready":false,"role":"all","version":"v1.2.3","checks":[
		{"name":"store","ok":false,"since":"2026-11-23T12:00:00Z","detail":"not looked at yet"},
		{"name":"rules","ok":false,"since":"2026-11-23T12:00:00Z","detail":"not looked at yet"}]}`, body)

	clock.pass(time.Second)
	p.Look(t.Context())
	require.True(t, p.Ready())
	clock.pass(time.Minute)
	store.fail("database is read-only: mend it")
	p.Look(t.Context())
	clock.pass(time.Minute)
	p.Look(t.Context())
	status, body = ask(t, h, "/ready")
	require.Equal(t, 503, status)
	require.JSONEq(t, `{"ready":false,"role":"all","version":"v1.2.3","checks":[
		{"name":"store","ok":false,"since":"2026-11-23T12:01:01Z","detail":"database is read-only: mend it"},
		{"name":"rules","ok":true,"since":"2026-11-23T12:00:01Z","detail":"written in 1 ms"}]}`, body)

	store.trouble.Store(nil)
	p.Look(t.Context())
	status, _ = ask(t, h, "/ready")
	require.Equal(t, 200, status, "it goes on by itself")
}

// TestACheckThatHangsCountsAsFailed holds that a look that never comes back
// fails, is not asked a second time meanwhile, and stands when it does.
func TestACheckThatHangsCountsAsFailed(t *testing.T) {
	t.Parallel()
	clock := &hands{}
	var looks atomic.Int32
	over := make(chan struct{})
	p := admin.NewProber(clock.now, admin.Check{Name: "store", Look: func(context.Context) (string, error) {
		if looks.Add(1) == 1 {
			<-over // a disk that does not answer heeds no context
		}
		return "fine", nil
	}})
	p.Patient(time.Millisecond)
	p.Look(t.Context())
	require.Equal(t, []admin.State{{Name: "store", Since: clock.now(), Detail: "has given no answer for 1ms"}}, p.States())
	began := clock.now()
	clock.pass(10 * time.Second)
	p.Look(t.Context())
	require.Equal(t, []admin.State{{Name: "store", Since: began, Detail: "has given no answer for 10s"}}, p.States())
	require.EqualValues(t, 1, looks.Load())
	close(over)
	p.Patient(time.Minute)
	require.Eventually(t, func() bool { p.Look(t.Context()); return p.Ready() }, 10*time.Second, time.Millisecond)
}

func TestAProcessLivesWhileRoundsGoOn(t *testing.T) {
	t.Parallel()
	clock, store := &hands{}, &switched{}
	p := admin.NewProber(clock.now, admin.Check{Name: "store", Look: store.look})
	h := serve(p)
	store.fail("gone")
	p.Look(t.Context())
	status, body := ask(t, h, "/live")
	require.Equal(t, []any{200, "ok\n"}, []any{status, body}, "trouble with others is no reason to restart")
	clock.pass(time.Minute)
	status, _ = ask(t, h, "/live")
	require.Equal(t, 503, status)
}

func TestFiguresAndProfiles(t *testing.T) {
	t.Parallel()
	h := serve(admin.NewProber(time.Now))
	status, body := ask(t, h, "/metrics")
	require.Equal(t, []any{200, "figures"}, []any{status, body})
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/goroutine?debug=1"} {
		status, body = ask(t, h, path)
		require.Equal(t, 200, status, path)
		require.NotEmpty(t, body, path)
	}
	status, _ = ask(t, h, "/")
	require.Equal(t, 404, status)
}

// TestRunLooksUntilItEnds plays the loop with the machine's clock.
func TestRunLooksUntilItEnds(t *testing.T) {
	t.Parallel()
	store := &switched{}
	p := admin.NewProber(time.Now, admin.Check{Name: "store", Look: store.look})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { p.Run(ctx); close(done) }()
	require.Eventually(t, p.Ready, 10*time.Second, time.Millisecond)
	cancel()
	<-done
}
