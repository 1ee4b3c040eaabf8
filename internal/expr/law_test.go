package expr_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/expr"
)

func pick(t *rapid.T, from ...string) string { return rapid.SampledFrom(from).Draw(t, "word") }

func spans(t *rapid.T) string {
	return pick(t, "90min", "24h", "1d", "2d", "1w", "1 month", "3 months", "30d")
}

func relations(t *rapid.T) string { return pick(t, "==", "!=", "<", "<=", ">", ">=") }

func window(t *rapid.T) string {
	if rapid.Bool().Draw(t, "windowed") {
		return ", " + spans(t)
	}
	return ""
}

func events(t *rapid.T) string { return pick(t, "app_opened", "order_placed", "data_session") }

// anyNumber writes a sound number.
func anyNumber(t *rapid.T, depth int) string {
	if depth > 0 && rapid.Bool().Draw(t, "compound") {
		left, right := anyNumber(t, depth-1), anyNumber(t, depth-1)
		switch pick(t, "both", "brackets", "minus") {
		case "both":
			return left + pick(t, "+", " - ", "*", " / ") + right
		case "brackets":
			return "(" + left + ") " + pick(t, "+", "-", "*", "/") + " ( " + right + " )"
		}
		return "-(" + left + ")"
	}
	switch pick(t, "literal", "trait", "count", "sum", "latest") {
	case "literal":
		return pick(t, "0", "1", "2.5", "80%", "3")
	case "trait":
		return pick(t, "score", "plan_mb", "match.used")
	case "count":
		return "count(" + events(t) + window(t) + ")"
	case "sum":
		return "sum(" + pick(t, "order_placed.total", "data_session.mb") + window(t) + ")"
	}
	return "latest(" + pick(t, "order_placed.total", "nps_answered.score") + ")"
}

// anyCondition writes a sound condition.
func anyCondition(t *rapid.T, depth int) string {
	if depth > 0 {
		left, right := anyCondition(t, depth-1), anyCondition(t, depth-1)
		switch pick(t, "and", "or", "brackets", "not", "leaf") {
		case "and":
			return left + " and " + right
		case "or":
			return left + " or " + right
		case "brackets":
			return "(" + left + ") " + pick(t, "and", "or") + " (" + right + ")"
		case "not":
			return "not (" + left + ")"
		}
	}
	switch pick(t, "numbers", "texts", "times", "since", "happened", "in", "other") {
	case "numbers":
		return anyNumber(t, 2) + " " + relations(t) + " " + anyNumber(t, 1)
	case "texts":
		return "plan " + pick(t, "==", "!=") + " " + pick(t, `"surf"`, `'basic'`, "latest(order_placed.plan)")
	case "times":
		return "customer_since " + pick(t, "<", "<=", ">", ">=") + " " + pick(t, "last_discount_at", `"2026-10-25"`)
	case "since":
		x := pick(t, "app_opened", "order_placed", "last_discount_at", "customer_since")
		if rapid.Bool().Draw(t, "flipped") {
			return spans(t) + " " + pick(t, "<", "<=", ">", ">=") + " since(" + x + ")"
		}
		return "since(" + x + ") " + pick(t, "<", "<=", ">", ">=") + " " + spans(t)
	case "happened":
		return "happened(" + events(t) + window(t) + ")"
	case "in":
		return anyNumber(t, 1) + pick(t, " in ", " not in ") + "[0, 1,2]"
	}
	return pick(t, "known(plan)", "known(score)", `sent("outage")`, `reachable("sms")`, `uses("push")`, `mostly("Mon 19:00-21:00")`)
}

// anyLife is somebody around the clock change of 25 October 2026 in Berlin.
func anyLife(t *rapid.T) *life {
	start := time.Date(2026, 9, 20, 0, 0, 0, 0, time.UTC)
	minutes := func(label string) time.Duration {
		return time.Duration(rapid.IntRange(0, 60*24*60).Draw(t, label)) * time.Minute
	}
	l := &life{
		now: start.Add(minutes("now")), zone: berlin(t),
		traits: map[string]customer.Value{}, properties: map[[2]string]customer.Value{},
		sent:      map[string]bool{"outage": rapid.Bool().Draw(t, "sent")},
		reachable: map[customer.Channel]bool{customer.SMS: rapid.Bool().Draw(t, "reachable")},
		uses:      map[customer.Channel]bool{customer.Push: rapid.Bool().Draw(t, "uses")},
	}
	some := func(name string, value customer.Value) {
		if rapid.Bool().Draw(t, name) {
			l.traits[name] = value
		}
	}
	some("plan", customer.Text(pick(t, "surf", "basic")))
	some("score", customer.Number(float64(rapid.IntRange(0, 3).Draw(t, "points"))))
	some("plan_mb", customer.Text("1"))
	some("customer_since", customer.Text(start.Add(minutes("joined")).Format(time.DateOnly)))
	some("last_discount_at", customer.Text(start.Add(minutes("discount")).Format(time.RFC3339)))
	if rapid.Bool().Draw(t, "used") {
		l.properties[[2]string{"match", "used"}] = customer.Number(2)
	}
	at := start
	for range rapid.IntRange(0, 6).Draw(t, "acts") {
		if at = at.Add(minutes("pause") / 4); at.After(l.now) {
			break
		}
		l.acts = append(l.acts, act{events(t), at, map[string]customer.Value{
			"total": customer.Number(1), "mb": customer.Number(float64(rapid.IntRange(-1, 2).Draw(t, "mb"))), "plan": customer.Text("surf"),
		}})
	}
	return l
}

