package journey

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// Latest gives until when a part that is due at f.Now may still go out, should
// its turn come late, and what ends then: customer.Late is its within, and
// customer.NoAllowedTime the hours that it stands in. After them it would be
// planned anew, for other hours, or given up. Zero: nothing ends.
func Latest(m *rule.Matcher, o ledger.Outreach, f Facts, part ledger.Part) (time.Time, customer.Reason) {
	r := &run{m: m, o: o, f: f}
	step, _, ok := m.Find(part.Step)
	if !ok || step.Send == nil || r.begin() != nil {
		return time.Time{}, ""
	}
	send := step.Send
	request := r.f.Policy.Request(part.Channel, send.Topic, policy.Facts{
		Now: f.Now, Profile: f.Subject.Profile, Place: f.place(),
	})
	hours := r.gateCloses(send, part, request)
	if window := windowCloses(r.hours(step, part.Channel), request); !window.IsZero() {
		// Within the slack a message goes out though its window is over.
		if window = later(window, part.Planned.Add(Slack)); window.Before(hours) {
			hours = window
		}
	}
	end := r.until()
	if send.Late == rule.LateSkip {
		end = r.deadline(send).Add(grace)
	}
	if !end.IsZero() && !end.After(hours) {
		return end, customer.Late
	}
	return hours, customer.NoAllowedTime
}

// gateCloses gives when the gate would hold a part that it lets pass at the
// request's Now: at the next quiet or legal hour or holiday, or when the hours
// that the customer said are over.
func (r *run) gateCloses(send *rule.Send, part ledger.Part, request sendtime.Request) time.Time {
	if said, ok := r.said(part.Channel); ok && !send.Urgent && said.OnlyWindows() && said.Contains(r.f.Now, r.f.Subject.Zone) {
		request.When = said
	}
	return sendtime.Ends(request)
}

// windowCloses gives when the last of the windows closes in which a message may
// start; zero: it may at any time.
func windowCloses(wanted []hours, request sendtime.Request) (end time.Time) {
	for _, w := range wanted {
		if request.When = w.when; w.now || w.when.IsZero() {
			return time.Time{}
		}
		end = later(end, sendtime.Ends(request))
	}
	return end
}
