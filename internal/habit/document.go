package habit

import (
	"encoding/json"
	"fmt"
	"math"
)

// shareUnits is what the numbers of a kind's week and of the kinds add up to, about.
const shareUnits = 100_000

// document is a Population as it is stored. All its numbers are whole, so that one that was stored and read
// again decides as the one that was learned.
type document struct {
	Version   int            `json:"version"`
	Customers int            `json:"customers"`
	Strength  int            `json:"strength"` // of the prior, in tenths of a day
	Kinds     []kindDocument `json:"kinds"`
}

// kindDocument is one kind of customers: how many are of it, and their week, 168 numbers from Monday 00:00.
type kindDocument struct {
	Customers int         `json:"customers"`
	Week      [week]int32 `json:"week"`
}

// Encode gives the document to store, JSON of at most 16 kB. That of a nil Population is null.
func (pop *Population) Encode() []byte {
	if pop == nil {
		return []byte("null")
	}
	b, err := json.Marshal(pop.document)
	if err != nil { // whole numbers are always JSON
		return []byte("null")
	}
	return b
}

// DecodePopulation reads what Encode gave. Of null it makes nil.
func DecodePopulation(b []byte) (*Population, error) {
	var d *document
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, fmt.Errorf("population of habits: %w", err)
	}
	if d == nil {
		return nil, nil
	}
	if d.Version != 1 {
		return nil, fmt.Errorf("population of habits: version %d is not known: learn it again", d.Version)
	}
	if len(d.Kinds) == 0 || len(d.Kinds) > maxKinds || d.Strength <= 0 || d.Strength > 1e6 {
		return nil, fmt.Errorf("population of habits: %d kinds of strength %d are not ones that were learned: learn it again", len(d.Kinds), d.Strength)
	}
	for i, k := range d.Kinds {
		if err := k.check(); err != nil {
			return nil, fmt.Errorf("population of habits: kind %d: %w", i, err)
		}
	}
	return d.population(), nil
}

func (k *kindDocument) check() error {
	if k.Customers <= 0 || k.Customers > shareUnits {
		return fmt.Errorf("share of customers %d is not between 1 and %d: learn it again", k.Customers, shareUnits)
	}
	for hour, v := range k.Week {
		if v <= 0 || v > shareUnits {
			return fmt.Errorf("share of hour %d is %d, not between 1 and %d: learn it again", hour, v, shareUnits)
		}
	}
	return nil
}

func (d *document) population() *Population {
	pop := &Population{document: *d, strength: float64(d.Strength) / 10, kinds: len(d.Kinds)}
	for k, kind := range d.Kinds {
		pop.prior0[k] = math.Log(float64(kind.Customers) / shareUnits)
		sum := 0
		for _, v := range kind.Week {
			sum += int(v)
		}
		for i, v := range kind.Week {
			share := float64(v) / float64(sum)
			pop.shares[k][i] = share
			pop.logs[i][k] = math.Log(share)
		}
	}
	return pop
}

func wholeShare(v float64) int {
	return max(1, min(shareUnits, int(math.Round(v*shareUnits))))
}
