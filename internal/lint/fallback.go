package lint

import (
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// fallback looks for a send that waits for word of its message, which goes out
// at the earliest so long after the reason, when no other channel can take its
// place: there is none, or it would come too late. That the provider of the
// first never tells whether a message arrived is not known here.
func (w *walk) fallback(s step, from sendtime.Duration) {
	send := s.Send
	if send.FallbackAfter.IsZero() {
		return
	}
	warn := func(warned warning) { w.warn(s.at+".fallback_after", warned) }
	switch channels := w.channels(send); {
	case len(channels) == 1:
		warn(warning{noFallback, "has nothing to fall back to: " + send.Template + " has a text for " + words(channels) + " only",
			"add a text for another channel, or leave it out"})
	case send.Late == rule.LateSkip && send.Within.AtMost(send.FallbackAfter):
		warn(warning{lateFallback, "ends after the message's within (" + send.Within.String() + "), so no other channel ever takes its place",
			"write a shorter one, or a longer within"})
	case w.over(from.Plus(send.FallbackAfter)):
		warn(warning{lateFallback, "ends after the rule's until (" + w.until.String() + "), so no other channel ever takes its place",
			"write a shorter one, or move until"})
	}
}
