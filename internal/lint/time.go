package lint

import (
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// time looks for what comes too late, or at an hour that never comes.
func (v *view) time() {
	w := walk{view: v, until: untilSpan(v.Rule)}
	w.list(v.trunk(), sendtime.Duration{}, false)
	if v.Goal != nil && w.sends && !w.first.IsZero() && v.Goal.Within.AtMost(w.first) {
		v.warn("goal.within", warning{goalBeforeSend, "the goal counts for " + v.Goal.Within.String() + " only, and the first message goes out after " + w.first.String() +
			" at the earliest", "write a longer within for the goal"})
	}
	v.places(v.trunk(), v.startOfSteps())
}

// untilSpan gives a bound of how long after its reason a rule sends, and
// whether there is one.
func untilSpan(r *rule.Rule) *sendtime.Duration {
	switch r.Until.Kind {
	case rule.UntilSpan:
		return &r.Until.Span
	case rule.UntilPeriod:
		if u := r.When.Usage; u != nil {
			return periodSpan(u.Per)
		}
	}
	return nil
}

// periodSpan gives the longest that a period lasts; nil: nobody can tell.
func periodSpan(p rule.Period) *sendtime.Duration {
	switch p.Kind {
	case rule.PerDay:
		return &sendtime.Duration{Days: 1}
	case rule.PerWeek:
		return &sendtime.Duration{Days: 7}
	case rule.PerMonth, rule.PerMonthFrom:
		return &sendtime.Duration{Months: 1}
	}
	return nil
}

// walk goes through a rule's steps and adds up the waits.
type walk struct {
	*view
	until *sendtime.Duration
	sends bool              // a message was reached
	first sendtime.Duration // the earliest that one is reached
}

// list goes through a list of steps that begins at the earliest so long after
// the reason, and gives the same for what follows it; ended says that nothing
// does. more says that steps follow the list.
func (w *walk) list(b branch, from sendtime.Duration, more bool) (at sendtime.Duration, ended bool) {
	steps := b.list()
	for i, s := range steps {
		if from, ended = w.step(s, from, more || i < len(steps)-1); ended {
			return from, true
		}
	}
	return from, false
}

func (w *walk) step(s step, from sendtime.Duration, more bool) (at sendtime.Duration, ended bool) {
	switch {
	case s.Stop:
		return from, true
	case s.Send != nil:
		if !w.sends || from.AtMost(w.first) {
			w.sends, w.first = true, from
		}
		w.fallback(s, from)
		return from, false // word may come at once
	case s.Wait != nil:
		return w.wait(s, from, more)
	case s.WaitFor != nil:
		return w.waitFor(s, from, more)
	}
	return w.branches(s, from, more)
}

// over reports whether nothing goes out any more so long after the reason.
func (w *walk) over(at sendtime.Duration) bool { return w.until != nil && w.until.AtMost(at) }

func (w *walk) wait(s step, from sendtime.Duration, more bool) (sendtime.Duration, bool) {
	at := from.Plus(s.Wait.For)
	if !w.over(at) {
		return at, false
	}
	if more {
		w.warn(s.at+".wait", warning{pastUntil, "ends after the rule's until (" + w.Until.String() + "), so the steps behind it are never reached",
			"shorten the wait, or move until"})
	}
	return at, true
}

func (w *walk) waitFor(s step, from sendtime.Duration, more bool) (sendtime.Duration, bool) {
	branches := s.branches()
	then, thenEnds := w.list(branches[0], from, more)
	late := from.Plus(s.WaitFor.Within)
	if w.over(late) {
		if len(s.WaitFor.Else) > 0 {
			w.warn(s.at+".within", warning{pastUntil, "ends after the rule's until (" + w.Until.String() + "), so the else branch is never taken",
				"shorten it, or move until"})
		}
		return then, thenEnds
	}
	otherwise, elseEnds := w.list(branches[1], late, more)
	return earlier(then, thenEnds, otherwise, elseEnds)
}

// branches goes through ways of which any may be taken. A step without any
// takes no time.
func (w *walk) branches(s step, from sendtime.Duration, more bool) (at sendtime.Duration, ended bool) {
	past := s.Split != nil && !slices.ContainsFunc(s.Split.Branches, func(b rule.Branch) bool { return b.Rest() })
	at, ended = from, len(s.branches()) > 0 && !past
	for _, b := range s.branches() {
		end, stops := w.list(b, from, more)
		at, ended = earlier(at, ended, end, stops)
	}
	return at, ended
}

// earlier gives the earlier of two ends of which one at least is none.
func earlier(a sendtime.Duration, aEnds bool, b sendtime.Duration, bEnds bool) (sendtime.Duration, bool) {
	switch {
	case aEnds && bEnds:
		return a, true
	case aEnds || !bEnds && b.Least() < a.Least():
		return b, false
	}
	return a, false
}

// aMonday is where the search for an hour begins, in UTC: the hours of the
// week are the same in every zone.
func aMonday() time.Time { return time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC) }

