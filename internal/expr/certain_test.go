package expr_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/expr"
)

func TestNever(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`plan == "surf" and plan == "basic"`,
		`plan == "surf" and not (plan == "surf")`,
		`plan in ["surf", "basic"] and plan not in ["surf", "basic", "trial"]`,
		`plan in ["surf", "basic"] and plan != "surf" and plan != "basic"`,
		`score > 5 and score < 3`, `score >= 5 and 5 > score`, `score == 5 and score != 5`, `score == 1 and score in [2, 3]`,
		`count(app_opened) < 0`, `count(app_opened) > 1 and count(app_opened) < 2`, `count(app_opened) == 1.5`,
		`happened(app_opened, 7d) and not happened(app_opened, 30d)`, `happened(app_opened, 24h) and count(app_opened, 1 month) == 0`,
		`happened(app_opened, 90min) and not happened(app_opened)`, `count(app_opened, 1d) > 2 and count(app_opened, 2d) < 3`,
		`since(app_opened) > 30d and since(app_opened) < 14d`, `since(app_opened) > 30d and since(app_opened) < 24h`,
		`since(customer_since) >= 3 months and since(customer_since) < 30d`,
		`customer_since < "2026-01-01" and customer_since > "2026-02-01"`, `customer_since >= "2026-01-01" and customer_since < "2026-01-01"`,
		`customer_since == "2026-01-01" and customer_since == "2026-03-01"`,
		`known(score) and not known(score)`, `not known(score) and score > 3`, `not known(plan) and plan != "surf"`,
		`not known(customer_since) and since(customer_since) > 30d`,
		`sent("outage") and not sent("outage")`, `reachable("sms") and not reachable("sms")`,
		`mostly("Mon 19:00-21:00") and not mostly("Mon 19:00-21:00")`,
		`score < score`, `plan_mb > score and score >= plan_mb`, `1 > 2`, `score / 0 > 1`, `1 / 0 == 1 / 0`, `score > 1 / 0`,
		`(score > 5 or plan == "surf") and score < 5 and plan == "basic"`,
		`not (score > 1 or score <= 1)`, `match.before > 30d and match.before < 7d`,
	} {
		require.True(t, truthOf(t, text).Never(), text)
		require.True(t, truthOf(t, "not ("+text+")").NeverFails(), text)
		require.False(t, truthOf(t, text).Always(), text)
	}
}

func TestNotNever(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`plan == "surf" or plan == "basic"`, `plan != "surf" and plan != "basic"`, `score > 3 and score < 3.5`, `score >= 3 and score <= 3`,
		`happened(app_opened, 30d) and not happened(app_opened, 7d)`, `happened(app_opened, 30d) and not happened(app_opened, 1 month)`,
		`since(app_opened) > 30d and since(app_opened) < 1 month`, `since(app_opened) > 24h and since(app_opened) < 1d`,
		`customer_since >= "2011-12-31" and customer_since <= "2011-12-30"`, // one instant in Apia
		`count(app_opened) > 1 and count(app_opened) < 3`, `sum(data_session.mb) < 0`, `score - score != 0`,
		`not known(score)`, `reachable("sms") and not reachable("push")`, `uses("push") and not reachable("push")`,
		`count(app_opened) > 1 and not happened(order_placed)`, `score > plan_mb and plan_mb > 3`,
	} {
		require.False(t, truthOf(t, text).Never(), text)
	}
}

func TestAlways(t *testing.T) {
	t.Parallel()
	for text, always := range map[string]bool{
		`known(plan) or not known(plan)`:                   true,
		`count(app_opened) >= 0`:                           true,
		`happened(app_opened) or not happened(app_opened)`: true,
		`1 < 2`: true,
		`not known(score) or score < 7 or score >= 7`:              true,
		`plan == "surf" or plan != "surf"`:                         false, // not of whom no plan is known
		`score < 7 or score >= 7`:                                  false,
		`since(app_opened) < 30d or since(app_opened) >= 30d`:      false,
		`sum(data_session.mb) > 1 or not sum(data_session.mb) > 1`: false,
	} {
		p := truthOf(t, text)
		require.Equal(t, always, p.Always(), text)
		require.True(t, p.NeverFails(), text)
		require.False(t, p.Never(), text)
	}
	p := truthOf(t, `plan == "surf"`)
	require.False(t, p.Always() || p.NeverFails() || p.Never())
}

