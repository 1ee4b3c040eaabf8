package sendgrid

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
)

// answer is the body of a refusal. Its messages may repeat an address: they
// are compared with known ones and never passed on.
type answer struct {
	Errors []struct {
		Message string `json:"message"`
		Field   string `json:"field"`
	} `json:"errors"`
}

var toField = regexp.MustCompile(`^personalizations\.\d+\.to(\.\d+)?(\.email)?$`)

// accountTrouble is what SendGrid says of an account that may not send, in
// lower case, and what there is to do. None of it ends by itself, apart from
// credits: https://support.sendgrid.com/hc/en-us/articles/18322114821403.
var accountTrouble = []struct{ says, detail string }{
	{"verified sender identity", "the sender's address is not verified; verify it or its domain in SendGrid"},
	{"maximum credits exceeded", "the plan's credits are used up; enlarge it or wait for its next period"},
	{"suspended", "the account is suspended; ask SendGrid's support"},
	{"deactivated", "the account is deactivated; ask SendGrid's support"},
	{"under review", "the account is under review; ask SendGrid's support"},
	{"frozen", "the account is frozen; look after its payment"},
	{"whitelist", "this machine's address may not use the account; add it to SendGrid's IP access list"},
	{"authorization grant is invalid", "the api key is unknown; make one with Mail Send access"},
	{"access forbidden", "the api key may not send mail; give it Mail Send access"},
	{"not authorized", "the api key may not send mail; give it Mail Send access"},
}

// setupFields are the beginnings of fields that come from the settings, not
// from the message.
var setupFields = []struct{ prefix, detail string }{
	{"from", "the sender's address is refused; check from_address and the policy's senders"},
	{"reply_to", "the address for answers is refused; check reply_to"},
	{"asm", "the unsubscribe group is refused; check groups"},
	{"ip_pool_name", "the ip pool is refused; check ip_pool"},
	{"headers", "the unsubscribe headers are refused; check public url and unsubscribe_mailto"},
}

// trouble maps whatever went wrong to the engine's kinds: by status, then by
// what SendGrid says of the account, and a 400 by the fields it names.
func trouble(call *line.Call, err error) *channel.Error {
	e := call.Trouble(Name, err)
	switch call.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		var a answer
		if json.Unmarshal(call.Body, &a) == nil {
			refine(e, a)
		}
	case http.StatusTooManyRequests:
		if e.RetryAfter == 0 {
			e.RetryAfter = untilReset(call)
		}
	}
	return e
}

// refine goes by what SendGrid says: of the account, of a setting's field, or
// of the customer's address alone. Everything else is the message's.
func refine(e *channel.Error, a answer) {
	to := 0
	for _, one := range a.Errors {
		if detail := cmp.Or(ofAccount(one.Message), ofSetup(one.Field)); detail != "" {
			e.Kind, e.Detail = channel.Misconfigured, detail
			return
		}
		if toField.MatchString(one.Field) {
			to++
		}
	}
	if e.Kind == channel.Rejected && to > 0 && to == len(a.Errors) {
		e.Kind, e.Detail = channel.BadAddress, "the address is not valid"
	}
}

func ofAccount(message string) string {
	message = strings.ToLower(message)
	for _, known := range accountTrouble {
		if strings.Contains(message, known.says) {
			return known.detail
		}
	}
	return ""
}

func ofSetup(field string) string {
	for _, known := range setupFields {
		if field == known.prefix || strings.HasPrefix(field, known.prefix+".") {
			return known.detail
		}
	}
	return ""
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
