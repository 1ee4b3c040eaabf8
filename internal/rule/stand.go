package rule

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
)

// Stand is how a rule's trigger stands for one customer and about value at one
// instant. The figures of the rule's own trigger are set; event and schedule
// have none.
type Stand struct {
	About string
	Holds bool // what the trigger asks for is so at this instant
	// At is from when on it is so: since when, where the state tells it, or when
	// it will be if nothing comes before. Zero: nobody can say.
	At time.Time

	Usage   *UsageStand
	Silence *SilenceStand
	Missing *MissingStand
	Count   *CountStand
	Drop    *DropStand
	Date    *DateStand
	Becomes *BecomesStand
}

// UsageStand are a usage trigger's numbers.
type UsageStand struct {
	Used    float64 `json:"used"`
	Limit   float64 `json:"limit"`   // 0: not known, or not above zero
	Reaches float64 `json:"reaches"` // the share that the rule asks for: 0.8
	Need    float64 `json:"need"`    // the total at which that share is reached; 0 with an unknown limit
	// From and Until bound the period, [From, Until); zero: it has no such end.
	From  time.Time      `json:"from,omitzero"`
	Until time.Time      `json:"until,omitzero"`
	Reads []expr.Reading `json:"-"` // what the limit is made of
}

// Share gives used by limit, 0 when the limit is not known.
func (u UsageStand) Share() float64 {
	if u.Limit <= 0 {
		return 0
	}
	return u.Used / u.Limit
}

// SilenceStand is what a silent trigger looks at.
type SilenceStand struct {
	Last time.Time `json:"last,omitzero"` // the newest act; zero: none ever came
	Due  time.Time `json:"due,omitzero"`  // from when on it counts as silent; zero: too little is known to say
	// Of an unusual silence: how many gaps between days with an act are known,
	// the middle of them, and the days after which a silence is one, 0 while
	// there are too few gaps.
	Gaps    int     `json:"gaps,omitzero"`
	Usual   float64 `json:"usual_days,omitzero"`
	Unusual int     `json:"unusual_days,omitzero"`
}

// MissingStand is what a missing trigger waits for.
type MissingStand struct {
	After    time.Time      `json:"after,omitzero"`    // when the event came that something should follow; zero: not
	Promised customer.Value `json:"promised,omitzero"` // by the trigger's by
	Due      time.Time      `json:"due,omitzero"`      // until when it is in time
	Came     time.Time      `json:"came,omitzero"`     // when what should follow came; zero: not
	Open     bool           `json:"open"`              // it is still awaited
}

// CountStand is how many events lie within a count trigger's window.
type CountStand struct {
	Count  int64     `json:"count"`
	Times  int64     `json:"times"`           // that the rule asks for
	Newest time.Time `json:"newest,omitzero"` // event that was counted; zero: none
}

// DropStand is a drop trigger's finished period, and what it is measured with.
type DropStand struct {
	Count int64     `json:"count"`
	From  time.Time `json:"from,omitzero"` // of the finished period, [From, Until)
	Until time.Time `json:"until,omitzero"`
	Usual float64   `json:"usual"`         // the median of the periods before it; 0: too few are known
	Most  int64     `json:"most"`          // a drop is this many or fewer
	SoFar int64     `json:"so_far"`        // in the period that runs
	Ends  time.Time `json:"ends,omitzero"` // when that one is judged
}

// DateStand is the day that a date trigger goes by.
type DateStand struct {
	Day    time.Time `json:"day,omitzero"`     // its first instant on the customer's clock; zero: not known
	Points []Point   `json:"points,omitempty"` // oldest first
}

// Point is one of the days that a date trigger names.
type Point struct {
	Length string    `json:"length"` // from the day: 3d
	At     time.Time `json:"at"`
}

// BecomesStand is a becomes trigger's condition.
type BecomesStand struct {
	Looked time.Time   `json:"looked,omitzero"` // when the rule looked last; zero: never
	Terms  []expr.Term `json:"-"`
}

// Kind names the trigger as rules write it: event, usage, silent, missing,
// count, drop, date, schedule, becomes or digest.
func (t Trigger) Kind() string {
	set := []bool{
		t.Event != nil, t.Usage != nil, t.Silent != nil, t.Missing != nil, t.Count != nil, t.Drop != nil, t.Date != nil,
		t.Schedule != nil, t.Becomes != nil,
	}
	if i := slices.Index(set, true); i >= 0 {
		return triggers[i]
	}
	if t.Digest != nil {
		return digestWord
	}
	return ""
}

// Stands gives how the trigger stands at an instant, for each about value of
// which anything is kept, sorted: none at all when nothing came that it looks
// at.
func (m *Matcher) Stands(s Subject, at time.Time) []Stand {
	var abouts []string
	switch t := m.When; {
	case t.Usage != nil:
		abouts = m.usageAbouts(s.State)
	case t.Silent != nil, t.Missing != nil, t.Drop != nil:
		abouts = m.Abouts(s.State)
	case t.Count != nil:
		abouts = m.acts.abouts(s.State)
	default:
		abouts = []string{""}
	}
	list := make([]Stand, 0, len(abouts))
	for _, about := range abouts {
		list = append(list, m.stand(s, about, at))
	}
	return list
}

