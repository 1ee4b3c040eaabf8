package rule

import (
	"slices"
	"strings"
)

// Field is one key of a rule, a step or a policy with its value, both as
// marketing writes them.
type Field struct{ Key, Value string }

// Place is one step of a rule with where it stands.
type Place struct {
	*Step
	In string // what it stands in: "wait_for-2.then"; "" the rule's own list
}

// triggerKey is the key that a rule's trigger stands under.
const triggerKey = "when"

// Fields gives everything that the rule says but its steps, defaults included,
// in the order of the canonical form. Those of the trigger are named by their
// path: when.usage.reaches.
func (r *Rule) Fields() []Field {
	var list []Field
	for _, p := range r.head().pairs {
		if p.key == triggerKey {
			list = append(list, p.value.fields(triggerKey+".")...)
			continue
		}
		list = append(list, Field{p.key, p.value.line()})
	}
	return list
}

// Places gives every step, those of branches after the step that they belong
// to.
func (r *Rule) Places() []Place { return places(r.Steps, "") }

func places(steps []Step, in string) []Place {
	var list []Place
	for i := range steps {
		s := &steps[i]
		list = append(list, Place{s, in})
		for n, branch := range s.branches() {
			list = append(list, places(branch, s.ID+"."+s.branchName(n))...)
		}
	}
	return list
}

func (s *Step) branchName(n int) string {
	switch {
	case s.Split != nil:
		return s.Split.Branches[n].Name
	case n == 0:
		return "then"
	}
	return "else"
}

// Kind gives the key that makes the step what it is: send, wait, wait_for.
func (s *Step) Kind() string {
	if s.Stop {
		return stopWord
	}
	return s.tree(place{}, 0).pairs[0].key
}

// Fields gives what the step says, defaults included: its kind first. Its id
// and the steps of its branches are left out.
func (s *Step) Fields() []Field {
	if s.Stop {
		return []Field{{Key: stopWord}}
	}
	var list []Field
	for _, p := range s.tree(place{}, 0).pairs {
		switch p.key {
		case "id", "then", "else":
		default:
			list = append(list, Field{p.key, p.value.line()})
		}
	}
	return list
}

// SameAs reports whether two steps say the same, their ids and branches aside.
func (s *Step) SameAs(other *Step) bool { return slices.Equal(s.Fields(), other.Fields()) }

// fields gives the scalars and lists of a tree by their path.
func (t tree) fields(prefix string) []Field {
	var list []Field
	for _, p := range t.pairs {
		if len(p.value.pairs) > 0 {
			list = append(list, p.value.fields(prefix+p.key+".")...)
			continue
		}
		list = append(list, Field{prefix + p.key, p.value.line()})
	}
	return list
}

// line writes a tree on one line, without the steps in it.
func (t tree) line() string {
	var words []string
	for _, item := range t.list {
		words = append(words, item.line())
	}
	if len(words) > 0 {
		return strings.Join(words, ", ")
	}
	for _, p := range t.pairs {
		if p.key != "steps" {
			words = append(words, p.key+" "+p.value.line())
		}
	}
	return t.scalar + strings.Join(words, " ")
}
