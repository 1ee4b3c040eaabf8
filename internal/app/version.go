package app

import "runtime/debug"

// stamped is the version that whoever built the program gave it, with -ldflags
// "-X github.com/outreach-engine/outreach/internal/app.stamped=v1.2.3"; "" leaves
// it to what the build noted.
var stamped string

// Version gives the version that the program was given, else the module's as
// the build noted it.
func Version() string {
	if stamped != "" {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
