package source

import "strings"

// Nearest gives the known word that a misspelt one most likely means, "" when
// none is near enough: at most a third of its letters may differ.
func Nearest(word string, known []string) string {
	best, bestDistance := "", len(word)/3+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < bestDistance || d == 0 {
			best, bestDistance = k, d
		}
	}
	return best
}

// few is how many known words a hint names at most.
const few = 16

// DidYouMean gives a hint naming the nearest known word, else the known words
// when they are few, else those that hold the word, else "".
func DidYouMean(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return "did you mean " + near + "?"
	}
	if len(known) > few {
		return holding(word, known)
	}
	if len(known) == 0 {
		return ""
	}
	return "known: " + strings.Join(known, ", ")
}

// holding gives a hint naming the known words that hold a word; "" when there
// are none or many, or the word is too short to tell.
func holding(word string, known []string) string {
	const least = 3
	var found []string
	for _, k := range known {
		if len(word) >= least && strings.Contains(strings.ToLower(k), strings.ToLower(word)) {
			found = append(found, k)
		}
	}
	if len(found) == 0 || len(found) > few {
		return ""
	}
	return "did you mean " + strings.Join(found, " or ") + "?"
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to get from a to b (optimal string alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
