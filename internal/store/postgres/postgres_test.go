package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store/postgres"
	"github.com/outreach-engine/outreach/internal/store/storetest"
)

// place gives the way to open one empty database.
func place(t *testing.T) storetest.Open {
	url := pgtest.Database(t)
	return func(t *testing.T) ledger.Store {
		s, err := postgres.Open(t.Context(), url, postgres.Options{Writers: 1})
		require.NoError(t, err)
		return s
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, place)
}
