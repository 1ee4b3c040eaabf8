package customer

import "time"

// StartOfDay gives the first instant of a calendar day in a zone, in UTC.
// Where a clock change skips midnight it is the instant of the change, where
// midnight comes twice the first of the two, and of a day that was skipped as
// a whole the start of the next. Months and days out of their range are
// carried on, as time.Date does.
func StartOfDay(year int, month time.Month, day int, zone *time.Location) time.Time {
	t := time.Date(year, month, day, 0, 0, 0, 0, zone)
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() // as the clock on the wall reads it
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	switch reading := t.Unix() + int64(offset); {
	case reading < midnight && !end.IsZero():
		return end.UTC()
	case reading > midnight && !start.IsZero():
		return start.UTC()
	case reading == midnight && !start.IsZero():
		_, before := start.Add(-time.Second).Zone()
		if first := midnight - int64(before); first < start.Unix() {
			return time.Unix(first, 0).UTC()
		}
	}
	return t.UTC()
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
