package insight

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
	"github.com/outreach-engine/outreach/internal/ledger"
)

const (
	// enough is how many profiles of a channel are learned from.
	enough = 3000
	// Recent is how long ago an outreach may have begun to count: rules and
	// times change.
	Recent = 90 * 24 * time.Hour
)

// channels are those by which hours are learned.
func channels() []customer.Channel {
	return []customer.Channel{customer.AnyChannel, customer.Push, customer.Email, customer.SMS}
}

// Sample gathers customers to learn from. Its zero value holds nobody. It takes
// some 5 MB when it is full, however many customers there are.
type Sample struct {
	profiles  map[customer.Channel][]habit.Profile
	customers int
	rules     map[string]Worth
}

// Customer takes one customer's habits. Of a channel with 3,000 profiles it
// takes no more.
func (s *Sample) Customer(habits map[customer.Channel]*habit.Profile) {
	s.customers++
	if s.profiles == nil {
		s.profiles = map[customer.Channel][]habit.Profile{}
	}
	for _, channel := range channels() {
		if p := habits[channel]; p != nil && len(s.profiles[channel]) < enough {
			s.profiles[channel] = append(s.profiles[channel], *p)
		}
	}
}

// Outreach takes one outreach of a rule that has a goal. It counts when a
// message of it went out and it has ended or reached its goal, and began in the
// last 90 days: who was held out or got nothing says nothing of the message.
func (s *Sample) Outreach(o ledger.Outreach, now time.Time) {
	decided := o.Status == ledger.Ended || !o.GoalAt.IsZero()
	if o.Sent == 0 || !decided || o.Reason == customer.HeldOut || o.At.Before(now.Add(-Recent)) {
		return
	}
	if s.rules == nil {
		s.rules = map[string]Worth{}
	}
	w := s.rules[o.Rule]
	w.Sent++
	if !o.GoalAt.IsZero() {
		w.Reached++
	}
	s.rules[o.Rule] = w
}

// Full reports whether every channel has as many profiles as count.
func (s *Sample) Full() bool {
	for _, channel := range channels() {
		if len(s.profiles[channel]) < enough {
			return false
		}
	}
	return true
}

// Learn gives what the sample says of everybody at an instant. The same sample,
// taken in the same order, gives the same. It takes some tenths of a second for
// each channel that is full.
func (s *Sample) Learn(now time.Time) *Insight {
	i := begin(now)
	i.customers = s.customers
	for channel, profiles := range s.profiles {
		if others := habit.Learn(profiles, now); others != nil {
			i.others[channel] = others
		}
	}
	for rule, w := range s.rules {
		i.count(rule, w)
	}
	return i
}

func begin(at time.Time) *Insight {
	return &Insight{at: at.UTC(), others: map[customer.Channel]*habit.Population{}, rules: map[string]Worth{}}
}

// count adds a rule's figures.
func (i *Insight) count(rule string, w Worth) {
	i.rules[rule] = w
	i.all.Sent += w.Sent
	i.all.Reached += w.Reached
}
