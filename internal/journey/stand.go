package journey

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// AgainFrom gives the first instant of a reason for which a rule reaches the
// customer once more, after an outreach of it. Zero: of any; ever is false
// when it never does.
func AgainFrom(m *rule.Matcher, s rule.Subject, last ledger.Outreach) (from time.Time, ever bool) {
	switch m.Again.Kind {
	case rule.Never:
		return time.Time{}, false
	case rule.AfterSpan:
		return m.Again.After.After(last.At, s.Zone), true
	case rule.EachPeriod:
		return m.PeriodEnd(s, last.At), true
	}
	return time.Time{}, true
}

// Reach gives why none of a rule's messages could reach the customer; "" when
// one could.
func Reach(m *rule.Matcher, e Entry) customer.Reason { return reach(m, e) }
