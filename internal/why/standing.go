package why

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/wording"
)

// standing says how a trigger stands, with its figures.
func (t *teller) standing(r InForce, s rule.Stand, cases []Case) Standing {
	v := Standing{About: s.About, Holds: s.Holds, Usage: s.Usage, Silent: s.Silence, Missing: s.Missing, Count: s.Count, Drop: s.Drop, Date: s.Date}
	cases = slices.DeleteFunc(slices.Clone(cases), func(c Case) bool { return c.About != s.About })
	v.At = s.At
	switch w := r.When; {
	case w.Event != nil:
		t.event(r, &v)
	case w.Usage != nil:
		v.Text = t.usage(r.Matcher, s, cases, &v)
	case w.Silent != nil:
		v.Text = t.silence(w.Silent, s)
	case w.Missing != nil:
		v.Text = t.missing(r.Matcher, s)
	case w.Count != nil:
		v.Text = fmt.Sprintf("%s of %s %s within %s", number(s.Count.Count), number(s.Count.Times), w.Count.Event, w.Count.Within) +
			where(w.Count.Where) + t.newest(s.Count)
	case w.Drop != nil:
		v.Text = t.drop(w.Drop, s.Drop)
	case w.Date != nil:
		v.Text = t.day(w.Date, s.Date)
	case w.Schedule != nil:
		v.Text = "the next time is " + t.local(s.At) + " on their clock"
	case w.Becomes != nil:
		t.becomes(r.Matcher, s, cases, &v)
	case w.Digest != nil:
		v.Text = "collects what waits for the digest " + w.Digest.Name
	}
	v.Text += aboutWords(r.Matcher, s.About)
	if !v.At.IsZero() {
		v.LocalTime = t.local(v.At)
	}
	return v
}

// nothing says that nothing came that a trigger looks at.
func nothing(m *rule.Matcher) string {
	switch w := m.When; {
	case w.Usage != nil:
		return "no " + w.Usage.Event + " was counted"
	case w.Silent != nil:
		return "no " + act(w.Silent.Event) + " has ever come"
	case w.Missing != nil:
		return "no " + w.Missing.After + " waits for its " + w.Missing.Event
	case w.Count != nil:
		return "no " + w.Count.Event + " was counted"
	case w.Drop != nil:
		return "no " + w.Drop.Event + " was counted"
	}
	return "nothing is known"
}

// where names which events count, "" for all.
func where(p *expr.Program) string {
	if p == nil {
		return ""
	}
	return ", where " + p.String()
}

func number(n int64) string { return wording.Number(float64(n)) }

// event tells of the newest event of the trigger's name.
func (t *teller) event(r InForce, v *Standing) {
	w := r.When.Event
	if r.Last == nil {
		v.Text = "no " + w.Event + " has come"
		return
	}
	v.Event = &Event{At: r.Last.At, Seen: r.Last.ReceivedAt}
	v.Text = "the last " + w.Event + " was " + t.local(r.Last.At) + ", " + t.ago(r.Last.At)
	terms := r.TermsOf(w.Where, t.Subject, *r.Last)
	if len(terms) > 0 {
		v.Event.Conditions = conditions(terms)
	}
	if failing := t.failing(terms); len(failing) > 0 {
		v.Text += ", and the rule's where did not hold: " + strings.Join(failing, "; ")
		return
	}
	v.Holds, v.At = true, r.Last.At
}

// usage gives a usage trigger's figures: used 12.4 of 15 GB, 83 %; 80 % was
// reached Tue 24 Nov 14:20.
func (t *teller) usage(m *rule.Matcher, s rule.Stand, cases []Case, v *Standing) string {
	u, w := s.Usage, m.When.Usage
	since := ""
	if !u.From.IsZero() {
		since = " since " + t.date(u.From)
	}
	if u.Limit <= 0 {
		return used(w, u.Used, 0) + since + ", of a limit that is not known" + t.unread(w.Limit, u.Reads)
	}
	bound := wording.Percent(u.Reaches)
	text := used(w, u.Used, u.Limit) + since + ", " + wording.Share(u.Share(), u.Reaches) + "; " + bound
	at, crossed := crossing(u, cases)
	switch {
	case s.Holds && crossed:
		v.At = at.At
		return text + " was reached " + t.local(at.At)
	case s.Holds:
		return text + " is reached"
	case crossed:
		text += " was reached " + t.local(at.At) + " and is not any more"
	default:
		text += " is not reached"
	}
	left, unit := wording.Amounts(w.Property, u.Need-u.Used)
	return text + ": " + left[0] + spaced(unit) + " to go"
}

// crossing finds the newest match of the period that runs.
func crossing(u *rule.UsageStand, cases []Case) (Case, bool) {
	i := slices.IndexFunc(cases, func(c Case) bool { return !c.At.Before(u.From) && (u.Until.IsZero() || c.At.Before(u.Until)) })
	if i < 0 {
		return Case{}, false
	}
	return cases[i], true
}

// unread names what a limit is made of and is not known.
func (t *teller) unread(limit *expr.Program, reads []expr.Reading) string {
	for _, r := range reads {
		if !r.Known {
			return ": " + t.reading(r)
		}
	}
	return ": " + limit.String() + " is not above zero"
}

