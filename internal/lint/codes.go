package lint

import (
	"slices"
	"strconv"
)

// The codes of this package's own warnings.
const (
	neverTrue         = "never-true"
	alwaysTrue        = "always-true"
	endsAtOnce        = "ends-at-once"
	goalIsTrigger     = "goal-is-trigger"
	idleStop          = "idle-stop"
	pastUntil         = "past-until"
	goalBeforeSend    = "goal-before-send"
	outsideLegalHours = "outside-legal-hours"
	neverInTime       = "never-in-time"
	noUsualChannel    = "no-usual-channel"
	noFallback        = "no-fallback"
	lateFallback      = "late-fallback"
	sameMoment        = "same-moment"
	overCap           = "over-cap"
	overRate          = "over-rate"
	neverRides        = "never-rides"
	idleDigest        = "idle-digest"
	noGoal            = "no-goal"
	holdoutNoGoal     = "holdout-without-goal"
	untested          = "untested"
	unusedTemplate    = "unused-template"
	idleAllow         = "idle-allow"
)

// Codes gives every code that a warning about these files may have, sorted:
// those of this package, and those of the packages that read them.
func Codes() []string {
	codes := []string{
		neverTrue, alwaysTrue, endsAtOnce, goalIsTrigger, idleStop, pastUntil, goalBeforeSend, outsideLegalHours, neverInTime,
		noUsualChannel, noFallback, lateFallback, sameMoment, overCap, overRate, neverRides, idleDigest, noGoal, holdoutNoGoal, untested, unusedTemplate, idleAllow,
		"sends-nothing", "idle-wait", "empty-share", "window-against-law", "wider-law", "idle-cap", "own-name", "no-data",
		"single-braces", "other-field", "english-date", "raw-date", "may-be-missing", "not-given", "items-at-end", "long-sms", "costly-letter",
	}
	slices.Sort(codes)
	return codes
}

func itoa(i int) string { return strconv.Itoa(i) }
