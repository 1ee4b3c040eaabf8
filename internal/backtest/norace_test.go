//go:build !race

package backtest_test

// raced says that the race detector watches.
const raced = false
