package sendtime_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

const (
	byWindow  = sendtime.MovedWindow
	byQuiet   = sendtime.MovedQuiet
	byLegal   = sendtime.MovedLegal
	byHoliday = sendtime.MovedHoliday
	bySpread  = sendtime.MovedSpread
	elsewhere = sendtime.MovedElsewhere

	threeQuarters = uint64(3) << 62
	half          = uint64(math.MaxUint64/2 + 1)
	last          = uint64(math.MaxUint64)
)

// asked is one row: a request in words, and the answer. No wanted instant means that none is allowed.
type asked struct {
	zone, now, when, quiet, legal, deadline string
	holiday                                 string // 2026-11-26
	also                                    string // names of zones with a blank between
	hours                                   sendtime.Hours
	spread                                  uint64
	want                                    string
	moved                                   sendtime.Moved
}

func (a asked) request(t testing.TB) sendtime.Request {
	r := sendtime.Request{
		Now: at(t, a.now), Zone: zone(t, a.zone), Deadline: at(t, a.deadline), Spread: a.spread,
		Hours: a.hours, When: maybe(t, a.when), Quiet: maybe(t, a.quiet), Legal: laws(t, a.legal),
	}
	for name := range strings.FieldsSeq(a.also) {
		r.Also = append(r.Also, zone(t, name))
	}
	if a.holiday != "" {
		r.Holiday = func(year int, month time.Month, day int) bool {
			return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) == a.holiday
		}
	}
	return r
}

// laws reads what each of some laws leaves open, separated by " & ".
func laws(t testing.TB, text string) (open []sendtime.When) {
	if text == "" {
		return nil
	}
	for law := range strings.SplitSeq(text, " & ") {
		open = append(open, when(t, law))
	}
	return open
}

// maybe reads a line if there is one.
func maybe(t testing.TB, text string) sendtime.When {
	if text == "" {
		return sendtime.When{}
	}
	return when(t, text)
}

func checkNext(t *testing.T, rows map[string]asked) {
	t.Helper()
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := row.request(t)
			got := sendtime.Next(r)
			want := ""
			if got.OK {
				want = reads(got.At, r.Zone)
				require.Equal(t, time.UTC, got.At.Location())
			}
			require.Equal(t, row.want, want)
			require.Equal(t, row.moved, got.Moved)
			require.Equal(t, got.OK, !got.At.IsZero())
		})
	}
}

