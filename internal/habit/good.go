package habit

import (
	"math"
	"time"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

const (
	// nearBest is the share of the best hour's estimate from which on an hour is good: more than the
	// kernel gives the neighbour of a single act, so that hours are good that were met. nearBestOfAll is the same without any act of the customer's.
	nearBest      = 0.75
	nearBestOfAll = 0.9

	// enoughDays is how many days with engagements, decayed, are evidence: three within some weeks. However
	// much happens on two days, they are two.
	enoughDays = 2.2
	// enoughInside is how much of the evidence has to lie in the good hours themselves, and aboveEven how many
	// times their share of the week: who peaks where nothing is allowed is not asked to wait for the crumbs.
	enoughInside = 1.5
	aboveEven    = 2

	// surely is by how many standard deviations the acts of a customer have to lie together more than chance
	// would have it, and peaked the least ratio. pairVariance is the variance of one pair of acts thrown over
	// the week blindly, measured by the kernel.
	surely       = 2.5
	peaked       = 2
	pairVariance = 18
	// likeKind is the ratio to chance by which a customer's acts have to lie where those of their kind do,
	// when they do not yet lie together themselves.
	likeKind = 3
	// surelyOne is the logarithm of the Bayes factor from which on a customer is taken for one of the
	// population's kinds: 20 to 1. vouching is how many customers the kinds must have been learned from.
	surelyOne = 3
	vouching  = 500

	// unschooled is the strength of the prior while there is no population, in days.
	unschooled = 2
)

// Learned is what a customer's own engagement says about their hours.
type Learned struct {
	Hours    sendtime.Hours // the good hours among those allowed
	Evidence float64        // the decayed number of engagements, each by its weight
	Share    float64        // of this customer's own evidence inside Hours, 0 to 1
}

// Good gives the hours in which this customer most likely responds: those of the allowed ones whose estimate
// is at least 75 % of the best allowed one's. Without evidence they are the population's best, 90 % of it. With
// neither, and when nothing is allowed, there are none.
//
// It is ok when the customer's own evidence suffices to wait for these hours:
//   - three days with engagements within some weeks (2.2, decayed);
//   - a peak: pairs of their acts lie together more often than chance would have it, by 2.5 standard
//     deviations and at least twice as often; or else their acts lie three times as often as chance
//     would have it where those of similar customers do, and are 20 times as likely in a population of
//     at least 500 as by chance;
//   - real evidence in the good hours themselves: 1.5 engagements, and twice as much as evenly spread.
//
// It takes some microseconds and allocates nothing. Population and Profile may be nil.
func (pop *Population) Good(p *Profile, now time.Time, allowed sendtime.Hours) (Learned, bool) {
	var w weighed
	if p != nil {
		p.weigh(now, &w)
	}
	var e estimate
	pop.estimate(&w, &e)
	best := e.theta.best(allowed)
	if best <= 0 || pop == nil && w.total <= 0 {
		return Learned{Evidence: w.total}, false
	}
	near := nearBest
	if w.total <= 0 {
		near = nearBestOfAll
	}
	good := e.theta.atLeast(best*near, allowed)
	inside := w.inside(good)
	l := Learned{Hours: good, Evidence: w.total, Share: w.share(good)}
	ok := w.days >= enoughDays && inside >= enoughInside && l.Share*week >= aboveEven*float64(good.Len()) &&
		(e.together(&w) || e.likeTheirKind(&w))
	return l, ok
}

// estimate is what is thought of one customer's week.
type estimate struct {
	own    curve // the evidence, scaled to the days it comes from
	smooth curve // own, smoothed
	prior  curve // the week of similar customers; its sum is 1
	theta  curve // the estimate, not normalised

	likelier float64 // the logarithm of how much likelier than by chance the evidence is in this population
	schooled bool    // the population was learned from enough customers to vouch for one
}

// estimate fills in a customer's week: their own smoothed evidence and the prior of similar customers.
func (pop *Population) estimate(w *weighed, e *estimate) {
	if w.total > 0 {
		scale := w.days / w.total
		for i, v := range w.at {
			e.own[i] = v * scale
		}
		e.own.smooth(&e.smooth)
	}
	var strength float64
	strength, e.likelier = pop.prior(&e.own, &e.prior)
	e.schooled = pop.Customers() >= vouching
	for i := range e.theta {
		e.theta[i] = e.smooth[i] + strength*e.prior[i]
	}
}

// together reports whether a customer's acts lie together: the mean of the kernel over pairs of different
// acts against its mean over the whole week (a U-statistic, leave one out). Acts of one hour are taken to
// be as heavy as they may be, so that one click does not make a pair with itself.
func (e *estimate) together(w *weighed) bool {
	if w.total <= 0 {
		return false
	}
	one := float64(Answered) * w.days / w.total
	selves := 0.0
	for _, v := range e.own {
		selves += v * min(v, one)
	}
	different := w.days*w.days - selves
	pairs := w.days * (w.days - 1) / 2
	if different <= 0 || pairs <= 0 {
		return false
	}
	ratio := week * (e.own.dot(&e.smooth) - still*selves) / different
	return ratio >= peaked && ratio >= 1+surely*math.Sqrt(pairVariance/pairs)
}

// likeTheirKind reports whether a customer's acts lie where those of similar customers do, and that is not
// because among several kinds one will always fit a little.
func (e *estimate) likeTheirKind(w *weighed) bool {
	return e.schooled && e.likelier >= surelyOne && week*e.own.dot(&e.prior) >= likeKind*w.days
}
