package inbox

import (
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Query selects messages. The zero value is all that are in memory.
type Query struct {
	Since    int64            // only those with a greater Seq
	Channel  customer.Channel // "" is any
	Rule     string           // "" is any
	Customer customer.ID      // "" is any
	Limit    int              // 0 is no limit
}

// Messages gives messages, newest first. With Since and more than Limit to
// give it gives those that follow Since, so that asking again with the newest
// Seq given skips nothing; without Since the newest. more says that there are
// others.
func (b *Box) Messages(q Query) (list []Kept, more bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	wanted := func(yield func(Kept) bool) {
		for _, k := range slices.Backward(b.kept) {
			if k.Seq <= q.Since || q.wants(k) && !yield(k) {
				return
			}
		}
	}
	if q.Since > 0 {
		wanted = func(yield func(Kept) bool) {
			from, _ := slices.BinarySearchFunc(b.kept, q.Since+1, func(k Kept, seq int64) int { return int(k.Seq - seq) })
			for _, k := range b.kept[from:] {
				if q.wants(k) && !yield(k) {
					return
				}
			}
		}
	}
	for k := range wanted {
		if q.Limit > 0 && len(list) == q.Limit {
			more = true
			break
		}
		list = append(list, k)
	}
	if q.Since > 0 {
		slices.Reverse(list)
	}
	return list, more
}

func (q Query) wants(k Kept) bool {
	return (q.Channel == "" || k.Channel == q.Channel) &&
		(q.Customer == "" || k.Customer == q.Customer) &&
		(q.Rule == "" || ruleOf(k) == q.Rule)
}

// ruleOf gives the rule that a send key names, "" when the key is not of the
// engine's form.
func ruleOf(k Kept) string {
	ref, _, _, err := ledger.ParseKey(k.Key)
	if err != nil {
		return ""
	}
	return ref.Rule
}

// Find gives the newest message in memory of a send key.
func (b *Box) Find(key string) (k Kept, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, k := range slices.Backward(b.kept) {
		if k.Key == key {
			return k, true
		}
	}
	return Kept{}, false
}

// Has reports whether a message of this send key was accepted: since the
// inbox was opened, or before and still in its file.
func (b *Box) Has(key string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	_, ok := b.keys[digestOf(key)]
	return ok
}

// Received gives how many messages were ever accepted, repeats included.
func (b *Box) Received() int64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.seq
}

// Repeats gives how many messages were ever accepted whose send key had come
// before. Where nothing is wrong it is zero.
func (b *Box) Repeats() int64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.repeats
}

// Rules names the rules of the messages in memory, in order.
func (b *Box) Rules() []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	seen := map[string]bool{}
	var rules []string
	for _, k := range b.kept {
		if r := ruleOf(k); r != "" && !seen[r] {
			seen[r] = true
			rules = append(rules, r)
		}
	}
	slices.Sort(rules)
	return rules
}
