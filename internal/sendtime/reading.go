package sendtime

import "time"

// Reading gives the first instant, in UTC, at which the clock on the wall of a
// zone (nil is UTC) has reached a reading. The reading is given as an instant
// of UTC that looks like it. In the gap of a clock change it is the end of the
// gap, in the fold the first of the two.
func Reading(wall time.Time, zone *time.Location) time.Time {
	c := newClock(wall.Unix(), zone)
	return time.Unix(c.instant(wall.Unix()), 0).UTC()
}

// OnWall gives what the clock on the wall of a zone (nil is UTC) reads at an
// instant, as an instant of UTC that looks like it: Reading turned around.
func OnWall(t time.Time, zone *time.Location) time.Time {
	c := newClock(t.Unix(), zone)
	return time.Unix(c.wall(t.Unix()), 0).UTC()
}
