package tracing

import (
	"regexp"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// opaque are the message ids that programs draw: UUIDs, ULIDs, KSUIDs, those of
// Segment's libraries, and the engine's own. Others may say anything.
var opaque = regexp.MustCompile(`^(?:(?:ajs-(?:next-)?(?:\d+-)?)?[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}|[0-9A-HJKMNP-TV-Z]{26}|[0-9A-Za-z]{27}|sha256-[0-9a-f]{32})$`)

// About gives a log line the id of an event and of the trace that it begins, or
// of the trace of an outreach that time began. A message id that its sender made
// up is left out, since it may hold something personal.
func About(event string, ref ledger.Ref) []any {
	ids := []any{"trace", ID(event, ref).String()}
	if opaque.MatchString(event) {
		ids = append(ids, "event", event)
	}
	return ids
}
