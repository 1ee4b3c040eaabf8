package expr_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

func berlin(t require.TestingT) *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return zone
}

// anna is somebody of whom a good deal is known; score, order_id and
// last_discount_at are not.
func anna(t require.TestingT) *life {
	zone := berlin(t)
	local := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, zone).UTC()
	}
	return &life{
		now:  local(11, 23, 9, 0),
		zone: zone,
		traits: map[string]customer.Value{
			"plan": customer.Text("surf"), "city": customer.Text("berlin"), "role": customer.Text(""),
			"plan_mb": customer.Text("15000"), "account": customer.Text("010"),
			"customer_since": customer.Text("2026-01-15"), "trial_ends_at": customer.Text("2026-12-01"),
		},
		properties: map[[2]string]customer.Value{
			{"match", "used"}: customer.Number(12000), {"match", "limit"}: customer.Number(15000),
			{"match", "before"}: customer.Text("7d"), {"coupon", "code"}: customer.Text("SAVE"),
			{"order_placed", "promised_at"}: customer.Text("2026-11-22T12:00:00Z"),
		},
		acts: []act{
			{event: "app_opened", at: local(10, 1, 20, 0)},
			{event: "data_session", at: local(11, 1, 12, 0), properties: map[string]customer.Value{"mb": customer.Number(500)}},
			{event: "data_session", at: local(11, 20, 12, 0), properties: map[string]customer.Value{"mb": customer.Number(700)}},
			{event: "order_placed", at: local(11, 21, 12, 0), properties: map[string]customer.Value{
				"total": customer.Number(49.5), "plan": customer.Text("surf"),
			}},
		},
		sent:      map[string]bool{"outage": true},
		reachable: map[customer.Channel]bool{customer.Email: true},
		uses:      map[customer.Channel]bool{customer.Push: true},
		habits:    map[string]bool{"Mon 19:00-21:00": true, "Tue 19:00-21:00": false},
	}
}