func TestNext_clockChanges(t *testing.T) {
	t.Parallel()
	checkNext(t, map[string]asked{
		"09:00 in New York, asked the day before spring":     {zone: "America/New_York", now: "2026-03-07T09:30:00-05:00", when: "daily 09:00", want: "2026-03-08T09:00:00-04:00", moved: byWindow},
		"09:00 in New York, asked the day before autumn":     {zone: "America/New_York", now: "2026-10-31T09:30:00-04:00", when: "daily 09:00", want: "2026-11-01T09:00:00-05:00", moved: byWindow},
		"Monday 20:00 in Los Angeles is Tuesday in UTC":      {zone: "America/Los_Angeles", now: "2026-11-24T03:30:00Z", when: "Mon 20:00", want: "2026-11-23T20:00:00-08:00", moved: byWindow},
		"Monday 20:00 in Los Angeles after the clocks went":  {zone: "America/Los_Angeles", now: "2026-10-27T05:00:00Z", when: "Mon 20:00", want: "2026-11-02T20:00:00-08:00", moved: byWindow},
		"a point in the gap is the first instant after it":   {zone: "America/New_York", now: "2026-03-07T12:00:00-05:00", when: "daily 02:30", want: "2026-03-08T03:00:00-04:00", moved: byWindow},
		"a point in the fold, before it":                     {zone: "America/New_York", now: "2026-10-31T12:00:00-04:00", when: "daily 01:30", want: "2026-11-01T01:30:00-04:00", moved: byWindow},
		"a point in the fold happens once":                   {zone: "America/New_York", now: "2026-11-01T01:31:00-04:00", when: "daily 01:30", want: "2026-11-02T01:30:00-05:00", moved: byWindow},
		"a cron point in the fold happens once":              {zone: "Europe/Berlin", now: "2026-10-25T02:31:00+02:00", when: "cron 30 2 * * *", want: "2026-10-26T02:30:00+01:00", moved: byWindow},
		"a cron point in the gap":                            {zone: "Europe/Berlin", now: "2026-03-29T00:00:00+01:00", when: "cron 30 2 * * *", want: "2026-03-29T03:00:00+02:00", moved: byWindow},
		"a window that the gap swallows is next week's":      {zone: "Europe/Berlin", now: "2026-03-28T12:00:00+01:00", when: "Sun 02:00-03:00", want: "2026-04-05T02:00:00+02:00", moved: byWindow},
		"a window that the gap cuts starts after it":         {zone: "Europe/Berlin", now: "2026-03-28T12:00:00+01:00", when: "Sun 02:30-04:00", want: "2026-03-29T03:00:00+02:00", moved: byWindow},
		"a window over the fold is an hour longer":           {zone: "Europe/Berlin", now: "2026-10-24T12:00:00+02:00", when: "Sun 02:00-03:00", spread: half, want: "2026-10-25T02:00:00+01:00", moved: byWindow | bySpread},
		"quiet hours that end in the fold come back":         {zone: "Europe/Berlin", now: "2026-10-25T02:00:00+01:00", quiet: "daily 21:00-02:30", want: "2026-10-25T02:30:00+01:00", moved: byQuiet},
		"half an hour of gap on Lord Howe":                   {zone: "Australia/Lord_Howe", now: "2026-10-03T12:00:00+10:30", when: "daily 02:15", want: "2026-10-04T02:30:00+11:00", moved: byWindow},
		"half an hour of fold on Lord Howe":                  {zone: "Australia/Lord_Howe", now: "2026-04-05T01:40:00+11:00", when: "daily 01:45", want: "2026-04-05T01:45:00+11:00", moved: byWindow},
		"half an hour of fold on Lord Howe, the second pass": {zone: "Australia/Lord_Howe", now: "2026-04-05T01:40:00+10:30", when: "daily 01:45", want: "2026-04-06T01:45:00+10:30", moved: byWindow},
		"three quarters of an hour in Nepal":                 {zone: "Asia/Kathmandu", now: "2026-11-23T00:00:00Z", when: "daily 08:00-09:00", want: "2026-11-23T08:00:00+05:45", moved: byWindow},
		"a Friday that Samoa did not have":                   {zone: "Pacific/Apia", now: "2011-12-29T12:00:00-10:00", when: "Fri 09:00", want: "2012-01-06T09:00:00+14:00", moved: byWindow},
		"the day after it comes at once":                     {zone: "Pacific/Apia", now: "2011-12-29T12:00:00-10:00", when: "Sat 00:00", want: "2011-12-31T00:00:00+14:00", moved: byWindow},
		"midnight is skipped in Sao Paulo":                   {zone: "America/Sao_Paulo", now: "2018-11-03T12:00:00-03:00", when: "Sun 00:00", want: "2018-11-04T01:00:00-02:00", moved: byWindow},
		"a gap over midnight moves a point to the next day":  {zone: "America/Toronto", now: "1919-03-30T12:00:00-05:00", when: "Sun 23:45", want: "1919-03-31T00:30:00-04:00", moved: byWindow},
		"a window that the gap shortens, asked inside it":    {zone: "America/New_York", now: "2026-03-08T03:10:00-04:00", when: "Sun 01:00-05:00", spread: half, want: "2026-03-08T03:30:00-04:00", moved: bySpread},
	})
}

