package expr_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const threeTerms = `plan in ["surf", "ultimate"] and score < 7 and since(last_discount_at) >= 365d`

// Evaluation takes nothing from the heap. Allocations are counted for the
// whole process, so this test does not run beside others.
func TestEvaluationDoesNotAllocate(t *testing.T) {
	f := benchmarkLife(t)
	for _, text := range []string{
		threeTerms, `match.used >= match.limit * 80%`, `not known(city) or sent("outage") and reachable("push")`,
		`latest(order_placed.plan) != plan`,
	} {
		p := condition(t, text)
		require.Zero(t, testing.AllocsPerRun(100, func() { p.Holds(f) }), text)
	}
}

func BenchmarkHolds(b *testing.B) {
	p, f := condition(b, threeTerms), benchmarkLife(b)
	require.True(b, p.Holds(f))
	for b.Loop() {
		p.Holds(f)
	}
}

func BenchmarkNextChange(b *testing.B) {
	p, f := condition(b, threeTerms), benchmarkLife(b)
	for b.Loop() {
		p.NextChange(f)
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		condition(b, threeTerms)
	}
}
