package dashboard

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Where the runbooks are read.
const runbooks = "https://github.com/outreach-engine/outreach/blob/main/docs/runbooks/"

// Grafana's grid is 24 columns wide.
const (
	columns   = 24
	panelHigh = 8
)

// abreast gives how many panels of a row stand side by side: three, or four
// where one would be left over.
func abreast(panels int) int {
	if panels%3 == 1 {
		return 4
	}
	return 3
}

// object is a piece of Grafana's JSON, as
// https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
// has it. Maps are written in the order of their keys, so that the same
// dashboard is always the same text.
type object = map[string]any

// JSON gives the dashboard as Grafana reads it from a file.
func JSON() ([]byte, error) {
	text, err := json.MarshalIndent(object{
		"uid": "outreach", "title": "Outreach", "tags": []string{"outreach"},
		"description":   "What customers get, what waits, and how the engine's processes are. Written from internal/dashboard.",
		"schemaVersion": 39, "version": 1, "editable": true, "graphTooltip": 1,
		"time": object{"from": "now-3h", "to": "now"}, "timezone": "browser", "refresh": "30s",
		"templating": object{"list": variables()}, "annotations": object{"list": []object{firing()}},
		"links":  []object{link("Runbooks", "README")},
		"panels": panels(),
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}
	return append(text, '\n'), nil
}

// source is the data source that the reader chose.
func source() object { return object{"type": "prometheus", "uid": "${datasource}"} }

// variables are what the reader may choose at the top.
func variables() []object {
	list := []object{{
		"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "hide": 0,
		"current": object{"selected": true, "text": "Prometheus", "value": "prometheus"}, "options": []object{}, "refresh": 1, "regex": "", "multi": false, "includeAll": false,
	}}
	for _, v := range []struct{ name, label, query string }{
		{"instance", "Process", "label_values(outreach_build_info, instance)"},
		{"channel", "Channel", "label_values(outreach_sends_total, channel)"},
	} {
		list = append(list, object{
			"name": v.name, "label": v.label, "type": "query", "datasource": source(), "definition": v.query,
			"query": object{"query": v.query, "refId": "StandardVariableQuery"}, "refresh": 2, "sort": 1, "hide": 0,
			"multi": true, "includeAll": true, "allValue": ".*", "regex": "", "options": []object{},
			"current": object{"selected": true, "text": []string{"All"}, "value": []string{"$__all"}},
		})
	}
	return list
}

// firing marks in all charts when alerts fired.
func firing() object {
	return object{
		"name": "Alerts", "datasource": source(), "enable": true, "hide": false, "iconColor": "red",
		"expr":        `ALERTS{alertname=~"Outreach.*", alertstate="firing"}`,
		"titleFormat": "{{alertname}}", "textFormat": "{{severity}}", "step": "60s",
	}
}

// panels gives rows and panels with their numbers and places, row under row.
func panels() []object {
	var list []object
	top := 0
	for _, row := range Rows() {
		list = append(list, object{
			"id": len(list) + 1, "type": "row", "title": row.Title, "collapsed": false, "panels": []object{},
			"gridPos": object{"h": 1, "w": columns, "x": 0, "y": top},
		})
		top++
		across := abreast(len(row.Panels))
		for i, p := range row.Panels {
			one := p.object()
			one["id"] = len(list) + 1
			one["gridPos"] = object{
				"h": panelHigh, "w": columns / across, "x": i % across * columns / across, "y": top + i/across*panelHigh,
			}
			list = append(list, one)
		}
		top += (len(row.Panels) + across - 1) / across * panelHigh
	}
	return list
}

func (p Panel) object() object {
	one := object{
		"title": p.Title, "description": p.description(), "datasource": source(), "targets": p.targets(), "links": p.links(),
	}
	if p.Kind == Number {
		one["type"] = "stat"
		one["fieldConfig"] = object{"defaults": object{"unit": p.Unit, "min": 0}, "overrides": []object{}}
		one["options"] = object{
			"colorMode": "none", "graphMode": "area", "justifyMode": "auto", "textMode": "value",
			"reduceOptions": object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
		}
		return one
	}
	one["type"] = "timeseries"
	one["fieldConfig"] = object{"defaults": p.defaults(), "overrides": []object{}}
	one["options"] = object{
		"legend":  object{"displayMode": "table", "placement": "bottom", "calcs": []string{"lastNotNull", "max"}, "showLegend": true},
		"tooltip": object{"mode": "multi", "sort": "desc"},
	}
	return one
}

// defaults draws lines, or areas on top of each other. A clock may be off to
// either side; all else begins at zero.
func (p Panel) defaults() object {
	custom := object{"drawStyle": "line", "lineWidth": 1, "fillOpacity": 0, "showPoints": "never", "spanNulls": false, "axisSoftMin": 0}
	if p.Kind == Stacked {
		custom["fillOpacity"] = 25
		custom["stacking"] = object{"mode": "normal", "group": "A"}
	}
	return object{"unit": p.Unit, "custom": custom, "color": object{"mode": "palette-classic"}}
}

func (p Panel) targets() []object {
	var list []object
	for i, q := range p.Queries {
		list = append(list, object{
			"refId": string(rune('A' + i)), "datasource": source(), "expr": q.Expr, "legendFormat": q.Legend,
			"editorMode": "code", "range": true, "instant": false,
		})
	}
	return list
}

func (p Panel) description() string {
	if len(p.Runbooks) == 0 {
		return p.About
	}
	var names []string
	for _, name := range p.Runbooks {
		names = append(names, "["+name+"]("+runbooks+name+".md)")
	}
	return p.About + "\n\nRunbooks: " + strings.Join(names, ", ") + "."
}

func (p Panel) links() []object {
	list := []object{}
	for _, name := range p.Runbooks {
		list = append(list, link(name, name))
	}
	return list
}

// link leads to a runbook.
func link(title, name string) object {
	return object{
		"title": title, "type": "link", "url": runbooks + name + ".md", "targetBlank": true, "tooltip": "", "icon": "doc",
		"tags": []string{}, "asDropdown": false, "includeVars": false, "keepTime": false,
	}
}
