package backtest

import (
	_ "embed"
	"fmt"
	"html"
	"html/template"
	"io"
	"math"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/wording"
)

//go:embed page/report.html
var pageText string

//go:embed page/report.css
var pageStyle string

// HTML writes the report as one page that needs nothing else: no network, no
// script. Messages stand in frames that may do nothing.
func (r *Report) HTML(out io.Writer) error {
	page, err := template.New("report").Funcs(template.FuncMap{
		"number": number, "channel": wording.Channel, "reason": wording.Reason, "local": r.local, "percent": percent,
		"style":  func() template.CSS { return template.CSS(pageStyle) },
		"srcdoc": srcdoc, "limit": wording.Number, "span": wording.Span,
	}).Parse(pageText)
	if err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	return page.Execute(out, r.view())
}

// srcdoc gives the attribute of a frame that shows a document of its own. The
// document is escaped as an attribute; what it may do, the frame says.
func srcdoc(document string) template.HTMLAttr {
	return template.HTMLAttr(`srcdoc="` + html.EscapeString(document) + `"`)
}

// view is what the page shows.
type view struct {
	*Report
	Sent     int
	NotSent  int
	Warnings []string
	Days     chart
	Hours    []weekday
	Funnels  []funnel
	Idle     []string // rules that no customer matched
	Loads    []loadView
	Jams     []channelJam
	Reasons  []bar
	Messages []letters
	LeftOut  []string
}

func (r *Report) view() view {
	v := view{Report: r, Days: r.daysChart(), Hours: r.weekdays(), LeftOut: r.leftOut()}
	why := map[customer.Reason]int{}
	for i := range r.Rules {
		rule := &r.Rules[i]
		v.Sent += rule.Sent()
		sum(why, rule.Dropped)
		sum(why, rule.NotEntered)
		if rule.HeldOut > 0 {
			why[customer.HeldOut] += rule.HeldOut
		}
		if rule.Matched == 0 {
			v.Idle = append(v.Idle, rule.Name)
			continue
		}
		v.Funnels = append(v.Funnels, rule.funnel())
	}
	v.NotSent, v.Reasons = total(why), reasonBars(why)
	for _, l := range r.Loads {
		if len(l.Jams) > 0 {
			v.Warnings = append(v.Warnings, r.warning(l))
			for _, jam := range l.Jams {
				v.Jams = append(v.Jams, channelJam{jam, l.Channel})
			}
		}
		if l.Messages > 0 {
			v.Loads = append(v.Loads, r.loadView(l))
		}
	}
	v.Messages = byTemplate(r.Samples)
	return v
}

// channelJam is one jam of one channel.
type channelJam struct {
	Jam
	Channel customer.Channel
}

// chart is a plot of columns over days. Its units are one column across and
// 100 up.
type chart struct {
	Title   string
	Series  []customer.Channel // from the bottom up
	Columns []column
	Ticks   []tick
	Labels  []string // under the plot, evenly spread from the first column to the last
	Limit   float64  // height of the line that should not be passed; 0: none is drawn
}

// Shown are the channels by which anything went out, for the legend.
func (c chart) Shown() (shown []customer.Channel) {
	for i, channel := range c.Series {
		if slices.ContainsFunc(c.Columns, func(col column) bool { return i < len(col.Parts) && col.Parts[i].N > 0 }) {
			shown = append(shown, channel)
		}
	}
	return shown
}

type column struct {
	Name  string // of the day
	Parts []box
	All   int
}

type box struct {
	Class        string
	N            int
	X, Y, W, Top float64 // Top is the height; Y counts from above
}

type tick struct {
	Up   float64 // in percent
	Text string
}

// daysChart gives the messages of each day, by channel.
func (r *Report) daysChart() chart {
	c := chart{Title: "Messages a day"}
	most := 0
	for _, day := range r.Days {
		most = max(most, total(day.Messages))
	}
	scale := newScale(most)
	for i, day := range r.Days {
		col := column{Name: day.Day.Date().Format("Mon 2 Jan 2006"), All: total(day.Messages)}
		up := 0.0
		for _, channel := range customer.Channels() {
			n := day.Messages[channel]
			height := scale.height(n)
			up += height
			col.Parts = append(col.Parts, box{Class: string(channel), N: n, X: float64(i) + .08, W: .84, Y: 100 - up, Top: height})
		}
		c.Columns = append(c.Columns, col)
	}
	c.Series, c.Ticks, c.Labels = customer.Channels(), scale.ticks(), r.dayLabels()
	return c
}

// dayLabels names at most five days, evenly spread.
func (r *Report) dayLabels() (labels []string) {
	const most = 5
	last := len(r.Days) - 1
	n := min(most, len(r.Days))
	for i := range n {
		day := 0
		if n > 1 {
			day = int(math.Round(float64(i*last) / float64(n-1)))
		}
		labels = append(labels, r.Days[day].Day.Date().Format("2 Jan"))
	}
	return labels
}

