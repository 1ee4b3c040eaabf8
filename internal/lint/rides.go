package lint

import (
	"path"
	"slices"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/source"
)

// rides looks for items that no message carries: nothing rides on a message of
// its own outreach.
func (v *view) rides() {
	v.trunk().each(func(s step) {
		if s.Send == nil || !s.Send.Item || s.Send.Digest != "" || len(s.Send.Channels) == 0 {
			return
		}
		to := s.Send.Channels[0]
		carried := slices.ContainsFunc(v.Bundle.Rules, func(r *rule.Rule) bool { return r.Name != v.Name && v.sendsBy(r, to) })
		if !carried {
			v.warn(s.at+".to", warning{neverRides, "no other rule sends anything by " + string(to) + ", so there is nothing to ride on",
				"send it, or attach it to a channel by which something goes out"})
		}
	})
}

// sendsBy reports whether a rule may send a message by a channel.
func (h *house) sendsBy(r *rule.Rule, c customer.Channel) bool {
	return slices.ContainsFunc(r.Sends(), func(s *rule.Send) bool {
		written := slices.Contains(h.Bundle.Templates.Channels(s.Template), c)
		return !s.Item && (slices.Contains(s.Channels, c) || len(s.Channels) == 0 && written)
	})
}

// digests looks for digests of the policy into which nothing comes.
func (h *house) digests() {
	file := path.Join(h.rulesDir(), bundle.PolicyFile)
	if len(h.Bundle.Policy.Digests) == 0 || errorsIn(h.Found)[file] {
		return
	}
	root, ok := source.Read(file, h.Files.Rules[bundle.PolicyFile], &h.found)
	if !ok {
		return
	}
	for _, name := range h.Bundle.Policy.DigestNames() {
		if !h.fed(name) {
			root.At("digests."+name).Warn(idleDigest, "nothing comes into this digest: no rule attaches to it, and no message that the caps leave without a place is of a topic that it collects",
				"attach something to "+name+", name topics under collects, or leave the digest out")
		}
	}
}

// fed reports whether something may come into a digest.
func (h *house) fed(digest string) bool {
	d := h.Bundle.Policy.Digests[digest]
	return slices.ContainsFunc(h.Bundle.Rules, func(r *rule.Rule) bool {
		_, made := h.Bundle.Made[r.Name]
		return slices.ContainsFunc(r.Sends(), func(s *rule.Send) bool {
			collected := !made && !s.Item && len(h.Bundle.Policy.Caps) > 0 && slices.Contains(d.Collects, s.Topic)
			return s.Digest == digest || collected
		})
	})
}
