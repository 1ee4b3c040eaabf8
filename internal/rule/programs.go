package rule

import "github.com/outreach-engine/outreach/internal/expr"

// programs gives every expression of the rule but a usage trigger's limit.
func (r *Rule) programs() []*expr.Program {
	var list []*expr.Program
	add := func(p *expr.Program) {
		if p != nil {
			list = append(list, p)
		}
	}
	what := func(w What) {
		for _, a := range w {
			add(a.Where)
			add(a.If)
		}
	}
	add(r.Audience)
	switch t := r.When; {
	case t.Event != nil:
		add(t.Event.Where)
	case t.Count != nil:
		add(t.Count.Where)
	case t.Becomes != nil:
		add(t.Becomes.Cond)
	}
	if r.Goal != nil {
		what(r.Goal.What)
	}
	what(r.Stop)
	r.EachStep(func(s *Step) {
		switch {
		case s.Send != nil:
			what(s.Send.Unless)
		case s.WaitFor != nil:
			what(s.WaitFor.What)
		case s.If != nil:
			add(s.If.Cond)
		case s.Split != nil:
			for _, b := range s.Split.Branches {
				add(b.If)
			}
		}
	})
	return list
}

// EachStep calls f for every step, branches after the step that they belong
// to.
func (r *Rule) EachStep(f func(*Step)) { eachStep(r.Steps, f) }

func eachStep(steps []Step, f func(*Step)) {
	for i := range steps {
		s := &steps[i]
		f(s)
		for _, branch := range s.branches() {
			eachStep(branch, f)
		}
	}
}

// Find gives the step of an id and the id of the step that follows it, "" at
// the end of the rule. What follows a branch's last step is what follows the
// branch.
func (r *Rule) Find(id string) (step *Step, next string, ok bool) { return find(r.Steps, id, "") }

// First gives the id of the first of some steps, or after when there are none.
func First(steps []Step, after string) string {
	if len(steps) == 0 {
		return after
	}
	return steps[0].ID
}

func find(steps []Step, id, after string) (*Step, string, bool) {
	for i := range steps {
		s := &steps[i]
		next := First(steps[i+1:], after)
		if s.ID == id {
			return s, next, true
		}
		for _, branch := range s.branches() {
			if found, follows, ok := find(branch, id, next); ok {
				return found, follows, true
			}
		}
	}
	return nil, "", false
}

func (s *Step) branches() [][]Step {
	switch {
	case s.WaitFor != nil:
		return [][]Step{s.WaitFor.Then, s.WaitFor.Else}
	case s.If != nil:
		return [][]Step{s.If.Then, s.If.Else}
	case s.Split != nil:
		list := make([][]Step, len(s.Split.Branches))
		for i, b := range s.Split.Branches {
			list[i] = b.Steps
		}
		return list
	}
	return nil
}
