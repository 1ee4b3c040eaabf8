package dashboard_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"html/template"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/dashboard"
)

var (
	prometheus = flag.String("prometheus", "", "URL of a Prometheus: draw the dashboard with its figures")
	page       = flag.String("page", "dashboard.html", "with -prometheus: the file to draw it into")
	span       = flag.Duration("span", 15*time.Minute, "with -prometheus: how far back")
)

// TestPicture draws every panel with the figures of a Prometheus that runs, to
// look at where there is no Grafana:
//
//	go test ./internal/dashboard -run TestPicture -prometheus http://127.0.0.1:9090 -page /tmp/dashboard.html
func TestPicture(t *testing.T) {
	t.Parallel()
	if *prometheus == "" {
		t.Skip("no -prometheus to take figures from")
	}
	now := time.Now()
	var rows []drawnRow
	for _, row := range dashboard.Rows() {
		drawn := drawnRow{Title: row.Title, Across: 3}
		if len(row.Panels)%3 == 1 {
			drawn.Across = 4
		}
		for _, p := range row.Panels {
			drawn.Panels = append(drawn.Panels, draw(t, p, now))
		}
		rows = append(rows, drawn)
	}
	var alerts struct {
		Alerts []struct {
			State               string
			Labels, Annotations map[string]string
		}
	}
	ask(t, "alerts", nil, &alerts)
	file, err := os.Create(filepath.Clean(*page))
	require.NoError(t, err)
	require.NoError(t, sheet.Execute(file, map[string]any{"Rows": rows, "Alerts": alerts.Alerts, "At": now.UTC().Format(time.DateTime)}))
	require.NoError(t, file.Close())
}

// ask asks Prometheus's HTTP API.
func ask(t *testing.T, what string, values url.Values, into any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, *prometheus+"/api/v1/"+what+"?"+values.Encode(), nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, string(text))
	require.NoError(t, json.Unmarshal(text, &struct{ Data any }{into}))
}

// line is one series as it is drawn, in a box of 400 by 120.
type line struct {
	Name, Last, Max, Color string
	Points                 []string // a piece for each stretch without a gap
	values                 [][2]float64
}

type drawn struct {
	Title, Top string
	Lines      []line
}

type drawnRow struct {
	Title  string
	Across int
	Panels []drawn
}

// draw asks for the series of a panel and lays them into its box.
func draw(t *testing.T, p dashboard.Panel, now time.Time) drawn {
	t.Helper()
	d := drawn{Title: p.Title}
	top, begin := 0.0, float64(now.Add(-*span).Unix())
	for _, q := range p.Queries {
		for _, one := range seriesOf(t, q, now) {
			for _, v := range one.values {
				top = max(top, math.Abs(v[1]))
			}
			d.Lines = append(d.Lines, one)
		}
	}
	colors := []string{"#2a6fbb", "#d9822b", "#3d9970", "#b5372f", "#7a5ea8", "#8c6d46", "#c76aa0", "#707070"}
	for i := range d.Lines {
		one, most, before := &d.Lines[i], math.Inf(-1), 0.0
		for _, v := range one.values {
			if v[0]-before > 2*step {
				one.Points = append(one.Points, "")
			}
			one.Points[len(one.Points)-1] += fmt.Sprintf("%.1f,%.1f ", (v[0]-begin)/span.Seconds()*400, 118-math.Abs(v[1])/scale(top)*112)
			most, before = max(most, v[1]), v[0]
		}
		one.Color = colors[i%len(colors)]
		one.Last, one.Max = written(p.Unit, one.values[len(one.values)-1][1]), written(p.Unit, most)
	}
	slices.SortStableFunc(d.Lines, func(a, b line) int { return strings.Compare(a.Name, b.Name) })
	d.Top = written(p.Unit, top)
	return d
}

// step is how far apart figures are asked for, in seconds.
const step = 15

