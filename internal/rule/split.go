package rule

import (
	"math"

	"github.com/outreach-engine/outreach/internal/expr"
)

// Split sends customers different ways: into the first branch whose condition
// holds, else into one by their share, else into the rest.
type Split struct {
	Branches []Branch
}

// Branch is one way of a split. It has a condition, or is Shared, or is
// neither: the rest, which stands last.
type Branch struct {
	Name   string // unique in the split; its number as text when it has none
	If     *expr.Program
	Shared bool
	Share  float64 // with Shared, 0 to 1, to a ten-thousandth of a percent
	Steps  []Step  // may be none
}

// Rest reports whether the branch takes those who are left over.
func (b *Branch) Rest() bool { return b.If == nil && !b.Shared }

// takesAll reports whether nobody goes past every branch.
func (s *Split) takesAll() bool {
	millionths := 0
	for i := range s.Branches {
		if s.Branches[i].Rest() {
			return true
		}
		millionths += s.Branches[i].millionths()
	}
	return millionths >= all
}

// Drawn gives the branch of a customer for whom no condition holds, by a
// number of their own from 0 up to 1; nil when they take none. Whoever's
// number stays has the same branch for as long as the shares up to it allow.
func (s *Split) Drawn(number float64) *Branch {
	millionths := 0
	for i := range s.Branches {
		b := &s.Branches[i]
		millionths += b.millionths()
		if b.Rest() || b.Shared && number < float64(millionths)/all {
			return b
		}
	}
	return nil
}

// all is everybody, in millionths: shares add up without rounding.
const all = 1_000_000

func (b *Branch) millionths() int {
	if !b.Shared {
		return 0
	}
	return int(math.Round(b.Share * all))
}
