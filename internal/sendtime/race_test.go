//go:build race

package sendtime_test

// raced says that the race detector watches: it makes calculations ten times as long, and those of one
// goroutine have nothing to show it.
const raced = true
