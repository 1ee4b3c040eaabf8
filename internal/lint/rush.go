package lint

import (
	"math"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/load"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/wording"
)

const (
	// pointLasts is how late a message may be for a point in time and still go
	// out: what is later is planned anew, for the next point.
	pointLasts = 15 * time.Minute
	// atOnceLasts is how long the last of all may wait for its turn where at: now
	// says that it is to go at once.
	atOnceLasts = time.Hour
)

// rush is one moment at which a send is due for all customers.
type rush struct {
	from     time.Time     // when the first may go out
	long     time.Duration // until its hours, or its within, are over
	capacity int           // messages that the rates let out by then
	one      bool          // by one channel, so that a rate can be named
}

// rush looks for a send that a schedule makes due for all customers at the same
// time, and whose hours are too short for the channels' rates. start is when its
// step begins.
func (v *view) rush(s step, start sendtime.When) {
	if v.Customers == 0 || v.When.Schedule == nil || start.IsZero() || s.Send.Late == rule.LateSend {
		return
	}
	from := aMonday()
	const starts = 14 // twice a day for a week
	for range starts {
		begins := sendtime.Next(sendtime.Request{Now: from, Zone: time.UTC, When: start})
		if !begins.OK {
			return
		}
		if r, ok := v.rushFrom(s.Send, begins.At); ok && r.capacity < v.Customers {
			v.tooMany(s, start, r)
			return
		}
		from = begins.At.Add(time.Minute)
	}
}

// rushFrom gives how many messages of a send that is due at an instant may go
// out in the first hours that are open for it, over all channels that it may
// use; not ok where one of them has no bound, or none is open in time.
func (v *view) rushFrom(send *rule.Send, at time.Time) (r rush, ok bool) {
	channels := v.channels(send)
	r.one = len(channels) == 1
	for _, c := range channels {
		rate := v.Bundle.Policy.Rates[c]
		if rate == 0 {
			return r, false
		}
		from, long := v.open(send, c, at)
		if long <= 0 {
			continue
		}
		if r.from.IsZero() || from.Before(r.from) {
			r.from = from
		}
		r.long = max(r.long, long)
		r.capacity += load.Burst(rate) + int(math.Min(rate*long.Seconds(), math.MaxInt32))
	}
	return r, r.capacity > 0
}

// open gives the first hours in which a send that is due at an instant may go
// out by a channel.
func (v *view) open(send *rule.Send, c customer.Channel, at time.Time) (from time.Time, long time.Duration) {
	request := sendtime.Request{Now: at, Zone: time.UTC, When: send.At.When, Deadline: send.Within.After(at, time.UTC)}
	if send.At.Preferred {
		request.When = v.Bundle.Policy.Windows[c]
	}
	if !send.Urgent {
		request.Quiet = v.Bundle.Policy.Quiet
	}
	first := sendtime.Next(request)
	if !first.OK {
		return at, 0
	}
	request.Now = first.At
	long = sendtime.Ends(request).Sub(first.At)
	switch {
	case send.At.Now:
		long = min(long, atOnceLasts)
	case long <= 0:
		long = min(pointLasts, request.Deadline.Sub(first.At))
	}
	return first.At, long
}

// tooMany warns of a rush.
func (v *view) tooMany(s step, start sendtime.When, r rush) {
	at := s.at + ".send"
	if s.Send.At.Now || !s.Send.At.When.IsZero() {
		at = s.at + ".at"
	}
	channels := v.channels(s.Send)
	who := wording.Count(int64(v.Customers), "customer")
	if v.Audience != nil {
		who += ", if the audience holds them all,"
	}
	rates, hint := "the rates of "+words(channels)+" let", "raise the rates"
	if r.one {
		rate := v.Bundle.Policy.Rates[channels[0]]
		rates = "the rate of " + words(channels) + ", " + wording.Rate(rate) + ", lets"
		hint = "raise it to " + wording.Rate(load.RoundUp(float64(v.Customers)/r.long.Seconds()))
	}
	v.warn(at, warning{overRate, "this step begins " + start.String() + " for " + who + " at once, and in " + wording.Span(r.long) + " from " + r.from.Format("Mon 15:04") + " on " +
		rates + " " + wording.Number(float64(r.capacity)) + " out; the others come later, or not at all", hint + ", give it more time, or reach fewer at once"})
}
