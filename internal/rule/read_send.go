package rule

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

func (r *reader) send(n source.Node, f source.Fields) *Send {
	s := &Send{Late: LateSkip, Topic: r.rule.Topic, Urgent: r.rule.Urgent}
	if c, ok := f.Get("channel"); ok && c.Raw() != preferred {
		s.Channels = channels(c)
	}
	if topic, ok := f.Get("topic"); ok {
		s.Topic, s.Urgent = r.topic(topic)
	}
	s.Template = r.template(n, s.Channels)
	s.At = At{Preferred: true}
	if at, ok := f.Get("at"); ok {
		s.At = r.at(at, s.Urgent)
	}
	s.Within = sendtime.Duration{Days: 7}
	if s.At.Now {
		s.Within = sendtime.Duration{Elapsed: 24 * time.Hour}
	}
	if within, ok := f.Get("within"); ok {
		if d, ok := span(within); ok {
			s.Within = d
		}
	}
	if late, ok := f.Get("late"); ok {
		s.Late = readLate(late)
	}
	if unless, ok := f.Get("unless"); ok {
		s.Unless = r.what(unless)
		s.Own = r.ownAct(s.Unless)
	}
	if after, ok := f.Get("fallback_after"); ok {
		s.FallbackAfter = readFallback(after, s.Channels)
	}
	return s
}

// readFallback reads how long word of an arrival is waited for.
func readFallback(n source.Node, named []customer.Channel) sendtime.Duration {
	after, ok := span(n)
	switch {
	case !ok:
		return sendtime.Duration{}
	case len(named) == 1:
		n.Fail("there is one channel only, and nothing to fall back to", "name another channel, such as channel: ["+string(named[0])+", "+other(named[0])+"], or leave it out")
	case after.AtMost(sendtime.Duration{Elapsed: time.Minute - 1}):
		n.Fail("is too short for word to come back", "write a minute or more, such as 30min")
	}
	return after
}

// other names a channel beside one.
func other(c customer.Channel) string {
	if c == customer.SMS {
		return string(customer.Email)
	}
	return string(customer.SMS)
}
