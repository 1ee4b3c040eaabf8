package rule

func stepsTree(steps []Step, at place) tree {
	var t tree
	for i := range steps {
		t.list = append(t.list, steps[i].tree(at, i))
	}
	return t
}

func (s *Step) tree(at place, i int) tree {
	var t tree
	kind := ""
	switch {
	case s.Stop:
		return scalar(stopWord)
	case s.Send != nil && s.Send.Item:
		kind = "attach"
		s.Send.itemTree(&t)
	case s.Send != nil:
		kind = "send"
		s.Send.tree(&t)
	case s.Wait != nil:
		kind = "wait"
		t.text(kind, s.Wait.String())
	case s.WaitFor != nil:
		kind = "wait_for"
		t.add(kind, s.WaitFor.What.tree())
		t.text("within", s.WaitFor.Within.String())
		t.add("then", stepsTree(s.WaitFor.Then, at.branch(i, "then")))
		t.add("else", stepsTree(s.WaitFor.Else, at.branch(i, "else")))
	case s.If != nil:
		kind = "if"
		t.text(kind, programText(s.If.Cond))
		t.add("then", stepsTree(s.If.Then, at.branch(i, "then")))
		t.add("else", stepsTree(s.If.Else, at.branch(i, "else")))
	case s.Split != nil:
		kind = "split"
		t.add(kind, s.Split.tree(at, i))
	case len(s.Set) > 0:
		kind = "set"
		t.add(kind, s.Set.tree())
	case s.Webhook != nil:
		kind = "webhook"
		t.text(kind, s.Webhook.URL)
		t.text("as", s.Webhook.As)
		t.text("within", s.Webhook.Within.String())
	case s.Handoff != nil:
		kind = "handoff"
		t.text(kind, s.Handoff.Team)
		if !s.Handoff.Within.IsZero() {
			t.text("within", s.Handoff.Within.String())
		}
	}
	if s.ID != s.named(kind+"-"+at.id(i)) {
		t.text("id", s.ID)
	}
	return t
}

// named gives the id of a step that is given none: what it names, else its
// place.
func (s *Step) named(place string) string {
	switch {
	case s.Send != nil && s.Send.Template != "":
		return s.Send.Template
	case s.Webhook != nil && s.Webhook.As != "":
		return s.Webhook.As
	}
	return place
}

func (s Set) tree() tree {
	var t tree
	for _, a := range s {
		if a.Now {
			t.text(a.Trait, nowWord)
			continue
		}
		t.text(a.Trait, a.Value.String())
	}
	return t
}

func (s *Split) tree(at place, i int) tree {
	var t tree
	for n, b := range s.Branches {
		var branch tree
		if len(s.Branches) > 1 || b.Name != branchNumber(n) {
			branch.text("name", b.Name)
		}
		branch.text("if", programText(b.If))
		if b.Shared {
			branch.text("share", percentText(b.Share))
		}
		branch.add("steps", stepsTree(b.Steps, at.branch(i, b.Name)))
		t.list = append(t.list, branch)
	}
	return t
}

func (s *Send) tree(t *tree) {
	t.text("send", s.Template)
	var list tree
	for _, c := range s.Channels {
		list.list = append(list.list, scalar(string(c)))
	}
	t.add("channel", list)
	t.text("at", s.At.String())
	t.text("within", s.Within.String())
	t.text("late", string(s.Late))
	t.add("unless", s.Unless.tree())
	t.text("topic", string(s.Topic))
	if !s.FallbackAfter.IsZero() {
		t.text("fallback_after", s.FallbackAfter.String())
	}
}

// String gives a wait as rules write it.
func (w Wait) String() string {
	if w.When.IsZero() {
		return w.For.String()
	}
	return w.When.String()
}
