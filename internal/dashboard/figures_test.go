package dashboard_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	// A row of the tables of docs/metrics.md: the figure and its labels.
	figureRow = regexp.MustCompile("(?m)^\\| `(outreach_[a-z_]+)` \\|([^|]*)\\|")
	quoted    = regexp.MustCompile("`([a-z_]+)`")

	// A name of a series, with the labels that it is narrowed to.
	series   = regexp.MustCompile(`\b((?:[a-z]+:)?(?:outreach|process|go)_[a-z0-9_:]+)\b(\{[^}]*\})?`)
	selected = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)\s*"`)
	grouping = regexp.MustCompile(`\b(?:by|on|without) \(([^)]*)\)`)
)

// figures reads which figures there are, with their labels, from the page that
// the test of internal/metrics holds to the engine.
func figures(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	known := map[string][]string{}
	for _, row := range figureRow.FindAllStringSubmatch(string(page), -1) {
		labels := []string{"instance", "job"} // Prometheus's own
		for _, label := range quoted.FindAllStringSubmatch(row[2], -1) {
			labels = append(labels, label[1])
		}
		known[row[1]] = labels
	}
	require.NotEmpty(t, known)
	return known
}

// machine are the figures of Go's runtime and of the process that are used.
var machine = []string{
	"process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds", "go_memstats_heap_inuse_bytes", "go_goroutines",
}

// expressions gives everything that asks for figures, by where it stands.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	all := asked()
	for _, r := range rules(t) {
		all["alerts.yml, "+r.Alert+r.Record] = r.Expr
	}
	maps.Copy(all, queries(t))
	return all
}

// TestFiguresExist holds each expression to the engine's figures and to their
// labels, and each recorded figure to a use.
func TestFiguresExist(t *testing.T) {
	t.Parallel()
	known := figures(t)
	recorded := map[string]bool{}
	for _, r := range rules(t) {
		if r.Record != "" {
			recorded[r.Record] = false
		}
	}
	for where, expr := range expressions(t) {
		grouped := groupedBy(expr)
		for _, m := range series.FindAllStringSubmatch(expr, -1) {
			if _, ours := recorded[m[1]]; ours {
				recorded[m[1]] = true
				continue
			}
			name := figureOf(m[1])
			if slices.Contains(machine, name) {
				continue
			}
			require.Contains(t, known, name, where)
			for _, label := range selected.FindAllStringSubmatch(m[2], -1) {
				require.Contains(t, known[name], label[1], "%s: %s has no such label", where, name)
			}
			if strings.Count(expr, "outreach_") == 1 {
				require.Subset(t, append(slices.Clone(known[name]), "le"), grouped, "%s: %s has no such label", where, name)
			}
		}
	}
	for name, used := range recorded {
		require.True(t, used, "%s is recorded, and nothing asks for it", name)
	}
}

// figureOf takes the parts of a histogram for the histogram.
func figureOf(name string) string {
	for _, part := range []string{"_bucket", "_count", "_sum"} {
		name = strings.TrimSuffix(name, part)
	}
	return name
}

// groupedBy gives the labels that an expression groups by.
func groupedBy(expr string) []string {
	var list []string
	for _, m := range grouping.FindAllStringSubmatch(expr, -1) {
		for label := range strings.SplitSeq(m[1], ",") {
			if label = strings.TrimSpace(label); label != "" {
				list = append(list, label)
			}
		}
	}
	return list
}
