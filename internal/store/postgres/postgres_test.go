package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/store/postgres"
	"github.com/outreach-engine/outreach/internal/store/postgres/postgrestest"
	"github.com/outreach-engine/outreach/internal/store/storetest"
)

// place gives the way to open one empty database.
func place(options postgres.Options) func(t *testing.T) storetest.Open {
	return func(t *testing.T) storetest.Open {
		url := postgrestest.Database(t)
		return func(t *testing.T) ledger.Store {
			s, err := postgres.Open(t.Context(), url, options)
			require.NoError(t, err)
			return s
		}
	}
}

// TestStore holds that the store keeps what every store promises. One writer
// lets the suite say what is done together, and in which order.
func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, place(postgres.Options{Writers: 1, Readers: 2}))
}

// TestStoreWithSeveralWriters holds the same of a store as servers have it.
func TestStoreWithSeveralWriters(t *testing.T) {
	t.Parallel()
	storetest.Run(t, place(postgres.Options{}))
}
