package habit

import (
	"math"
	"math/bits"
	"time"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

const (
	week = 7 * 24

	// halfLife is after how many hours an engagement counts half: eight weeks. A habit that changed is
	// outweighed within about that time. Four weeks would forget in half of it, but somebody who comes once
	// a month would never show the evidence of three days.
	halfLife = 8 * week

	// latest is how many hours before the newest engagement one may lie and still be taken.
	latest = halfLife

	// unit is one engagement of weight 1 in the quantised week, at the beginning of its half-life; it is twice
	// that at the end. After five half-lives nothing is left of it.
	unit = 16

	// most is the largest value of a cell: more than twenty engagements, which an hour reaches only if they
	// come every week for years. Eleven bits hold three times as many states.
	most = 1<<11/3 - 1

	// mostDays bounds the days on the same scale; every day for ever makes fewer.
	mostDays = 1<<13 - 1

	// firstHour and lastHour bound the hours since 1970 that are taken: four bytes hold them.
	firstHour = halfLife + week
	lastHour  = 1<<28 - 1
)

// Weight is how much an engagement counts.
type Weight uint8

const (
	// Seen is the weight of an own act, a log-on or an opened message.
	Seen Weight = 1
	// Answered is the weight of a click, a reply or a purchase. Whatever is heavier counts as this.
	Answered Weight = 2
)

// Profile is one customer's engagement on one channel, or on any: a week of 168 hours on the customer's own
// clock. It holds presence, not counts: all acts within one hour of one week are one engagement, the heaviest.
// The last seven days are kept hour by hour, so the order in which they arrive does not matter; what is older
// is a decayed sum of small whole numbers, the very ones that are stored. So a profile that was stored and
// read again decides as one that stayed in memory. Profiles can be compared with ==.
//
// The zero value holds nothing. A Profile is a plain value of some 400 bytes; it is not safe for use by
// several goroutines while one of them adds.
type Profile struct {
	past   [week]uint16 // older than the last seven days, in units of the half-life that held the oldest of them
	seen   hours        // of the last seven days up to newest
	heavy  hours        // those of seen that were Answered
	newest int32        // hour since 1970 on the customer's clock; 0: nothing
	late   int32        // hour of the last engagement that came more than a week late
	day    int32        // the last day that days counts
	days   uint16       // days with engagements, like past
}

// hours is sendtime.Hours with what only this package needs.
type hours = sendtime.Hours

// hourAt is the hour since 1970 that the clock shows, by the instant's own location.
func hourAt(at time.Time) int64 {
	_, offset := at.Zone()
	seconds := at.Unix() + int64(offset)
	hour := seconds / 3600
	if seconds%3600 < 0 {
		hour--
	}
	return hour
}

// slotOf is the hour of the week of an hour since 1970, which was a Thursday.
func slotOf(hour int32) int { return int(uint32(hour+3*24) % week) }

// Add counts an engagement at an instant on the customer's own clock, which is its location. A heavier one in
// the same hour replaces a lighter one. What comes up to eight weeks after later ones is taken with its
// decayed weight, and of a row of such acts in one hour the first; what is older, before 1970 or without
// weight is left out.
//
// The caller refuses instants that are still to come: after one of these, everything before it would be old.
func (p *Profile) Add(at time.Time, weight Weight) {
	h := hourAt(at)
	if weight == 0 || h < firstHour || h > lastHour {
		return
	}
	hour := int32(h)
	if hour > p.newest {
		p.advance(hour)
	}
	if hour <= p.newest-week {
		p.addLate(hour, min(weight, Answered))
		return
	}
	p.seen.Add(slotOf(hour))
	if weight >= Answered {
		p.heavy.Add(slotOf(hour))
	}
}

// Evidence is the decayed number of engagements, each by its weight. It never grows without an Add.
func (p *Profile) Evidence(now time.Time) float64 {
	if p == nil || p.newest == 0 {
		return 0
	}
	var w weighed
	p.weigh(now, &w)
	return w.total
}

// Share is the share of the evidence that lies in some hours, 0 to 1; 0 when there is no evidence.
func (p *Profile) Share(now time.Time, in sendtime.Hours) float64 {
	if p == nil || p.newest == 0 {
		return 0
	}
	var w weighed
	p.weigh(now, &w)
	return w.share(in)
}

// Merge makes two histories one customer's. The hours that both have in their last seven days count once;
// what is older adds up. Which of the two takes the other makes no difference.
func (p *Profile) Merge(q Profile) {
	switch {
	case q.newest == 0:
		return
	case p.newest == 0:
		*p = q
		return
	case q.newest > p.newest:
		p.advance(q.newest)
	case p.newest > q.newest:
		q.advance(p.newest)
	}
	for i := range p.past {
		p.past[i] = min(p.past[i]+q.past[i], most)
	}
	for i := range p.seen {
		p.seen[i] |= q.seen[i]
		p.heavy[i] |= q.heavy[i]
	}
	p.days = min(p.days+q.days, mostDays)
	p.day, p.late = max(p.day, q.day), max(p.late, q.late)
}

// period is the half-life since 1970 in whose units the past is: that of the last hour that belongs to it.
func (p *Profile) period() int32 { return periodOf(p.newest - week) }

func periodOf(hour int32) int32 { return hour / halfLife }

// advance makes an hour the newest: what falls out of the last seven days goes to the past, oldest first.
// The result depends on the engagements alone, not on the steps by which the newest hour came here.
func (p *Profile) advance(to int32) {
	from := p.newest
	if from == 0 {
		p.newest = to
		return
	}
	period := p.period()
	end := min(to-week, from)
	for x := p.seenFrom(from-week+1, end); x <= end; x = p.seenFrom(x+1, end) {
		period = p.rebase(period, periodOf(x))
		p.settle(x, slotOf(x))
	}
	p.rebase(period, periodOf(to-week))
	p.newest = to
}

// seenFrom finds the first hour from one on, both of the last seven days, that was seen; beyond end when there
// is none.
func (p *Profile) seenFrom(hour, end int32) int32 {
	for slot := slotOf(hour); hour <= end; {
		if rest := p.seen[slot/64] >> (slot % 64); rest != 0 {
			return hour + int32(bits.TrailingZeros64(rest))
		}
		skip := min(64-slot%64, week-slot) // to the next word, or around the week
		hour, slot = hour+int32(skip), (slot+skip)%week
	}
	return hour
}

// settle moves an hour of the last seven days to the past, which is in units of that hour's half-life.
func (p *Profile) settle(hour int32, slot int) {
	weight := Seen
	if p.heavy.Has(slot) {
		weight = Answered
	}
	one := worth(hour, periodOf(hour))
	p.past[slot] = min(p.past[slot]+one*uint16(weight), most)
	if day := hour / 24; day != p.day {
		p.day = day
		p.days = min(p.days+one, mostDays)
	}
	p.seen[slot/64] &^= 1 << (slot % 64)
	p.heavy[slot/64] &^= 1 << (slot % 64)
}

// addLate adds to the past what lies before the last seven days.
func (p *Profile) addLate(hour int32, weight Weight) {
	if hour < p.newest-latest || hour == p.late {
		return
	}
	one := worth(hour, p.period())
	slot := slotOf(hour)
	p.past[slot] = min(p.past[slot]+one*uint16(weight), most)
	if day := hour / 24; day != p.late/24 && day != p.day {
		p.days = min(p.days+one, mostDays)
	}
	p.late = hour
}

// worth is what an engagement of weight 1 counts in units of a half-life: 16 at its beginning, 32 at its end,
// less for one before it.
func worth(hour, period int32) uint16 {
	age := float64(hour-period*halfLife) / halfLife
	return uint16(math.Round(unit * math.Exp2(age)))
}

// rebase brings the past to the units of a later half-life. Halves are rounded to even, so that a long row
// of them neither gains nor keeps what should fade.
func (p *Profile) rebase(from, to int32) int32 {
	for ; from < to; from++ {
		if to-from > 16 {
			p.past, p.days = [week]uint16{}, 0
			return to
		}
		for i := range p.past {
			p.past[i] = halved(p.past[i])
		}
		p.days = halved(p.days)
	}
	return to
}

func halved(v uint16) uint16 {
	half := v >> 1
	return half + v&half&1
}