func TestLawsOfLogic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := anyLife(t)
		names := strings.NewReplacer(
			"A", "("+anyCondition(t, 1)+")", "B", "("+anyCondition(t, 1)+")", "C", "("+anyCondition(t, 1)+")")
		for _, law := range [][2]string{
			{"not not A", "A"},
			{"A and A", "A"},
			{"A or A", "A"},
			{"A and B", "B and A"},
			{"A or B", "B or A"},
			{"(A and B) and C", "A and (B and C)"},
			{"(A or B) or C", "A or (B or C)"},
			{"A and (B or C)", "(A and B) or (A and C)"},
			{"A or (B and C)", "(A or B) and (A or C)"},
			{"A or (A and B)", "A"},
			{"A and (A or B)", "A"},
			{"not (A and B)", "not A or not B"},
			{"not (A or B)", "not A and not B"},
			{"A and known(plan) and not known(plan)", "1 > 2"},
			{"A or known(plan) or not known(plan)", "1 < 2"},
		} {
			left, right := names.Replace(law[0]), names.Replace(law[1])
			require.Equal(t, verdict(program(t, right, expr.Truth), f), verdict(program(t, left, expr.Truth), f), "%s = %s", left, right)
		}
	})
}

func TestLawsOfComparison(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := anyLife(t)
		names := strings.NewReplacer("A", "("+anyNumber(t, 2)+")", "B", "("+anyNumber(t, 2)+")")
		for _, law := range [][2]string{
			{"A == B", "B == A"},
			{"A != B", "not A == B"},
			{"A < B", "B > A"},
			{"A <= B", "not A > B"},
			{"A >= B", "A > B or A == B"},
			{"A in [0, 1]", "A == 0 or A == 1"},
			{"A not in [0, 1]", "not A in [0, 1]"},
		} {
			left, right := names.Replace(law[0]), names.Replace(law[1])
			require.Equal(t, verdict(program(t, right, expr.Truth), f), verdict(program(t, left, expr.Truth), f), "%s = %s", left, right)
		}
	})
}

func TestCanonicalTextIsTheSameProgram(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := program(t, anyCondition(t, 3), expr.Truth)
		second := program(t, first.String(), expr.Truth)
		require.Equal(t, first, second)
		f := anyLife(t)
		require.Equal(t, verdict(first, f), verdict(second, f))
	})
}

// moments lists every instant at which the past can tell on an expression,
// each with its neighbours.
func moments(t *rapid.T, l *life) []time.Time {
	var origins, list []time.Time
	for _, act := range l.acts {
		origins = append(origins, act.at)
	}
	for _, name := range []string{"customer_since", "last_discount_at"} {
		if at, ok := l.traits[name].Time(l.zone); ok {
			origins = append(origins, at)
		}
	}
	for _, at := range origins {
		list = append(list, at)
		for _, window := range []time.Duration{90 * time.Minute, 24 * time.Hour} {
			list = append(list, at.Add(window))
		}
		for _, days := range []int{1, 2, 7, 30} {
			list = append(list, at.In(l.zone).AddDate(0, 0, days))
		}
		for _, months := range []int{1, 3} {
			list = append(list, at.In(l.zone).AddDate(0, months, 0))
		}
	}
	list = append(list, l.now.Add(time.Duration(rapid.Int64Range(1, int64(120*24*time.Hour)).Draw(t, "moment"))))
	for _, at := range list {
		for _, near := range []time.Duration{-time.Hour, -time.Nanosecond, time.Nanosecond, time.Hour} {
			list = append(list, at.Add(near))
		}
	}
	return list
}

// Until NextChange nothing changes, at whatever instant one looks.
func TestNextChangeIsNeverLate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := anyCondition(t, 3)
		p, l := program(t, text, expr.Truth), anyLife(t)
		number := program(t, anyNumber(t, 2), expr.Number)
		next, numberNext := p.NextChange(l), number.NextChange(l)
		require.True(t, next.IsZero() || next.After(l.now), "%s is not after %s", next, l.now)
		value, known := number.Number(l)
		for _, at := range moments(t, l) {
			if !at.After(l.now) {
				continue
			}
			if next.IsZero() || at.Before(next) {
				require.Equal(t, verdict(p, l), verdict(p, l.at(at)), "%s, %s, before %s", text, at, next)
			}
			if numberNext.IsZero() || at.Before(numberNext) {
				value2, known2 := number.Number(l.at(at))
				require.Equal(t, fmt.Sprint(value, known), fmt.Sprint(value2, known2), "%s, %s, before %s", number, at, numberNext)
			}
		}
	})
}

// Of a single since, NextChange is exact.
func TestNextChangeOfSinceIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLife(t)
		p := program(t, "since("+pick(t, "app_opened", "last_discount_at", "customer_since")+") "+pick(t, "<", ">=")+" "+spans(t), expr.Truth)
		next := p.NextChange(l)
		if next.IsZero() {
			t.Skip("nothing changes")
		}
		require.Equal(t, verdict(p, l), verdict(p, l.at(next.Add(-time.Nanosecond))))
		require.NotEqual(t, verdict(p, l), verdict(p, l.at(next)))
	})
}
