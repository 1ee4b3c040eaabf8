//go:build race

package sendcost_test

// raced says that the race detector watches, which makes a call ten times as
// long.
const raced = true
