package ruletest

// verdict is what became of a test: which expectation was met by which line.
type verdict struct {
	met  []int // of each expectation the line that meets it; -1: none
	used []int // of each line the expectation that it meets; -1: none
	near []int // of each expectation not met the line that is nearly it; -1: none
	note []string
}

// judge pairs expectations with lines, each with one of the other's, so that
// as many as can be are met.
func judge(expected []Expectation, actual []happening, own string) verdict {
	v := verdict{
		met: filled(len(expected)), used: filled(len(actual)), near: filled(len(expected)),
		note: make([]string, len(expected)),
	}
	for i := range expected {
		v.meet(i, expected, actual, own, make([]bool, len(actual)))
	}
	for i, x := range expected {
		if v.met[i] < 0 {
			v.nearly(i, x, actual, own)
		}
	}
	return v
}

func filled(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = -1
	}
	return list
}

// meet finds a line for an expectation, and another one for the expectation
// that had it (the augmenting paths of bipartite matching).
func (v *verdict) meet(i int, expected []Expectation, actual []happening, own string, tried []bool) bool {
	for j, h := range actual {
		if tried[j] {
			continue
		}
		if note, far := expected[i].note(h, own); far || note != "" {
			continue
		}
		tried[j] = true
		if v.used[j] < 0 || v.meet(v.used[j], expected, actual, own, tried) {
			v.met[i], v.used[j] = j, i
			return true
		}
	}
	return false
}

// nearly looks for the line that an expectation most likely means: the nearest
// in time of those that meet no other.
func (v *verdict) nearly(i int, x Expectation, actual []happening, own string) {
	for j, h := range actual {
		note, far := x.note(h, own)
		if far || v.used[j] >= 0 {
			continue
		}
		if best := v.near[i]; best < 0 || h.at.Sub(x.From).Abs() < actual[best].at.Sub(x.From).Abs() {
			v.near[i], v.note[i] = j, note
		}
	}
}

// unexpected reports whether a line must be expected and is not: a message.
func (v *verdict) unexpected(j int, h happening) bool { return h.kind == Sent && v.used[j] < 0 }

// passed reports whether all is as expected.
func (v *verdict) passed(actual []happening) bool {
	for _, j := range v.met {
		if j < 0 {
			return false
		}
	}
	for j, h := range actual {
		if v.unexpected(j, h) {
			return false
		}
	}
	return true
}
