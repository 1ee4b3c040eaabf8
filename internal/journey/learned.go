package journey

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/rule"
)

// What the customer does is a guess at what they like: it counts where they
// said nothing, as long as there is time for it, and not for each message, so
// that more is learned.

// threeQuarters is a share of the way through a stretch, as the calendar has it.
const threeQuarters = uint64(3) << 62

// learned gives the hours in which the customer most likely responds by a
// channel, from what they do by it, else from all that they do.
func (r *run) learned(step *rule.Step, channel customer.Channel) (hours, bool) {
	if !r.f.Policy.Learning.Hours {
		return hours{}, false
	}
	for _, by := range []customer.Channel{channel, customer.AnyChannel} {
		var others *habit.Population
		if r.f.Others != nil {
			others = r.f.Others(by)
		}
		l, ok := others.Good(r.f.Subject.State.Habits[by], r.f.Now, r.f.Policy.Awake(step.Send.Topic))
		if ok {
			return hours{in: l.Hours, why: "preferred time, learned", evidence: Evidence(l, by)}, true
		}
	}
	return hours{}, false
}

// usual gives the hours of a message that is sent unless the customer does
// something by themselves: three quarters through the span in which they
// usually do.
func (r *run) usual(step *rule.Step, channel customer.Channel) (hours, bool) {
	if !step.Send.Own || !r.f.Policy.Learning.Hours {
		return hours{}, false
	}
	for _, by := range []customer.Channel{channel, customer.AnyChannel} {
		if by != customer.Push && by != customer.AnyChannel {
			continue // when mails are opened is not when they do something by themselves
		}
		if l, ok := r.f.Subject.State.Habits[by].Usual(r.f.Now); ok {
			return hours{in: l.Hours, late: true, why: "three quarters through the time in which they usually do it themselves", evidence: Evidence(l, by)}, true
		}
	}
	return hours{}, false
}

// Evidence says in words from what hours were learned: of a channel, or of all
// that the customer does.
func Evidence(l habit.Learned, by customer.Channel) string {
	text := l.Hours.String() + ", from " + strconv.FormatFloat(l.Evidence, 'f', 1, 64) + " engagements"
	if by != customer.AnyChannel {
		text += " by " + string(by)
	}
	return text + fmt.Sprintf(", %.0f %% of them then", 100*l.Share)
}

// explores reports whether a message goes by the usual window all the same:
// drawn for each, the same each time.
func (r *run) explores(step *rule.Step) bool {
	drawing := "explore/" + r.o.Rule + "/" + step.ID + "/" + strconv.Itoa(r.o.N)
	return number(drawing, r.o.Customer) < r.f.Policy.Learning.Explore
}

// How channels are learned: one by which so many messages in a row brought no
// answer goes behind one by which the customer did something of late. An SMS
// that is not answered says nothing.
const (
	ignoredAfter = 4
	answeredLate = 60 * 24 * time.Hour
)

// byHabit puts channels that the customer ignores behind those that they use,
// and says so.
func (r *run) byHabit(order []customer.Channel) (sorted []customer.Channel, why string) {
	state := r.f.Subject.State
	if !r.f.Policy.Learning.Channels || state == nil {
		return order, ""
	}
	used := func(c customer.Channel) bool {
		at, ok := state.Used[c]
		return ok && r.f.Now.Sub(at) < answeredLate
	}
	ignored := func(c customer.Channel) bool {
		return c != customer.SMS && state.Unanswered[c] >= ignoredAfter && !used(c)
	}
	i := slices.IndexFunc(order, ignored)
	if i < 0 || !slices.ContainsFunc(order, used) {
		return order, ""
	}
	why = strconv.Itoa(state.Unanswered[order[i]]) + " messages in a row by " + string(order[i]) + " brought no answer"
	sorted = slices.DeleteFunc(slices.Clone(order), ignored)
	return append(sorted, slices.DeleteFunc(slices.Clone(order), func(c customer.Channel) bool { return !ignored(c) })...), why
}

// spreadOver gives the place of a message in its stretch of hours.
func (h hours) spreadOver(hash uint64) uint64 {
	if h.late {
		return threeQuarters + hash>>6
	}
	return hash
}