// used says how much of a limit was used, in the unit of the property; a limit
// of 0 is left out.
func used(w *rule.UsageTrigger, amount, limit float64) string {
	values := []float64{amount}
	if limit > 0 {
		values = append(values, limit)
	}
	texts, unit := wording.Amounts(w.Property, values...)
	text := strings.Join(texts, " of ")
	switch w.Op {
	case expr.Count:
		return text + " " + w.Event
	case expr.Latest:
		return w.Event + "." + w.Property + " is " + text + spaced(unit)
	}
	return "used " + text + spaced(unit)
}

func spaced(unit string) string {
	if unit == "" {
		return ""
	}
	return " " + unit
}

// silence tells the newest act, and from when on it was too long ago.
func (t *teller) silence(w *rule.SilentTrigger, s rule.Stand) string {
	f := s.Silence
	if f.Last.IsZero() {
		return "no " + act(w.Event) + " has ever come"
	}
	text := "the last " + act(w.Event) + " was " + t.local(f.Last) + ", " + t.ago(f.Last) + "; "
	switch {
	case w.Unusual && f.Unusual == 0:
		return text + fmt.Sprintf("what is usual is not known yet: %s between days with one, and it takes %d",
			wording.Count(int64(f.Gaps), "gap"), behaviour.EnoughGaps)
	case w.Unusual:
		text += fmt.Sprintf("usually one comes every %s (last %s), and a silence is unusual after %s: ",
			days(f.Usual), wording.Count(int64(f.Gaps), "gap"), days(float64(f.Unusual)))
	default:
		text += "counts as silent "
	}
	if s.Holds {
		return text + "since " + t.local(f.Due)
	}
	return text + "from " + t.local(f.Due)
}

func days(f float64) string {
	if f == 1 {
		return "day"
	}
	return wording.Exact(f) + " days"
}

// missing tells what waits for what should follow it.
func (t *teller) missing(m *rule.Matcher, s rule.Stand) string {
	w, f := m.When.Missing, s.Missing
	text := w.After + " of " + t.local(f.After)
	if f.After.IsZero() {
		return w.Event + " came " + t.local(f.Came) + ", and no " + w.After + " since"
	}
	if at, ok := f.Promised.Time(t.zone); ok && w.By != "" {
		text += ", promised for " + t.promise(f.Promised, at)
	}
	switch {
	case !f.Open:
		return text + ": " + w.Event + " came " + t.local(f.Came)
	case s.Holds:
		return text + ": no " + w.Event + ", late since " + t.local(f.Due)
	}
	return text + ": no " + w.Event + " yet, late from " + t.local(f.Due)
}

// promise writes what was promised: a day stays one.
func (t *teller) promise(said customer.Value, at time.Time) string {
	if len(said.String()) == len(time.DateOnly) {
		return t.date(at)
	}
	return t.local(at)
}

func (t *teller) newest(f *rule.CountStand) string {
	if f.Newest.IsZero() {
		return ""
	}
	return "; the newest was " + t.local(f.Newest)
}

// drop tells the finished period beside those before it.
func (t *teller) drop(w *rule.DropTrigger, f *rule.DropStand) string {
	if f.From.IsZero() {
		return fmt.Sprintf("no finished %s with %s yet; too little is known to say what is usual", w.Per.Kind, w.Event)
	}
	text := fmt.Sprintf("%s %s in the %s from %s", number(f.Count), w.Event, w.Per.Kind, t.date(f.From))
	if f.Usual <= 0 {
		return text + "; too little is known to say what is usual"
	}
	least := fmt.Sprintf("%s or fewer", number(f.Most))
	if f.Most == 0 {
		least = "none at all"
	}
	return text + ", usually " + wording.Exact(f.Usual) + "; a drop is " + least + fmt.Sprintf("; %s so far in the one that runs", number(f.SoFar))
}

// day tells a date trigger's day and its points.
func (t *teller) day(w *rule.DateTrigger, f *rule.DateStand) string {
	if f.Day.IsZero() {
		return w.Of + " is not known"
	}
	side := "before"
	if w.After {
		side = "after"
	}
	var points []string
	for _, p := range f.Points {
		verb := "is"
		if !p.At.After(t.now) {
			verb = "was"
		}
		points = append(points, p.Length+" "+side+" "+verb+" "+t.local(p.At))
	}
	return w.Of + " is " + t.date(f.Day) + "; " + strings.Join(points, ", ") + " on their clock"
}

// becomes tells whether a condition is true, and what keeps it from it.
func (t *teller) becomes(m *rule.Matcher, s rule.Stand, cases []Case, v *Standing) {
	v.Becomes = &Becomes{Looked: s.Becomes.Looked, Conditions: conditions(s.Becomes.Terms)}
	cond := m.When.Becomes.Cond.String()
	if !s.Holds {
		v.At = time.Time{} // nobody can say: what may turn it is not what will
		v.Text = cond + " is not true now: " + strings.Join(t.failing(s.Becomes.Terms), "; ")
		return
	}
	v.At = s.At
	if len(cases) > 0 {
		v.At = cases[0].At
		v.Text = cond + " is true, and became so " + t.local(v.At)
		return
	}
	v.At = s.Becomes.Looked
	v.Text = cond + " is true, and was so when the rule first looked: only a change gives a reason"
}
