package bundle

import (
	"fmt"
	"path"
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

// withoutMade gives the files less the rules that a policy made before, and
// less those of an author's that have the name of one, which are reported.
func (b *Bundle) withoutMade(dir string, rules map[string][]byte, ps *source.Problems) map[string][]byte {
	own := map[string][]byte{}
	for name, text := range rules {
		if !strings.HasPrefix(string(text), madeBy) {
			own[name] = text
		}
	}
	for _, name := range b.Policy.DigestNames() {
		file := rule.DigestRule(name) + ruleEnding
		if _, taken := own[file]; taken {
			ps.Add(source.Problem{File: path.Join(dir, file), Message: "has the name of the rule that the policy makes for its digest " + name,
				Hint: "call this one otherwise, or the digest"})
			delete(own, file)
		}
	}
	return own
}

// digestWithin is how far away a digest's time may be. When the engine comes a
// quarter of an hour late, the digest waits for its next time.
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

// addDigests makes the rules of the policy's digests. What is wrong with one is
// reported where the policy has the digest.
func (b *Bundle) addDigests(file string, text []byte, env rule.Env, ps *source.Problems) {
	b.Made = map[string][]byte{}
	var found source.Problems
	root, ok := source.Read(file, text, &found)
	if !ok {
		return
	}
	for _, name := range b.Policy.DigestNames() {
		b.addMade(name, root.At("digests."+name), env)
	}
	for _, p := range found.List() {
		if strings.HasPrefix(p.Path, "digests.") { // the policy's own reader tells the others
			ps.Add(p)
		}
	}
	slices.SortFunc(b.Rules, func(r, other *rule.Rule) int { return strings.Compare(r.Name, other.Name) })
}

func (b *Bundle) addMade(digest string, at source.Node, env rule.Env) {
	name, d := rule.DigestRule(digest), b.Policy.Digests[digest]
	b.Made[name] = []byte(digestRule(digest, d))
	var own source.Problems
	r := b.readRule(path.Join(rulesFolder, name+ruleEnding), b.Made[name], env, &own)
	if own.Err() == nil && !b.Templates.HasItems(d.Template, d.Channel) {
		at.At("template").Fail("does not say where its items stand", "write {{ items }} in its text for "+string(d.Channel))
		return
	}
	for _, p := range own.List() {
		switch {
		case p.Severity != source.Error:
		case strings.HasPrefix(p.Path, "steps[0].at"):
			at.At("at").Fail(p.Message, p.Hint)
		default:
			at.At("template").Fail(p.Message, p.Hint)
		}
	}
	if own.Err() == nil {
		b.Rules = append(b.Rules, r)
	}
}