func TestTruth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		// and, or, not: each value with each.
		`known(plan) and known(plan)`:   "yes",
		`known(plan) and score > 1`:     "unknown",
		`known(plan) and known(score)`:  "no",
		`score > 1 and known(plan)`:     "unknown",
		`score > 1 and score > 1`:       "unknown",
		`score > 1 and known(score)`:    "no",
		`known(score) and known(plan)`:  "no",
		`known(score) and score > 1`:    "no",
		`known(score) and known(score)`: "no",
		`known(plan) or known(plan)`:    "yes",
		`known(plan) or score > 1`:      "yes",
		`known(plan) or known(score)`:   "yes",
		`score > 1 or known(plan)`:      "yes",
		`score > 1 or score > 1`:        "unknown",
		`score > 1 or known(score)`:     "unknown",
		`known(score) or known(plan)`:   "yes",
		`known(score) or score > 1`:     "unknown",
		`known(score) or known(score)`:  "no",
		`not known(plan)`:               "no",
		`not score > 1`:                 "unknown",
		`not known(score)`:              "yes",

		// How tightly operators bind.
		`known(plan) or known(plan) and known(score)`:               "yes",
		`(known(plan) or known(plan)) and known(score)`:             "no",
		`not known(score) and known(plan)`:                          "yes",
		`not (known(score) or known(plan))`:                         "no",
		`plan_mb + 2 * 3 == 15006 and plan_mb - 1 - 1 == 14998`:     "yes",
		`plan_mb - (1 - 1) == 15000 and -plan_mb * -1 == 15000`:     "yes",
		`plan_mb / 3 / 5 == 1000 and 2 + 3 > 4 and -(2 + 3) == -5`:  "yes",
		`not plan == "basic" and not plan in ["basic", "ultimate"]`: "yes",
		`match.used >= match.limit * 80% and 12.5% == 0.125`:        "yes",
		`plan_mb == 15000.0 and 010 == 10`:                          "yes",

		// Numbers: less, equal, greater, not known on either side or both.
		`1 == 2`: "no", `2 == 2`: "yes", `3 == 2`: "no", `score == 2`: "unknown", `2 == score`: "unknown",
		`1 != 2`: "yes", `2 != 2`: "no", `3 != 2`: "yes", `score != 2`: "unknown", `2 != score`: "unknown",
		`1 < 2`: "yes", `2 < 2`: "no", `3 < 2`: "no", `score < 2`: "unknown", `2 < score`: "unknown",
		`1 <= 2`: "yes", `2 <= 2`: "yes", `3 <= 2`: "no", `score <= 2`: "unknown", `2 <= score`: "unknown",
		`1 > 2`: "no", `2 > 2`: "no", `3 > 2`: "yes", `score > 2`: "unknown", `2 > score`: "unknown",
		`1 >= 2`: "no", `2 >= 2`: "yes", `3 >= 2`: "yes", `score >= 2`: "unknown", `2 >= score`: "unknown",
		`score == score`: "unknown",
		`score + 1 > 0`:  "unknown", `1 - score > 0`: "unknown", `-score < 0`: "unknown",
		`1 / 0 > 0`: "unknown", `0 / 0 == 0`: "unknown", `not 1 / 0 > 0`: "unknown",
		`plan_mb / (plan_mb - 15000) > 0`: "unknown",

		// Texts.
		`plan == "surf"`: "yes", `plan == "basic"`: "no", `"surf" == plan`: "yes",
		`plan != "surf"`: "no", `plan != "basic"`: "yes",
		`order_id == "7"`: "unknown", `order_id != "7"`: "unknown", `role == "admin"`: "unknown", `role != "admin"`: "unknown",
		`account == "010"`: "yes", `account == "10"`: "no", `city == 'berlin'`: "yes",
		`coupon.code == "SAVE"`: "yes", `latest(order_placed.plan) == plan`: "yes",

		// Lists.
		`plan in ["surf", "ultimate"]`: "yes", `plan in ["basic"]`: "no", `role in ["admin"]`: "unknown",
		`plan not in ["surf", "ultimate"]`: "no", `plan not in ["basic"]`: "yes", `role not in ["admin"]`: "unknown",
		`plan_mb in [1, 15000]`: "yes", `plan_mb not in [-1, 2.5]`: "yes", `score in [1]`: "unknown",
		`match.before in [1d, 7d]`: "yes", `match.before not in [1w]`: "no",

		// Times and durations.
		`customer_since < trial_ends_at`: "yes", `customer_since >= trial_ends_at`: "no",
		`customer_since == "2026-01-15"`: "yes", `customer_since < "2026-01-15"`: "no", `customer_since <= "2026-01-15T00:00:00+01:00"`: "yes",
		`"2026-01-14" < customer_since`: "yes", `last_discount_at > customer_since`: "unknown", `customer_since < last_discount_at`: "unknown",
		`order_placed.promised_at < "2026-11-22T13:00:01+01:00"`: "yes",
		`match.before == 7d`: "yes", `match.before == 1w`: "yes", `match.before < 24h`: "no", `match.before <= 1 month`: "yes",

		// What happened.
		`happened(app_opened)`: "yes", `happened(app_opened, 30d)`: "no", `happened(nps_answered)`: "no",
		`count(data_session) == 2`: "yes", `count(data_session, 7d) == 1`: "yes", `count(nps_answered) == 0`: "yes",
		`sum(data_session.mb) == 1200`: "yes", `sum(data_session.mb, 7d) == 700`: "yes", `sum(data_topped_up.mb) == 0`: "yes",
		`latest(order_placed.total) == 49.5`: "yes", `latest(nps_answered.score) > 0`: "unknown",
		`since(app_opened) > 30d`: "yes", `since(app_opened) < 30d`: "no", `since(app_opened) <= 30d`: "no", `since(order_placed) <= 30d`: "yes", `30d >= since(order_placed)`: "yes", `since(nps_answered) > 30d`: "unknown", `since(nps_answered) < 30d`: "unknown",
		`since(customer_since) >= 10 months`: "yes", `since(customer_since) >= 11 months`: "no",
		`since(last_discount_at) < 365d`: "unknown", `since(order_placed.promised_at) < 1d`: "yes", `30d < since(app_opened)`: "yes",
		`since(trial_ends_at) < 30d`: "unknown", `since(trial_ends_at) >= 30d`: "unknown",
		`not (known(last_discount_at) and since(last_discount_at) < 365d)`: "yes",

		// Known, messages, channels, habits.
		`known(plan)`: "yes", `known(role)`: "no", `known(score)`: "no", `known(match.used)`: "yes", `known(nps_answered.score)`: "no",
		`known(latest(order_placed.total))`: "yes", `known(trial_ends_at)`: "yes", `known(match.before)`: "yes",
		`sent("outage")`: "yes", `sent("usage-warning")`: "no",
		`reachable("email")`: "yes", `reachable("sms")`: "no", `uses("push")`: "yes", `uses("sms")`: "no",
		`mostly("Mon 19:00-21:00")`: "yes", `mostly("Tue 19:00-21:00")`: "no", `mostly("Wed 19:00-21:00")`: "unknown",
		`mostly(" Mon  19:00-21:00")`: "yes",
	} {
		p := condition(t, text)
		require.Equal(t, want, verdict(p, anna(t)), text)
		require.Equal(t, want == "yes", p.Holds(anna(t)), text)
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	type answer struct {
		value float64
		known bool
	}
	for text, want := range map[string]answer{
		`plan_mb + sum(data_topped_up.mb)`: {15000, true},
		`latest(order_placed.total) * 2`:   {99, true},
		`80%`:                              {0.8, true},
		`0.1%`:                             {0.001, true},
		`7%`:                               {0.07, true},
		`score`:                            {0, false},
		`plan_mb / 0`:                      {0, false},
		`0 / 0`:                            {0, false},
	} {
		value, known := program(t, text, expr.Number).Number(anna(t))
		require.Equal(t, want, answer{value, known}, text)
	}
}

