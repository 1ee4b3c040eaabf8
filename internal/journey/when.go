package journey

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// hours are where a message may start, and why there.
type hours struct {
	when     sendtime.When
	said     sendtime.When  // the customer's own word, that binds beside when; zero: none
	in       sendtime.Hours // the hours of the week that were learned; zero: any
	late     bool           // late in each stretch of them, else anywhere
	why      string
	evidence string // what was learned, for people
	bound    bool   // when no instant fits, nothing else will do
	usual    bool   // the policy's window, that many customers share
	now      bool   // at once where that is allowed: only those who have to wait are spread
}

// found is the instant of a message, or why there is none.
type found struct {
	at       time.Time
	why      string
	evidence string          // what was learned that it goes by
	moved    customer.Reason // capped when the caps kept it from an earlier instant
	no       customer.Reason
	hope     bool // a place in the caps may become free
}

// instant gives the first allowed instant of a message on a channel: in the
// best hours that fit its time, else in any.
func (r *run) instant(step *rule.Step, channel customer.Channel, from time.Time) found {
	send := step.Send
	request := r.f.Policy.Request(channel, send.Topic, policy.Facts{
		Now: from, Profile: r.f.Subject.Profile, Place: r.f.place(),
	})
	request.Deadline, request.Spread = r.deadline(send), r.spread(step.ID)
	mine := policy.Claim{
		Channel: channel, Priority: r.m.Priority, Deadline: r.lastCall(send), Value: r.f.Value, Urgent: r.f.Policy.Urgent(send.Topic),
		Rule: r.o.Rule, N: r.o.N, Step: step.ID,
	}
	wanted := r.hours(step, channel)
	got := r.best(request, wanted, mine)
	if got.no != "" && send.Late == rule.LateSend {
		request.Deadline = r.until()
		got = r.best(request, wanted[len(wanted)-1:], mine)
	}
	return got
}

// best gives the first instant in the first of several hours that has one.
// What binds nobody gives way when the time is short.
func (r *run) best(request sendtime.Request, wanted []hours, mine policy.Claim) (got found) {
	for _, w := range wanted {
		if got = r.slot(request, w, mine); got.no == customer.NoAllowedTime {
			got = r.laterThatDay(request, w, mine, got)
		}
		if got.no != customer.NoAllowedTime || w.bound {
			return got
		}
	}
	return r.slot(request, hours{why: "before its time runs out"}, mine)
}

// laterThatDay moves a set time of somebody who may be in another zone, where
// that time is closed, to the first that is open in all of them within a day.
func (r *run) laterThatDay(request sendtime.Request, wanted hours, mine policy.Claim, none found) found {
	if len(request.Also) == 0 || !wanted.when.HasPoints() {
		return none
	}
	alone := request
	alone.Also = nil
	set := r.slot(alone, wanted, mine)
	if set.no != "" {
		return none
	}
	end := set.at.Add(24 * time.Hour)
	if request.Deadline.IsZero() || end.Before(request.Deadline) {
		request.Deadline = end
	}
	request.Now = set.at
	got := r.slot(request, hours{said: wanted.said, why: wanted.why + ", and then where it may go wherever they are"}, mine)
	if got.no != "" {
		return none
	}
	return got
}

// hours gives where a message of a send may start. What the customer said is
// a promise: it binds the rule's own times too, unless the topic is urgent.
func (r *run) hours(step *rule.Step, channel customer.Channel) []hours {
	send := step.Send
	said, bySaid := r.said(channel)
	switch {
	case r.pos.Plan != nil && r.pos.Plan.Then == ledger.ResumeSend && send.Urgent:
		return []hours{afterPause(sendtime.When{})}
	case r.pos.Plan != nil && r.pos.Plan.Then == ledger.ResumeSend:
		return []hours{afterPause(said)}
	case send.At.Now && (!bySaid || send.Urgent):
		return []hours{{why: atOnce, bound: true, now: true}}
	case send.At.Now:
		return []hours{{when: said, why: "now, within the hours said by the customer", bound: true, now: true}}
	case !send.At.Preferred && bySaid && !send.Urgent:
		return []hours{{when: send.At.When, said: said, why: "the rule's time " + send.At.When.String() + ", within the hours said by the customer", bound: true}}
	case !send.At.Preferred:
		return []hours{{when: send.At.When, why: "the rule's time " + send.At.When.String(), bound: true}}
	}
	return r.preferred(step, channel)
}

