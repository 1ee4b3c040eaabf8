//go:build race

package backtest_test

// raced says that the race detector watches: it makes calculations ten times as
// long, and those of one goroutine have nothing to show it.
const raced = true
