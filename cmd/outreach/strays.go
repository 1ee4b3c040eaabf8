package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/source"
	"github.com/outreach-engine/outreach/internal/wording"
)

// strays are what came in and is not as data.yaml declares it, with how often.
// What data.yaml declares by this time is left out.
type strays struct {
	Events map[string]int64 `json:"undeclared_events"`
	Traits map[string]int64 `json:"undeclared_traits"`
	Odd    map[string]int64 `json:"odd_values"` // by trait, or event.property
}

func (v *status) readStrays(tx ledger.Tx) error {
	counts, err := tx.Counts()
	if err != nil {
		return err
	}
	words, err := declared(tx)
	if err != nil {
		return err
	}
	v.Strays = strays{Events: map[string]int64{}, Traits: map[string]int64{}, Odd: map[string]int64{}}
	for counter, n := range counts {
		if name, ok := strings.CutPrefix(counter, observe.UndeclaredEvent); ok && !has(words.Events, name) {
			v.Strays.Events[name] = n
		}
		if name, ok := strings.CutPrefix(counter, observe.UndeclaredTrait); ok && !has(words.Traits, name) {
			v.Strays.Traits[name] = n
		}
		if name, ok := strings.CutPrefix(counter, observe.OddValue); ok {
			v.Strays.Odd[name] = n
		}
	}
	return nil
}

func has[V any](declared map[string]V, name string) bool {
	_, ok := declared[name]
	return ok
}

// declared gives the data.yaml in force, of which as much as can be read.
func declared(tx ledger.Texts) (*dictionary.Dictionary, error) {
	active, err := tx.Active()
	if err != nil {
		return nil, err
	}
	for _, a := range active {
		if a.Kind != ledger.DataDocument {
			continue
		}
		document, _, err := tx.Document(a.Kind, a.Name, a.Hash)
		var ps source.Problems
		return dictionary.Read(bundle.DataFile, document.Body, &ps), err
	}
	return dictionary.Empty(), nil
}

// print writes a line for what is not declared and one for odd values, where
// there are any.
func (s strays) print(out io.Writer) error {
	names := append(countedNames("event ", s.Events), countedNames("trait ", s.Traits)...)
	if err := printStrays(out, "not declared in data.yaml: ", names); err != nil {
		return err
	}
	return printStrays(out, "not of the kind or the texts that data.yaml declares: ", countedNames("", s.Odd))
}

// shownStrays bounds the names of a line.
const shownStrays = 20

func printStrays(out io.Writer, what string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	text := what + strings.Join(names[:min(len(names), shownStrays)], ", ")
	if more := len(names) - shownStrays; more > 0 {
		text += fmt.Sprintf(" and %d more (--json lists them all)", more)
	}
	_, err := fmt.Fprintln(out, text)
	return err
}

// countedNames gives names with their numbers, the most frequent first, behind
// the word for what they are.
func countedNames(word string, counts map[string]int64) []string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for i, name := range names {
		names[i] = word + name + " " + wording.Number(float64(counts[name]))
	}
	return names
}
