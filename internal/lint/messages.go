package lint

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// messages looks at what a rule sends, and whether anybody will know that it
// helped.
func (v *view) messages() {
	usual := v.Bundle.Policy.Channels
	v.trunk().each(func(s step) {
		if s.Send == nil || len(s.Send.Channels) > 0 {
			return
		}
		written := v.Bundle.Templates.Channels(s.Send.Template)
		if len(written) > 0 && !slices.ContainsFunc(written, func(c customer.Channel) bool { return slices.Contains(usual, c) }) {
			v.warn(s.at+".send", warning{noUsualChannel, "has texts for " + words(written) + " only, and the policy's channels are " + words(usual) +
				", so only who named " + words(written) + " gets it", "name the channel, or add a text for one of the policy's channels"})
		}
	})
	topic, known := v.Bundle.Policy.Topics[v.Topic]
	switch {
	case v.Goal != nil:
	case v.Holdout > 0:
		v.warn("holdout", warning{holdoutNoGoal, "keeps people out for comparison, and without a goal there is nothing to compare",
			"add a goal, such as goal: order_placed, or leave holdout out"})
	case known && !topic.Assumed:
		v.warn("topic", warning{noGoal, "the rule has no goal, so nobody will know whether it helped and it does not end when it did",
			"add one, such as goal: {event: order_placed, within: 14d}"})
	}
}

// templates looks for templates that no rule sends.
func (h *house) templates() {
	sent := map[string]bool{}
	for _, r := range h.Bundle.Rules {
		for _, s := range r.Sends() {
			sent[s.Template] = true
		}
	}
	for _, name := range h.Bundle.Templates.Names() {
		if sent[name] {
			continue
		}
		h.found.Add(source.Problem{
			File: h.templatesDir() + "/" + h.firstFile(name), Severity: source.Warning, Code: unusedTemplate,
			Message: "no rule sends the template " + name, Hint: "send it, or delete its folder",
		})
	}
}

// firstFile gives the first file of a template.
func (h *house) firstFile(template string) string {
	for _, name := range slices.Sorted(maps.Keys(h.Files.Templates)) {
		if strings.HasPrefix(name, template+"/") && path.Ext(name) != ".yaml" {
			return name
		}
	}
	return template
}
