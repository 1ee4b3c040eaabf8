package sendtime

import "math/bits"

// dayMask holds the minutes of one local day, 0 to 1439, one bit each.
type dayMask [(minutesPerDay + 63) / 64]uint64

// set turns on the minutes [from, to).
func (m *dayMask) set(from, to int) {
	for minute := from; minute < to; {
		word, bit := minute/64, minute%64
		count := min(to-minute, 64-bit)
		m[word] |= (^uint64(0) >> (64 - count)) << bit
		minute += count
	}
}

func (m *dayMask) has(minute int) bool {
	return m[minute/64]>>(minute%64)&1 == 1
}

func (m *dayMask) empty() bool { return *m == dayMask{} }

func fullDay() (m dayMask) {
	m.set(0, minutesPerDay)
	return m
}

func (m *dayMask) add(other *dayMask) {
	for i := range m {
		m[i] |= other[i]
	}
}

// keep turns off what another mask has not.
func (m *dayMask) keep(other *dayMask) {
	for i := range m {
		m[i] &= other[i]
	}
}

// next is the first minute at or after one whose bit is on; minutesPerDay when there is none.
func (m *dayMask) next(minute int) int { return m.seek(minute, 0) }

// runEnd is the first minute after one whose bit differs from its own; minutesPerDay at the latest.
func (m *dayMask) runEnd(minute int) int {
	if m.has(minute) {
		return m.seek(minute, ^uint64(0))
	}
	return m.seek(minute, 0)
}

// seek finds the first minute at or after one whose bit is on once the mask is flipped.
func (m *dayMask) seek(minute int, flip uint64) int {
	if minute >= minutesPerDay {
		return minutesPerDay
	}
	word := minute / 64
	rest := (m[word] ^ flip) & (^uint64(0) << (minute % 64))
	for rest == 0 {
		word++
		if word == len(m) {
			return minutesPerDay
		}
		rest = m[word] ^ flip
	}
	return min(word*64+bits.TrailingZeros64(rest), minutesPerDay)
}

// runStart is the first minute of the run of equal bits that a minute belongs to.
func (m *dayMask) runStart(minute int) int {
	flip := uint64(0)
	if m.has(minute) {
		flip = ^flip
	}
	word := minute / 64
	rest := (m[word] ^ flip) & (^uint64(0) >> (63 - minute%64))
	for rest == 0 {
		word--
		if word < 0 {
			return 0
		}
		rest = m[word] ^ flip
	}
	return word*64 + 64 - bits.LeadingZeros64(rest)
}
