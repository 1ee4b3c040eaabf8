package task_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/task"
)

// TestTheTaskOfTheDocs: docs/policy.md names each key of a task as JSON.
func TestTheTaskOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/policy.md")
	require.NoError(t, err)
	_, row, _ := strings.Cut(string(page), "tasks are posted as JSON")
	row, _, _ = strings.Cut(row, "\n")
	fields := reflect.TypeFor[task.Task]()
	for i := range fields.NumField() {
		if key, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ","); key != "-" {
			require.Contains(t, row, "`"+key+"`")
		}
	}
}
