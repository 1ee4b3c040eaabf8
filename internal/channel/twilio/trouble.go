package twilio

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/twilio/twilio-go/client"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
)

// meaning is what one of Twilio's codes means to the engine.
type meaning struct {
	kind   channel.Kind
	detail string
}

// optedOut is the code of a customer who replied STOP.
const optedOut = 21610

// codes holds Twilio's codes, https://www.twilio.com/docs/api/errors. Its own
// messages are left out of errors, since they repeat the phone number. Codes
// about one recipient's country or route are Rejected: the channel still works
// for everybody else.
var codes = map[int]meaning{
	20003: {channel.Misconfigured, "the credentials are refused; check account and key"},
	20005: {channel.Misconfigured, "the account is not active"},
	20006: {channel.Misconfigured, "the key may not send messages"},
	20008: {channel.Misconfigured, "these are test credentials"},
	20404: {channel.Misconfigured, "the account was not found"},
	20429: {channel.Throttled, "too many requests"},

	14107: {channel.Throttled, "the sender's rate is used up"},
	21611: {channel.Throttled, "the sender's queue is full"},
	30001: {channel.Throttled, "the queue is full"},

	21211:    {channel.BadAddress, "the number is not valid"},
	21217:    {channel.BadAddress, "the number is not valid"},
	optedOut: {channel.BadAddress, "the customer replied STOP to this sender"},
	21614:    {channel.BadAddress, "the number cannot receive SMS"},
	21635:    {channel.BadAddress, "the number is a landline"},
	30005:    {channel.BadAddress, "the handset is unknown"},
	30006:    {channel.BadAddress, "the number is a landline or its carrier cannot be reached"},
	63003:    {channel.BadAddress, "the number is not on WhatsApp"},

	21408: {channel.Rejected, "the number's country is not enabled for this account; see geo permissions"},
	21602: {channel.Rejected, "the message has no text"},
	21608: {channel.Rejected, "a trial account sends to verified numbers only"},
	21612: {channel.Rejected, "the sender cannot reach this number's country or carrier"},
	21617: {channel.Rejected, "the message is longer than 1600 characters"},
	21266: {channel.Rejected, "the number is the sender itself"},
	21655: {channel.Rejected, "the content of this template is not one of this account's"},
	30003: {channel.Unavailable, "the handset cannot be reached"},
	30004: {channel.Rejected, "the number blocks messages"},
	30007: {channel.Rejected, "the carrier filters the message"},
	30008: {channel.Rejected, "the carrier gave no reason"},
	30036: {channel.Rejected, "the message waited longer than its life"},
	63016: {channel.Rejected, "the customer wrote nothing for 24 hours; name a content for this template"},

	21212: {channel.Misconfigured, "from is not a valid sender"},
	21603: {channel.Misconfigured, "from is missing"},
	21606: {channel.Misconfigured, "from is not a sender of this account"},
	21609: {channel.Misconfigured, "the status callback is not a valid url"},
	21659: {channel.Misconfigured, "from is not a Twilio number"},
	21660: {channel.Misconfigured, "from belongs to another account"},
	21701: {channel.Misconfigured, "the messaging service does not exist"},
	21703: {channel.Misconfigured, "the messaging service has no sender"},
	30002: {channel.Misconfigured, "the account is suspended"},
	30032: {channel.Misconfigured, "the toll-free sender is not verified"},
	30034: {channel.Misconfigured, "the sender is not registered for A2P 10DLC"},
	63007: {channel.Misconfigured, "from is not a WhatsApp sender of this account"},
}

// ofSender holds the codes that slow one sender down, and no other of the
// account.
var ofSender = [...]int{14107, 21611, 30001}

// trouble maps whatever went wrong to the engine's kinds. A code refines a
// plain 4xx only: a 5xx stays ambiguous whatever its body says, and a 401 or
// 429 says all that there is to say.
func trouble(call *line.Call, err error) *channel.Error {
	e := call.Trouble(Name, err)
	var rest *client.TwilioRestError
	if call.Status < http.StatusBadRequest || !errors.As(err, &rest) || rest.Code == 0 {
		return e
	}
	e.Code = strconv.Itoa(rest.Code)
	known, ok := codes[rest.Code]
	if !ok || call.Status >= http.StatusInternalServerError {
		return e
	}
	if fixed := call.Status == http.StatusUnauthorized || call.Status == http.StatusTooManyRequests; !fixed {
		e.Kind = known.kind
	}
	e.Detail = known.detail
	if e.Kind == channel.Throttled && slices.Contains(ofSender[:], rest.Code) {
		e.Concerns = channel.OfSender
	}
	return e
}
