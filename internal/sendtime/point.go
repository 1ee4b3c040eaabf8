package sendtime

// pointSearch walks through the points of a calendar in the order of time.
type pointSearch struct {
	calendar *calendar
	clock    clock
	from     int64 // points whose minute is over by then are left out

	day    int64 // the next reading to look at: a day counted from 1 January 1970, and a minute of it
	minute int
	points dayMask
}

// searchPoints begins with the minute that holds an instant. Just after a clock change it looks a day back:
// the gap may have moved a point there.
func searchPoints(calendar *calendar, clock clock, from int64) pointSearch {
	wall := clock.wall(from) - 60
	if clock.period(from).from > from-60 {
		wall -= secondsPerDay
	}
	day, second := dayOf(wall)
	p := pointSearch{calendar: calendar, clock: clock, from: from, day: day, minute: int(second / 60)}
	calendar.pointsOn(day, &p.points)
	return p
}

// next is the first instant of the next point's minute, if it is before limit.
func (p *pointSearch) next(limit int64) (int64, bool) {
	for {
		minute := p.points.next(p.minute)
		if minute == minutesPerDay {
			if !p.turn(limit) {
				return 0, false
			}
			continue
		}
		p.minute = minute + 1
		at := p.clock.instant(p.day*secondsPerDay + int64(minute)*60)
		if at >= limit {
			return 0, false
		}
		if at+60 > p.from && p.happens(at) {
			return at, true
		}
	}
}

// turn goes to the next day, if it begins before limit.
func (p *pointSearch) turn(limit int64) bool {
	p.day++
	p.minute = 0
	p.points = dayMask{}
	if p.clock.instant(p.day*secondsPerDay) >= limit {
		return false
	}
	p.calendar.pointsOn(p.day, &p.points)
	return true
}

// happens says that a point's day exists: Samoa had no 30 December 2011. A point that the end of a gap moved
// over midnight still counts when its day had other hours.
func (p *pointSearch) happens(at int64) bool {
	if p.isToday(at) {
		return true
	}
	return p.isToday(p.clock.instant(p.day * secondsPerDay))
}

func (p *pointSearch) isToday(at int64) bool {
	day, _ := dayOf(p.clock.wall(at))
	return day == p.day
}
