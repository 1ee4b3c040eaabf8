package rule

import (
	"slices"

	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// Webhook calls one of the company's own systems.
type Webhook struct {
	URL    string            // https, or http to this machine
	As     string            // the name of its answer; "" keeps none
	Within sendtime.Duration // how long it is tried again, from the first attempt on
}

// Handoff is a task for a team of the company's own.
type Handoff struct {
	Team   string
	Within sendtime.Duration // how long its end is waited for; zero: not at all
}

func defaultTries() sendtime.Duration { return sendtime.Duration{Days: 1} }

func (r *reader) webhook(n source.Node, f source.Fields) *Webhook {
	w := &Webhook{Within: defaultTries()}
	if text, ok := textOf(n); ok {
		if message, hint := source.CheckEndpoint(text); message != "" {
			n.Fail(message, hint)
		}
		w.URL = text
	}
	if within, ok := f.Get("within"); ok {
		if d, ok := span(within); ok {
			w.Within = d
		}
	}
	if as, ok := f.Get("as"); ok {
		w.As = r.answer(as)
	}
	return w
}

// answer reads the name of a webhook's answer, which data.yaml declares. The
// steps that follow may ask for it.
func (r *reader) answer(n source.Node) string {
	text, ok := textOf(n)
	if !ok {
		return ""
	}
	answers, declared := r.env.Data.Webhooks[text]
	if !declared {
		hint := source.Nearest(text, r.env.Data.WebhookNames())
		if hint != "" {
			hint = "did you mean " + hint + "?"
		} else {
			hint = "declare it there with its fields, such as webhooks: {" + text + ": {code: text}}"
		}
		n.Fail("is not declared under webhooks in data.yaml", hint)
		return ""
	}
	if r.answers == nil {
		r.answers = map[string]map[string]dictionary.Field{}
	}
	r.answers[text] = answers
	return text
}

func (r *reader) handoff(n source.Node, f source.Fields) *Handoff {
	h := &Handoff{}
	if text, ok := textOf(n); ok {
		h.Team = text
		if !slices.Contains(r.env.Teams, text) {
			hint := source.DidYouMean(text, r.env.Teams)
			if hint == "" {
				hint = "declare it under teams in policy.yaml, such as teams: {" + text + ": {email: care@example.com}}"
			}
			n.Fail("is not a team of policy.yaml", hint)
		}
	}
	if within, ok := f.Get("within"); ok {
		h.Within, _ = span(within)
	}
	return h
}

// acts reports whether a step does something beside sending.
func (r *Rule) acts() bool {
	acts := false
	r.EachStep(func(s *Step) {
		acts = acts || len(s.Set) > 0 || s.Webhook != nil || s.Handoff != nil
	})
	return acts
}

// Answers gives the names of the answers of the rule's webhooks, each once,
// sorted.
func (r *Rule) Answers() []string {
	var names []string
	r.EachStep(func(s *Step) {
		if s.Webhook != nil && s.Webhook.As != "" {
			names = append(names, s.Webhook.As)
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}
