package main

// Codes with which the program ends beside 0.
const (
	exitProblems = 1 // the files or the answer hold problems
	exitTrouble  = 2 // the command could not do its work
)

// exitError ends the program with a code.
type exitError struct {
	code int
	err  error // nil: everything has been said
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }
