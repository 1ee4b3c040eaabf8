package sendtime

import (
	"math/bits"
	"time"
)

const (
	hoursPerDay  = 24
	hoursPerWeek = 7 * hoursPerDay
)

// Hours is a set of hours of the week on the customer's clock; hour 0 is Monday 00:00-01:00, hour 167 Sunday
// 23:00-24:00. The zero value is empty. Hours can be compared with ==.
type Hours [3]uint64

func fromMonday(day time.Weekday) int { return (int(day) + 6) % 7 }

// Has says that an hour is in the set; there are none below 0 or beyond 167.
func (h Hours) Has(hour int) bool {
	return 0 <= hour && hour < hoursPerWeek && h[hour/64]>>(hour%64)&1 == 1
}

// Add puts an hour into the set; what is no hour of the week is left out.
func (h *Hours) Add(hour int) {
	if 0 <= hour && hour < hoursPerWeek {
		h[hour/64] |= 1 << (hour % 64)
	}
}

// And gives the hours that are in both sets.
func (h Hours) And(o Hours) Hours {
	return Hours{h[0] & o[0], h[1] & o[1], h[2] & o[2]}
}

// Len counts the hours.
func (h Hours) Len() int {
	return bits.OnesCount64(h[0]) + bits.OnesCount64(h[1]) + bits.OnesCount64(h[2])
}

// Not gives the hours that are not in the set.
func (h Hours) Not() Hours {
	all := everyHour()
	return Hours{all[0] &^ h[0], all[1] &^ h[1], all[2] &^ h[2]}
}

// IsZero says that there is no hour.
func (h Hours) IsZero() bool { return h == Hours{} }

func (h Hours) isFull() bool { return h == everyHour() }

func everyHour() Hours {
	return Hours{^uint64(0), ^uint64(0), 1<<(hoursPerWeek-128) - 1}
}

// day gives the hours of a weekday counted from Monday, bit 0 is midnight.
func (h Hours) day(fromMonday int) uint32 {
	first := fromMonday * hoursPerDay
	word, bit := first/64, first%64
	found := h[word] >> bit
	if bit > 64-hoursPerDay {
		found |= h[word+1] << (64 - bit)
	}
	return uint32(found) & (1<<hoursPerDay - 1)
}

// on adds the minutes that the hours of a weekday cover.
func (h Hours) on(day time.Weekday, out *dayMask) {
	rest := h.day(fromMonday(day))
	for rest != 0 {
		from := bits.TrailingZeros32(rest)
		length := bits.TrailingZeros32(^(rest >> from))
		out.set(from*60, (from+length)*60)
		rest &^= (1<<length - 1) << from
	}
}

// HoursOf gives the hours of which a When holds any minute in an ordinary week. A zero When and one with a
// line for any time, for days of the month or of cron may hold a minute of any hour: it gives all.
func HoursOf(w When) Hours {
	if w.c == nil || w.c.any || len(w.c.dated) > 0 {
		return everyHour()
	}
	var h Hours
	for _, week := range []*[7]dayMask{w.c.windows, w.c.points} {
		if week == nil {
			continue
		}
		for day := range week {
			h.addTouched(fromMonday(time.Weekday(day)), &week[day])
		}
	}
	return h
}

// addTouched adds the hours of a day of which a mask has any minute.
func (h *Hours) addTouched(fromMonday int, minutes *dayMask) {
	for minute := minutes.next(0); minute < minutesPerDay; {
		hour := minute / 60
		h.Add(fromMonday*hoursPerDay + hour)
		minute = minutes.next((hour + 1) * 60)
	}
}

// stretch is a row of hours that begins on some days of the week; bit 0 is Sunday.
type stretch struct {
	from, length int
	weekdays     uint8
}

// stretches gives the rows of hours, those of one shape together, in the order of their first day from Monday.
// A row goes over midnight when it is shorter than a day; a longer one is told day by day.
func (h Hours) stretches() []stretch {
	var all []stretch
	for hour := range hoursPerWeek {
		before := (hour + hoursPerWeek - 1) % hoursPerWeek
		if h.Has(hour) && !h.Has(before) {
			all = h.addRow(all, hour)
		}
	}
	if h.isFull() {
		all = append(all, stretch{length: hoursPerDay, weekdays: everyWeekday})
	}
	return all
}

// addRow adds the row of hours that begins with one.
func (h Hours) addRow(all []stretch, first int) []stretch {
	length := 1
	for h.Has((first + length) % hoursPerWeek) {
		length++
	}
	for length > 0 {
		piece := length
		if length >= hoursPerDay {
			piece = min(length, hoursPerDay-first%hoursPerDay)
		}
		all = addStretch(all, first%hoursPerWeek, piece)
		first, length = first+piece, length-piece
	}
	return all
}

func addStretch(all []stretch, first, length int) []stretch {
	weekday := uint8(1) << ((first/hoursPerDay + 1) % 7)
	from := first % hoursPerDay
	for i := range all {
		if all[i].from == from && all[i].length == length {
			all[i].weekdays |= weekday
			return all
		}
	}
	return append(all, stretch{from: from, length: length, weekdays: weekday})
}
