package expr_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/expr"
)

// Whatever is written, Compile gives a program or problems with a place and
// words; what it accepts can be asked and read back.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`plan == "surf" and not happened(order_placed, 30d) or score in [1, -2.5, 80%]`,
		`since(app_opened) < 3m AND plan = “surf” || x <> 1,000`,
		`order_placed.total * (2 + 3) / 0 >= sum(data_session.mb, 3 months)`,
		`((((not not - - 1 < 2 < 3`, `"\`, `'`, `a.b.c(`, `[,]`, "\xff", `1..2 3 % ! = =!`, `mostly("cron * * * * *")`,
		`customer_since < 2026-01-01 or match.before == 1d`, `happened(Order Completed, 30)`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, want := range []expr.Type{expr.Truth, expr.Number, expr.Text, expr.Time, expr.Span} {
			p, problems := expr.Compile(text, want, shop())
			require.Equal(t, p == nil, len(problems) > 0)
			require.True(t, slices.IsSortedFunc(problems, func(a, b expr.Problem) int { return a.Offset - b.Offset }))
			for _, problem := range problems {
				require.GreaterOrEqual(t, problem.Offset, 0)
				require.LessOrEqual(t, problem.Offset, len(text))
				require.NotEmpty(t, strings.TrimSpace(problem.Message))
			}
			if p == nil {
				continue
			}
			life := anna(t)
			p.Holds(life)
			p.Number(life)
			p.NextChange(life)
			if value, known := p.Truth(life); want == expr.Truth {
				require.False(t, p.Never() && value, p.String())
				require.False(t, p.Always() && !value, p.String())
				require.False(t, p.NeverFails() && known && !value, p.String())
			}
			again, problems := expr.Compile(p.String(), want, shop())
			require.Empty(t, problems)
			require.Equal(t, p, again)
		}
	})
}