// startOfSteps gives the hours at which the first step begins; zero: at any.
// What a day or a finished period gives begins at midnight.
func (v *view) startOfSteps() sendtime.When {
	switch t := v.When; {
	case t.Schedule != nil:
		return t.Schedule.When
	case t.Date != nil, t.Drop != nil:
		midnight, err := sendtime.ParseWhen("daily 00:00")
		if err == nil {
			return midnight
		}
	}
	return sendtime.When{}
}

// places looks at when the sends of a list may go out. start is when the list
// begins; zero: at any time.
func (v *view) places(b branch, start sendtime.When) {
	for _, s := range b.list() {
		if s.Send != nil && !s.Send.Item {
			v.legal(s)
			v.inTime(s, start)
			v.rush(s, start)
		}
		begins := start
		if s.WaitFor != nil {
			begins = sendtime.When{}
		}
		for _, below := range s.branches() {
			v.places(below, begins)
		}
		start = sendtime.When{}
		if s.Wait != nil {
			start = s.Wait.When
		}
	}
}

// legal looks for places whose law leaves nothing of the time of a send open.
func (v *view) legal(s step) {
	if when := s.Send.At.When; when.IsZero() || !sendtime.Next(sendtime.Request{Now: aMonday(), Zone: time.UTC, When: when}).OK {
		return // any time, or none within a year, such as 29 February
	}
	var closed []string
	for _, law := range v.Bundle.Policy.Legal {
		place := placeOf(law)
		if !slices.Contains(closed, place) && !v.openIn(s.Send, law) {
			closed = append(closed, place)
		}
	}
	if len(closed) == 0 {
		return
	}
	v.warn(s.at+".at", warning{outsideLegalHours, "the law leaves nothing of it open in " + strings.Join(closed, ", ") + " by " + words(v.channels(s.Send)) +
		", so nobody there gets this message", "choose another time or channel, or name in the audience whom you mean"})
}

func placeOf(l policy.Legal) string {
	switch {
	case l.Country == "":
		return "any country"
	case l.Region != "":
		return l.Country + "-" + l.Region
	}
	return l.Country
}

// openIn reports whether a send may go out by one of its channels where a law
// holds.
func (v *view) openIn(send *rule.Send, law policy.Legal) bool {
	for _, c := range v.channels(send) {
		request := v.Bundle.Policy.Request(c, send.Topic, policy.Facts{
			Now: aMonday(), Place: policy.Place{Country: law.Country, Regions: []string{law.Region}, Zone: time.UTC},
		})
		request.When = send.At.When
		if sendtime.Next(request).OK {
			return true
		}
	}
	return len(v.channels(send)) == 0
}

// channels gives those that a send may use.
func (v *view) channels(send *rule.Send) []customer.Channel {
	if len(send.Channels) > 0 {
		return send.Channels
	}
	return v.Bundle.Templates.Channels(send.Template)
}

func words(channels []customer.Channel) string {
	list := make([]string, len(channels))
	for i, c := range channels {
		list[i] = string(c)
	}
	return strings.Join(list, ", ")
}

// inTime looks for a send that begins at known moments of the week and whose
// within is always over before it may go out.
func (v *view) inTime(s step, start sendtime.When) {
	if s.Send.Late == rule.LateSend || !start.OnlyPoints() {
		return
	}
	request := sendtime.Request{Now: aMonday(), Zone: time.UTC, When: s.Send.At.When}
	if !s.Send.Urgent {
		request.Quiet = v.Bundle.Policy.Quiet
	}
	const starts = 100
	from := aMonday()
	for i := range starts {
		begins := sendtime.Next(sendtime.Request{Now: from, Zone: time.UTC, When: start})
		if !begins.OK && i == 0 {
			return // not within a year, such as 29 February
		}
		if !begins.OK {
			break
		}
		request.Now, request.Deadline = begins.At, s.Send.Within.After(begins.At, time.UTC)
		if sendtime.Next(request).OK {
			return
		}
		from = begins.At.Add(time.Minute)
	}
	v.warn(s.at+".within", warning{neverInTime, "is over (" + s.Send.Within.String() + ") before the message may go out, since this step begins " + start.String(),
		"write a longer within, or choose a time that comes sooner"})
}
