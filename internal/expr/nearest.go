package expr

import (
	"strings"
	"unicode/utf8"
)

// nearest gives the candidate that a word was probably meant to be: at most a
// third of its letters typed wrong, case and separators not counted. Of
// equally near ones it gives the first by the alphabet.
func nearest(word string, candidates []string) (string, bool) {
	word = folded(word)
	best, found := "", false
	bound := utf8.RuneCountInString(word) / 3
	for _, candidate := range candidates {
		d := typos(word, folded(candidate), bound)
		if d < 0 || (found && d == bound && candidate >= best) {
			continue
		}
		best, found, bound = candidate, true, d
	}
	return best, found
}

// folded makes Order Completed, order-completed and order_completed alike.
func folded(s string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(s)))
}

// typos counts the letters to add, drop, change or swap with their neighbour
// to make a into b (optimal string alignment); -1 when there are more than bound.
func typos(a, b string, bound int) int {
	from, to := []rune(a), []rune(b)
	if len(from)-len(to) > bound || len(to)-len(from) > bound {
		return -1
	}
	before, last, row := make([]int, len(to)+1), make([]int, len(to)+1), make([]int, len(to)+1)
	for j := range last {
		last[j] = j
	}
	for i := range from {
		row[0] = i + 1
		least := row[0]
		for j := range to {
			cost := 1
			if from[i] == to[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
			least = min(least, row[j+1])
		}
		if least > bound {
			return -1
		}
		before, last, row = last, row, before
	}
	if last[len(to)] > bound {
		return -1
	}
	return last[len(to)]
}
