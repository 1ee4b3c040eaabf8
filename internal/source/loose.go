package source

import (
	"regexp"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// aWord is what may be one of several values.
var aWord = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// isLoose reports whether an entry of a mapping in braces is a text without a
// colon.
func (n Node) isLoose(e Entry) bool {
	return n.yaml.Style&yaml.FlowStyle != 0 && e.Value.isEmpty() && !e.Key.colon()
}

// failLoose reports the loose text at i. Of several in a row that belong to the
// value before them, only the first is reported.
func (n Node) failLoose(entries []Entry, i int) {
	at := i
	for at > 0 && n.isLoose(entries[at-1]) {
		at--
	}
	key := entries[i].Key
	if at == 0 {
		key.Fail("stands in braces, which YAML reads as a key without a value", "leave out the braces { }")
		return
	}
	if at < i {
		return
	}
	key.Fail("stands behind a comma in braces, which YAML reads as a key without a value", n.looseHint(entries, i))
}

// looseHint says what a loose text behind a value most likely was: the rest of
// an expression, or one more of a list.
func (n Node) looseHint(entries []Entry, i int) string {
	owner := entries[i-1]
	value := owner.Value.Raw()
	if strings.Count(value, "(")+strings.Count(value, "[") > strings.Count(value, ")")+strings.Count(value, "]") {
		below := n.path[strings.LastIndexByte(n.path, '.')+1:]
		switch {
		case strings.Contains(below, "["):
			below = ""
		case below != "":
			below = " below " + below
		}
		return "write the expression in single quotes, " + owner.Name + ": '...', or " + owner.Name + " on a line of its own" + below
	}
	list := []string{value}
	for ; i < len(entries) && n.isLoose(entries[i]); i++ {
		list = append(list, entries[i].Name)
	}
	for _, word := range list {
		if !aWord.MatchString(word) {
			return "put the whole value of " + owner.Name + " in single quotes, or leave it out"
		}
	}
	return "write " + owner.Name + ": [" + strings.Join(list, ", ") + "], or a colon and a value behind " + list[1]
}
