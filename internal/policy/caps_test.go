package policy_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/policy"
)

func capped(caps ...policy.Cap) *policy.Policy {
	p := policy.Default()
	p.Caps = caps
	return p
}

// TestFreeGoesInClaimOrder asks for one place a day beside one other claim
// that has not gone out.
func TestFreeGoesInClaimOrder(t *testing.T) {
	t.Parallel()
	noon := at(t, "2026-11-24T12:00:00Z")
	mine := policy.Claim{Channel: customer.SMS, At: noon, Priority: 50, Rule: "m", N: 5, Step: "m", Deadline: noon.Add(6 * time.Hour), Value: 0.1}
	tomorrow := at(t, "2026-11-25T00:00:00Z")
	for name, c := range map[string]struct {
		change func(*policy.Claim)
		why    string // the other one has the place; "": not
	}{
		"higher priority, planned later": {func(o *policy.Claim) { o.Priority, o.At = 51, noon.Add(time.Hour) }, "priority 51"},
		"lower priority, planned before": {func(o *policy.Claim) { o.Priority, o.At = 49, noon.Add(-time.Hour) }, ""},
		"planned before, rule behind":    {func(o *policy.Claim) { o.At, o.Rule = noon.Add(-time.Second), "z" }, ""},
		"planned later, rule before":     {func(o *policy.Claim) { o.At, o.Rule = noon.Add(time.Second), "a" }, "as good, and before it by name"},
		"rule before":                    {func(o *policy.Claim) { o.Rule, o.N = "l", 9 }, "as good, and before it by name"},
		"rule behind":                    {func(o *policy.Claim) { o.Rule, o.N = "n", 1 }, ""},
		"number before":                  {func(o *policy.Claim) { o.N, o.Step = 4, "z" }, "it came first"},
		"number behind":                  {func(o *policy.Claim) { o.N, o.Step = 6, "a" }, ""},
		"step before":                    {func(o *policy.Claim) { o.Step = "l" }, "it came first"},
		"step behind":                    {func(o *policy.Claim) { o.Step = "n" }, ""},
		"itself by another channel":      {func(o *policy.Claim) { o.Step, o.Gone, o.Channel = "m", true, customer.Email }, ""},
		"behind, but gone out":           {func(o *policy.Claim) { o.Priority, o.Gone, o.Rule = 0, true, "z" }, "it went out"},
		"gone out the day before":        {func(o *policy.Claim) { o.Gone, o.Rule, o.At = true, "z", noon.AddDate(0, 0, -1) }, ""},
		"planned for the day after":      {func(o *policy.Claim) { o.Priority, o.At = 100, tomorrow }, ""},
		"less time":                      {func(o *policy.Claim) { o.Deadline, o.At = noon.Add(5*time.Hour), noon.Add(time.Hour) }, "it has less time"},
		"more time":                      {func(o *policy.Claim) { o.Deadline, o.At = noon.Add(7*time.Hour), noon.Add(-time.Hour) }, ""},
		"all the time":                   {func(o *policy.Claim) { o.Deadline, o.At = time.Time{}, noon.Add(-time.Hour) }, ""},
		"worth more":                     {func(o *policy.Claim) { o.Value, o.At = 0.2, noon.Add(time.Hour) }, "it is worth more"},
		"worth less":                     {func(o *policy.Claim) { o.Value, o.At = 0.05, noon.Add(-time.Hour) }, ""},
		"worth more, with more time":     {func(o *policy.Claim) { o.Value, o.Deadline = 0.9, noon.Add(8*time.Hour) }, ""},
	} {
		other := mine
		other.Step = "m2"
		c.change(&other)
		want := policy.Slot{OK: true}
		if c.why != "" {
			want = policy.Slot{Until: tomorrow, Winner: other.Rule, Why: c.why, Full: policy.Cap{Most: 1, Per: policy.PerDay}}
		}
		require.Equal(t, want, capped(policy.Cap{Most: 1, Per: policy.PerDay}).Free(mine, noon, []policy.Claim{other}, time.UTC), name)
	}
}

func TestFreeCountsByChannelAndInAll(t *testing.T) {
	t.Parallel()
	noon := at(t, "2026-11-24T12:00:00Z") // a Tuesday
	p := capped(policy.Cap{Most: 3, Per: policy.PerDay}, policy.Cap{Channel: customer.SMS, Most: 1, Per: policy.PerWeek})
	gone := func(c customer.Channel, n int) policy.Claim {
		return policy.Claim{Channel: c, At: noon.Add(-time.Hour), Rule: "other", N: n, Gone: true}
	}
	ask := func(c customer.Channel, others ...policy.Claim) policy.Slot {
		return p.Free(policy.Claim{Channel: c, At: noon, Rule: "mine", N: 1}, noon, others, time.UTC)
	}
	perDay, perWeek := p.Caps[0], p.Caps[1]
	require.Equal(t, []string{"3 per day", "1 per week by sms"}, []string{perDay.Words(), perWeek.Words()})
	week, day := at(t, "2026-11-30T00:00:00Z"), at(t, "2026-11-25T00:00:00Z")
	require.Equal(t, policy.Slot{OK: true}, ask(customer.Email, gone(customer.SMS, 1), gone(customer.Email, 2)))
	require.Equal(t, policy.Slot{Until: week, Winner: "other", Why: "it went out", Full: perWeek}, ask(customer.SMS, gone(customer.SMS, 1)))
	three := []policy.Claim{gone(customer.Email, 1), gone(customer.Email, 2), gone(customer.Push, 3)}
	require.Equal(t, policy.Slot{Until: day, Winner: "other", Why: "it went out", Full: perDay}, ask(customer.SMS, three...))
	require.Equal(t, policy.Slot{Until: week, Winner: "other", Why: "it went out", Full: perWeek}, ask(customer.SMS, append(three, gone(customer.SMS, 4))...), "the longer one counts")
}

