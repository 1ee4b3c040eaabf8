package rule

import (
	"time"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// LooksBack gives how far into the past the rule looks, at most: by windows,
// periods, what may be missing, silence and its goal. What counts without any
// bound, such as the number of all purchases, is not counted here: it is kept of
// each customer, however old its events are.
func (m *Matcher) LooksBack() time.Duration {
	var longest time.Duration
	for _, d := range m.defs {
		longest = max(longest, d.Window.Most(), time.Duration(max(d.Keep, 1)+1)*periodOf(d.Per))
	}
	for _, d := range []sendtime.Duration{m.silentFor(), m.missingWithin(), m.goalWithin()} {
		longest = max(longest, d.Most())
	}
	return longest
}

// periodOf gives how long a period may be; 0: it has no bound.
func periodOf(p behaviour.Period) time.Duration {
	const day = 24 * time.Hour
	switch p.Kind {
	case behaviour.Day:
		return 2 * day
	case behaviour.Week:
		return 8 * day
	case behaviour.Month, behaviour.MonthFrom:
		return 32 * day
	}
	return 0
}

func (m *Matcher) silentFor() sendtime.Duration {
	if m.When.Silent == nil {
		return sendtime.Duration{}
	}
	return m.When.Silent.For
}

func (m *Matcher) missingWithin() sendtime.Duration {
	if m.When.Missing == nil {
		return sendtime.Duration{}
	}
	return m.When.Missing.Within
}

func (m *Matcher) goalWithin() sendtime.Duration {
	if m.Goal == nil {
		return sendtime.Duration{}
	}
	return m.Goal.Within
}
