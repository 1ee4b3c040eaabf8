package twilio

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/outreach-engine/outreach/internal/channel/line"
)

// Config is how to reach one Twilio account. Either the API key's two halves
// or the auth token must be given; the key wins. Either From or
// MessagingServiceSID must be given, or both: a sender out of the service's
// pool. It prints without its secrets.
type Config struct {
	AccountSID   string `json:"account_sid"`
	APIKeySID    string `json:"api_key_sid"`
	APIKeySecret string `json:"-"`
	AuthToken    string `json:"-"`

	From                string `json:"from"`                  // E.164, short code or alphanumeric sender
	MessagingServiceSID string `json:"messaging_service_sid"` // MG...
	StatusCallback      string `json:"status_callback"`       // public URL for delivery reports; "" for none

	// BaseURL is "" for https://api.twilio.com. A region goes here, and only
	// here, as https://api.dublin.ie1.twilio.com; TWILIO_EDGE and
	// TWILIO_REGION are not read.
	BaseURL   string            `json:"base_url"`
	Transport http.RoundTripper `json:"-"` // nil: line.Open's own
}

// String gives the settings without the secrets.
func (c Config) String() string {
	return fmt.Sprintf("twilio account %s, key %s, key secret %s, auth token %s, from %s, service %s, callback %s, base %s",
		c.AccountSID, c.APIKeySID, line.Redact(c.APIKeySecret), line.Redact(c.AuthToken),
		c.From, c.MessagingServiceSID, c.StatusCallback, c.BaseURL)
}

// GoString is String, so that %#v shows no secret either.
func (c Config) GoString() string { return c.String() }

// LogValue is String, for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

var (
	accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	keySID     = regexp.MustCompile(`^SK[0-9a-fA-F]{32}$`)
	serviceSID = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
	wordOnly   = regexp.MustCompile(`^[a-zA-Z0-9]+$`) // what the client library lets through
)

// check names every wrong setting at once.
func (c Config) check() error {
	var errs []error
	wrong := func(bad bool, text string) {
		if bad {
			errs = append(errs, errors.New(text))
		}
	}
	wrong(!accountSID.MatchString(c.AccountSID), "account_sid: not AC and 32 hex digits; copy it from the Twilio console")
	if c.usesKey() {
		wrong(!keySID.MatchString(c.APIKeySID), "api_key_sid: not SK and 32 hex digits; create an API key in the Twilio console")
		wrong(!wordOnly.MatchString(c.APIKeySecret), "api_key_secret: missing or not letters and digits only; it is shown once, when the key is created")
	} else {
		wrong(!wordOnly.MatchString(c.AuthToken), "auth_token: missing or not letters and digits only; set it, or api_key_sid and api_key_secret")
	}
	wrong(c.From == "" && c.MessagingServiceSID == "", "from: missing; set it or messaging_service_sid")
	wrong(c.MessagingServiceSID != "" && !serviceSID.MatchString(c.MessagingServiceSID), "messaging_service_sid: not MG and 32 hex digits; copy it from the Twilio console")
	wrong(c.StatusCallback != "" && !publicURL(c.StatusCallback), "status_callback: not an http(s) url with a host free of underscores, and no fragment; Twilio refuses any other")
	return errors.Join(errs...)
}

func (c Config) usesKey() bool { return c.APIKeySID != "" || c.APIKeySecret != "" }

// credentials gives user and password of HTTP basic authentication.
func (c Config) credentials() (user, password string) {
	if c.usesKey() {
		return c.APIKeySID, c.APIKeySecret
	}
	return c.AccountSID, c.AuthToken
}

func publicURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") &&
		u.Hostname() != "" && !strings.Contains(u.Hostname(), "_") && u.Fragment == ""
}
