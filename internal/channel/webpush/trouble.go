package webpush

import (
	"errors"
	"net/http"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
)

// trouble maps whatever went wrong to the engine's kinds. Push services answer
// by status (RFC 8030, 5 and 7.3; RFC 8292, 4.2); what their bodies say differs
// from one to the next.
func trouble(call *line.Call, err error) *channel.Error {
	e := call.Trouble(Name, err)
	if errors.Is(err, errLocal) { // where a name leads may change: no bad address
		e.Kind, e.Code, e.Detail = channel.Rejected, "not_sent", "the push service's name leads to an address that is not public"
		return e
	}
	switch call.Status {
	case http.StatusNotFound, http.StatusGone:
		e.Kind, e.Detail = channel.BadAddress, "the browser's subscription is gone"
	case http.StatusMethodNotAllowed:
		e.Kind, e.Detail = channel.Rejected, "the subscription's endpoint takes no messages"
	case http.StatusTooManyRequests:
		e.Concerns = channel.OfHost
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Detail = "the push service refuses the VAPID keys or their subject; check that pages subscribe with the same public key"
	}
	return e
}
