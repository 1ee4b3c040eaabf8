package sqltx_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/store/sqltx"
)

func TestNewestForm(t *testing.T) {
	t.Parallel()
	require.Zero(t, sqltx.NewestForm(fstest.MapFS{}))
	require.EqualValues(t, 12, sqltx.NewestForm(fstest.MapFS{
		"migrations/00009_a.sql": {}, "migrations/00012_b_7.sql": {}, "migrations/read.me": {}, "migrations/notes.sql": {},
	}))
}