// scale keeps a flat line at zero from dividing by it.
func scale(top float64) float64 {
	if top == 0 {
		return 1
	}
	return top
}

func seriesOf(t *testing.T, q dashboard.Query, now time.Time) []line {
	t.Helper()
	expr := strings.NewReplacer("$__rate_interval", "1m", "$instance", ".*", "$channel", ".*").Replace(q.Expr)
	var data struct {
		Result []struct {
			Metric map[string]string
			Values [][2]any
		}
	}
	ask(t, "query_range", url.Values{
		"query": {expr}, "step": {strconv.Itoa(step)}, "start": {strconv.FormatInt(now.Add(-*span).Unix(), 10)}, "end": {strconv.FormatInt(now.Unix(), 10)},
	}, &data)
	var list []line
	for _, r := range data.Result {
		one := line{Name: regexp.MustCompile(`{{(\w+)}}`).ReplaceAllStringFunc(q.Legend, func(s string) string {
			return r.Metric[strings.Trim(s, "{}")]
		})}
		for _, pair := range r.Values {
			at, _ := pair[0].(float64)
			text, _ := pair[1].(string)
			if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(v) {
				one.values = append(one.values, [2]float64{at, v})
			}
		}
		if len(one.values) > 0 {
			list = append(list, one)
		}
	}
	return list
}

// written gives a value in its unit.
func written(unit dashboard.Unit, v float64) string {
	switch unit {
	case dashboard.Seconds:
		if v >= 100 {
			return strconv.FormatFloat(v, 'f', 0, 64) + " s"
		}
		return strconv.FormatFloat(v, 'g', 3, 64) + " s"
	case dashboard.PerSecond:
		return strconv.FormatFloat(v, 'g', 3, 64) + "/s"
	case dashboard.Share:
		return strconv.FormatFloat(v*100, 'f', 1, 64) + " %"
	case dashboard.Bytes:
		return strconv.FormatFloat(v/(1<<20), 'f', 0, 64) + " MiB"
	default:
		return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
	}
}

var sheet = template.Must(template.New("sheet").Parse(`<!doctype html><meta charset="utf-8"><title>Outreach</title>
<style>body{font:13px sans-serif;margin:16px;background:#fafafa;color:#222}h1{font-size:18px}h2{font-size:15px;margin:18px 0 6px}
.row{display:grid;gap:10px;align-items:start}.panel{background:#fff;border:1px solid #ddd;padding:8px}
h3{font-size:13px;margin:0 0 4px}svg{width:100%;height:120px;background:#fcfcfc}table{width:100%;border-collapse:collapse;font-size:11px}
td:nth-child(n+2){text-align:right}i{display:inline-block;width:10px;height:3px;margin-right:5px;vertical-align:middle}.firing{color:#b5372f}</style>
<h1>Outreach, {{.At}} UTC</h1>
{{range .Alerts}}<p class="{{.State}}"><b>{{.State}}: {{index .Labels "alertname"}}</b> ({{index .Labels "severity"}}) {{index .Annotations "description"}}</p>{{end}}
{{range .Rows}}<h2>{{.Title}}</h2><div class="row" style="grid-template-columns:repeat({{.Across}},1fr)">{{range .Panels}}<div class="panel"><h3>{{.Title}}</h3>
<svg viewBox="0 0 400 120" preserveAspectRatio="none">{{range .Lines}}{{$color := .Color}}{{range .Points}}<polyline points="{{.}}" fill="none" stroke="{{$color}}" stroke-width="1.5"/>{{end}}{{end}}</svg>
<table><tr><td>top {{.Top}}</td><td>last</td><td>max</td></tr>{{range .Lines}}<tr><td><i style="background:{{.Color}}"></i>{{.Name}}</td><td>{{.Last}}</td><td>{{.Max}}</td></tr>{{else}}<tr><td>nothing yet</td></tr>{{end}}</table></div>{{end}}</div>
{{end}}`))
