package backtest

import "hash/fnv"

// groups joins outside ids that mean one customer. Ids are known by a hash: two
// that share one are played together, which changes nothing for either.
type groups struct {
	nodes  map[uint64]uint32
	parent []uint32
}

// join gives the node of the first id, and makes all of them one group.
func (g *groups) join(ids ...string) uint32 {
	first := g.node(ids[0])
	for _, id := range ids[1:] {
		a, b := g.find(first), g.find(g.node(id))
		g.parent[max(a, b)] = min(a, b) // the older one leads
	}
	return first
}

func (g *groups) node(id string) uint32 {
	h := hash(id)
	if n, ok := g.nodes[h]; ok {
		return n
	}
	n := uint32(len(g.parent))
	g.nodes[h], g.parent = n, append(g.parent, n)
	return n
}

// find gives the node that leads a node's group.
func (g *groups) find(n uint32) uint32 {
	for g.parent[n] != n {
		g.parent[n] = g.parent[g.parent[n]]
		n = g.parent[n]
	}
	return n
}

func hash(texts ...string) uint64 {
	h := fnv.New64a()
	for _, text := range texts {
		_, _ = h.Write([]byte(text)) // never fails (package hash)
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// idsOf gives the outside ids that a fact says are one customer, devices' kept
// apart from customers'; none when it names nobody.
func idsOf(f Fact) []string {
	var ids []string
	for _, id := range []string{named(f.User), device(f.Anonymous), named(f.Previous), device(f.Previous)} {
		if id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

func named(id string) string {
	if id == "" {
		return ""
	}
	return "customer/" + id
}

func device(id string) string {
	if id == "" {
		return ""
	}
	return "anonymous/" + id
}

// seen holds message ids by a hash: open addressing, eight bytes an entry. The
// zero value is empty.
type seen struct {
	slots []uint64
	used  int
}

// add reports whether the id is new.
func (s *seen) add(id string) bool {
	if 2*s.used >= len(s.slots) {
		s.grow()
	}
	h := max(hash(id), 1) // 0 is a free slot
	if !s.put(h) {
		return false
	}
	s.used++
	return true
}

func (s *seen) put(h uint64) bool {
	mask := uint64(len(s.slots) - 1)
	for i := (h ^ h>>29) & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case h:
			return false
		case 0:
			s.slots[i] = h
			return true
		}
	}
}

func (s *seen) grow() {
	const least = 1 << 10
	old := s.slots
	s.slots = make([]uint64, max(least, 2*len(old)))
	for _, h := range old {
		if h != 0 {
			s.put(h)
		}
	}
}