// preferred gives the hours that a customer likes, the best first: what they
// said is a promise, what was learned a guess.
func (r *run) preferred(step *rule.Step, channel customer.Channel) (list []hours) {
	said, bySaid := r.said(channel)
	usual, isUsual := r.usual(step, channel)
	if isUsual {
		usual.when = said
		list = append(list, usual)
	}
	if bySaid {
		return append(list, hours{when: said, why: "preferred time, said by the customer" + r.forAny(channel), bound: !step.Send.Urgent})
	}
	window := hours{when: r.f.Policy.Windows[channel], why: "the usual window for " + string(channel), usual: true}
	if learned, ok := r.learned(step, channel); ok && !isUsual {
		if r.explores(step) {
			window.why, window.evidence = window.why+", to see whether other hours suit too", learned.evidence
			return append(list, window)
		}
		list = append(list, learned)
	}
	return append(list, window)
}

// forAny says that what the customer said is not of the channel alone.
func (r *run) forAny(channel customer.Channel) string {
	if _, ok := r.f.Subject.Profile.Preferences.Hours[channel]; ok {
		return ""
	}
	return " for any channel"
}

func (r *run) said(channel customer.Channel) (sendtime.When, bool) {
	text, ok := r.f.Subject.Profile.Preferences.HoursFor(channel)
	if !ok {
		return sendtime.When{}, false
	}
	when, err := sendtime.ParseWhen(text)
	return when, err == nil
}

// maxTries bounds how many instants are looked at for one message.
const maxTries = 100

// slot gives the first instant that the calendar allows, the customer's word
// holds and the caps have room for. Without one there is hope when one would do
// if all that is only planned gave way.
func (r *run) slot(request sendtime.Request, wanted hours, mine policy.Claim) found {
	request.When, request.Hours = wanted.when, wanted.in
	request.Spread = wanted.spreadOver(request.Spread)
	claims := r.claims()
	got := r.search(request, wanted, mine, claims)
	if got.no == customer.Capped {
		gone := slices.DeleteFunc(claims, func(c policy.Claim) bool { return !c.Gone })
		got.hope = r.search(request, wanted, mine, gone).no == ""
	}
	return got
}

// search looks for an instant among claims.
func (r *run) search(request sendtime.Request, wanted hours, mine policy.Claim, claims []policy.Claim) found {
	full, got := "", found{no: customer.NoAllowedTime}
	for try := range maxTries {
		answer := sendtime.Next(request)
		if wanted.now && try == 0 {
			if at, ok := opens(request); ok {
				answer = at
			}
		}
		if !answer.OK {
			break
		}
		if !wanted.said.IsZero() && !wanted.said.Contains(answer.At, r.f.Subject.Zone) {
			open := sendtime.Next(sendtime.Request{Now: answer.At, Zone: request.Zone, When: wanted.said, Deadline: request.Deadline})
			if !open.OK {
				break
			}
			request.Now, request.Spread = open.At, 0
			continue
		}
		mine.At = answer.At
		free := r.f.Policy.Free(mine, answer.At, claims, r.f.Subject.Zone)
		if free.OK {
			got.at, got.why, got.no, got.evidence = answer.At, told(wanted, answer.Moved)+full, "", wanted.evidence
			return got
		}
		request.Now, got.no, got.moved = free.Until, customer.Capped, customer.Capped
		full = ", after the cap of " + free.Full.Words() + ": " + free.Winner + " has the place, " + free.Why
	}
	got.why = wanted.why + full
	return got
}

// opens gives the answer of a request that may be met at its own instant.
func opens(request sendtime.Request) (sendtime.Answer, bool) {
	request.Spread = 0
	answer := sendtime.Next(request)
	return answer, answer.OK && answer.At.Equal(request.Now)
}

// atOnce is why a message has no window.
const atOnce = "now"

// told says in words why a message has its instant: what was wanted, and what
// kept it from an earlier one.
func told(wanted hours, m sendtime.Moved) string {
	closed := ""
	switch {
	case m.Has(sendtime.MovedLegal):
		closed = "hours that the law closes"
	case m.Has(sendtime.MovedHoliday):
		closed = "a holiday"
	case m.Has(sendtime.MovedQuiet):
		closed = "quiet hours"
	}
	if closed != "" && m.Has(sendtime.MovedElsewhere) {
		closed += " of another place where they may be"
	}
	switch {
	case wanted.why == atOnce && closed != "":
		return "as soon as possible after " + closed
	case closed != "":
		return wanted.why + ", after " + closed
	case wanted.usual && m.Has(sendtime.MovedSpread):
		return wanted.why + ", spread evenly over it"
	}
	return wanted.why
}
