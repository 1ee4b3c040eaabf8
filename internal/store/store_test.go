package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/store"
)

// TestPlacesThatAreNone are said to be none, and not taken for names of files.
func TestPlacesThatAreNone(t *testing.T) {
	t.Parallel()
	for place, want := range map[store.Place]string{
		"postgres:/outreach:secret@db/outreach": "postgres: has two slashes behind it: write postgres://",
		"postgresql:outreach":                   "postgresql: has two slashes behind it",
		"mysql://db/outreach":                   "mysql:// is no kind of store",
	} {
		err := place.There(t.Context())
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "secret")
	}
}
