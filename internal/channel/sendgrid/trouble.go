package sendgrid

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
)

// answer is the body of a refusal. Its messages may repeat an address and are
// not read.
type answer struct {
	Errors []struct {
		Field string `json:"field"`
	} `json:"errors"`
}

var toField = regexp.MustCompile(`^personalizations\.\d+\.to(\.\d+)?(\.email)?$`)

// trouble maps whatever went wrong to the engine's kinds: by status, and a 400
// by the fields it names.
func trouble(call *line.Call, err error) *channel.Error {
	e := call.Trouble(Name, err)
	switch call.Status {
	case http.StatusBadRequest:
		byField(e, call.Body)
	case http.StatusTooManyRequests:
		if e.RetryAfter == 0 {
			e.RetryAfter = untilReset(call)
		}
	}
	return e
}

// byField refines a 400: the customer's address alone makes a bad address,
// the sender's own makes a wrong set-up, everything else is the message's.
func byField(e *channel.Error, body []byte) {
	var a answer
	if json.Unmarshal(body, &a) != nil || len(a.Errors) == 0 {
		return
	}
	to := 0
	for _, one := range a.Errors {
		switch field := one.Field; {
		case field == "from" || strings.HasPrefix(field, "from."):
			e.Kind, e.Detail = channel.Misconfigured, "the sender's address is refused; check from_address"
			return
		case toField.MatchString(field):
			to++
		}
	}
	if to == len(a.Errors) {
		e.Kind, e.Detail = channel.BadAddress, "the address is not valid"
	}
}

// untilReset reads X-Ratelimit-Reset, the second since 1970 at which the rate
// is free again.
func untilReset(call *line.Call) time.Duration {
	at, err := strconv.ParseInt(call.Header.Get("X-Ratelimit-Reset"), 10, 64)
	if err != nil {
		return 0
	}
	return call.Until(time.Unix(at, 0))
}
