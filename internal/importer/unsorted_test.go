package importer_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/importer"
	"github.com/outreach-engine/outreach/internal/source"
)

const both = `customers: {id: user_id, zone: zone}
events: {id: user_id, event: opened, at: when, properties: {mb: mb}}
`

func TestOneMapForBothKinds(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	_, err := importer.Run(t.Context(), importing(t, r, importer.Customers, both, "c.csv", "user_id,zone\nanna,Europe/Berlin\n"))
	require.NoError(t, err)
	_, err = importer.Run(t.Context(), importing(t, r, importer.Events, both, "e.csv", "user_id,when,mb\nanna,2026-11-20T10:00:00Z,7\n"))
	require.NoError(t, err)
	require.Equal(t, pointer("Europe/Berlin"), r.taken[0].Change.Zone)
	require.Equal(t, []string{"opened", "7"}, []string{r.taken[1].Event.Name, r.taken[1].Event.Properties["mb"].String()})

	_, err = importer.Run(t.Context(), importing(t, r, importer.Customers, "events: {id: u}\n", "c.csv", "u\nanna\n"))
	require.ErrorContains(t, err, "map.yaml:1:1: customers is missing; write there which column means what")
}

// TestUnsorted takes rows as they stand: the same rows as in order, in one
// reading, with the same refusals.
func TestUnsorted(t *testing.T) {
	t.Parallel()
	const rules = "id: u\nevent: opened\nat: t\n"
	const text = "u,t\nanna,2026-11-20T10:00:00Z\nbo,soon\ncy,2026-11-20T08:00:00Z,x\ncy,2026-11-20T08:00:00Z\n"
	sorted, unsorted := newRecorder(), newRecorder()
	o := importing(t, sorted, importer.Events, rules, "e.csv", text)
	want, err := importer.Run(t.Context(), o)
	require.NoError(t, err)
	o.Taker, o.Keeper, o.Unsorted = unsorted, unsorted, true
	var done, total int64
	o.Progress = func(d, all int64) { done, total = d, all }
	got, err := importer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, []string{"anna", "cy"}, []string{unsorted.taken[0].User, unsorted.taken[1].User})
	require.Equal(t, []string{"cy", "anna"}, []string{sorted.taken[0].User, sorted.taken[1].User})
	require.Equal(t, unsorted.taken[0], sorted.taken[1])
	require.ElementsMatch(t, sorted.kept, unsorted.kept)
	require.LessOrEqual(t, done, total)
}

func TestUndatedCustomers(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	o := importing(t, r, importer.Customers, "id: u\n", "c.csv", "u\nanna\n")
	o.Undated = time.Unix(0, 0).UTC()
	_, err := importer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, o.Undated, r.taken[0].Event.At)
}

// TestCheck reads a map against its file and takes nothing.
func TestCheck(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	o := importing(t, r, importer.Events, "id: u\nevent: opened\nat: t\n", "e.csv", "u,t\nanna,2026-11-20T10:00:00Z\n")
	require.NoError(t, importer.Check(o))
	require.Empty(t, r.taken)
	require.NoError(t, os.WriteFile(o.Map, []byte("id: usr\nevent: opened\nat: t\n"), 0o600))
	var invalid *source.InvalidError
	require.ErrorAs(t, importer.Check(o), &invalid)
	require.Len(t, invalid.Problems, 1)
	o.Path += ".gone"
	require.ErrorContains(t, importer.Check(o), "e.csv.gone")
}
