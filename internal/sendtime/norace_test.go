//go:build !race

package sendtime_test

// raced says that the race detector watches.
const raced = false
