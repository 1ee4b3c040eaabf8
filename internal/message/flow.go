package message

import (
	"maps"
	"slices"
)

// flow joins what the arms of a branch make of the local names: a name that
// only some of them make may be missing behind it.
type flow struct {
	c      *compiler
	before map[string]static
	ends   []map[string]static
	whole  bool // there is an else
}

func (c *compiler) flow() *flow { return &flow{c: c, before: maps.Clone(c.locals)} }

// arm takes what one arm made, and goes back to what was before.
func (f *flow) arm(a arm) {
	f.ends = append(f.ends, f.c.locals)
	f.whole = f.whole || len(a.tests) == 0
	f.c.locals = maps.Clone(f.before)
}

func (f *flow) done() {
	if !f.whole {
		f.ends = append(f.ends, f.before)
	}
	joined := map[string]static{}
	for _, end := range f.ends {
		for name, s := range end {
			if seen, ok := joined[name]; ok {
				s = static{kind: widest(seen.kind, s.kind), missing: append(slices.Clip(seen.missing), s.missing...)}
			}
			joined[name] = s
		}
	}
	for name, s := range joined {
		for _, end := range f.ends {
			if _, made := end[name]; !made && !slices.Contains(s.missing, name) {
				s.missing = append(slices.Clip(s.missing), name)
			}
		}
		joined[name] = s
	}
	f.c.locals = joined
}
