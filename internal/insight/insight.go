// Package insight holds what is known of everybody: for each channel what kinds
// of customers there are by their hours, and for each rule how often its
// outreaches reach their goal. It decides who of a sample counts, and what a
// message of a rule is expected to be worth among others. It refuses to know
// any single customer, where the sample is read from, and when to learn anew.
package insight

import (
	"math"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
)

// Insight is what is known of everybody. It never changes; any number of
// goroutines may use it. A nil Insight knows nothing: no hour is better than
// another, and all rules are worth the same.
type Insight struct {
	at        time.Time
	customers int
	others    map[customer.Channel]*habit.Population
	rules     map[string]Worth
	all       Worth
}

// Worth counts what a rule's outreaches came to: those with a message that have
// ended or reached their goal, and those that reached it.
type Worth struct {
	Sent    int `json:"sent"`
	Reached int `json:"reached"`
}

// Share is the share of outreaches that reached their goal; 0 of none.
func (w Worth) Share() float64 {
	if w.Sent <= 0 {
		return 0
	}
	return float64(w.Reached) / float64(w.Sent)
}

// shrunk is how many outreaches the mean of all rules weighs against a rule's
// own.
const shrunk = 20

// At gives when it was learned.
func (i *Insight) At() time.Time {
	if i == nil {
		return time.Time{}
	}
	return i.at
}

// Customers says from how many customers it was learned.
func (i *Insight) Customers() int {
	if i == nil {
		return 0
	}
	return i.customers
}

// Others gives what is known of all customers' hours by a channel, or by any;
// nil: nothing is.
func (i *Insight) Others(channel customer.Channel) *habit.Population {
	if i == nil {
		return nil
	}
	return i.others[channel]
}

// Worth gives the figures of a rule, and those of all rules together.
func (i *Insight) Worth(rule string) (own, all Worth) {
	if i == nil {
		return own, all
	}
	return i.rules[rule], i.all
}

// Value gives what a message of a rule is expected to be worth, 0 to 1: the
// share of its outreaches that reached their goal, shrunk towards the mean of
// all rules,
//
//	(reached + 20 * mean) / (sent + 20),
//
// in whole percents, so that claims do not change places for a trifle. A rule
// without a goal, and one that has sent nothing, has the mean.
func (i *Insight) Value(rule string) float64 {
	own, all := i.Worth(rule)
	value := (float64(own.Reached) + shrunk*all.Share()) / (float64(own.Sent) + shrunk)
	return math.Round(value*100) / 100
}
