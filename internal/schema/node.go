package schema

import (
	"maps"
	"slices"
	"strings"
)

// node is one JSON Schema with what editors add to it: messages of its own,
// words for the members of an enum, and snippets. Empty fields are left out.
type node struct {
	Draft       string `json:"$schema,omitempty"`
	Title       string `json:"title,omitempty"`
	Ref         string `json:"$ref,omitempty"`
	Description string `json:"description,omitempty"`
	Default     any    `json:"default,omitempty"`

	Type             any      `json:"type,omitempty"` // a word or several
	Const            any      `json:"const,omitempty"`
	Enum             []any    `json:"enum,omitempty"`
	EnumDescriptions []string `json:"enumDescriptions,omitempty"`
	Pattern          string   `json:"pattern,omitempty"`
	Minimum          *int     `json:"minimum,omitempty"`
	Maximum          *int     `json:"maximum,omitempty"`

	Items    *node `json:"items,omitempty"`
	MinItems int   `json:"minItems,omitempty"`
	MaxItems int   `json:"maxItems,omitempty"`
	Unique   bool  `json:"uniqueItems,omitempty"`

	Properties map[string]*node `json:"properties,omitempty"`
	Names      *node            `json:"propertyNames,omitempty"`
	Additional any              `json:"additionalProperties,omitempty"` // a node, or false
	Required   []string         `json:"required,omitempty"`
	MinFields  int              `json:"minProperties,omitempty"`

	If          *node            `json:"if,omitempty"`
	Then        *node            `json:"then,omitempty"`
	Else        *node            `json:"else,omitempty"`
	AllOf       []*node          `json:"allOf,omitempty"`
	AnyOf       []*node          `json:"anyOf,omitempty"`
	Not         *node            `json:"not,omitempty"`
	Definitions map[string]*node `json:"definitions,omitempty"`

	Message  string    `json:"errorMessage,omitempty"` // what an editor says of any fault found here
	Snippets []snippet `json:"defaultSnippets,omitempty"`
}

// snippet is something that an editor offers to write.
type snippet struct {
	Label       string `json:"label"`
	Description string `json:"description,omitempty"`
	Body        any    `json:"body"`
}

// text is every scalar: the readers take a value's text as it is written.
var text = []string{"string", "number", "boolean"}

// choice is one of several words, with what it is.
type choice struct{ name, words string }

// distinct joins lists of choices, of which the first of a name stays.
func distinct(lists ...[]choice) []choice {
	var all []choice
	for _, c := range slices.Concat(lists...) {
		if !slices.ContainsFunc(all, func(other choice) bool { return other.name == c.name }) {
			all = append(all, c)
		}
	}
	return all
}

func values(known []choice) []any {
	list := make([]any, len(known))
	for i, c := range known {
		list[i] = c.name
	}
	return list
}

func descriptions(known []choice) []string {
	list := make([]string, len(known))
	for i, c := range known {
		list[i] = c.words
	}
	return list
}

// offers gives the snippets that write one of several words.
func offers(known []choice) []snippet {
	list := make([]snippet, len(known))
	for i, c := range known {
		list[i] = snippet{c.name, c.words, c.name}
	}
	return list
}

// about gives the node with a description.
func (n *node) about(description string) *node {
	n.Description = description
	return n
}

// usually gives the node with the value that it has where it is left out.
func (n *node) usually(value any) *node {
	n.Default = value
	return n
}

// offering gives the node with snippets.
func (n *node) offering(known ...choice) *node {
	n.Snippets = append(n.Snippets, offers(known)...)
	return n
}

// definitions is where a schema keeps what it refers to.
const definitions = "#/definitions/"

// ref gives a node that stands for a definition.
func ref(name string) *node { return &node{AllOf: []*node{{Ref: definitions + name}}} }

// eachRef calls found for each definition that the node refers to, and goes on
// in what found gives when it asks for that.
func (n *node) eachRef(found func(name string) (definition *node, further bool)) {
	if n == nil {
		return
	}
	if name, ok := strings.CutPrefix(n.Ref, definitions); ok {
		if definition, further := found(name); further {
			definition.eachRef(found)
		}
	}
	parts := slices.Concat([]*node{n.Items, n.If, n.Then, n.Else, n.Not, n.Names}, n.AllOf, n.AnyOf, slices.Collect(maps.Values(n.Properties)))
	if more, ok := n.Additional.(*node); ok {
		parts = append(parts, more)
	}
	for _, part := range parts {
		part.eachRef(found)
	}
}

// object gives the schema of a mapping with these keys and no other. Of the
// required ones each that lacks is named with what to do.
func object(properties map[string]*node, required ...need) *node {
	known := slices.Sorted(maps.Keys(properties))
	n := &node{Type: "object", Properties: properties, Additional: false, Message: "may have these keys and no other: " + strings.Join(known, ", ")}
	for _, r := range required {
		n.AllOf = append(n.AllOf, &node{Required: []string{r.key}, Message: r.key + " is missing: " + r.hint})
	}
	return n
}

// need is a key that must be there, with how to write it.
type need struct{ key, hint string }

// both holds a node to more than its keys.
func (n *node) both(more ...*node) *node {
	n.AllOf = append(n.AllOf, more...)
	return n
}

// oneKey holds a mapping to exactly one of several keys.
func oneKey(message string, keys ...string) *node {
	n := &node{}
	for _, key := range keys {
		n.AnyOf = append(n.AnyOf, &node{Required: []string{key}, Message: message})
	}
	for i, key := range keys {
		for _, other := range keys[i+1:] {
			n.AllOf = append(n.AllOf, &node{If: &node{Required: []string{key, other}}, Then: &node{
				Properties: map[string]*node{other: {Type: "null", Message: "stands beside " + key + ": keep one of them"}},
			}})
		}
	}
	return n
}

// listOr gives the schema of one thing or a list of them.
func listOr(one, item *node) *node {
	return &node{
		If:       &node{Type: "array"},
		Then:     &node{Items: item, MinItems: 1},
		Else:     one,
		Snippets: slices.Clone(one.Snippets),
	}
}

// whole gives the schema of a whole number, in quotes or not.
func whole(from, to int, message string) *node {
	return &node{
		If:   &node{Type: "string"},
		Then: &node{Pattern: "^[0-9]+$", Message: message},
		Else: &node{Type: "integer", Minimum: &from, Maximum: &to, Message: message},
	}
}
