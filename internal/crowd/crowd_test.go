package crowd_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/crowd"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pgserver/pgtest"
	"github.com/outreach-engine/outreach/internal/store/postgres"
)

func TestACrowdIsAsIntakeLeavesIt(t *testing.T) {
	t.Parallel()
	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	url := pgtest.Database(t)
	o := crowd.Options{
		Customers: 2500, Events: 29, Rules: files, Now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), Names: []string{"app_opened"},
		Traits: func(i int) map[string]customer.Value {
			return map[string]customer.Value{"region": customer.Text([]string{"north", "south"}[i%2])}
		},
	}
	told := 0
	require.NoError(t, crowd.Fill(t.Context(), url, o, func(n int) { told = n }))
	require.Equal(t, 2500, told)
	s, err := postgres.Open(t.Context(), url, postgres.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) error {
		customers, err := tx.CountCustomers()
		require.NoError(t, err)
		events, err := tx.CountEvents()
		require.NoError(t, err)
		require.Equal(t, []int64{2500, 30 * 2500}, []int64{customers, events})
		id, ok, err := tx.Resolve(crowd.External(2345))
		require.NoError(t, err)
		require.True(t, ok)
		r, _, err := tx.Customer(id)
		require.NoError(t, err)
		like, _, err := tx.Customer("c000000345")
		require.NoError(t, err)
		require.Equal(t, crowd.Email(2345), r.Profile.Email)
		require.Equal(t, like.State, r.State)
		list, err := tx.Events(ledger.EventQuery{Customer: id})
		require.NoError(t, err)
		require.Len(t, list, 30)
		south, err := tx.Sharing("region", "south", "", 0)
		require.NoError(t, err)
		require.Len(t, south, 1250)
		dues, err := tx.Dues("gone-silent", o.Now.AddDate(1, 0, 0), 0)
		require.Len(t, dues, 2500)
		return err
	}))
}
