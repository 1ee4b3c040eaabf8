package rule_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/rule"
)

// shares makes a split of the shares, in ten-thousandths of a percent.
func shares(rest string, millionths ...int) *rule.Split {
	s := &rule.Split{}
	for i, m := range millionths {
		s.Branches = append(s.Branches, rule.Branch{Name: string(rune('a' + i)), Shared: true, Share: float64(m) / 1e6})
	}
	if rest != "" {
		s.Branches = append(s.Branches, rule.Branch{Name: rest})
	}
	return s
}

func nameOf(b *rule.Branch) string {
	if b == nil {
		return ""
	}
	return b.Name
}

func TestDrawn(t *testing.T) {
	t.Parallel()
	for number, want := range map[float64][2]string{
		0: {"a", "a"}, 0.0999999: {"a", "a"}, 0.1: {"b", "b"}, 0.4999: {"b", "b"}, 0.5: {"", "rest"}, 0.9999999999: {"", "rest"},
	} {
		require.Equal(t, want[0], nameOf(shares("", 100_000, 400_000).Drawn(number)), "%v", number)
		require.Equal(t, want[1], nameOf(shares("rest", 100_000, 400_000).Drawn(number)), "%v", number)
	}
	require.Nil(t, shares("", 0, 0).Drawn(0))
	tenths := make([]int, 10)
	for i := range tenths {
		tenths[i] = 100_000
	}
	require.Equal(t, "j", nameOf(shares("", tenths...).Drawn(1-1e-16)), "ten times 10% is everybody")
}

// TestOtherSharesMoveFewPeople holds that of two branches only those change
// whose share changed, and that each branch has its share of all numbers.
func TestOtherSharesMoveFewPeople(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.IntRange(0, 1_000_000).Draw(t, "before")
		after := rapid.IntRange(0, 1_000_000).Draw(t, "after")
		number := rapid.Float64Range(0, 0.9999999).Draw(t, "number")
		was, is := nameOf(shares("rest", before).Drawn(number)), nameOf(shares("rest", after).Drawn(number))
		between := number >= float64(min(before, after))/1e6 && number < float64(max(before, after))/1e6
		if (was != is) != between {
			t.Fatalf("%v of %d, %d: %s became %s", number, before, after, was, is)
		}
	})
}