func TestNext_days(t *testing.T) {
	t.Parallel()
	checkNext(t, map[string]asked{
		"now is in the window":                    {zone: "Europe/Berlin", now: "2026-11-23T19:00:00.5+01:00", when: "Mon 18:00-21:00", want: "2026-11-23T19:00:00.5+01:00"},
		"now is at its end":                       {zone: "Europe/Berlin", now: "2026-11-23T21:00:00+01:00", when: "Mon 18:00-21:00", want: "2026-11-30T18:00:00+01:00", moved: byWindow},
		"now is within the point's minute":        {zone: "Europe/Berlin", now: "2026-11-23T20:30:40+01:00", when: "Mon 20:30", want: "2026-11-23T20:30:40+01:00"},
		"the point's minute is over":              {zone: "Europe/Berlin", now: "2026-11-23T20:31:00+01:00", when: "Mon 20:30", want: "2026-11-30T20:30:00+01:00", moved: byWindow},
		"Monday night is Tuesday morning":         {zone: "Europe/Berlin", now: "2026-11-24T01:00:00+01:00", when: "Mon 22:00-02:00", want: "2026-11-24T01:00:00+01:00"},
		"the earlier of two lines":                {zone: "Europe/Berlin", now: "2026-11-23T22:00:00+01:00", when: "Mon 20:30; Wed 10:00-12:00", want: "2026-11-25T10:00:00+01:00", moved: byWindow},
		"a point before a window":                 {zone: "Europe/Berlin", now: "2026-11-23T22:00:00+01:00", when: "Tue 20:30; Wed 10:00-12:00", want: "2026-11-24T20:30:00+01:00", moved: byWindow},
		"the 1st":                                 {zone: "Europe/Berlin", now: "2026-11-23T22:00:00+01:00", when: "1st 09:00", want: "2026-12-01T09:00:00+01:00", moved: byWindow},
		"the 31st skips short months":             {zone: "Europe/Berlin", now: "2027-02-01T00:00:00+01:00", when: "31st 09:00", want: "2027-03-31T09:00:00+02:00", moved: byWindow},
		"the last of February":                    {zone: "Europe/Berlin", now: "2028-02-01T00:00:00+01:00", when: "last 09:00", want: "2028-02-29T09:00:00+01:00", moved: byWindow},
		"29 February within reach":                {zone: "Europe/Berlin", now: "2027-03-01T00:00:00+01:00", when: "cron 0 9 29 2 *", want: "2028-02-29T09:00:00+01:00", moved: byWindow},
		"29 February beyond 400 days":             {zone: "Europe/Berlin", now: "2026-03-01T00:00:00+01:00", when: "cron 0 9 29 2 *", moved: byWindow},
		"no constraint at all":                    {zone: "Europe/Berlin", now: "2026-11-23T03:00:00+01:00", spread: half, want: "2026-11-23T03:00:00+01:00"},
		"any time is no window to be spread over": {zone: "Europe/Berlin", now: "2026-11-23T03:00:00+01:00", when: "any time", spread: half, want: "2026-11-23T03:00:00+01:00"},
		"nor is the whole week":                   {zone: "Europe/Berlin", now: "2026-11-23T03:00:00+01:00", when: "daily 08:00-20:00; daily 20:00-08:00", spread: half, want: "2026-11-23T03:00:00+01:00"},
	})
}

