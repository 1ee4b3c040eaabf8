package policy

import (
	"maps"
	"net/mail"
	"slices"

	"github.com/outreach-engine/outreach/internal/source"
)

// teams reads who does the tasks of handoffs.
func (r *reader) teams(n source.Node) {
	for _, e := range entries(n) {
		if !topicName.MatchString(e.Name) {
			e.Key.Fail("is not a name for a team", "use small letters and digits: care-calls")
			continue
		}
		if blank(e.Value) {
			continue
		}
		if team, ok := readTeam(e.Value); ok {
			if r.policy.Teams == nil {
				r.policy.Teams = map[string]Team{}
			}
			r.policy.Teams[e.Name] = team
		}
	}
}

func readTeam(n source.Node) (t Team, ok bool) {
	const hint = "write email: care@example.com, or webhook: https://desk.example.com/tasks"
	f := n.Fields("email", "webhook")
	email, byEmail := f.Get("email")
	webhook, byWebhook := f.Get("webhook")
	switch {
	case n.Kind() != source.Mapping:
		return t, false
	case byEmail && byWebhook:
		webhook.Fail("stands beside email", "keep one of them; a task goes one way")
		return t, false
	case byEmail:
		if t.Email, ok = textOf(email); !ok {
			return t, false
		}
		if a, err := mail.ParseAddress(t.Email); err != nil || a.Address != t.Email {
			email.Fail("is not an email address", "write it alone, such as care@example.com")
			return t, false
		}
		return t, true
	case byWebhook:
		if t.Webhook, ok = textOf(webhook); !ok {
			return t, false
		}
		if message, hint := source.CheckEndpoint(t.Webhook); message != "" {
			webhook.Fail(message, hint)
			return t, false
		}
		return t, true
	}
	if len(n.Entries()) == 0 {
		n.Fail("says not where its tasks go", hint)
	}
	return t, false
}

// TeamNames gives the teams, sorted.
func (p *Policy) TeamNames() []string { return slices.Sorted(maps.Keys(p.Teams)) }
