// Package lint looks for what rules, policy and templates allow and their
// author most likely did not mean: a message that can never go out, a step
// that is never reached, two rules that write to the same customers at once.
// It warns only of what is certain from the files and from the number of
// customers, and lets pass what an author allows with a reason. It knows no store, no customer and no clock.
package lint

import (
	"cmp"
	"path"
	"slices"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// Input is what is looked at.
type Input struct {
	Files  bundle.Files
	Bundle *bundle.Bundle   // of the files
	Found  []source.Problem // that bundle.Check gave with it
	// Tested says whether a rule has a test file; nil: nobody asks.
	Tested func(rule string) bool
	// Customers is how many there are; 0: nobody asks whether rates suffice.
	Customers int
}

// Look gives what was found and the warnings of its own, less those that a
// comment allows, sorted by place. Files that hold errors are not looked at
// any further.
func Look(in Input) []source.Problem {
	h := house{Input: in, roots: map[string]source.Node{}}
	h.found.Add(in.Found...)
	for _, r := range in.Bundle.Rules {
		if _, made := in.Bundle.Made[r.Name]; !made {
			h.rule(r)
		}
	}
	h.rivals()
	h.crowds()
	h.digests()
	if errorsIn(in.Found) == nil {
		h.templates()
	}
	return h.allowed()
}

// house is everything that marketing wrote, while it is looked at.
type house struct {
	Input
	found source.Problems
	roots map[string]source.Node // of the sound rules' files, by the rule's name
}

// errorsIn gives the files that hold an error.
func errorsIn(found []source.Problem) map[string]bool {
	var files map[string]bool
	for _, p := range found {
		if p.Severity == source.Error {
			if files == nil {
				files = map[string]bool{}
			}
			files[p.File] = true
		}
	}
	return files
}

// rulesDir gives the folder that problems of rules name.
func (h *house) rulesDir() string { return cmp.Or(h.Files.RulesDir, "rules") }

func (h *house) templatesDir() string { return cmp.Or(h.Files.TemplatesDir, "templates") }

// root gives the file of a sound rule as it was written. What is wrong with
// it was reported when it was read.
func (h *house) root(r *rule.Rule) source.Node {
	if n, ok := h.roots[r.Name]; ok {
		return n
	}
	name := r.Name + ".yaml"
	n, _ := source.Read(path.Join(h.rulesDir(), name), h.Files.Rules[name], &h.found)
	h.roots[r.Name] = n
	return n
}

// view is one rule while it is looked at.
type view struct {
	*house
	*rule.Rule
	root source.Node
}

// warn reports at a path of the rule's file.
func (v *view) warn(at string, w warning) { v.root.At(at).Warn(w.code, w.message, w.hint) }

// warning is what is said at one place.
type warning struct{ code, message, hint string }

// rule looks at one rule by itself.
func (h *house) rule(r *rule.Rule) {
	v := view{house: h, Rule: r, root: h.root(r)}
	v.conditions()
	v.ends()
	v.time()
	v.messages()
	v.rides()
	if h.Tested != nil && !h.Tested(r.Name) {
		h.found.Add(source.Problem{
			File: v.root.File(), Severity: source.Warning, Code: untested,
			Message: "has no test beside it", Hint: "write " + r.Name + ".test.yaml, so that an edit does not change what you did not mean to",
		})
	}
}

// step is one step with its place in the file: steps[1].then[0].
type step struct {
	*rule.Step
	at string
}

// branch is one list of steps below a step.
type branch struct {
	at    string
	steps []rule.Step
}

// branches gives the lists of steps below a step.
func (s step) branches() []branch {
	switch {
	case s.WaitFor != nil:
		return []branch{{s.at + ".then", s.WaitFor.Then}, {s.at + ".else", s.WaitFor.Else}}
	case s.If != nil:
		return []branch{{s.at + ".then", s.If.Then}, {s.at + ".else", s.If.Else}}
	case s.Split != nil:
		list := make([]branch, len(s.Split.Branches))
		for i, b := range s.Split.Branches {
			list[i] = branch{s.way(i) + ".steps", b.Steps}
		}
		return list
	}
	return nil
}

// way gives the place of a split's branch.
func (s step) way(i int) string { return s.at + ".split[" + itoa(i) + "]" }

// list gives the steps of a list with their places.
func (b branch) list() []step {
	steps := make([]step, len(b.steps))
	for i := range b.steps {
		steps[i] = step{Step: &b.steps[i], at: b.at + "[" + itoa(i) + "]"}
	}
	return steps
}

// trunk is the rule's own list.
func (v *view) trunk() branch { return branch{"steps", v.Steps} }

// each calls f for every step of a list and of the branches below it.
func (b branch) each(f func(step)) {
	for _, s := range b.list() {
		f(s)
		for _, below := range s.branches() {
			below.each(f)
		}
	}
}

// allowed gives what was found less what a comment allows, and the comments
// that allow nothing.
func (h *house) allowed() []source.Problem {
	list := h.found.List()
	broken := errorsIn(list)
	var all source.Problems
	for _, file := range h.files() {
		lines := allows(file)
		for i := range lines {
			list = slices.DeleteFunc(list, func(p source.Problem) bool { return p.File == file.name && lines[i].covers(p) })
		}
		if !broken[file.name] {
			for _, a := range lines {
				a.judge(file.name, &all)
			}
		}
	}
	all.Add(list...)
	return all.List()
}
