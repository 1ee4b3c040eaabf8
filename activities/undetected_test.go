//go:build !race

package activities_test

// detected says that the race detector watches.
const detected = false
