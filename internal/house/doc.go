// Package house holds the repository to its own rules, as tests: which package
// may import which, how long files and functions are, that decisions stay
// pure, and that what the pages promise is there. It holds no code of the
// product.
package house
