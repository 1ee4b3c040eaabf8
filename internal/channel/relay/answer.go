package relay

import (
	"encoding/json"
	"net/http"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
)

// badAddress is the word by which the system says that an address is none.
const badAddress = "bad_address"

// answer is what the system may say. Each field may be missing.
type answer struct {
	ID        string `json:"id"`        // its own name of the message
	Key       string `json:"key"`       // with 409: which message it has already
	Delivered bool   `json:"delivered"` // the customer has it
	Error     string `json:"error"`     // with 400 and 422: bad_address
}

// read says what became of a message. What the system says in words may
// repeat the address and is not kept.
func read(call *line.Call, key string, err error) (channel.Receipt, error) {
	a := parse(call.Body)
	switch status := call.Status; {
	case status >= 200 && status < 300, status == http.StatusConflict && a.Key == key:
		return channel.Receipt{ProviderID: a.ID, Delivered: a.Delivered}, nil
	case status == http.StatusConflict:
		e := call.Trouble(Name, err)
		e.Kind, e.Detail = channel.Ambiguous, "the webhook speaks of a conflict and does not repeat the key"
		return channel.Receipt{}, e
	case a.Error == badAddress && (status == http.StatusBadRequest || status == http.StatusUnprocessableEntity):
		e := call.Trouble(Name, err)
		e.Kind, e.Detail = channel.BadAddress, "the webhook says that the address is none"
		return channel.Receipt{}, e
	}
	return channel.Receipt{}, call.Trouble(Name, err)
}

// parse reads each field by itself, so that one of another kind - a number as
// the id, say - takes nothing from the others.
func parse(body []byte) answer {
	var fields map[string]json.RawMessage
	var a answer
	if json.Unmarshal(body, &fields) != nil {
		return a
	}
	for name, into := range map[string]any{"key": &a.Key, "delivered": &a.Delivered, "error": &a.Error} {
		_ = json.Unmarshal(fields[name], into)
	}
	var number json.Number
	if json.Unmarshal(fields["id"], &a.ID) != nil && json.Unmarshal(fields["id"], &number) == nil {
		a.ID = number.String()
	}
	return a
}
