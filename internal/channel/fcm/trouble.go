package fcm

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
)

// refusal is Google's error body, with the details that are read.
type refusal struct {
	Error struct {
		Status  string `json:"status"`
		Message string `json:"message"`
		Details []struct {
			Type       string `json:"@type"`
			ErrorCode  string `json:"errorCode"`
			Violations []struct {
				Field string `json:"field"`
			} `json:"fieldViolations"`
		} `json:"details"`
	} `json:"error"`
}

// code gives FCM's own error code, else Google's status word, else "".
func (r refusal) code() string {
	for _, d := range r.Error.Details {
		if strings.HasSuffix(d.Type, "google.firebase.fcm.v1.FcmError") && d.ErrorCode != "" {
			return d.ErrorCode
		}
	}
	return r.Error.Status
}

// aboutToken reports whether an invalid argument is the device token. FCM says
// it as a field, or only in words.
func (r refusal) aboutToken() bool {
	for _, d := range r.Error.Details {
		for _, v := range d.Violations {
			if v.Field == "message.token" {
				return true
			}
		}
	}
	return strings.Contains(r.Error.Message, "registration token")
}

// meaning is what one of FCM's codes means to the engine.
type meaning struct {
	kind   channel.Kind
	detail string
}

// mismatch is FCM's code for a token that the project may not send to.
const mismatch = "SENDER_ID_MISMATCH"

// codes holds FCM's codes,
// https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode, and
// Google's words where FCM gives none. UNAVAILABLE (503), INTERNAL (500) and
// UNSPECIFIED_ERROR go by their status: of a 5xx nobody knows whether the
// message was taken.
var codes = map[string]meaning{
	"UNREGISTERED":           {channel.BadAddress, "the device token is no longer registered"},
	"INVALID_ARGUMENT":       {channel.Rejected, "the message is not valid"},
	mismatch:                 {channel.Misconfigured, "the device token belongs to another Firebase project; check project_id, and from which project the app takes its tokens"},
	"QUOTA_EXCEEDED":         {channel.Throttled, "the quota is used up"},
	"RESOURCE_EXHAUSTED":     {channel.Throttled, "the quota is used up"},
	"THIRD_PARTY_AUTH_ERROR": {channel.Misconfigured, "the APNs certificate or the web push key is refused; check the Firebase console"},
	"UNAUTHENTICATED":        {channel.Misconfigured, "the access token is refused"},
	"PERMISSION_DENIED":      {channel.Misconfigured, "the service account may not send; give it the Firebase Cloud Messaging role"},
}

// quotaPause is how long FCM's own page asks to wait at least when a quota is
// used up, where the answer does not say.
const quotaPause = time.Minute

// trouble maps whatever went wrong to the engine's kinds. A code refines a 4xx
// only: a 5xx stays ambiguous, although sending again would replace.
func trouble(call *line.Call, err error) *channel.Error {
	e := call.Trouble(Name, err)
	var r refusal
	if call.Status < http.StatusBadRequest || json.Unmarshal(call.Body, &r) != nil {
		return e
	}
	code := r.code()
	if !isConstant(code) {
		return e
	}
	e.Code = code
	known, ok := codes[code]
	if !ok || call.Status >= http.StatusInternalServerError {
		return e
	}
	e.Kind, e.Detail = known.kind, known.detail
	if e.Kind == channel.Throttled && e.RetryAfter == 0 {
		e.RetryAfter = quotaPause
	}
	if code == "INVALID_ARGUMENT" && r.aboutToken() {
		e.Kind, e.Detail = channel.BadAddress, "the device token is not valid"
	}
	return e
}

// isConstant reports whether a code is one of Google's constants, so that a
// body that is not Google's puts nothing of its own into an error.
func isConstant(code string) bool {
	return code != "" && len(code) <= 40 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}
