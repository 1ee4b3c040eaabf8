package intake

import (
	"encoding/json"
	"net/http"
	"strings"
)

// reply is every answer's body. Libraries look at the status, some at code and
// message.
type reply struct {
	Success  bool       `json:"success"`
	Code     string     `json:"code,omitempty"`
	Message  string     `json:"message,omitempty"`
	Rejected []rejected `json:"rejected,omitempty"`
}

// rejected is a call that was refused, or one field of a call that was taken.
type rejected struct {
	Index  int    `json:"index"`           // of the call, from 0
	Field  string `json:"field,omitempty"` // the field alone was refused; "" all of the call
	Reason string `json:"reason"`
}

func (r rejected) String() string {
	switch {
	case r.Field == "":
		return r.Reason
	case strings.HasPrefix(r.Field, "context."):
		return r.Field + ": " + r.Reason
	}
	return "traits." + r.Field + ": " + r.Reason
}

func codeOf(status int) string {
	return strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that has gone cannot be told so.
	_ = json.NewEncoder(w).Encode(body)
}

// allowOrigins lets pages of every origin call: a write key in a page is no
// secret, and no cookie is read.
func allowOrigins(w http.ResponseWriter) { w.Header().Set("Access-Control-Allow-Origin", "*") }

// preflight answers what browsers ask before a page's call.
func preflight(w http.ResponseWriter, _ *http.Request) {
	allowOrigins(w)
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Encoding, Content-Type")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

// settings tells the libraries for browsers and phones that this server is
// their only destination.
func settings(w http.ResponseWriter, req *http.Request) {
	allowOrigins(w)
	destination := map[string]string{"apiKey": req.PathValue("key"), "apiHost": req.Host + "/v1"}
	write(w, http.StatusOK, map[string]any{
		"integrations": map[string]any{"Segment.io": destination},
		"plan":         map[string]any{},
		"edgeFunction": map[string]any{},
	})
}
