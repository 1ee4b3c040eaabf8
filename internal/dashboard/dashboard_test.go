package dashboard_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/dashboard"
)

var update = flag.Bool("update", false, "write deploy/grafana/dashboards/outreach.json anew")

const dashboardFile = "../../deploy/grafana/dashboards/outreach.json"

func TestTheFileIsWhatIsWritten(t *testing.T) {
	t.Parallel()
	want, err := dashboard.JSON()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(dashboardFile, want, 0o600))
	}
	text, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	require.Equal(t, string(want), string(text), "run: make docs")
}

// place is where a panel stands on Grafana's grid.
type place struct{ X, Y, W, H int }

func (p place) meets(o place) bool {
	return p.X < o.X+o.W && o.X < p.X+p.W && p.Y < o.Y+o.H && o.Y < p.Y+p.H
}

// TestPanelsHaveTheirOwnPlaces reads the file as Grafana does.
func TestPanelsHaveTheirOwnPlaces(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	var board struct {
		Panels []struct {
			ID          int
			Title, Type string
			GridPos     place
		}
	}
	require.NoError(t, json.Unmarshal(text, &board))
	ids, titles := map[int]string{}, map[string]bool{}
	for i, p := range board.Panels {
		require.Empty(t, ids[p.ID], "%s: its id %d is taken", p.Title, p.ID)
		require.False(t, titles[p.Title], "%s: its title is taken", p.Title)
		ids[p.ID], titles[p.Title] = p.Title, true
		require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for _, other := range board.Panels[:i] {
			require.False(t, p.GridPos.meets(other.GridPos), "%s lies over %s", p.Title, other.Title)
		}
	}
	require.Greater(t, len(board.Panels), 30)
}

func TestEachPanelSaysWhatItShows(t *testing.T) {
	t.Parallel()
	for _, row := range dashboard.Rows() {
		for _, p := range row.Panels {
			require.True(t, strings.HasSuffix(p.About, "."), "%s: says what it shows, in sentences", p.Title)
			require.NotEmpty(t, p.Unit, p.Title)
			require.NotEmpty(t, p.Queries, p.Title)
			for _, q := range p.Queries {
				require.NotEmpty(t, q.Legend, p.Title)
				for _, label := range labelsOf(q.Legend) {
					require.Contains(t, q.Expr, label, "%s: its legend names a label that the expression drops", p.Title)
				}
			}
			for _, name := range p.Runbooks {
				require.FileExists(t, filepath.Join(runbookDir, name+".md"), p.Title)
			}
		}
	}
}

// labelsOf gives what stands in {{ }}.
func labelsOf(legend string) []string {
	var list []string
	for part := range strings.SplitSeq(legend, "{{") {
		if label, _, found := strings.Cut(part, "}}"); found {
			list = append(list, label)
		}
	}
	return list
}

// asked gives the expressions of the dashboard, with something in place of
// Grafana's variables.
func asked() map[string]string {
	fill := strings.NewReplacer("$__rate_interval", "1m", "$instance", ".*", "$channel", ".*")
	list := map[string]string{}
	for _, row := range dashboard.Rows() {
		for _, p := range row.Panels {
			for _, q := range p.Queries {
				list["the panel "+p.Title+", "+q.Legend] = fill.Replace(q.Expr)
			}
		}
	}
	return list
}

// TestEveryAlertHasItsPanel looks for each runbook at a panel.
func TestEveryAlertHasItsPanel(t *testing.T) {
	t.Parallel()
	var shown []string
	for _, row := range dashboard.Rows() {
		for _, p := range row.Panels {
			shown = append(shown, p.Runbooks...)
		}
	}
	for _, a := range alerts(t) {
		require.True(t, slices.Contains(shown, a.page()), "%s: no panel names its runbook %s", a.Alert, a.page())
	}
}
