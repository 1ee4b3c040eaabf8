package habit

import "math"

// maxKinds bounds the kinds of customers; the first is the one without habits, whose week is even.
const maxKinds = 8

// unlikely is the likelihood below which a kind says nothing about a customer.
const unlikely = 1e-3

// Population is what is known of all customers: the kinds of them that there are, how many are of each, and
// how strongly their kind speaks for a single one. It never changes; any number of goroutines may use it.
// A nil Population knows nothing: every hour is as good as any other.
type Population struct {
	document document
	strength float64
	kinds    int
	prior0   [maxKinds]float64       // logarithm of the share of customers of each kind
	shares   [maxKinds]curve         // each kind's week, its sum is 1
	logs     [week][maxKinds]float64 // logarithms of shares
}

// Customers says from how many customers this was learned.
func (pop *Population) Customers() int {
	if pop == nil {
		return 0
	}
	return pop.document.Customers
}

// prior gives the expected week of customers like this one, how many days of evidence it weighs, and by how
// much what they did is likelier than by chance if they are somebody of the population: the logarithm of the
// Bayes factor, which has paid already for choosing the kind that fits best.
func (pop *Population) prior(own, out *curve) (strength, likelier float64) {
	if pop == nil {
		for i := range out {
			out[i] = even
		}
		return unschooled, 0
	}
	likely, likelier := pop.posterior(own)
	for k, share := range likely[:pop.kinds] {
		if share < unlikely {
			continue
		}
		week := &pop.shares[k]
		for i := range out {
			out[i] += share * week[i]
		}
	}
	return pop.strength, likelier
}

// posterior says how likely a customer is of each kind, and how much likelier than by chance they are at all.
func (pop *Population) posterior(own *curve) (likely [maxKinds]float64, likelier float64) {
	likely = pop.prior0
	for i, v := range own {
		if v == 0 {
			continue
		}
		likelier += v * math.Log(week)
		logs := &pop.logs[i]
		for k := range likely {
			likely[k] += v * logs[k]
		}
	}
	likelier += normalise(likely[:pop.kinds])
	clear(likely[pop.kinds:])
	return likely, likelier
}

// normalise turns logarithms into shares, and gives the logarithm of their sum.
func normalise(logs []float64) float64 {
	most := logs[0]
	for _, v := range logs[1:] {
		most = max(most, v)
	}
	sum := 0.0
	for k, v := range logs {
		logs[k] = math.Exp(v - most)
		sum += logs[k]
	}
	for k := range logs {
		logs[k] /= sum
	}
	return most + math.Log(sum)
}
