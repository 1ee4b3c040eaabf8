package why_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/why"
)

// page is the page about explanations.
var page = filepath.Join("..", "..", "docs", "explain.md")

// november is what happens to the customers of the page.
const november = `
2026-10-12T00:00 mia identified zone=Europe/Berlin push=token offers=yes tips=yes
2026-10-12T17:40 mia app_opened via=app
2026-10-19T17:40 mia app_opened via=app
2026-10-26T18:10 mia app_opened via=app
2026-11-02T18:40 mia app_opened via=app
2026-11-09T18:10 mia app_opened via=app
2026-11-01T08:00 ana identified zone=America/New_York phone=+12125550101 plan=surf plan_mb=15000 billing_day=15 sms_hours=Mon_20:30
2026-11-01T08:00 ben identified zone=America/New_York phone=+12125550102 plan=basic plan_mb=15000 billing_day=1
2026-11-09T15:12 ben app_opened
2026-11-15T15:12 ana app_opened
2026-11-20T15:00 ana data_session mb=6000
2026-11-20T15:00 ben data_session mb=3200
2026-11-01T08:00 eva identified zone=America/New_York phone=+12125550103 plan=surf
2026-11-01T08:00 leo identified country=US region=KY zone=America/Kentucky/Louisville phone=+15025550104 plan=surf tips=yes
2026-11-01T08:00 kim identified zone=Europe/London phone=+447700900105 plan=surf plan_mb=15000 billing_day=1
2026-11-09T06:00 leo app_opened
2026-11-20T15:00 eva order_placed order_id=7790 promised_at=2026-11-23T04:00:00Z
2026-11-20T15:00 kim order_placed order_id=7791 promised_at=2026-11-23T12:00:00Z
2026-11-20T15:00 kim order_placed order_id=7792 promised_at=2026-11-23T12:30:00Z
2026-11-20T15:00 ben order_placed order_id=7781 promised_at=2026-11-24T17:00:00Z
2026-11-23T13:30 ana data_session mb=6400
2026-11-23T13:40 kim data_session mb=12400
2026-11-23T14:00 until`

// TestThePageShowsWhatIsSaid plays the shipped rules and holds the page to
// what comes out.
func TestThePageShowsWhatIsSaid(t *testing.T) {
	t.Parallel()
	f, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	w := newWorld(t, f, november)
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	want := string(text)
	only := func(who string, rules ...string) {
		t.Helper()
		e := why.Explain(w.facts(w.bundle, who, ""))
		var kept []why.Rule
		for _, r := range e.Rules {
			for _, name := range rules {
				if r.Rule == name {
					kept = append(kept, r)
				}
			}
		}
		e.Rules = kept
		before, after, found := strings.Cut(want, "```text\ncustomer "+who)
		require.True(t, found, who)
		_, after, found = strings.Cut(after, "```\n")
		require.True(t, found, who)
		want = before + "```text\n" + e.Text() + "```\n" + after
	}
	only("ana", "usage-limit")
	only("ben", "gone-silent", "late-delivery", "usage-limit")
	only("mia", "gone-silent")
	only("eva", "late-delivery")
	only("leo", "gone-silent")
	only("kim", "usage-limit")
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(want), 0o600))
	}
	text, err = os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, want, string(text), "run: make docs")
}

// TestThePageNamesEveryKey holds the documented shape of the JSON: a key that
// comes or goes shows here.
func TestThePageNamesEveryKey(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "## As JSON")
	require.True(t, found)
	for _, key := range keys(reflect.TypeFor[why.Explanation](), map[reflect.Type]bool{}) {
		require.Contains(t, table, "`"+key+"`")
	}
}

// keys gives the JSON keys of a type and of all that it holds.
func keys(of reflect.Type, seen map[reflect.Type]bool) (list []string) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || seen[of] || !strings.Contains(of.PkgPath(), "/internal/") {
		return nil
	}
	seen[of] = true
	for i := range of.NumField() {
		key, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if key == "" || key == "-" {
			continue
		}
		list = append(append(list, key), keys(of.Field(i).Type, seen)...)
	}
	return list
}
