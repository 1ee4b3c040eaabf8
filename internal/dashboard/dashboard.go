// Package dashboard says what operators see of the engine in Grafana: which
// figures, in which order, in which unit, and which runbook goes with them. It
// writes deploy/grafana/dashboards/outreach.json, in Grafana's schema 39, and
// its tests hold together what is written by hand and names the same figures:
// the alert rules, their tests, the runbooks and the page of metrics. It knows
// no engine, no Prometheus and no Grafana that runs.
package dashboard

// Row is a part of the dashboard under one title.
type Row struct {
	Title  string
	Panels []Panel
}

// Panel is one chart, or one number.
type Panel struct {
	Title    string
	About    string // what it shows, and how to read it
	Unit     Unit
	Kind     Kind
	Queries  []Query
	Runbooks []string // pages of docs/runbooks, without their ending
}

// Query is an expression of PromQL, and what its series are called: words with
// {{label}} in them.
type Query struct {
	Expr   string
	Legend string
}

// Unit is how values are written, in Grafana's own words.
type Unit string

// The units of the panels.
const (
	Count     Unit = "short"
	PerSecond Unit = "cps"
	Seconds   Unit = "s"
	Share     Unit = "percentunit"
	Bytes     Unit = "bytes"
	Cores     Unit = "none"
)

// Kind is the look of a panel.
type Kind string

// The looks.
const (
	Lines   Kind = "lines"   // a line a series
	Stacked Kind = "stacked" // areas on top of each other, for parts of a whole
	Number  Kind = "number"  // the latest value, in large
)

// These keep an expression to the processes and channels that the reader
// chose at the top of the dashboard.
const (
	onInstance = `instance=~"$instance"`
	onChannel  = `channel=~"$channel"`
	onBoth     = onInstance + "," + onChannel
)

// Rows gives the dashboard from top to bottom: what customers get first, what
// machines do last.
func Rows() []Row {
	return []Row{customers(), waiting(), providers(), intake(), store(), processes()}
}
