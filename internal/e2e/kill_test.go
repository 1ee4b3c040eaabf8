package e2e_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// What the killed process is told by its environment.
const (
	processDir      = "OUTREACH_TEST_DIR"
	processTemporal = "OUTREACH_TEST_TEMPORAL"
	processProvider = "OUTREACH_TEST_PROVIDER"
)

// faraway is a provider in another process, asked by HTTP.
type faraway struct{ url string }

func (f faraway) Name() string { return "faraway" }

func (f faraway) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url, strings.NewReader(m.Key))
	if err != nil {
		return channel.Receipt{}, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return channel.Receipt{}, err
	}
	return channel.Receipt{}, response.Body.Close()
}

// TestEngineProcess is the process that TestAKilledEngineRepeatsNothing kills.
func TestEngineProcess(t *testing.T) {
	dir := os.Getenv(processDir)
	if dir == "" {
		t.Skip("it is the process that another test starts and kills")
	}
	options := app.Defaults()
	options.Admin = "off"
	options.HTTP, options.TemporalAddress, options.Patience = "127.0.0.1:0", os.Getenv(processTemporal), "1s"
	options.Store, options.Rules = filepath.Join(dir, "outreach.db"), filepath.Join(dir, "rules")
	options.Senders = map[customer.Channel]channel.Sender{customer.SMS: faraway{os.Getenv(processProvider)}}
	require.NoError(t, app.Run(t.Context(), options))
}

// TestAKilledEngineRepeatsNothing kills the engine while a message is with its
// provider, and starts it again: the message is not sent once more, and since
// nobody can know whether it went out, a person is told.
func TestAKilledEngineRepeatsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"after-a-while": afterAWhile})
	h.happen("u1", "signed_up", nil)
	h.eventually(func() bool { return h.open("u1") }, "it waits")
	h.stop()

	entered, over := make(chan struct{}, 10), make(chan struct{})
	far := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-over
	}))
	defer far.Close()
	leave := sync.OnceFunc(func() { close(over) })
	defer leave()
	process := exec.Command(os.Args[0], "-test.run=^TestEngineProcess$") //nolint:gosec // this very program
	process.Env = append(os.Environ(), processDir+"="+h.dir, processTemporal+"="+h.temporal.Addr(), processProvider+"="+far.URL)
	require.NoError(t, process.Start())
	select {
	case <-entered:
	case <-time.After(30 * time.Second):
		t.Error("the process sends nothing")
	}
	require.NoError(t, process.Process.Kill())
	require.Error(t, process.Wait())
	leave()

	h.start()
	part := h.parts("u1")[0]
	require.Equal(t, ledger.Sending, part.Status)
	part.Lease = h.clock.Now().Add(-time.Second) // it lasts 40 s: nobody waits for that here
	h.change(func(tx ledger.Tx) error {
		o, _, err := tx.Outreach(part.Ref)
		if err != nil {
			return err
		}
		o.NextAt = part.Lease
		if err := tx.SaveOutreach(o); err != nil {
			return err
		}
		return tx.SavePart(part)
	})
	h.eventually(func() bool { return h.ended("u1") == "completed" }, "the outreach goes on")
	require.Empty(t, h.provider.keys())
	require.Empty(t, entered)
	part = h.parts("u1")[0]
	require.Equal(t, []any{ledger.Unknown, customer.Unknown, 1}, []any{part.Status, part.Reason, part.Attempt})
}
