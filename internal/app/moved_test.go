package app_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/app"
	"github.com/outreach-engine/outreach/internal/store"
	"github.com/outreach-engine/outreach/internal/store/transfer"
)

// TestNoEngineStartsOnAStoreThatWasMoved, whatever its role: the one on the copy
// does its work.
func TestNoEngineStartsOnAStoreThatWasMoved(t *testing.T) {
	t.Parallel()
	from, to := store.Place(filepath.Join(t.TempDir(), "old.db")), store.Place(filepath.Join(t.TempDir(), "new.db"))
	s, err := from.Open(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, err = transfer.Copy(t.Context(), from, to, transfer.Options{Now: time.Now()})
	require.NoError(t, err)
	for _, role := range []app.Role{app.All, app.Intake, app.Worker} {
		o := app.Defaults()
		o.Store, o.Role, o.HTTP, o.Admin, o.Rules = string(from), string(role), "127.0.0.1:0", "off", ""
		require.ErrorContains(t, app.Run(t.Context(), o), "--store: store: it was moved to "+string(to))
	}
}