// TestUrgentPlaces has a cap with a place that only urgent topics have: they
// take their own first.
func TestUrgentPlaces(t *testing.T) {
	t.Parallel()
	noon := at(t, "2026-11-24T12:00:00Z")
	p := capped(policy.Cap{Most: 1, Per: policy.PerDay, Urgent: 1})
	require.Equal(t, []string{"1 per day and 1 urgent", "any: 1 per day and 1 urgent"}, []string{p.Caps[0].Words(), p.Caps[0].String()})
	for gone, want := range map[[2]int][2]bool{ // others and urgent ones that went out: whether another one, and an urgent one, has a place
		{0, 0}: {true, true}, {1, 0}: {false, true}, {0, 1}: {true, true}, {1, 1}: {false, false}, {0, 2}: {false, false},
	} {
		var others []policy.Claim
		for n := range gone[0] + gone[1] {
			others = append(others, policy.Claim{Channel: customer.SMS, At: noon.Add(-time.Hour), Rule: "other", N: n + 1, Gone: true, Urgent: n >= gone[0]})
		}
		for i, urgent := range []bool{false, true} {
			mine := policy.Claim{Channel: customer.Email, At: noon, Rule: "mine", N: 1, Urgent: urgent}
			require.Equal(t, want[i], p.Free(mine, noon, others, time.UTC).OK, "%v gone, urgent %t", gone, urgent)
		}
	}
}

