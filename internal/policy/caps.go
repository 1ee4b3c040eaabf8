package policy

import (
	"cmp"
	"strconv"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Claim is one message's place in its customer's caps: planned, or gone out.
type Claim struct {
	Channel  customer.Channel
	At       time.Time // planned for, or when it went out
	Priority int
	Deadline time.Time // it goes before this instant or not at all; zero: it has time
	Value    float64   // what it is expected to be worth, 0 to 1
	Urgent   bool      // of an urgent topic: the places kept for those are its own too
	Rule     string
	N        int
	Step     string
	Gone     bool // it went out, or may have: its slot is taken for good
}

// before reports whether c comes before d in claim order: the higher priority,
// the earlier deadline, the higher value; what is left is settled the same way
// each time, by rule, number and step. The planned instant has no say: a claim
// that yields moves it, and could then displace the one that it yielded to.
func (c Claim) before(d Claim) bool {
	return cmp.Or(cmp.Compare(d.Priority, c.Priority), compareDeadlines(c.Deadline, d.Deadline), cmp.Compare(d.Value, c.Value),
		cmp.Compare(c.Rule, d.Rule), cmp.Compare(c.N, d.N), cmp.Compare(c.Step, d.Step)) < 0
}

// compareDeadlines orders deadlines, none behind all others.
func compareDeadlines(a, b time.Time) int {
	switch {
	case a.IsZero() || b.IsZero():
		return cmp.Compare(zeroLast(a), zeroLast(b))
	default:
		return a.Compare(b)
	}
}

func zeroLast(t time.Time) int {
	if t.IsZero() {
		return 1
	}
	return 0
}

// over says in words why c has a place that d wants.
func (c Claim) over(d Claim) string {
	switch {
	case c.Gone:
		return "it went out"
	case c.Priority != d.Priority:
		return "priority " + strconv.Itoa(c.Priority)
	case compareDeadlines(c.Deadline, d.Deadline) != 0:
		return "it has less time"
	case c.Value > d.Value:
		return "it is worth more"
	}
	if c.Rule == d.Rule {
		return "it came first"
	}
	return "as good, and before it by name"
}

func (c Claim) same(d Claim) bool { return c.Rule == d.Rule && c.N == d.N && c.Step == d.Step }

// Slot says whether a claim has a place in every cap, and if not until when
// the first full one lasts, and who has its last place.
type Slot struct {
	OK     bool
	Until  time.Time
	Winner string // the rule that took the place: of several the last in claim order
	Why    string // why it has it, in words
	Full   Cap    // the cap that is full
}

// Free says whether a claim has a place at an instant: in every cap that
// counts it, those that went out and those planned before it in claim order
// leave room. Days, weeks and months are the customer's own. Beyond a cap's
// places for all stand those that are kept for urgent topics, which take their
// own first.
func (p *Policy) Free(mine Claim, at time.Time, others []Claim, zone *time.Location) Slot {
	free := Slot{OK: true}
	for _, limit := range p.Caps {
		if limit.Channel != "" && limit.Channel != mine.Channel {
			continue
		}
		start, end := limit.Per.around(at, zone)
		taken, urgent, winner := 0, 0, Claim{}
		for _, other := range others {
			counts := !other.same(mine) && (limit.Channel == "" || other.Channel == limit.Channel) &&
				!other.At.Before(start) && other.At.Before(end) && (other.Gone || other.before(mine))
			if !counts {
				continue
			}
			if other.Urgent {
				urgent++
			}
			if taken++; taken == 1 || winner.ahead(other) {
				winner = other
			}
		}
		if limit.full(mine, taken, urgent) && end.After(free.Until) {
			free = Slot{Until: end, Winner: winner.Rule, Why: winner.over(mine), Full: limit}
		}
	}
	return free
}

// ahead reports whether c has its place more surely than d: what went out
// first, then claim order.
func (c Claim) ahead(d Claim) bool {
	if c.Gone != d.Gone {
		return c.Gone
	}
	return c.before(d)
}

// full reports whether a claim has no place beside so many that have one, of
// which some are urgent.
func (c Cap) full(mine Claim, taken, urgent int) bool {
	if mine.Urgent && urgent < c.Urgent {
		return false
	}
	return taken-min(urgent, c.Urgent) >= c.Most
}

// places gives how many messages have room, urgent ones or others.
func (c Cap) places(urgent bool) int {
	if urgent {
		return c.Most + c.Urgent
	}
	return c.Most
}

// Words gives the cap as one says it: 2 per day, 1 per day by sms.
func (c Cap) Words() string {
	words := c.amount()
	if c.Channel == "" {
		return words
	}
	return words + " by " + string(c.Channel)
}

// around gives the customer's day, week or month that holds an instant,
// [start, end).
func (s Span) around(at time.Time, zone *time.Location) (start, end time.Time) {
	y, m, d := at.In(zone).Date()
	switch s {
	case PerWeek:
		d -= (int(at.In(zone).Weekday()) + 6) % 7
		return firstOf(y, m, d, zone), firstOf(y, m, d+7, zone)
	case PerMonth:
		return firstOf(y, m, 1, zone), firstOf(y, m+1, 1, zone)
	}
	return firstOf(y, m, d, zone), firstOf(y, m, d+1, zone)
}

// firstOf gives the first instant of a calendar day: the one after the gap
// where a clock change skips midnight.
func firstOf(y int, m time.Month, d int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if t.Day() != time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Day() {
		_, t = t.ZoneBounds()
	}
	return t.UTC()
}

// Longest is the longest span of any cap: how far back claims count.
func (p *Policy) Longest() time.Duration {
	longest := 24 * time.Hour
	for _, limit := range p.Caps {
		switch limit.Per {
		case PerWeek:
			longest = max(longest, 7*24*time.Hour)
		case PerMonth:
			longest = max(longest, 31*24*time.Hour)
		}
	}
	return longest + time.Hour
}