// scale fits numbers into a plot: round lines, the highest above the most.
type scale struct{ step, top float64 }

func newScale(most int) scale {
	const lines = 4
	step := 1.0
	for step*lines < float64(most) {
		for _, factor := range []float64{2, 2.5, 2} {
			if step *= factor; step*lines >= float64(most) {
				break
			}
		}
	}
	return scale{step: step, top: step * math.Max(1, math.Ceil(float64(most)/step))}
}

func (s scale) height(n int) float64 { return 100 * float64(n) / s.top }

func (s scale) ticks() (ticks []tick) {
	for at := 0.0; at <= s.top; at += s.step {
		ticks = append(ticks, tick{100 * at / s.top, wording.Number(at)})
	}
	return ticks
}

// loadView is the fullest hour of each day of one channel.
type loadView struct {
	Load
	Chart chart
	Share string // of the limit
}

func (r *Report) loadView(l Load) loadView {
	v := loadView{Load: l, Chart: chart{Title: "Fullest hour of each day by " + wording.Channel(l.Channel), Labels: r.dayLabels()}}
	most := l.Peak.Messages
	const near = 4 // times the peak: a limit beyond it would press all columns flat
	if l.Limit > 0 && l.Limit <= near*float64(most) {
		most = max(most, int(math.Ceil(l.Limit)))
	}
	scale := newScale(most)
	if l.Limit > 0 {
		v.Share = wording.Percent(float64(l.Peak.Messages) / l.Limit)
		if line := 100 * l.Limit / scale.top; line <= 100 {
			v.Chart.Limit = line
		}
	}
	for i, n := range l.Fullest {
		class := string(l.Channel)
		if l.Limit > 0 && float64(n) > l.Limit {
			class = "over"
		}
		height := scale.height(n)
		v.Chart.Columns = append(v.Chart.Columns, column{Name: r.Days[i].Day.Date().Format("Mon 2 Jan 2006"), All: n,
			Parts: []box{{Class: class, N: n, X: float64(i) + .08, W: .84, Y: 100 - height, Top: height}}})
	}
	v.Chart.Ticks = scale.ticks()
	return v
}

// weekday is one row of the week's hours.
type weekday struct {
	Name  string
	Hours []hour
}

type hour struct {
	Name  string // Mon 09:00
	N     int
	Level int // 0 to 10, against the fullest hour
}

func (r *Report) weekdays() (week []weekday) {
	most := 1
	for _, day := range r.Week {
		for _, n := range day {
			most = max(most, n)
		}
	}
	for i, day := range r.Week {
		row := weekday{Name: time.Weekday((i + 1) % 7).String()[:3]}
		for at, n := range day {
			const levels = 10
			row.Hours = append(row.Hours, hour{fmt.Sprintf("%s %02d:00", row.Name, at), n, int(math.Ceil(levels * float64(n) / float64(most)))})
		}
		week = append(week, row)
	}
	return week
}

// bar is one line of a list of bars.
type bar struct {
	Name  string
	Words string
	N     int
	Wide  float64 // in percent of the longest
	Share string
}

// funnel is how far the outreaches of a rule came.
type funnel struct {
	*Rule
	Bars []bar
}

const goalBar = "goal after it"

func (r *Rule) funnel() funnel {
	f := funnel{Rule: r}
	for _, b := range []bar{
		{Name: "matched", N: r.Matched}, {Name: "entered", N: r.Entered}, {Name: "with a message", N: r.Reached}, {Name: goalBar, N: r.Goals.Reached},
	} {
		if b.Name == goalBar && !r.HasGoal {
			continue
		}
		b.Wide = percentOf(b.N, r.Matched)
		b.Share = percent(b.N, r.Matched)
		f.Bars = append(f.Bars, b)
	}
	return f
}

func reasonBars(m map[customer.Reason]int) (bars []bar) {
	most := 0
	for _, n := range m {
		most = max(most, n)
	}
	for _, reason := range sortedReasons(m) {
		bars = append(bars, bar{Name: string(reason), Words: wording.Reason(reason), N: m[reason], Wide: percentOf(m[reason], most)})
	}
	return bars
}

func percentOf(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(n) / float64(of)
}

func percent(n, of int) string {
	if of == 0 {
		return ""
	}
	return wording.Percent(float64(n) / float64(of))
}

// letters is the samples of one template and channel.
type letters struct {
	Name    string
	Channel customer.Channel
	Samples []Sample
}

func byTemplate(samples []Sample) (list []letters) {
	type key struct {
		template string
		channel  customer.Channel
	}
	for same := range chunks(samples, func(s Sample) key { return key{s.Template, s.Channel} }) {
		list = append(list, letters{same[0].Template, same[0].Channel, same})
	}
	return list
}

// Local gives the sample's instant on the customer's clock.
func (s Sample) Local() string { return s.At.In(s.Zone).Format("Mon 2 Jan 2006 15:04 MST") }
