package policy

import (
	"maps"
	"slices"
	"strconv"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

const (
	defaultDigestPriority = 50
	maxDigestPriority     = 100
)

// digests reads the messages that collect items.
func (r *reader) digests(n source.Node) {
	for _, e := range entries(n) {
		if !topicName.MatchString(e.Name) {
			e.Key.Fail("is not a name for a digest", "use small letters and digits: weekly")
			continue
		}
		if blank(e.Value) {
			continue
		}
		if d, ok := r.digest(e.Value); ok {
			if r.policy.Digests == nil {
				r.policy.Digests = map[string]Digest{}
			}
			r.policy.Digests[e.Name] = d
		}
	}
}

func (r *reader) digest(n source.Node) (d Digest, ok bool) {
	f := n.Fields("at", "channel", "template", "topic", "priority", "collects")
	d.Priority = defaultDigestPriority
	at, atOK := f.Require("at", "say when it goes out, such as at: Mon 09:00")
	channel, channelOK := f.Require("channel", "write channel: email, or channel: push")
	template, templateOK := f.Require("template", "name the template that holds the items, such as template: weekly-digest")
	topic, topicOK := f.Require("topic", "name the topic that the whole is about, such as topic: tips")
	if !atOK || !channelOK || !templateOK || !topicOK {
		return d, false
	}
	ok = r.digestTime(at, &d)
	d.Channel, ok = digestChannel(channel, ok)
	if d.Template, ok = texted(template, ok); !ok {
		return d, false
	}
	if d.Topic, ok = r.knownTopic(topic); !ok {
		return d, false
	}
	if p, given := f.Get("priority"); given {
		if d.Priority, ok = digestPriority(p); !ok {
			return d, false
		}
	}
	if c, given := f.Get("collects"); given {
		for _, item := range c.Items() {
			if t, known := r.knownTopic(item); known && !slices.Contains(d.Collects, t) {
				d.Collects = append(d.Collects, t)
			}
		}
	}
	return d, true
}

func digestPriority(n source.Node) (int, bool) {
	text, ok := textOf(n)
	if !ok {
		return 0, false
	}
	priority, err := strconv.Atoi(text)
	if err != nil || priority < 0 || priority > maxDigestPriority {
		n.Fail("is not a priority", "write a whole number from 0 to 100")
		return 0, false
	}
	return priority, true
}

// texted gives a node's text, and whether all was sound so far.
func texted(n source.Node, sound bool) (string, bool) {
	text, ok := textOf(n)
	return text, ok && sound
}

// digestTime reads the times at which a digest goes out.
func (r *reader) digestTime(n source.Node, d *Digest) bool {
	for _, item := range n.Items() {
		text, ok := textOf(item)
		if !ok {
			return false
		}
		if _, err := sendtime.ParseWhen(text); err != nil {
			item.Fail(without(err, "time line", text), "")
			return false
		}
		d.AtText = append(d.AtText, text)
	}
	when, err := sendtime.ParseWhen(d.AtText...)
	if err != nil || when.IsZero() {
		n.Fail("says not when the digest goes out", "write for example at: Mon 09:00")
		return false
	}
	d.At = when
	return true
}

// digestChannel reads a channel that items can ride on.
func digestChannel(n source.Node, sound bool) (customer.Channel, bool) {
	text, ok := texted(n, sound)
	if !ok || !checkChannel(n, text) {
		return "", false
	}
	if c := customer.Channel(text); c == customer.SMS {
		n.Fail("cannot hold a digest", "write email or push; an SMS is too short")
		return "", false
	}
	return customer.Channel(text), true
}

// knownTopic reads one of the policy's topics.
func (r *reader) knownTopic(n source.Node) (customer.Topic, bool) {
	text, ok := textOf(n)
	if !ok {
		return "", false
	}
	if _, known := r.policy.Topics[customer.Topic(text)]; !known {
		n.Fail("is not a topic of this policy", source.DidYouMean(text, r.policy.TopicNames()))
		return "", false
	}
	return customer.Topic(text), true
}

// learning reads what of habits counts.
func (r *reader) learning(n source.Node) {
	f := n.Fields("hours", "channels", "explore")
	if hours, ok := f.Get("hours"); ok {
		r.policy.Learning.Hours = choice(hours, "no", "yes")
	}
	if channels, ok := f.Get("channels"); ok {
		r.policy.Learning.Channels = choice(channels, "no", "yes")
	}
	if explore, ok := f.Get("explore"); ok {
		if share, ok := readShare(explore); ok {
			r.policy.Learning.Explore = share
		}
	}
}

// DigestNames gives the digests, sorted.
func (p *Policy) DigestNames() []string { return slices.Sorted(maps.Keys(p.Digests)) }