// A program of one type answers for the other that nothing is known.
func TestWrongQuestion(t *testing.T) {
	t.Parallel()
	_, known := condition(t, `known(plan)`).Number(anna(t))
	require.False(t, known)
	sum := program(t, `plan_mb`, expr.Number)
	_, known = sum.Truth(anna(t))
	require.False(t, known)
	require.False(t, sum.Holds(anna(t)))
	day := program(t, `trial_ends_at`, expr.Time)
	require.True(t, day.NextChange(anna(t)).IsZero())
	require.Equal(t, "trial_ends_at", day.String())
}

// broken gives numbers that are none.
type broken struct{ *life }

func (broken) Aggregate(a expr.Aggregate) (float64, bool) {
	switch a.Event {
	case "app_opened":
		return math.Inf(1), true
	case "data_session":
		return math.NaN(), true
	case "order_placed":
		return math.MaxFloat64, true
	}
	return 1, false
}

func TestNumbersAreFinite(t *testing.T) {
	t.Parallel()
	f := broken{anna(t)}
	for _, text := range []string{
		`count(app_opened)`, `sum(data_session.mb)`, `count(order_placed) * 2`, `count(order_placed) + count(order_placed)`,
		`-count(order_placed) - count(order_placed)`, `count(order_placed) / 0.1`,
	} {
		_, known := program(t, text, expr.Number).Number(f)
		require.False(t, known, text)
	}
	value, known := program(t, `count(nps_answered)`, expr.Number).Number(f)
	require.True(t, known)
	require.Zero(t, value)
}

// Days keep the wall clock: Berlin has 25 hours on 25 October 2026 and 23 on
// 29 March.
func TestSinceKeepsTheWallClock(t *testing.T) {
	t.Parallel()
	zone := berlin(t)
	for _, c := range []struct {
		text      string
		at, turns time.Time
	}{
		{`since(app_opened) >= 1d`, time.Date(2026, 10, 24, 20, 30, 0, 0, zone), time.Date(2026, 10, 25, 20, 30, 0, 0, zone)},
		{`since(app_opened) >= 24h`, time.Date(2026, 10, 24, 20, 30, 0, 0, zone), time.Date(2026, 10, 25, 19, 30, 0, 0, zone)},
		{`since(app_opened) >= 1d`, time.Date(2026, 3, 28, 20, 30, 0, 0, zone), time.Date(2026, 3, 29, 20, 30, 0, 0, zone)},
		{`since(app_opened) > 1d`, time.Date(2026, 3, 28, 2, 30, 0, 0, zone), time.Date(2026, 3, 29, 3, 0, 0, 0, zone)},
		{`since(app_opened) >= 1 month`, time.Date(2026, 1, 31, 9, 0, 0, 0, zone), time.Date(2026, 2, 28, 9, 0, 0, 0, zone)},
	} {
		p := condition(t, c.text)
		f := &life{zone: zone, acts: []act{{event: "app_opened", at: c.at.UTC()}}}
		require.Equal(t, "no", verdict(p, f.at(c.turns.Add(-time.Nanosecond))), c.text)
		require.Equal(t, "yes", verdict(p, f.at(c.turns)), c.text)
		require.Equal(t, c.turns.UTC(), p.NextChange(f.at(c.at)), c.text)
		require.Zero(t, p.NextChange(f.at(c.turns)), c.text)
	}
}

