package push_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel/push"
)

func TestLeadsNamesNobodyWhereThereIsNoProvider(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"token", `{"endpoint": "https://push.example.com/1"}`} {
		require.Equal(t, push.Name, push.Router{}.Leads(to))
	}
}
