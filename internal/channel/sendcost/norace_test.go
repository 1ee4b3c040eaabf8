//go:build !race

package sendcost_test

// raced says that the race detector watches.
const raced = false