func TestNextChange(t *testing.T) {
	t.Parallel()
	never := time.Time{}
	local := func(month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 0, 0, 0, berlin(t)).UTC()
	}
	for text, want := range map[string]time.Time{
		`plan == "surf" and sent("outage")`:                                            never,
		`since(data_session) < 7d`:                                                     local(11, 27, 12),
		`since(app_opened) >= 30d`:                                                     never,
		`since(nps_answered) < 7d`:                                                     never,
		`since(trial_ends_at) < 7d`:                                                    local(12, 1, 0),
		`happened(data_session, 30d)`:                                                  local(12, 1, 12),
		`happened(data_session)`:                                                       never,
		`happened(app_opened, 30d)`:                                                    never,
		`count(data_session, 30d) > 1 and happened(order_placed, 7d)`:                  local(11, 28, 12),
		`count(data_session, 30d) * 2 + 1 in [5]`:                                      local(12, 1, 12),
		`-sum(data_session.mb, 30d) > -5`:                                              local(12, 1, 12),
		`plan == "basic" and since(data_session) < 7d`:                                 never, // settled by the plan
		`plan == "surf" or since(data_session) < 7d`:                                   never, // settled by the plan
		`happened(nps_answered, 30d) and since(data_session) < 7d`:                     never,
		`-count(data_session, 30d) > -1 and since(order_placed) < 7d`:                  local(12, 1, 12),
		`1 / (count(data_session, 30d) - 2) > 1 / (count(order_placed, 7d) - 1)`:       local(12, 1, 12),  // both divide by zero
		`not (plan == "basic" and since(data_session) < 7d)`:                           never,             // settled by the plan
		`score > 3 and since(data_session) < 7d`:                                       local(11, 27, 12), // unknown, then no
		`score > count(data_session, 30d)`:                                             never,             // unknown without the score
		`count(data_session, 30d) < score + 1`:                                         never,             // unknown without the score
		`since(data_session) >= 7d and since(order_placed) >= 7d`:                      local(11, 28, 12), // both must be over
		`since(data_session) >= 7d or since(order_placed) >= 7d`:                       local(11, 27, 12), // either may be over
		`since(data_session) < 7d or since(order_placed) < 7d`:                         local(11, 28, 12), // both must be over
		`since(data_session) >= 7d and since(order_placed) >= 7d and plan == "basic"`:  never,             // settled by the plan
		`since(data_session) < 7d and (happened(order_placed, 3d) or plan == "basic")`: local(11, 24, 12), // the earliest
		`since(data_session) < 7d and (happened(order_placed, 3d) or plan == "surf")`:  local(11, 27, 12), // the order does not matter
	} {
		require.Equal(t, want, condition(t, text).NextChange(anna(t)), text)
	}
	require.Equal(t, local(12, 1, 12), program(t, `sum(data_session.mb, 30d)`, expr.Number).NextChange(anna(t)))
	require.Zero(t, program(t, `score + sum(data_session.mb, 30d)`, expr.Number).NextChange(anna(t)))
}

