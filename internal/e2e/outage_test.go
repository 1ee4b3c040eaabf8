package e2e_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/devserver"
	"github.com/outreach-engine/outreach/workflows"
)

// TestEventsAreTakenWhileTemporalIsDown stops Temporal under a running engine:
// events are answered with 200, and their messages go out once it is back.
func TestEventsAreTakenWhileTemporalIsDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"at-once": atOnce})
	h.happen("u1", "signed_up", nil)
	h.eventually(func() bool { return len(h.provider.keys()) == 1 }, "all is well")
	address := h.temporal.Addr()
	h.temporal.Stop()
	response := h.post("/v1/batch", `{"batch":[
		{"type":"identify","userId":"u2","traits":{"phone":"+12125550100"}},
		{"type":"track","userId":"u2","event":"Signed Up","messageId":"down-1"}]}`)
	require.Equal(t, 200, response.StatusCode)
	require.Len(t, h.provider.keys(), 1)
	server, err := devserver.Start(t.Context(), devserver.Options{
		Addr: address, File: filepath.Join(h.dir, "temporal.db"), SearchAttributes: workflows.SearchAttributes(),
	})
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	h.eventually(func() bool { return h.ended("u2") == "completed" }, "the message goes out when Temporal is back")
	require.Len(t, h.provider.keys(), 2)
}

// TestANamespaceThatDoesNotFitIsRefused starts the engine against a namespace
// without the search attributes: the error holds the commands that mend it.
func TestANamespaceThatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	server, err := devserver.Start(t.Context(), devserver.Options{Addr: "127.0.0.1:0"})
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	options := app.Defaults()
	options.Admin = "off"
	options.HTTP, options.TemporalAddress, options.Rules = "127.0.0.1:0", server.Addr(), ""
	options.Store = filepath.Join(t.TempDir(), "outreach.db")
	err = app.Run(t.Context(), options)
	require.ErrorContains(t, err, "temporal namespace default lacks the search attributes CustomerId, Rule, RuleVersion, Topic; mend it with:")
	require.ErrorContains(t, err, "temporal operator search-attribute create --namespace default --name CustomerId --type Keyword")

	options.TemporalNamespace = "elsewhere"
	require.ErrorContains(t, app.Run(t.Context(), options), "temporal operator namespace create --namespace elsewhere --retention 720h")
}

// TestANamespaceOfAnotherStoreIsRefused starts a second engine with a store of
// its own where a first one works.
func TestANamespaceOfAnotherStoreIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, map[string]string{"at-once": atOnce})
	h.happen("u1", "signed_up", nil)
	h.eventually(func() bool { return h.ended("u1") == "completed" }, "the watch runs")
	options := app.Defaults()
	options.Admin = "off"
	options.HTTP, options.TemporalAddress, options.Rules = "127.0.0.1:0", h.temporal.Addr(), ""
	options.Store = filepath.Join(t.TempDir(), "outreach.db")
	h.eventually(func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		err := app.Run(ctx, options)
		return err != nil && strings.Contains(err.Error(), "is used by an engine with another store")
	}, "the second is refused")
}
