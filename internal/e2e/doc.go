// Package e2e holds the tests that need a live Temporal server: the whole
// engine against an embedded one. It holds no code of the product.
package e2e
