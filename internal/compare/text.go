package compare

import "strings"

// nothing stands for a value that is not there.
const nothing = "nothing"

// String says the change on one line: "step usage-follow-up: channel sms,
// email -> push".
func (c Change) String() string {
	name := ""
	if c.Step != "" {
		name = "step " + c.Step
	}
	switch {
	case c.Key != "" && name != "":
		return name + ": " + c.values()
	case c.Key != "":
		return c.values()
	case c.How == Moved:
		return name + " moved: " + c.Before + " -> " + c.After
	}
	return name + " " + string(c.How) + ": " + c.Before + c.After
}

func (c Change) values() string {
	before, after := c.Before, c.After
	if c.How == Added {
		before = nothing
	}
	if c.How == Removed {
		after = nothing
	}
	key := c.Key
	if trigger, is := strings.CutPrefix(key, triggerPrefix); is {
		key = "when: " + trigger[strings.LastIndex(trigger, ".")+1:]
	}
	return key + " " + before + " -> " + after
}

// String says which text it is: "usage-warning sms.txt changed".
func (t Text) String() string { return t.Template + " " + t.File + " " + string(t.How) }

// Lines says the whole difference, what belongs together under one heading.
func (d Difference) Lines() []string {
	var lines []string
	for _, r := range d.Rules {
		switch r.How {
		case Changed:
			lines = append(lines, "rule "+r.Name+" changed, version "+r.Before+" -> "+r.After)
		default:
			lines = append(lines, "rule "+r.Name+" "+string(r.How)+", version "+r.Before+r.After)
		}
		lines = append(lines, indented(r.Changes)...)
	}
	for _, part := range []struct {
		name    string
		changes []Change
	}{{"policy", d.Policy}, {"data", d.Data}} {
		if len(part.changes) > 0 {
			lines = append(append(lines, part.name), indented(part.changes)...)
		}
	}
	if len(d.Templates) > 0 {
		lines = append(lines, "templates")
	}
	for _, t := range d.Templates {
		lines = append(lines, "  "+t.String())
	}
	return lines
}

func indented(changes []Change) []string {
	var lines []string
	for _, c := range changes {
		lines = append(lines, "  "+c.String())
	}
	return lines
}
