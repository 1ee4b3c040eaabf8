package memory_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/store/memory"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
	"github.com/outreach-engine/outreach/internal/store/storetest"
)

var errUndone = errors.New("undone on purpose")

// TestWhatIsUndoneLeavesNoTrace holds that a write of which nothing is kept
// changes nothing, whatever it did.
func TestWhatIsUndoneLeavesNoTrace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := memory.New()
		require.NoError(t, storetest.Play(s, storetest.DrawSteps(t), nil))
		before := storetest.Answers(t, s)
		require.Equal(t, errUndone, storetest.Play(s, storetest.DrawSteps(t), errUndone))
		require.Equal(t, before, storetest.Answers(t, s))
	})
}

// TestBothStoresSayTheSame holds that whatever is written, a store in memory
// answers as one in a file does.
func TestBothStoresSayTheSame(t *testing.T) {
	t.Parallel()
	scripts := rapid.SliceOfN(rapid.Custom(storetest.DrawSteps), 6, 6)
	for seed := range 12 {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			file := sqlitetest.Open(t, sqlite.Options{Readers: 1})
			s := memory.New()
			for i, steps := range scripts.Example(seed) {
				end := []error{nil, nil, errUndone}[i%3]
				require.Equal(t, end, storetest.Play(s, steps, end), "in memory: %v", steps)
				require.Equal(t, end, storetest.Play(file, steps, end), "in a file: %v", steps)
				require.Equal(t, storetest.Answers(t, file), storetest.Answers(t, s), "after %v", steps)
			}
		})
	}
}
