package demo

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// phoneBook gives out each number once. It holds how many of a range, by its
// prefix, are given out.
type phoneBook map[string]int

// next gives a place's next number, "" when it has none left.
func (b phoneBook) next(p place) string {
	for _, r := range p.phones {
		given := b[r.prefix]
		if r.first+given > r.last {
			continue
		}
		b[r.prefix]++
		return fmt.Sprintf("%s%0*d", r.prefix, r.digits, r.first+given)
	}
	return ""
}

// skip takes a number as given out, and all before it in its range.
func (b phoneBook) skip(p place, number string) {
	for _, r := range p.phones {
		rest, ok := strings.CutPrefix(number, r.prefix)
		if n, err := strconv.Atoi(rest); ok && err == nil && len(rest) == r.digits {
			b[r.prefix] = max(b[r.prefix], n-r.first+1)
		}
	}
}

// shuffle goes on somewhere in the rest of each range, so that those who come
// in one run seldom have the numbers of those who came in another.
func (b phoneBook) shuffle(r *rand.Rand) {
	for _, p := range places() {
		for _, in := range p.phones {
			if left := in.last - in.first + 1 - b[in.prefix]; left > 1 {
				b[in.prefix] += r.IntN((left + 1) / 2)
			}
		}
	}
}
