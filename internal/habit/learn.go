package habit

import (
	"math"
	"time"
)

const (
	// sampled bounds the customers that are learned from: enough for eight kinds.
	sampled = 3000
	// perKind is how many of them a kind needs.
	perKind = 20
	// rounds bounds the steps of EM, and settled is the gain in log-likelihood per customer that ends it.
	rounds  = 60
	settled = 1e-4
	// starts is from how many beginnings EM is tried.
	starts = 3
	// pseudo is how many days, spread evenly, each kind is given before it sees a customer.
	pseudo = 5
)

// sample is one customer's week as EM reads it: the hours with evidence only.
type sample struct {
	hours  []uint8
	counts []float64
	days   float64
}

// Learn fits a population to the profiles of many customers, as they count at one instant. Of more than 3,000
// it takes a stride. Profiles with less than about a day of evidence teach nothing; when fewer than 20 do, the
// population is nil. The same profiles in the same order give the same population.
func Learn(profiles []Profile, now time.Time) *Population {
	samples := sampleOf(profiles, now)
	if len(samples) < perKind {
		return nil
	}
	kinds := min(maxKinds, 1+len(samples)/perKind)
	best, most := mixture{}, math.Inf(-1)
	for start := range starts {
		m := begin(samples, kinds, uint64(start))
		if likely := m.fit(samples); likely > most {
			best, most = m, likely
		}
	}
	d := best.document(len(samples))
	d.Strength = d.population().strengthOf(samples)
	return d.population()
}

func sampleOf(profiles []Profile, now time.Time) []sample {
	var samples []sample
	stride := max(1, (len(profiles)+sampled-1)/sampled)
	for i := 0; i < len(profiles); i += stride {
		var w weighed
		profiles[i].weigh(now, &w)
		if w.days < 0.75 {
			continue
		}
		s := sample{days: w.days}
		for hour, v := range w.at {
			if v > 0 {
				s.hours = append(s.hours, uint8(hour))
				s.counts = append(s.counts, v*w.days/w.total)
			}
		}
		samples = append(samples, s)
	}
	return samples
}

// mixture is the kinds while they are fitted.
type mixture struct {
	shares []float64
	weeks  []curve
	logs   [week][maxKinds]float64
}

// begin seeds the kinds far from each other: the first is even, the second the mean, each further one a
// customer whom those before explain badly, half mixed with the mean (k-means++ with a fixed sequence).
func begin(samples []sample, kinds int, seed uint64) mixture {
	m := mixture{shares: make([]float64, kinds), weeks: make([]curve, kinds)}
	var mean curve
	for i := range samples {
		samples[i].addTo(&mean, 1/samples[i].days)
	}
	for k := range kinds {
		m.shares[k] = 1 / float64(kinds)
		switch k {
		case 0:
			m.setWeek(k, &curve{})
		case 1:
			m.setWeek(k, &mean)
		default:
			seed = mixed(seed + uint64(k))
			var w curve
			s := m.unexplained(samples, k, float64(seed>>11)/(1<<53))
			s.addTo(&w, 20/s.days)
			m.setWeek(k, &w)
		}
	}
	return m
}

// mixed is the mixing step of SplitMix64: a fixed sequence that looks like chance.
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unexplained picks a customer, the more likely the less the first kinds expect what they do.
func (m *mixture) unexplained(samples []sample, kinds int, chance float64) *sample {
	costs := make([]float64, len(samples))
	sum := 0.0
	for i := range samples {
		best := math.Inf(-1)
		for k := range kinds {
			best = max(best, samples[i].likelihood(&m.logs, k))
		}
		// The entropy of the customer's own week is what no kind could explain.
		costs[i] = max(0, samples[i].own()-best) / math.Sqrt(samples[i].days)
		sum += costs[i]
	}
	chance *= sum
	for i, cost := range costs {
		if chance -= cost; chance < 0 {
			return &samples[i]
		}
	}
	return &samples[len(samples)-1]
}

// setWeek makes a kind's week of what its customers did: smoothed, and a little of every hour.
func (m *mixture) setWeek(k int, counts *curve) {
	w := &m.weeks[k]
	counts.smooth(w)
	sum := w.sum() + pseudo
	for i := range w {
		w[i] = (w[i] + pseudo*even) / sum
		m.logs[i][k] = math.Log(w[i])
	}
}

// fit runs EM until it gains no more; it gives the log-likelihood per customer.
func (m *mixture) fit(samples []sample) float64 {
	last := math.Inf(-1)
	for range rounds {
		likely := m.round(samples)
		if likely-last < settled {
			return likely
		}
		last = likely
	}
	return last
}

func (m *mixture) round(samples []sample) float64 {
	counts := make([]curve, len(m.weeks))
	shares := make([]float64, len(m.weeks))
	likely := make([]float64, len(m.weeks))
	total := 0.0
	for i := range samples {
		for k := range likely {
			likely[k] = math.Log(m.shares[k]) + samples[i].likelihood(&m.logs, k)
		}
		total += normalise(likely)
		for k, share := range likely {
			shares[k] += share
			if share > 1e-6 {
				samples[i].addTo(&counts[k], share)
			}
		}
	}
	for k := range m.weeks {
		m.shares[k] = (shares[k] + 1) / float64(len(samples)+len(m.weeks))
		if k > 0 { // the first stays even
			m.setWeek(k, &counts[k])
		}
	}
	return total / float64(len(samples))
}

func (s *sample) addTo(c *curve, factor float64) {
	for i, hour := range s.hours {
		c[hour] += s.counts[i] * factor
	}
}

// likelihood is the logarithm of how likely a kind does what this customer did.
func (s *sample) likelihood(logs *[week][maxKinds]float64, k int) float64 {
	sum := 0.0
	for i, hour := range s.hours {
		sum += s.counts[i] * logs[hour][k]
	}
	return sum
}

// own is that likelihood under the customer's very own shares.
func (s *sample) own() float64 {
	sum := 0.0
	for _, v := range s.counts {
		sum += v * math.Log(v/s.days)
	}
	return sum
}

func (m *mixture) document(customers int) *document {
	d := &document{Version: 1, Customers: customers, Strength: unschooled * 10}
	for k, w := range m.weeks {
		kind := kindDocument{Customers: wholeShare(m.shares[k])}
		for i, v := range w {
			kind.Week[i] = int32(wholeShare(v))
		}
		d.Kinds = append(d.Kinds, kind)
	}
	return d
}

// strengthOf finds, in tenths of a day, the strength of the prior under which what each customer did is most
// likely, each engagement judged by all others of theirs. It is bounded by two days: likelihood would take
// more, because most customers are like their kind, but then the few who are not would not be believed, and
// the hours of a kind would be good that this customer never kept.
func (pop *Population) strengthOf(samples []sample) int {
	candidates := [...]int{5, 10, 20}
	var likely [len(candidates)]float64
	for i := range samples {
		var own, smooth curve
		samples[i].addTo(&own, 1)
		own.smooth(&smooth)
		for j, hour := range samples[i].hours {
			one := min(samples[i].counts[j], 1)
			without := own
			without[hour] -= one
			var prior curve
			pop.prior(&without, &prior)
			left := max(0, smooth[hour]-one*still)
			for c, strength := range candidates {
				a := float64(strength) / 10
				likely[c] += one * math.Log((left+a*prior[hour])/(max(0, samples[i].days-one)+a))
			}
		}
	}
	best := 0
	for c := range likely {
		if likely[c] > likely[best] {
			best = c
		}
	}
	return candidates[best]
}