func (m *Matcher) stand(s Subject, about string, at time.Time) Stand {
	stand := Stand{About: about}
	switch t := m.When; {
	case t.Usage != nil:
		m.standUsage(s, at, &stand)
	case t.Silent != nil:
		m.standSilence(s, at, &stand)
	case t.Missing != nil:
		m.standMissing(s, at, &stand)
	case t.Count != nil:
		m.standCount(s, at, &stand)
	case t.Drop != nil:
		m.standDrop(s, at, &stand)
	case t.Date != nil:
		m.standDate(s, at, &stand)
	case t.Becomes != nil:
		stand.Becomes = &BecomesStand{Terms: m.Terms(t.Becomes.Cond, s, at, "", nil)}
		for _, k := range s.State.Marks[m.Name] {
			stand.Becomes.Looked = k.Period
		}
		stand.Holds = m.Condition(t.Becomes.Cond, s, at, "", nil)
		stand.At = m.NextDue(s, "", at)
	case t.Schedule != nil:
		stand.At = m.nextTime(s, at)
	}
	return stand
}

// Terms takes an expression of the rule apart for a customer; nil has none.
func (m *Matcher) Terms(p *expr.Program, s Subject, at time.Time, about string, story *Story) []expr.Term {
	if p == nil {
		return nil
	}
	return p.Terms(&view{m: m, s: s, at: at, about: about, story: story})
}

// TermsOf takes a where apart for an event; nil has none.
func (m *Matcher) TermsOf(p *expr.Program, s Subject, e customer.Event) []expr.Term {
	if p == nil {
		return nil
	}
	about, _ := m.AboutOf(e)
	return p.Terms(&view{m: m, s: s, at: e.At, about: about, event: &e})
}

func (m *Matcher) standUsage(s Subject, at time.Time, stand *Stand) {
	t := m.When.Usage
	u, measured := m.measure(s, at, stand.About)
	facts := &view{m: m, s: s, at: at, about: stand.About, limit: true}
	figures := &UsageStand{Used: tidy(u.used), Reaches: t.Reaches, Reads: t.Limit.Reads(facts)}
	if limit, ok := t.Limit.Number(facts); ok && limit > 0 {
		figures.Limit, figures.Need = tidy(limit), tidy(limit*t.Reaches)
	}
	switch t.Per.Kind {
	case behaviour.NoPeriod:
	case behaviour.SinceEvent:
		figures.From = u.bucket.Start
	default:
		figures.From, figures.Until, _ = t.Per.Bounds(at, s.Clock())
	}
	stand.Usage, stand.Holds = figures, measured && m.reached(u)
}

func (m *Matcher) standSilence(s Subject, at time.Time, stand *Stand) {
	last, due := m.silence(s, stand.About)
	figures := &SilenceStand{Last: last, Due: due}
	if m.When.Silent.Unusual {
		gaps := m.acts.of(s.State, stand.About).Gaps()
		figures.Gaps, figures.Usual = len(gaps), behaviour.Middle(gaps)
		figures.Unusual, _ = behaviour.Unusual(gaps)
	}
	stand.Silence, stand.At, stand.Holds = figures, due, !due.IsZero() && !due.After(at)
}

func (m *Matcher) standMissing(s Subject, at time.Time, stand *Stand) {
	stand.Missing = &MissingStand{}
	p := s.State.Pending[behaviour.Join(m.Name, stand.About)]
	if p == nil {
		return
	}
	*stand.Missing = MissingStand{After: p.After, Promised: p.Promised, Due: p.Due, Came: p.Came, Open: open(p)}
	if stand.Missing.Open {
		stand.At, stand.Holds = p.Due, !p.Due.After(at)
	}
}

func (m *Matcher) standCount(s Subject, at time.Time, stand *Stand) {
	series := m.acts.of(s.State, stand.About)
	n, _ := series.Window(m.When.Count.Within, at, s.Zone)
	stand.Count, stand.Holds = &CountStand{Count: n, Times: int64(m.When.Count.Times), Newest: series.Newest()}, n >= int64(m.When.Count.Times)
}

func (m *Matcher) standDrop(s Subject, at time.Time, stand *Stand) {
	figures := &DropStand{}
	stand.Drop = figures
	series := m.acts.of(s.State, stand.About)
	end, next, ok := m.When.Drop.Per.Bounds(at, s.Clock())
	if series == nil || !ok {
		return
	}
	start := m.periodBefore(s, end)
	figures.Count, figures.From, figures.Until = series.Count(start, end, s.Zone), start, end
	figures.SoFar, figures.Ends = series.Count(end, next, s.Zone), m.nextDrop(s, stand.About, at)
	figures.Usual = m.usual(s, series, start)
	if figures.Usual > 0 {
		figures.Most = int64(m.most(figures.Usual))
		stand.Holds = float64(figures.Count) <= m.most(figures.Usual)
	}
	if stand.At = figures.Ends; stand.Holds {
		stand.At = end
	}
}

func (m *Matcher) standDate(s Subject, at time.Time, stand *Stand) {
	stand.Date = &DateStand{}
	day, _, ok := m.day(s)
	if !ok {
		return
	}
	stand.Date.Day = day
	for from := (time.Time{}); ; {
		point, places := m.pointAfter(s, day, time.Time{}, from) // of no name, none of which was given
		if point.IsZero() {
			break
		}
		stand.Date.Points = append(stand.Date.Points, Point{Length: m.When.Date.Points[places[0]].String(), At: point})
		stand.Holds = stand.Holds || !point.After(at)
		if stand.At.IsZero() && point.After(at) {
			stand.At = point
		}
		from = point
	}
}
