package habit

import (
	"math/bits"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

const (
	// alike is the share of a customer's evidence that is spread over the same hour of all seven days: people
	// have daily rhythms.
	alike = 0.2
	// still is what the kernel leaves in an hour itself: the middle of the binomial kernel 1 4 6 4 1, and the
	// part of the spread over the days that comes back.
	still = (1 - alike + alike/7) * 6 / 16
	even  = 1.0 / week
)

// smooth spreads a week by the binomial kernel over two hours to both sides, around the week, and a part of
// it over all days. The sum stays.
func (c *curve) smooth(out *curve) {
	var day [24]float64
	for i, v := range c {
		day[i%24] += v
	}
	for h := range day {
		day[h] *= alike / 7
	}
	var mixed [week + 4]float64
	for i, v := range c {
		mixed[i+2] = v*(1-alike) + day[i%24]
	}
	copy(mixed[:2], mixed[week:])
	copy(mixed[week+2:], mixed[2:4])
	for i := range out {
		m := mixed[i : i+5 : i+5]
		out[i] = (m[0]+m[4])*(1.0/16) + (m[1]+m[3])*(4.0/16) + m[2]*(6.0/16)
	}
}

func (c *curve) sum() float64 {
	sum := 0.0
	for _, v := range c {
		sum += v
	}
	return sum
}

// dot is the sum of products.
func (c *curve) dot(o *curve) float64 {
	sum := 0.0
	for i, v := range c {
		sum += v * o[i]
	}
	return sum
}

// best is the largest value of the hours allowed.
func (c *curve) best(allowed sendtime.Hours) float64 {
	best := 0.0
	for word, rest := range allowed {
		for ; rest != 0; rest &= rest - 1 {
			if i := word*64 + bits.TrailingZeros64(rest); i < week {
				best = max(best, c[i])
			}
		}
	}
	return best
}

// atLeast gives the hours allowed whose value reaches a bound.
func (c *curve) atLeast(bound float64, allowed sendtime.Hours) sendtime.Hours {
	var found sendtime.Hours
	for word, rest := range allowed {
		for ; rest != 0; rest &= rest - 1 {
			if i := word*64 + bits.TrailingZeros64(rest); i < week && c[i] >= bound {
				found.Add(i)
			}
		}
	}
	return found
}