func TestNext_closedTimes(t *testing.T) {
	t.Parallel()
	checkNext(t, map[string]asked{
		"quiet until the morning":                 {zone: "Europe/Berlin", now: "2026-11-23T23:00:00+01:00", quiet: "daily 21:00-08:00", want: "2026-11-24T08:00:00+01:00", moved: byQuiet},
		"the law until the morning":               {zone: "Europe/Berlin", now: "2026-11-23T23:00:00+01:00", legal: "daily 08:00-20:00", want: "2026-11-24T08:00:00+01:00", moved: byLegal},
		"both, and a holiday":                     {zone: "Europe/Berlin", now: "2026-11-23T23:00:00+01:00", quiet: "daily 21:00-08:00", legal: "daily 08:00-20:00", holiday: "2026-11-24", want: "2026-11-25T08:00:00+01:00", moved: byQuiet | byLegal | byHoliday},
		"a holiday all day":                       {zone: "Europe/Berlin", now: "2026-11-24T00:00:00+01:00", holiday: "2026-11-24", want: "2026-11-25T00:00:00+01:00", moved: byHoliday},
		"a window's start is quiet":               {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 20:00-22:00", quiet: "daily 19:00-21:00", want: "2026-11-23T21:00:00+01:00", moved: byWindow | byQuiet},
		"quiet hours outside the window are idle": {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Tue 20:00-22:00", quiet: "daily 23:00-08:00", want: "2026-11-24T20:00:00+01:00", moved: byWindow},
		"a window wholly in quiet hours":          {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "daily 22:00-23:00", quiet: "daily 21:00-08:00", moved: byWindow | byQuiet},
		"a point in quiet hours":                  {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "daily 22:00", quiet: "daily 21:00-08:00", moved: byWindow | byQuiet},
		"a point on a holiday is next week's":     {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Thu 09:00", holiday: "2026-11-26", want: "2026-12-03T09:00:00+01:00", moved: byWindow | byHoliday},
		"a window over midnight into a holiday":   {zone: "Europe/Berlin", now: "2026-11-26T00:30:00+01:00", when: "Wed 22:00-02:00", holiday: "2026-11-26", want: "2026-12-02T22:00:00+01:00", moved: byWindow | byHoliday},
		"a law that is never open":                {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "daily 22:00-23:00", legal: "daily 08:00-20:00", moved: byWindow | byLegal},
		"the deadline is before the window":       {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 20:00-22:00", deadline: "2026-11-23T20:00:00+01:00", moved: byWindow},
		"the deadline is just after its start":    {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 20:00-22:00", deadline: "2026-11-23T20:00:00.1+01:00", want: "2026-11-23T20:00:00+01:00", moved: byWindow},
		"the deadline is now":                     {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", deadline: "2026-11-23T10:00:00+01:00"},
		"the deadline is now, within a second":    {zone: "Europe/Berlin", now: "2026-11-23T10:00:00.5+01:00", deadline: "2026-11-23T10:00:00.5+01:00"},
		"a holiday outside the window is idle":    {zone: "Europe/Berlin", now: "2026-11-26T11:00:00+01:00", when: "Thu 09:00-10:00", holiday: "2026-11-26", want: "2026-12-03T09:00:00+01:00", moved: byWindow},
	})
}

func TestNext_spread(t *testing.T) {
	t.Parallel()
	checkNext(t, map[string]asked{
		"half way through the window":              {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 18:00-21:00", spread: half, want: "2026-11-23T19:30:00+01:00", moved: byWindow | bySpread},
		"its last place":                           {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 18:00-21:00", spread: last, want: "2026-11-23T20:57:59+01:00", moved: byWindow | bySpread},
		"already inside, the place is ahead":       {zone: "Europe/Berlin", now: "2026-11-23T18:30:00+01:00", when: "Mon 18:00-21:00", spread: half, want: "2026-11-23T19:30:00+01:00", moved: bySpread},
		"already inside, the place is behind":      {zone: "Europe/Berlin", now: "2026-11-23T19:30:00.5+01:00", when: "Mon 18:00-21:00", spread: half, want: "2026-11-23T19:30:00.5+01:00"},
		"the deadline cuts the window":             {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 18:00-21:00", spread: half, deadline: "2026-11-23T19:00:00+01:00", want: "2026-11-23T18:30:00+01:00", moved: byWindow | bySpread},
		"quiet hours cut the window":               {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 18:00-23:00", quiet: "daily 20:00-08:00", spread: half, want: "2026-11-23T19:00:00+01:00", moved: byWindow | bySpread},
		"over midnight it is one window":           {zone: "Europe/Berlin", now: "2026-11-24T00:30:00+01:00", when: "Mon 22:00-02:00", spread: last, want: "2026-11-24T01:57:59+01:00", moved: bySpread},
		"the morning after quiet hours":            {zone: "Europe/Berlin", now: "2026-11-23T23:00:00+01:00", quiet: "daily 21:00-08:00", spread: half, want: "2026-11-24T08:30:00+01:00", moved: byQuiet | bySpread},
		"the same when any time is said":           {zone: "Europe/Berlin", now: "2026-11-23T23:00:00+01:00", when: "any time", quiet: "daily 21:00-08:00", spread: half, want: "2026-11-24T08:30:00+01:00", moved: byQuiet | bySpread},
		"a short opening after quiet hours":        {zone: "Europe/Berlin", now: "2026-11-23T23:00:00+01:00", quiet: "daily 21:00-08:00", legal: "daily 07:00-08:20", spread: half, want: "2026-11-24T08:10:00+01:00", moved: byQuiet | byLegal | bySpread},
		"a point is not spread":                    {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 20:30", spread: half, want: "2026-11-23T20:30:00+01:00", moved: byWindow},
		"a point comes before a place in a window": {zone: "Europe/Berlin", now: "2026-11-23T18:10:00+01:00", when: "Mon 18:00-21:00; Mon 18:30", spread: half, want: "2026-11-23T18:30:00+01:00", moved: bySpread},
		"a weekend is one stretch":                 {zone: "Europe/Berlin", now: "2026-11-27T10:00:00+01:00", when: "Sat,Sun 00:00-24:00", spread: half, want: "2026-11-29T00:00:00+01:00", moved: byWindow | bySpread},
		"far inside an endless stretch":            {zone: "Europe/Berlin", now: "2026-11-27T10:00:00+01:00", when: "Mon-Sat 00:00-24:00; " + everyDate, spread: last, want: "2026-11-27T10:00:00+01:00"},
	})
}

func TestNext_margin(t *testing.T) {
	t.Parallel()
	checkNext(t, map[string]asked{
		"three quarters are exact":                    {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 19:00-21:00", spread: threeQuarters, want: "2026-11-23T20:30:00+01:00", moved: byWindow | bySpread},
		"four minutes leave two":                      {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 19:00-19:04", spread: last, want: "2026-11-23T19:01:59+01:00", moved: byWindow | bySpread},
		"whose place is in the margin is in the rest": {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 19:00-19:04", spread: threeQuarters, want: "2026-11-23T19:01:00+01:00", moved: byWindow | bySpread},
		"less has no margin":                          {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 19:00-19:03", spread: last, want: "2026-11-23T19:02:59+01:00", moved: byWindow | bySpread},
		"before a deadline too":                       {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 19:00-21:00", spread: last, deadline: "2026-11-23T20:00:00+01:00", want: "2026-11-23T19:57:59+01:00", moved: byWindow | bySpread},
		"who comes in the margin goes at once":        {zone: "Europe/Berlin", now: "2026-11-23T20:59:00+01:00", when: "Mon 19:00-21:00", spread: last, want: "2026-11-23T20:59:00+01:00"},
	})
}

func TestNext_hours(t *testing.T) {
	t.Parallel()
	mondays := hours(monday+19, monday+20)
	checkNext(t, map[string]asked{
		"three quarters through the usual span":   {zone: "America/Los_Angeles", now: "2026-11-22T10:00:00-08:00", hours: mondays, spread: threeQuarters, want: "2026-11-23T20:30:00-08:00", moved: byWindow | bySpread},
		"the same out of a wider window":          {zone: "America/Los_Angeles", now: "2026-11-22T10:00:00-08:00", when: "daily 08:00-22:00", hours: mondays, spread: threeQuarters, want: "2026-11-23T20:30:00-08:00", moved: byWindow | bySpread},
		"the window cuts an hour":                 {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 19:30-20:30", hours: mondays, spread: half, want: "2026-11-23T20:00:00+01:00", moved: byWindow | bySpread},
		"quiet hours cut the hours":               {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", hours: mondays, quiet: "daily 20:00-08:00", spread: half, want: "2026-11-23T19:30:00+01:00", moved: byWindow | bySpread},
		"now is in one of them":                   {zone: "Europe/Berlin", now: "2026-11-23T20:59:59.5+01:00", hours: mondays, want: "2026-11-23T20:59:59.5+01:00"},
		"the last one is over":                    {zone: "Europe/Berlin", now: "2026-11-23T21:00:00+01:00", hours: mondays, want: "2026-11-30T19:00:00+01:00", moved: byWindow},
		"no hour of the window":                   {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Tue 08:00-22:00", hours: mondays, moved: byWindow},
		"every hour is no bound":                  {zone: "Europe/Berlin", now: "2026-11-23T23:00:00+01:00", hours: hours(span(0, 168)...), quiet: "daily 21:00-08:00", spread: half, want: "2026-11-24T08:30:00+01:00", moved: byQuiet | bySpread},
		"a point in them":                         {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "daily 20:15", hours: mondays, want: "2026-11-23T20:15:00+01:00", moved: byWindow},
		"a point outside waits for one inside":    {zone: "Europe/Berlin", now: "2026-11-24T10:00:00+01:00", when: "daily 20:15", hours: mondays, want: "2026-11-30T20:15:00+01:00", moved: byWindow},
		"over midnight it is one stretch":         {zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", hours: hours(monday+23, tuesday), spread: half, want: "2026-11-24T00:00:00+01:00", moved: byWindow | bySpread},
		"Sunday night into Monday":                {zone: "Europe/Berlin", now: "2026-11-23T00:30:00+01:00", hours: hours(sunday+23, monday), spread: threeQuarters, want: "2026-11-23T00:30:00+01:00"},
		"an hour that spring leaves out":          {zone: "Europe/Berlin", now: "2026-03-28T10:00:00+01:00", hours: hours(sunday + 2), want: "2026-04-05T02:00:00+02:00", moved: byWindow},
		"an hour that autumn has twice":           {zone: "Europe/Berlin", now: "2026-10-24T10:00:00+02:00", hours: hours(sunday + 2), spread: half, want: "2026-10-25T02:00:00+01:00", moved: byWindow | bySpread},
		"half an hour that Lord Howe leaves out":  {zone: "Australia/Lord_Howe", now: "2026-10-03T12:00:00+10:30", hours: hours(sunday + 2), want: "2026-10-04T02:30:00+11:00", moved: byWindow},
		"their own clock counts, not that of UTC": {zone: "Asia/Kathmandu", now: "2026-11-23T00:00:00Z", hours: hours(monday + 8), want: "2026-11-23T08:00:00+05:45", moved: byWindow},
	})
}

func TestNext_severalLaws(t *testing.T) {
	t.Parallel()
	checkNext(t, map[string]asked{
		"both hold":                   {zone: "Europe/Berlin", now: "2026-11-23T06:00:00+01:00", legal: "daily 07:00-20:00 & daily 08:00-22:00", want: "2026-11-23T08:00:00+01:00", moved: byLegal},
		"to their end":                {zone: "Europe/Berlin", now: "2026-11-23T20:30:00+01:00", legal: "daily 07:00-20:00 & daily 08:00-22:00", want: "2026-11-24T08:00:00+01:00", moved: byLegal},
		"one is open at any time":     {zone: "Europe/Berlin", now: "2026-11-23T06:00:00+01:00", legal: "any time & daily 08:00-22:00 & any time", want: "2026-11-23T08:00:00+01:00", moved: byLegal},
		"they leave nothing together": {zone: "Europe/Berlin", now: "2026-11-23T06:00:00+01:00", legal: "daily 07:00-12:00 & daily 12:00-22:00", moved: byLegal},
		"three, by the day":           {zone: "Europe/Berlin", now: "2026-11-28T06:00:00+01:00", legal: "Mon-Sat 07:00-20:00 & Mon-Fri 08:00-22:00 & Tue,Sun 10:00-19:00", want: "2026-12-01T10:00:00+01:00", moved: byLegal},
	})
	monday := at(t, "2026-11-23T06:00:00Z")
	require.Equal(t, sendtime.Answer{At: monday, OK: true},
		sendtime.Next(sendtime.Request{Now: monday, Legal: []sendtime.When{{}, {}}}), "a zero law says nothing")
}

// A customer of the United States may be in any of these.
const fromCoastToCoast = "America/New_York America/Chicago America/Denver America/Phoenix America/Los_Angeles America/Anchorage Pacific/Honolulu"

func TestNext_otherZones(t *testing.T) {
	t.Parallel()
	checkNext(t, map[string]asked{
		"open in New York and not yet in Los Angeles": {zone: "America/New_York", also: "America/Los_Angeles", now: "2026-11-23T09:00:00-05:00", legal: "daily 08:00-21:00", want: "2026-11-23T11:00:00-05:00", moved: byLegal | elsewhere},
		"quiet there":                                  {zone: "America/New_York", also: "America/Los_Angeles", now: "2026-11-23T09:00:00-05:00", quiet: "daily 21:00-08:00", want: "2026-11-23T11:00:00-05:00", moved: byQuiet | elsewhere},
		"in the east it is too late already":           {zone: "America/Los_Angeles", also: "America/New_York", now: "2026-11-23T19:00:00-08:00", legal: "daily 08:00-21:00", want: "2026-11-24T08:00:00-08:00", moved: byLegal | elsewhere},
		"hours that both have":                         {zone: "America/Los_Angeles", also: fromCoastToCoast, now: "2026-11-23T07:00:00-08:00", legal: "daily 08:00-21:00", want: "2026-11-23T10:00:00-08:00", moved: byLegal | elsewhere},
		"none that all have":                           {zone: "America/New_York", also: fromCoastToCoast, now: "2026-11-23T07:00:00-08:00", legal: "daily 08:00-12:00", moved: byLegal | elsewhere},
		"closed in both by its own clock":              {zone: "America/New_York", also: "America/Chicago", now: "2026-11-23T23:00:00-05:00", legal: "daily 08:00-21:00", want: "2026-11-24T09:00:00-05:00", moved: byLegal | elsewhere},
		"the window is read on one clock only":         {zone: "America/New_York", also: "America/Los_Angeles", now: "2026-11-23T06:00:00-05:00", when: "Mon 12:00-14:00", legal: "daily 08:00-21:00", want: "2026-11-23T12:00:00-05:00", moved: byWindow},
		"so are the hours":                             {zone: "America/New_York", also: "America/Los_Angeles", now: "2026-11-23T06:00:00-05:00", hours: hours(monday+9, monday+10, monday+11), legal: "daily 08:00-21:00", want: "2026-11-23T11:00:00-05:00", moved: byWindow | byLegal | elsewhere},
		"the stretch to spread over is what both have": {zone: "America/New_York", also: "America/Los_Angeles", now: "2026-11-23T06:00:00-05:00", when: "Mon 09:00-13:00", legal: "daily 08:00-21:00", spread: half, want: "2026-11-23T12:00:00-05:00", moved: byWindow | byLegal | elsewhere | bySpread},
		"already inside it":                            {zone: "America/New_York", also: "America/Los_Angeles", now: "2026-11-23T11:30:00-05:00", when: "Mon 09:00-13:00", legal: "daily 08:00-21:00", spread: half, want: "2026-11-23T12:00:00-05:00", moved: bySpread},
		"a point that is quiet there waits a week":     {zone: "America/New_York", also: "America/Los_Angeles", now: "2026-11-23T06:00:00-05:00", when: "Mon 09:00; Wed 12:00", quiet: "daily 21:00-08:00", want: "2026-11-25T12:00:00-05:00", moved: byWindow | byQuiet | elsewhere},
		"a holiday there":                              {zone: "Europe/Berlin", also: "Asia/Tokyo", now: "2026-11-22T18:00:00+01:00", holiday: "2026-11-23", want: "2026-11-24T00:00:00+01:00", moved: byHoliday | elsewhere},
		"nothing is closed anywhere":                   {zone: "Europe/Berlin", also: "Asia/Tokyo", now: "2026-11-22T18:00:00+01:00", want: "2026-11-22T18:00:00+01:00"},
		"the same zone twice":                          {zone: "Europe/Berlin", also: "Europe/Berlin Europe/Berlin", now: "2026-11-23T06:00:00+01:00", legal: "daily 08:00-20:00", want: "2026-11-23T08:00:00+01:00", moved: byLegal},
		"the clock there changes first":                {zone: "America/New_York", also: "Europe/Berlin", now: "2026-10-30T09:00:00-04:00", legal: "daily 08:00-13:00", moved: byLegal | elsewhere, deadline: "2026-10-31T00:00:00-04:00"},
		"more zones than there is room for":            {zone: "Pacific/Kiritimati", also: fromCoastToCoast + " " + fromCoastToCoast + " Asia/Tokyo", now: "2026-11-23T01:00:00Z", legal: "daily 04:00-23:00", want: "2026-11-23T15:00:00+14:00"},
	})
}

// everyDate covers the Sundays, date by date.
const everyDate = "1st,2nd,3rd,4th,5th,6th,7th,8th,9th,10th,11th,12th,13th,14th,15th,16th,17th,18th,19th,20th," +
	"21st,22nd,23rd,24th,25th,26th,27th,28th,29th,30th,31st 00:00-24:00"

// A million customers who like 19:00 are not one second.
func TestNext_spreadIsEven(t *testing.T) {
	t.Parallel()
	r := asked{zone: "Europe/Berlin", now: "2026-11-23T10:00:00+01:00", when: "Mon 18:00-21:00"}.request(t)
	const customers, bins = 18000, 178 // and two minutes that are nobody's
	var perMinute [bins]int
	start := at(t, "2026-11-23T18:00:00+01:00")
	for i := range uint64(customers) {
		r.Spread = (i + 1) * 0x9E3779B97F4A7C15 // the golden ratio of 64 bits: evenly spread
		perMinute[int(sendtime.Next(r).At.Sub(start)/time.Minute)]++
	}
	for _, count := range perMinute {
		require.InDelta(t, customers/bins, count, 10)
	}
}

func TestNext_zeroRequestIsUTC(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-23T10:00:00Z")
	require.Equal(t, sendtime.Answer{At: now, OK: true}, sendtime.Next(sendtime.Request{Now: now}))
	require.Equal(t,
		sendtime.Answer{At: at(t, "2026-11-23T20:30:00Z"), OK: true, Moved: byWindow},
		sendtime.Next(sendtime.Request{Now: now, When: when(t, "Mon 20:30")}))
}
