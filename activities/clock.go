package activities

import "time"

// Clock is the engine's time. It may run many times as fast as the machine's:
// tests and drills live weeks in seconds with it.
type Clock struct {
	read  func() time.Time
	speed float64
	hand  bool // it is set by hand, and the machine's goes as it does
}

// RealTime gives the clock of the machine.
func RealTime() Clock { return Clock{read: time.Now, speed: 1} }

// FastTime gives a clock that reads start now and runs speed times as fast.
func FastTime(start time.Time, speed float64) Clock {
	began := time.Now()
	return Clock{speed: speed, read: func() time.Time {
		return start.Add(time.Duration(float64(time.Since(began)) * speed))
	}}
}

// SetTime gives a clock that reads whatever read gives.
func SetTime(read func() time.Time) Clock { return Clock{read: read, speed: 1, hand: true} }

// Now gives the engine's time, UTC.
func (c Clock) Now() time.Time { return c.read().UTC() }

// Machine gives the machine's time, UTC, in whole microseconds: rates go by it,
// however fast the engine's runs. Of a clock that is set by hand it is what that
// one reads.
func (c Clock) Machine() time.Time {
	if c.hand {
		return c.Now().Truncate(time.Microsecond)
	}
	return time.Now().UTC().Truncate(time.Microsecond)
}

// Until gives how long it is on the machine's clock until an instant of the
// engine's; never negative.
func (c Clock) Until(t time.Time) time.Duration {
	return max(time.Duration(float64(t.Sub(c.Now()))/c.speed), 0)
}

// Since gives how long ago an instant of the engine's is on the machine's
// clock; never negative.
func (c Clock) Since(t time.Time) time.Duration {
	return max(time.Duration(float64(c.Now().Sub(t))/c.speed), 0)
}

// Span gives how much engine time passes in a span of the machine's.
func (c Clock) Span(d time.Duration) time.Duration {
	return time.Duration(float64(d) * c.speed)
}

// PacedTime gives a clock that reads whatever read gives, and never runs more
// than speed times as fast as the machine's.
func PacedTime(read func() time.Time, speed float64) Clock { return Clock{read: read, speed: speed} }
