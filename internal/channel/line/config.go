package line

import (
	"errors"
	"fmt"
	"strings"
)

// Required checks settings given as name, value, name, value ...: each value
// must be there and hold only visible ASCII, as HTTP headers and paths ask.
// The error names every wrong one, and shows none of the values.
func Required(settings ...string) error {
	var errs []error
	for i := 0; i+1 < len(settings); i += 2 {
		switch name, value := settings[i], settings[i+1]; {
		case value == "":
			errs = append(errs, fmt.Errorf("%s: missing; set it", name))
		case strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }):
			errs = append(errs, fmt.Errorf("%s: has spaces or other characters that no such value has; copy it again", name))
		}
	}
	return errors.Join(errs...)
}

// Redact gives what may be printed in place of a secret: whether it is set.
func Redact(secret string) string {
	if secret == "" {
		return "unset"
	}
	return "redacted"
}
