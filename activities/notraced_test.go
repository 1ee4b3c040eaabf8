//go:build !race

package activities_test

// raced says that the race detector watches.
const raced = false
