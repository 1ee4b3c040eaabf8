package dashboard_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
)

var (
	// A row of the tables of docs/metrics.md: the figure and its labels.
	figureRow = regexp.MustCompile("(?m)^\\| `(outreach_[a-z_]+)` \\|([^|]*)\\|")
	labelCell = regexp.MustCompile("`([a-z_]+)`(?:: ([^`;]*))?")

	// A name of a series, with the labels that it is narrowed to.
	series   = regexp.MustCompile(`\b((?:[a-z]+:)?(?:outreach|process|go)_[a-z0-9_:]+)\b(\{[^}]*\})?`)
	selected = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"`)
	grouping = regexp.MustCompile(`\b(?:by|on|without) \(([^)]*)\)`)
)

// labels are the labels of a figure, each with its words, where the page lists
// them.
type labels map[string][]string

// figures reads which figures there are from the page that the test of
// internal/metrics holds to the engine.
func figures(t *testing.T) map[string]labels {
	t.Helper()
	page, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	known := map[string]labels{}
	for _, row := range figureRow.FindAllStringSubmatch(string(page), -1) {
		of := labels{"instance": nil, "job": nil} // Prometheus's own
		for _, cell := range labelCell.FindAllStringSubmatch(row[2], -1) {
			of[cell[1]] = listed(cell[1], cell[2])
		}
		known[row[1]] = of
	}
	require.NotEmpty(t, known)
	return known
}

// listed gives the words of a label; none when the list is left open.
func listed(label, words string) (list []string) {
	switch {
	case label == "reason":
		for _, r := range customer.Reasons() {
			list = append(list, string(r))
		}
	case label == "channel":
		list = []string{string(customer.SMS), string(customer.Email), string(customer.Push)}
	case words != "" && !strings.Contains(words, " or "):
		for word := range strings.SplitSeq(words, ",") {
			if word = strings.TrimSpace(word); word != "" {
				list = append(list, word)
			}
		}
	}
	return list
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

// played gives the series of promtool's tests.
func played(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for name, file := range unitTests(t) {
		for _, one := range file.Tests {
			for _, s := range one.InputSeries {
				all["the test "+name+", "+one.Name+": "+s.Series] = s.Series
			}
		}
	}
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
	all := expressions(t)
	maps.Copy(all, played(t))
	for where, expr := range all {
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
			narrowed(t, where, m[2], known[name])
			if strings.Count(expr, "outreach_") == 1 {
				require.Subset(t, append(slices.Collect(maps.Keys(known[name])), "le"), grouped, "%s: %s has no such label", where, name)
			}
		}
	}
	for name, used := range recorded {
		require.True(t, used, "%s is recorded, and nothing asks for it", name)
	}
}

// narrowed holds what stands in { } to a figure's labels and their words.
func narrowed(t *testing.T, where, selector string, has labels) {
	t.Helper()
	for _, m := range selected.FindAllStringSubmatch(selector, -1) {
		if m[1] == "le" {
			continue
		}
		words, ok := has[m[1]]
		require.True(t, ok, "%s: %s: there is no such label", where, selector)
		if len(words) == 0 || m[2] == ".*" {
			continue
		}
		for word := range strings.SplitSeq(m[2], "|") {
			require.Contains(t, words, word, "%s: %s: %s is no word of %s", where, selector, word, m[1])
		}
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
