package expr_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/expr"
)

// told writes a term on a line: its text, how it stands, what it reads, and
// what it wants.
func told(term expr.Term) string {
	words := term.Text + " | " + map[[2]bool]string{{true, true}: "yes", {false, true}: "no", {false, false}: "unknown"}[[2]bool{term.Holds, term.Known}]
	for _, r := range term.Reads {
		value := r.Value.String()
		switch {
		case !r.Known:
			value = "?"
		case !r.At.IsZero():
			value = r.At.Format(time.RFC3339)
		}
		words += fmt.Sprintf(" | %s = %s", r.Name, value)
	}
	if term.Wants != "" {
		words += " | wants " + term.Wants
	}
	return words
}

func TestTerms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`plan in ["basic", "ultimate"]`: {`plan in ["basic", "ultimate"] | no | plan = surf | wants basic or ultimate`},
		`plan not in ["basic", "surf", "trial"]`: {
			`plan not in ["basic", "surf", "trial"] | no | plan = surf | wants anything but basic, surf and trial`},
		`plan == "surf" and score > 5 and known(role)`: {
			`plan == "surf" | yes | plan = surf | wants surf`,
			`score > 5 | unknown | score = ? | wants more than 5`,
			`known(role) | no | role = ? | wants any value`,
		},
		`(plan != "surf" and 5 <= plan_mb) and not (score < 3)`: {
			`plan != "surf" | no | plan = surf | wants anything but surf`,
			`5 <= plan_mb | yes | plan_mb = 15000 | wants at least 5`,
			`not score < 3 | unknown | score = ? | wants at least 3`,
		},
		`plan == "basic" or known(score)`: {`plan == "basic" or known(score) | no | plan = surf | score = ?`},
		`since(app_opened) > 90d and since(customer_since) < 1 month`: {
			`since(app_opened) > 90d | no | app_opened = 2026-10-01T18:00:00Z | wants at least 90d ago`,
			`since(customer_since) < 1 month | no | customer_since = 2026-01-15 | wants less than 1 month ago`,
		},
		`count(data_session, 30d) >= 2 and sum(data_session.mb) / plan_mb > 0.5 and not happened(order_placed)`: {
			`count(data_session, 30d) >= 2 | yes | count(data_session, 30d) = 2 | wants at least 2`,
			`sum(data_session.mb) / plan_mb > 0.5 | no | sum(data_session.mb) = 1200 | plan_mb = 15000 | wants more than 0.5`,
			`not happened(order_placed) | no | happened(order_placed) = yes`,
		},
		`latest(order_placed.total) in [1, 2] and match.used == 12000 and coupon.code == "SAVE" and match.before in [7d, 3d]`: {
			`latest(order_placed.total) in [1, 2] | no | latest(order_placed.total) = 49.5 | wants 1 or 2`,
			`match.used == 12000 | yes | match.used = 12000 | wants 12000`,
			`coupon.code == "SAVE" | yes | coupon.code = SAVE | wants SAVE`,
			`match.before in [7d, 3d] | yes | match.before = 7d`,
		},
		`customer_since < "2026-01-01" and trial_ends_at >= "2026-12-01" and order_placed.promised_at > last_discount_at`: {
			`customer_since < "2026-01-01" | no | customer_since = 2026-01-15 | wants before 2026-01-01`,
			`trial_ends_at >= "2026-12-01" | yes | trial_ends_at = 2026-12-01 | wants at 2026-12-01 or later`,
			`order_placed.promised_at > last_discount_at | unknown | order_placed.promised_at = 2026-11-22T12:00:00Z | last_discount_at = ?`,
		},
		`uses("push") and not reachable("sms") and mostly("Mon 19:00-21:00") and sent("outage")`: {
			`uses("push") | yes | uses("push") = yes`,
			`not reachable("sms") | yes | reachable("sms") = no`,
			`mostly("Mon 19:00-21:00") | yes | mostly("Mon 19:00-21:00") = yes`,
			`sent("outage") | yes | sent("outage") = yes`,
		},
		`not known(score) and score not in [1, 2] and not plan_mb == 3 and -plan_mb < 0`: {
			`not known(score) | yes | score = ? | wants no value`,
			`score not in [1, 2] | unknown | score = ? | wants anything but 1 and 2`,
			`not plan_mb == 3 | yes | plan_mb = 15000 | wants anything but 3`,
			`-plan_mb < 0 | yes | plan_mb = 15000 | wants less than 0`,
		},
	} {
		var got []string
		for _, term := range program(t, text, expr.Truth).Terms(anna(t)) {
			got = append(got, told(term))
		}
		require.Equal(t, want, got, text)
	}
}

func TestReadsOfANumber(t *testing.T) {
	t.Parallel()
	p := program(t, "plan_mb + sum(data_session.mb) - plan_mb * 2 + score", expr.Number)
	require.Nil(t, p.Terms(anna(t)))
	var names []string
	for _, r := range p.Reads(anna(t)) {
		names = append(names, fmt.Sprint(r.Name, " ", r.Known))
	}
	require.Equal(t, []string{"plan_mb true", "sum(data_session.mb) true", "score false"}, names)
}

// TestTermsMakeTheWhole holds that a condition holds when all its terms do,
// that their texts make up its text, and that each by itself says the same.
func TestTermsMakeTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, f := program(t, anyCondition(t, 3), expr.Truth), anyLife(t)
		holds := true
		var texts []string
		for _, term := range p.Terms(f) {
			holds = holds && term.Holds
			alone := program(t, term.Text, expr.Truth)
			value, known := alone.Truth(f)
			require.Equal(t, []bool{value, known}, []bool{term.Holds, term.Known}, term.Text)
			require.ElementsMatch(t, alone.Reads(f), term.Reads)
			texts = append(texts, "("+term.Text+")")
		}
		require.Equal(t, p.Holds(f), holds, p.String())
		require.Equal(t, verdict(p, f), verdict(program(t, strings.Join(texts, " and "), expr.Truth), f))
	})
}