func TestUses(t *testing.T) {
	t.Parallel()
	days := sendtime.Duration{Days: 30}
	require.Equal(t, expr.Uses{
		Traits: []string{"last_discount_at", "plan"},
		Events: []string{"app_opened", "data_session", "nps_answered", "order_placed"},
		Aggregates: []expr.Aggregate{
			{Op: expr.Count, Event: "order_placed"},
			{Op: expr.Happened, Event: "order_placed", Window: days},
			{Op: expr.Last, Event: "app_opened"},
			{Op: expr.Latest, Event: "order_placed", Property: "total"},
			{Op: expr.Sum, Event: "data_session", Property: "mb", Window: days},
		},
		Properties: [][2]string{{"match", "used"}, {"nps_answered", "score"}},
		Channels:   true, Sent: true, Hours: []string{"Mon 19:00-21:00"},
	}, condition(t, `plan == "surf" and plan != "basic" and since(last_discount_at) < 1d and since(app_opened) < 1d
		and match.used > nps_answered.score and sum(data_session.mb, 30d) > latest(order_placed.total)
		and happened(order_placed, 30d) and (happened(order_placed, 30d) or count(order_placed) > 3)
		and uses("push") and sent("outage") and mostly("Mon 19:00-21:00")`).Uses())
	require.Equal(t, expr.Uses{}, condition(t, `1 < 2`).Uses())
	require.Equal(t, expr.Uses{Channels: true}, condition(t, `reachable("sms")`).Uses())
}

func TestAggregateString(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]expr.Aggregate{
		"happened(app_opened)":           {Op: expr.Happened, Event: "app_opened"},
		"sum(data_session.mb, 3 months)": {Op: expr.Sum, Event: "data_session", Property: "mb", Window: sendtime.Duration{Months: 3}},
		"last(app_opened)":               {Op: expr.Last, Event: "app_opened"},
	} {
		require.Equal(t, want, a.String())
	}
}

func TestCanonicalText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"  plan==\"surf\"\n and(score>3.50)":             `plan == "surf" and score > 3.5`,
		`((score > 3))`:                                  `score > 3`,
		`known(plan) and (known(city) and known(score))`: `known(plan) and known(city) and known(score)`,
		`known(plan) or (known(city) and known(score))`:  `known(plan) or known(city) and known(score)`,
		`(known(plan) or known(city)) and known(score)`:  `(known(plan) or known(city)) and known(score)`,
		`not(known(plan)and known(city))`:                `not (known(plan) and known(city))`,
		`not (not (known(plan)))`:                        `not not known(plan)`,
		`not (plan == "surf")`:                           `not plan == "surf"`,
		`1-(2-3) - 4 > 0`:                                `1 - (2 - 3) - 4 > 0`,
		`1+(2+3) > 0`:                                    `1 + (2 + 3) > 0`,
		`(1+2)*3 > -(2 * 3)`:                             `(1 + 2) * 3 > -(2 * 3)`,
		`1 - -2 > - 3`:                                   `1 - -2 > -3`,
		`score > 080.0%`:                                 `score > 80%`,
		`score > 1.2340`:                                 `score > 1.2340`,
		`plan  not   in ["surf" ,'basic',]`:              `plan not in ["surf", "basic"]`,
		`city == 'a "b" \\ c'`:                           `city == "a \"b\" \\ c"`,
		`since( app_opened )<168h`:                       `since(app_opened) < 168h`,
		`since(app_opened) < 2 weeks`:                    `since(app_opened) < 14d`,
		`order_placed . total > 3`:                       `order_placed.total > 3`,
	} {
		require.Equal(t, want, condition(t, text).String(), text)
		require.Equal(t, condition(t, text), condition(t, want), "the same text is the same program")
	}
}

// A canonical text is not let grow beyond what is read back.
func TestCanonicalTextStaysReadable(t *testing.T) {
	t.Parallel()
	text := "0<1"
	for len(text) < 3990 {
		text += " or 0<1"
	}
	_, problems := expr.Compile(text, expr.Truth, shop())
	require.Len(t, problems, 1)
	require.Equal(t, "split it over several steps or rules", problems[0].Hint)
}

func TestTypeNames(t *testing.T) {
	t.Parallel()
	for want, typ := range map[string]expr.Type{
		"number": expr.Number, "text": expr.Text, "time": expr.Time, "duration": expr.Span, "condition": expr.Truth, "nothing": 0,
	} {
		require.Equal(t, want, typ.String())
	}
}
