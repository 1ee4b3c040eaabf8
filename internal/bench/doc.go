// Package bench holds what taking events in costs, on both stores, as ratios that
// one run gives. It decides what is compared with what; it refuses to know how
// either is made.
package bench
