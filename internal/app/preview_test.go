package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

// TestPreviewsShowWhatIsInForce loads the shipped rules, edits a text, and
// then breaks it.
func TestPreviewsShowWhatIsInForce(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	store := sqlitetest.Open(t, sqlite.Options{})
	r := Running{Store: store, Library: library.New(store)}
	pages := previews(r, Defaults())
	get := func(path string) string {
		rec := httptest.NewRecorder()
		pages.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, http.StatusOK, rec.Code)
		return rec.Body.String()
	}
	require.Contains(t, get("/preview"), "There is no template yet.")

	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	_, err = r.Library.Load(ctx, files, now)
	require.NoError(t, err)
	require.Contains(t, get("/preview"), `href="/preview/usage-warning"`)
	first := get("/preview/version.txt")

	files.Templates["usage-warning/sms.txt"] = []byte("Larkline: edited {{ match.left | gigabytes }}")
	_, err = r.Library.Load(ctx, files, now)
	require.NoError(t, err)
	second := get("/preview/version.txt")
	require.NotEqual(t, first, second)
	require.Contains(t, get("/preview/usage-warning"), "Larkline: edited 2.6 GB")

	require.NoError(t, r.Library.Refuse(ctx, "templates/usage-warning/sms.txt:1:1: is wrong", now))
	require.NotEqual(t, second, get("/preview/version.txt"))
	require.Contains(t, get("/preview/usage-warning"), "Your newest edit is not in force.</strong> templates/usage-warning/sms.txt:1:1: is wrong")
}
