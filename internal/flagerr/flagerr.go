// Package flagerr says of a value that a command's flag does not take what to
// write instead.
package flagerr

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
)

// Explain gives an error of pflag's in words for whoever wrote the flag. An error
// of another kind stays as it is.
func Explain(err error) error {
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	name, value := invalid.GetFlag().Name, invalid.GetValue()
	switch invalid.GetFlag().Value.Type() {
	case "int":
		return fmt.Errorf("--%s: %q is no whole number; write digits alone, as in --%s 50000", name, value, name)
	case "float64":
		return fmt.Errorf("--%s: %q is no number; write digits alone, as in --%s 2.5", name, value, name)
	case "bool":
		return fmt.Errorf("--%s: %q is neither true nor false; write --%s, or leave it out", name, value, name)
	case "duration":
		return fmt.Errorf("--%s: %q is no span of time; write a number and s, m or h, as in --%s 90s", name, value, name)
	}
	return err
}
