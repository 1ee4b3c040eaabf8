package bundle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// A digest of the policy is played like any rule: its reason is the first item
// that comes for it, and its one step is a send at its times. That rule is
// made here, so that it has a version, a watch and a story like all others.

// madeBy opens the text of a rule that the policy makes.
const madeBy = "# Made from digests in policy.yaml.\n"

// withDigests gives the rules with those that the policy's digests make. Rules
// that a policy made before are left out.
func (b *Bundle) withDigests(rules map[string][]byte) map[string][]byte {
	all := map[string][]byte{}
	for name, text := range rules {
		if !strings.HasPrefix(string(text), madeBy) {
			all[name] = text
		}
	}
	b.Made = map[string][]byte{}
	for name, d := range b.Policy.Digests {
		made := rule.DigestRule(name)
		if _, taken := all[made+ruleEnding]; !taken {
			b.Made[made] = []byte(digestRule(name, d))
			all[made+ruleEnding] = b.Made[made]
		}
	}
	return all
}

// digestWithin is how long a digest's time may be away, and how late it may be
// while nothing better is known: it skips to its next time after an hour.
const digestWithin = "62d"

func digestRule(name string, d policy.Digest) string {
	at := make([]string, len(d.AtText))
	for i, line := range d.AtText {
		at[i] = fmt.Sprintf("%q", line)
	}
	return madeBy + fmt.Sprintf(`description: The %s digest, one message for several items.
owner: policy@example.com
topic: %s
priority: %d
when: {digest: %s}
steps:
  - {send: %q, channel: %s, at: [%s], within: %s}
`, name, d.Topic, d.Priority, name, d.Template, d.Channel, strings.Join(at, ", "), digestWithin)
}

// digestChannels gives the channel of each digest.
func digestChannels(p *policy.Policy) map[string]customer.Channel {
	channels := map[string]customer.Channel{}
	for name, d := range p.Digests {
		channels[name] = d.Channel
	}
	return channels
}

// checkDigests reports digests whose template cannot hold items.
func checkDigests(file string, b *Bundle, ps *source.Problems) {
	for _, name := range b.Policy.DigestNames() {
		d := b.Policy.Digests[name]
		say := func(message, hint string) {
			ps.Add(source.Problem{File: file, Message: "digests." + name + ": the template " + d.Template + " " + message, Hint: hint})
		}
		switch channels := b.Templates.Channels(d.Template); {
		case len(channels) == 0:
			say("is not there", source.DidYouMean(d.Template, b.Templates.Names()))
		case !slices.Contains(channels, d.Channel):
			say("has no text for "+string(d.Channel), "add it under templates/"+d.Template)
		}
	}
}
