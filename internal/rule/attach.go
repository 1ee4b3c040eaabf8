package rule

import (
	"maps"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// An attach is a send whose text goes out in another message.

// digestWord is the trigger of the policy's digests.
const digestWord = "digest"

// DigestRule gives the name of the rule that a digest of the policy is played
// by.
func DigestRule(digest string) string { return digestWord + "-" + digest }

// isDigest reports whether the rule is that of one of the policy's digests.
func (r *reader) isDigest() bool {
	digest, ok := strings.CutPrefix(r.rule.Name, digestWord+"-")
	_, known := r.env.Digests[digest]
	return ok && known
}

func (r *reader) digestTrigger(n source.Node) {
	digest := strings.TrimPrefix(r.rule.Name, digestWord+"-")
	f := n.Fields(digestWord)
	if name, ok := f.Require(digestWord, "the name belongs to the digest of policy.yaml; call this rule otherwise"); ok && name.Raw() == digest {
		r.rule.When.Digest = &DigestTrigger{Name: digest}
	}
}

// defaultRide is how long an item waits for a message.
func defaultRide() sendtime.Duration { return sendtime.Duration{Days: 30} }

// attach reads an item: its template, and what it rides on.
func (r *reader) attach(n source.Node, f source.Fields) *Send {
	s := &Send{Late: LateSkip, Topic: r.rule.Topic, Urgent: r.rule.Urgent, Item: true, Within: defaultRide(), At: At{Now: true}}
	if topic, ok := f.Get("topic"); ok {
		s.Topic, s.Urgent = r.topic(topic)
	}
	if to, ok := f.Require("to", "say what it rides on: email, push, or a digest of policy.yaml"); ok {
		r.carrier(to, s)
	}
	s.Template = r.template(n, s.Channels)
	if within, ok := f.Get("within"); ok {
		if d, ok := span(within); ok {
			s.Within = d
		}
	}
	if len(s.Channels) > 0 && s.Template != "" && r.env.Carries != nil && !r.env.Carries(s.Template, s.Channels[0]) {
		n.Fail("cannot ride on another message: its text for "+string(s.Channels[0])+" is a whole page, or holds items itself", "attach another template, or give this one a shorter text")
	}
	return s
}

// carrier reads what an item rides on.
func (r *reader) carrier(n source.Node, s *Send) {
	text, ok := textOf(n)
	if !ok {
		return
	}
	c := customer.Channel(text)
	if digest, known := r.env.Digests[text]; known {
		s.Digest, c = text, digest
	}
	switch c {
	case customer.Email, customer.Push:
		s.Channels = []customer.Channel{c}
	case customer.SMS:
		n.Fail("nothing rides on an SMS: it is too short", "write email or push, or send it")
	default:
		known := append([]string{string(customer.Email), string(customer.Push)}, slices.Sorted(maps.Keys(r.env.Digests))...)
		n.Fail("is neither a channel that items ride on nor a digest of policy.yaml", source.DidYouMean(text, known))
	}
}

// ownAct reports whether something may come about by an act of the customer's
// own.
func (r *reader) ownAct(what What) bool {
	return slices.ContainsFunc(what, func(a Alternative) bool {
		return a.Event != "" && !customer.OfMessage(a.Event) && !r.env.Data.Events[a.Event].ByUs
	})
}

func (s *Send) itemTree(t *tree) {
	t.text("attach", s.Template)
	to := s.Digest
	if to == "" && len(s.Channels) > 0 {
		to = string(s.Channels[0])
	}
	t.text("to", to)
	t.text("within", s.Within.String())
	t.text("topic", string(s.Topic))
}
