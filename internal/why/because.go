package why

import (
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/wording"
)

// because says why there is a case: what its rule saw at that time.
func (t *teller) because(c Case) string {
	text := wording.Figures(c.Match)
	if c.Matcher != nil {
		text = t.saw(c.Matcher, c)
	}
	about := aboutWords(c.Matcher, c.About)
	if text == "" && about != "" {
		return about[1:]
	}
	return text + about
}

// saw says what a trigger saw.
func (t *teller) saw(m *rule.Matcher, c Case) string {
	switch w := m.When; {
	case w.Event != nil:
		return w.Event.Event + where(w.Event.Where)
	case w.Usage != nil:
		return usageThen(w.Usage, c.Match)
	case w.Silent != nil:
		return t.silenceThen(w.Silent, c)
	case w.Missing != nil && w.Missing.By != "":
		text := "no " + w.Missing.Event + " by " + w.Missing.By + " of " + w.Missing.After
		if at, ok := c.Match[w.Missing.By].Time(t.zone); ok {
			text += ", " + t.promise(c.Match[w.Missing.By], at)
		}
		return text
	case w.Missing != nil:
		return "no " + w.Missing.Event + " within " + w.Missing.Within.String() + " after " + w.Missing.After
	}
	return t.sawThen(m, c)
}

func (t *teller) sawThen(m *rule.Matcher, c Case) string {
	count := func() string { n, _ := c.Match["count"].Float(); return wording.Exact(n) }
	switch w := m.When; {
	case w.Count != nil:
		return fmt.Sprintf("%s %s within %s", count(), w.Count.Event, w.Count.Within) + where(w.Count.Where)
	case w.Drop != nil:
		usual, _ := c.Match["usual"].Float()
		text := count() + " " + w.Drop.Event + " in the " + string(w.Drop.Per.Kind)
		if at, ok := customer.Text(c.Key).Time(t.zone); ok {
			text += " from " + t.date(at)
		}
		return text + ", usually " + wording.Exact(usual)
	case w.Date != nil:
		return t.dayThen(w.Date, c)
	case w.Schedule != nil:
		return "the time " + t.local(c.At)
	case w.Becomes != nil:
		return w.Becomes.Cond.String() + " became true"
	}
	return wording.Figures(c.Match)
}

func usageThen(w *rule.UsageTrigger, match map[string]customer.Value) string {
	amount, _ := match["used"].Float()
	limit, _ := match["limit"].Float()
	share, _ := match["share"].Float()
	return used(w, amount, limit) + ", " + wording.Percent(share)
}

// silenceThen tells the act that a silence followed, which is its key.
func (t *teller) silenceThen(w *rule.SilentTrigger, c Case) string {
	text := "no " + act(w.Event)
	if last, err := time.Parse(time.RFC3339Nano, c.Key); err == nil {
		text += " since " + t.local(last)
	}
	if w.Unusual {
		return text + ", longer than usual"
	}
	return text + ", for " + w.For.String()
}

func (t *teller) dayThen(w *rule.DateTrigger, c Case) string {
	side := "before"
	if w.After {
		side = "after"
	}
	text := c.Match[side].String() + " " + side + " " + w.Of
	if day, ok := c.Match["day"].Time(t.zone); ok {
		text += ", " + t.date(day)
	}
	return text
}