// TestCapsKeepTheCustomersCalendar has one message gone out at an instant, and
// asks until when it takes the only place.
func TestCapsKeepTheCustomersCalendar(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone       string
		per        policy.Span
		from, till string // the span's first instant and that of the next
	}{
		"a day":                        {"America/New_York", policy.PerDay, "2026-11-24T05:00:00Z", "2026-11-25T05:00:00Z"},
		"a day of 23 hours":            {"Europe/Berlin", policy.PerDay, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		"a day of 25 hours":            {"Europe/Berlin", policy.PerDay, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		"a half-hour zone":             {"Asia/Kolkata", policy.PerDay, "2026-11-23T18:30:00Z", "2026-11-24T18:30:00Z"},
		"a day without midnight, west": {"America/Santiago", policy.PerDay, "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"},
		"the day before it":            {"America/Santiago", policy.PerDay, "2026-09-05T04:00:00Z", "2026-09-06T04:00:00Z"},
		"a day without midnight, east": {"Africa/Cairo", policy.PerDay, "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"},
		"a week from Monday":           {"America/New_York", policy.PerWeek, "2026-11-23T05:00:00Z", "2026-11-30T05:00:00Z"},
		"a week across a clock change": {"America/New_York", policy.PerWeek, "2026-10-26T04:00:00Z", "2026-11-02T05:00:00Z"},
		"a month":                      {"America/New_York", policy.PerMonth, "2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"},
		"February of a leap year":      {"Pacific/Auckland", policy.PerMonth, "2028-01-31T11:00:00Z", "2028-02-29T11:00:00Z"},
	} {
		p, z := capped(policy.Cap{Most: 1, Per: c.per}), zone(t, c.zone)
		from, till := at(t, c.from), at(t, c.till)
		free := func(gone, now time.Time) policy.Slot {
			other := policy.Claim{Channel: customer.SMS, At: gone, Rule: "other", N: 1, Gone: true}
			return p.Free(policy.Claim{Channel: customer.SMS, At: now, Rule: "mine", N: 1}, now, []policy.Claim{other}, z)
		}
		last := till.Add(-time.Microsecond)
		taken := policy.Slot{Until: till, Winner: "other", Why: "it went out", Full: p.Caps[0]}
		require.Equal(t, taken, free(from, last), name)
		require.Equal(t, taken, free(last, from), name)
		require.Equal(t, policy.Slot{OK: true}, free(from.Add(-time.Microsecond), from), name)
		require.Equal(t, policy.Slot{OK: true}, free(last, till), name)
	}
}

func TestLongestReachesBackOverEveryCap(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	for _, c := range []struct {
		per  policy.Span
		from time.Time // of the longest span there is
		till time.Time
	}{
		{policy.PerDay, time.Date(2026, 10, 25, 0, 0, 0, 0, berlin), time.Date(2026, 10, 26, 0, 0, 0, 0, berlin)},
		{policy.PerWeek, time.Date(2026, 10, 19, 0, 0, 0, 0, berlin), time.Date(2026, 10, 26, 0, 0, 0, 0, berlin)},
		{policy.PerMonth, time.Date(2026, 10, 1, 0, 0, 0, 0, berlin), time.Date(2026, 11, 1, 0, 0, 0, 0, berlin)},
	} {
		require.GreaterOrEqual(t, capped(policy.Cap{Most: 1, Per: c.per}).Longest(), c.till.Sub(c.from), c.per)
	}
}

// day is a customer's days in the making: claims that are planned, ask the gate
// in any order, and go out when it lets them.
type day struct {
	t      *rapid.T
	policy *policy.Policy
	zone   *time.Location
	now    time.Time
	claims []policy.Claim
	next   int
}

func (d *day) plan(at time.Time, priority int, channel customer.Channel) {
	d.next++
	d.claims = append(d.claims, policy.Claim{Channel: channel, At: at, Priority: priority, Rule: fmt.Sprint("r", d.next%3), N: d.next, Step: "s"})
}

// ask lets one claim ask the gate at this instant.
func (d *day) ask(i int) {
	mine := &d.claims[i]
	if mine.Gone || mine.At.After(d.now) {
		return
	}
	others := slices.Delete(slices.Clone(d.claims), i, i+1)
	free := d.policy.Free(*mine, d.now, others, d.zone)
	if !free.OK {
		require.True(d.t, free.Until.After(d.now), "a full cap ends later")
		require.NotEmpty(d.t, free.Winner)
		mine.At = free.Until
		return
	}
	mine.Gone, mine.At = true, d.now
	d.count()
	d.fair(*mine)
}

// count checks that no cap is exceeded by what went out.
func (d *day) count() {
	for _, limit := range d.policy.Caps {
		spans := map[string]int{}
		for _, c := range d.claims {
			if c.Gone && (limit.Channel == "" || limit.Channel == c.Channel) {
				local := c.At.In(d.zone)
				year, week := local.ISOWeek()
				key := map[policy.Span]string{policy.PerDay: local.Format("2006-01-02"), policy.PerWeek: fmt.Sprint(year, "w", week), policy.PerMonth: local.Format("2006-01")}[limit.Per]
				spans[key]++
				require.LessOrEqual(d.t, spans[key], limit.Most, "%s in %s", limit, key)
			}
		}
	}
}

// fair checks that what went out left room on its day for all of higher
// priority.
func (d *day) fair(gone policy.Claim) {
	today := gone.At.In(d.zone).Format("2006-01-02")
	for _, limit := range d.policy.Caps {
		counts := func(c policy.Claim) bool {
			return c.At.In(d.zone).Format("2006-01-02") == today && (limit.Channel == "" || limit.Channel == c.Channel)
		}
		if limit.Per != policy.PerDay || !counts(gone) {
			continue
		}
		taken := 0
		for _, c := range d.claims {
			if counts(c) && (c.Gone || c.Priority > gone.Priority) {
				taken++
			}
		}
		require.LessOrEqual(d.t, taken, limit.Most, "a lower priority took the place of a higher one")
	}
}

func TestNoCapIsEverExceeded(t *testing.T) {
	t.Parallel()
	channels := customer.Channels()
	zones := []string{"UTC", "Europe/Berlin", "America/Santiago", "Asia/Kolkata"}
	rapid.Check(t, func(rt *rapid.T) {
		d := &day{t: rt, zone: zone(t, rapid.SampledFrom(zones).Draw(rt, "zone")), now: at(t, "2026-09-04T12:00:00Z"), policy: policy.Default()}
		for range rapid.IntRange(1, 3).Draw(rt, "caps") {
			d.policy.Caps = append(d.policy.Caps, policy.Cap{
				Channel: rapid.SampledFrom(append([]customer.Channel{""}, channels...)).Draw(rt, "channel"),
				Most:    rapid.IntRange(1, 3).Draw(rt, "most"),
				Per:     rapid.SampledFrom([]policy.Span{policy.PerDay, policy.PerWeek, policy.PerMonth}).Draw(rt, "per"),
			})
		}
		for range rapid.IntRange(1, 60).Draw(rt, "moves") {
			switch rapid.IntRange(0, 3).Draw(rt, "move") {
			case 0, 1:
				ahead := time.Duration(rapid.IntRange(0, 48*60).Draw(rt, "ahead")) * time.Minute
				d.plan(d.now.Add(ahead), rapid.SampledFrom([]int{10, 50, 90}).Draw(rt, "priority"), rapid.SampledFrom(channels).Draw(rt, "by"))
			case 2:
				d.now = d.now.Add(time.Duration(rapid.IntRange(1, 12*60).Draw(rt, "passes")) * time.Minute)
			}
			order := rapid.Permutation(indices(len(d.claims))).Draw(rt, "order")
			for _, i := range order {
				d.ask(i)
			}
		}
	})
}

func indices(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}
