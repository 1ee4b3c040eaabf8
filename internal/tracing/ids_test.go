package tracing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/tracing"
)

// TestOnlyIdsThatProgramsDrawAreLogged leaves out what a sender may have made
// of somebody's name or number.
func TestOnlyIdsThatProgramsDrawAreLogged(t *testing.T) {
	t.Parallel()
	for id, logged := range map[string]bool{
		"3b241101-e2bb-4255-8caf-4136c566a962":                        true,
		"3B241101E2BB42558CAF4136C566A962":                            true,
		"ajs-next-1700000000000-3b241101-e2bb-4255-8caf-4136c566a962": true,
		"sha256-0123456789abcdef0123456789abcdef":                     true,
		"01ARZ3NDEKTSV4RRFFQ69G5FAV":                                  true,
		"0ujtsYcgvSTl8PAuAdqWYSMnLOv":                                 true,
		"":                                                            false,
		"order-ana@example.com":                                       false,
		"demo/1/lark-00001/identify":                                  false,
		"anna-maria-schmidt-12125550":                                 false,
		"12125550101":                                                 false,
	} {
		ids := tracing.About(id, ledger.Ref{Rule: "r", Customer: "c", N: 1})
		require.Equal(t, logged, len(ids) == 4, id)
		require.Len(t, ids[1], 32)
	}
}

// TestATraceIsOfTheEventOrOfTheOutreach holds ids still: they join what
// different processes and versions tell.
func TestATraceIsOfTheEventOrOfTheOutreach(t *testing.T) {
	t.Parallel()
	one, two := ledger.Ref{Rule: "r", Customer: "c", N: 1}, ledger.Ref{Rule: "r", Customer: "c", N: 2}
	require.Equal(t, tracing.ID("m1", one), tracing.ID("m1", two))
	require.NotEqual(t, tracing.ID("", one), tracing.ID("", two))
	require.NotEqual(t, tracing.ID("m1", one), tracing.ID("m2", one))
	require.Equal(t, "dd179ea7ad018abfe7b00f149800727c", tracing.ID("m1", one).String())
}

// TestNoTracerIsFree holds that who traces nothing pays nothing.
func TestNoTracerIsFree(t *testing.T) { // by itself: it counts what is allocated
	var none *tracing.Tracer
	require.Zero(t, testing.AllocsPerRun(100, func() { none.Tell(tracing.Span{Name: "x"}); none.Committed(nil) }))
	require.NoError(t, none.Close(t.Context()))
}