func TestFollowsAndDisjoint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, what        string
		follows, disjoint bool
	}{
		{`plan == "surf"`, `plan in ["surf", "basic"]`, true, false},
		{`plan == "surf"`, `known(plan)`, true, false},
		{`plan == "surf" and score > 3`, `score > 2`, true, false},
		{`plan == "surf"`, `plan != "basic"`, true, false},
		{`plan == "surf"`, `plan == "basic"`, false, true},
		{`plan in ["surf", "basic"]`, `plan == "basic"`, false, false},
		{`known(plan)`, `known(score)`, false, false},
		{`count(app_opened, 7d) >= 3`, `happened(app_opened, 30d)`, true, false},
		{`score > 3`, `score / 2 > 1`, false, false},
		{`known(score)`, `score < 7 or score >= 7`, true, false},
	} {
		a, b := truthOf(t, c.from), truthOf(t, c.what)
		require.Equal(t, c.follows, expr.Follows(a, b), "%s, %s", a, b)
		require.Equal(t, c.disjoint, expr.Disjoint(a, b), "%s, %s", a, b)
		require.Equal(t, c.disjoint, expr.Disjoint(b, a), "%s, %s", b, a)
	}
	number := program(t, `score + 1`, expr.Number)
	require.False(t, expr.Follows(number, number))
	require.False(t, number.Always() || number.NeverFails())
}

// What is said to be certain is so of whomever one asks.
func TestWhatIsCertainIsSo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := truthOf(t, near(t)), truthOf(t, near(t))
		f := anyLife(t)
		value, known := a.Truth(f)
		other := b.Holds(f)
		require.False(t, a.Never() && value && known, a.String())
		require.False(t, a.Always() && !value, a.String())
		require.False(t, a.NeverFails() && known && !value, a.String())
		require.False(t, expr.Disjoint(a, b) && value && other, "%s, %s", a, b)
		require.False(t, expr.Follows(a, b) && value && !other, "%s, %s", a, b)
	})
}

// near writes a condition of few names, so that its parts often concern each
// other.
func near(t *rapid.T) string {
	leaf := func() string {
		switch pick(t, "any", "score", "plan", "count", "since", "known", "day") {
		case "any":
			return anyCondition(t, 1)
		case "score":
			return "score " + relations(t) + " " + pick(t, "0", "1", "2", "3", "score", "plan_mb", "1 / 0")
		case "plan":
			return "plan " + pick(t, `== "surf"`, `!= "surf"`, `== "basic"`, `in ["surf", "basic"]`, `not in ["basic"]`)
		case "count":
			return pick(t, "count(app_opened"+window(t)+") "+relations(t)+" "+pick(t, "0", "1", "2"), "happened(app_opened"+window(t)+")")
		case "since":
			return "since(" + pick(t, "app_opened", "customer_since") + ") " + pick(t, "<", ">=") + " " + spans(t)
		case "known":
			return pick(t, "known(score)", "known(plan)", "known(customer_since)")
		}
		return "customer_since " + pick(t, "<", "<=", ">", ">=", "==", "!=") + " " + pick(t, `"2026-10-01"`, `"2026-10-02"`, `"2026-11-01"`)
	}
	text := ""
	for i := range rapid.IntRange(1, 4).Draw(t, "terms") {
		if i > 0 {
			text += pick(t, " and ", " and ", " or ")
		}
		if rapid.Bool().Draw(t, "negated") {
			text += "not "
		}
		text += "(" + leaf() + ")"
	}
	return text
}

func truthOf(t require.TestingT, text string) *expr.Program { return program(t, text, expr.Truth) }
