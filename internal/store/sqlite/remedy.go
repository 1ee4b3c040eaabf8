package sqlite

import (
	"errors"

	modernc "modernc.org/sqlite"
)

// SQLite's result codes of what a machine's owner can mend
// (https://www.sqlite.org/rescode.html).
const (
	readOnly = 8
	ioError  = 10
	damaged  = 11
	diskFull = 13
)

// remedy says what there is to do about an error, "" when nothing is known.
func remedy(err error) string {
	var fault *modernc.Error
	if !errors.As(err, &fault) {
		return ""
	}
	switch fault.Code() & primaryCode {
	case readOnly:
		return "the file takes no writes: let the engine's user write it and its folder, and see that its disk is not mounted read-only"
	case ioError:
		return "the disk fails: see the machine's own log"
	case damaged:
		return "the file is damaged: put back the newest copy of it"
	case diskFull:
		return "the disk is full: make room there; everything goes on by itself then"
	case busy:
		return "another program holds the file: see that only engines and outreach's own commands open it"
	}
	return ""
}
