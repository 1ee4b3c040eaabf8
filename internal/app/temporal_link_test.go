package app

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// freeAddress gives a free address of loopback.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// said keeps what was logged.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) count(text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.text.String(), text)
}

// held is a link that runs.
type held struct {
	*temporalLink
	said  *said
	ups   chan struct{}
	tried chan struct{}
}

// hold runs a link, looking often, until the test ends.
func hold(t *testing.T, address string, store ledger.Store) held {
	t.Helper()
	h := held{said: &said{}, ups: make(chan struct{}, 100), tried: make(chan struct{})}
	o := towards(address)
	o.Logger = slog.New(slog.NewTextHandler(h.said, nil))
	var err error
	h.temporalLink, err = o.linkTemporal(t.Context(), store)
	require.NoError(t, err)
	h.pauses = pauses{first: 10 * time.Millisecond, most: 50 * time.Millisecond, each: 20 * time.Millisecond}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		h.run(ctx, &activities.Engine{Logger: o.Logger}, func() { h.ups <- struct{}{} }, func() { close(h.tried) })
	})
	t.Cleanup(func() { cancel(); running.Wait(); h.client.Close() })
	return h
}

// becomes waits until the state is so.
func (h held) becomes(t *testing.T, ok bool, detail string) {
	t.Helper()
	require.Eventually(t, func() bool {
		is, why := h.state.Check()
		return is == ok && strings.Contains(why, detail)
	}, 20*time.Second, 5*time.Millisecond, "%v %s", ok, detail)
}

// TestAnEngineWaitsForItsTemporal starts where nobody listens. Once somebody
// does it takes the namespace, wakes what waits, and works.
func TestAnEngineWaitsForItsTemporal(t *testing.T) {
	t.Parallel()
	address, store := freeAddress(t), openLedger(t)
	h := hold(t, address, store)
	<-h.tried
	h.becomes(t, false, "nobody listens")
	require.False(t, h.ready())
	f := whole()
	_, _ = f.serve(t, address, nil)
	<-h.ups
	h.becomes(t, true, "")
	require.True(t, h.ready())
	require.Eventually(t, func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.polls > 0 }, 10*time.Second, 5*time.Millisecond, "a worker polls")
	require.Equal(t, 1, h.said.count("temporal is away"), "one warning")
	require.Equal(t, 1, h.said.count("temporal is there"))
	require.NoError(t, store.Read(t.Context(), func(tx ledger.Tx) error {
		id, ok, err := tx.Setting(namespaceKey)
		require.Equal(t, []any{"one", true}, []any{id, ok})
		return err
	}))
}

// TestATemporalThatComesUnfitIsWaitedFor has somebody make the namespace while
// the engine waits: it says what to do, and goes on when that was done.
func TestATemporalThatComesUnfitIsWaitedFor(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	h := hold(t, address, openLedger(t))
	f := whole()
	f.namespace = "not yet"
	_, _ = f.serve(t, address, nil)
	h.becomes(t, false, "temporal operator namespace create --namespace default --retention 720h")
	require.False(t, h.ready())
	f.set(func() { f.namespace = "default" })
	h.becomes(t, true, "")
	require.Equal(t, 1, h.said.count("temporal operator namespace create"), "said once, however often it was tried")
}

// TestATemporalThatIsLostComesBack stops it under a worker, and brings it back
// with another database: what is open is started anew.
func TestATemporalThatIsLostComesBack(t *testing.T) {
	t.Parallel()
	store := openLedger(t)
	f := whole()
	address, stop := f.serve(t, "127.0.0.1:0", nil)
	h := hold(t, address, store)
	<-h.ups
	h.becomes(t, true, "")
	stop()
	h.becomes(t, false, "no answer")
	require.True(t, h.ready(), "watches are tried still")
	other := whole()
	other.id = "two"
	_, _ = other.serve(t, address, nil)
	<-h.ups
	h.becomes(t, true, "")
	require.NoError(t, store.Read(t.Context(), func(tx ledger.Tx) error {
		id, _, err := tx.Setting(namespaceKey)
		require.Equal(t, "two", id)
		return err
	}))
}

// TestANamespaceThatWasDeletedIsWaitedFor deletes it under a worker, which gives
// up; a new one makes it work again.
func TestANamespaceThatWasDeletedIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := whole()
	address, _ := f.serve(t, "127.0.0.1:0", nil)
	h := hold(t, address, openLedger(t))
	<-h.ups
	f.set(func() { f.namespace = "gone" })
	h.becomes(t, false, "temporal has no namespace")
	f.set(func() { f.namespace, f.id, f.attributes = "default", "two", map[string]enumspb.IndexedValueType{} })
	h.becomes(t, false, "lacks the search attributes")
	f.set(func() { f.attributes = whole().attributes })
	h.becomes(t, true, "")
}

// TestEventsAreTakenWithoutTemporal runs the engine where nobody listens: it
// takes events, and keeps them.
func TestEventsAreTakenWithoutTemporal(t *testing.T) {
	t.Parallel()
	o := towards("127.0.0.1:1")
	o.HTTP, o.Admin, o.Rules, o.Store = "127.0.0.1:0", "off", "", filepath.Join(t.TempDir(), "outreach.db")
	running := make(chan Running, 1)
	o.Ready = func(r Running) { running <- r }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, o) }()
	var r Running
	select {
	case r = <-running:
	case err := <-ended:
		t.Fatal("the engine ended", err)
	}
	response, err := http.Post("http://"+r.Addr+"/v1/identify", "application/json", strings.NewReader(`{"userId":"u1","messageId":"m1","traits":{}}`))
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode, string(body))
	ok, detail := r.temporal.state.Check()
	require.False(t, ok)
	require.Contains(t, detail, "temporal at 127.0.0.1:1: nobody listens")
	require.NoError(t, r.Store.Read(t.Context(), func(tx ledger.Tx) error {
		_, known, err := tx.Resolve("u1")
		require.True(t, known)
		return err
	}))
	cancel()
	require.NoError(t, <-ended)
}
