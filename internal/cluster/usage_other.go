//go:build unix && !linux

package cluster

// whose says of whom the use is counted.
type whose int

const (
	alone whose = iota
	withChildren
)

// usedBy gives nothing: only Linux tells it by files.
func usedBy(int, whose) used { return used{} }
