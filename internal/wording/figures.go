package wording

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Used gives "used 12,400 of 15,000 (83 %)".
func Used(used, limit, share float64) string {
	return fmt.Sprintf("used %s of %s (%s)", Number(used), Number(limit), Percent(share))
}

// Figures says what a match is of: how much was used of a limit, else each
// figure with its name; "" for none.
func Figures(match map[string]customer.Value) string {
	if used, ok := match["used"].Float(); ok {
		limit, _ := match["limit"].Float()
		share, _ := match["share"].Float()
		return Used(used, limit, share)
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(match)) {
		words = append(words, name+" "+match[name].String())
	}
	return strings.Join(words, ", ")
}
