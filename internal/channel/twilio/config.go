package twilio

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel/line"
)

// Config is how to reach one Twilio account. Either the API key's two halves
// or the auth token must be given; the key wins for sending. Callbacks are
// signed with the auth token alone: give it beside the key to have them
// believed. Either From or MessagingServiceSID must be given, or both: a
// sender out of the service's pool. It prints without its secrets.
//
// Twilio's shortened links and its smart encoding are not offered: both change
// the text, and it is by its text that a message is found again whose answer
// was lost.
type Config struct {
	AccountSID   string `json:"account_sid"`
	APIKeySID    string `json:"api_key_sid"`
	APIKeySecret string `json:"-"`
	AuthToken    string `json:"-"`

	From                string `json:"from"`                  // E.164, short code or alphanumeric sender; a message's own goes before
	MessagingServiceSID string `json:"messaging_service_sid"` // MG...
	FallbackFrom        string `json:"fallback_from"`         // sender of the SMS that stands in where RCS does not reach; needs a service
	StatusCallback      string `json:"status_callback"`       // public URL for delivery reports; "" for none

	// ValidityPeriod is how long Twilio may keep a message waiting that says
	// nothing of its life: whole seconds, up to ten hours; 0: as Twilio has it.
	ValidityPeriod time.Duration `json:"validity_period"`

	// WhatsApp sends over WhatsApp in place of SMS, from and to the same
	// numbers. Twilio takes free text within 24 hours of the customer's last
	// word only; Contents names, by template, the approved content (HX...)
	// that is sent instead. The rendered text is its variable 1.
	WhatsApp bool              `json:"whatsapp"`
	Contents map[string]string `json:"contents"`

	// BaseURL is "" for https://api.twilio.com. A region goes here, and only
	// here, as https://api.dublin.ie1.twilio.com; TWILIO_EDGE and
	// TWILIO_REGION are not read.
	BaseURL   string            `json:"base_url"`
	Transport http.RoundTripper `json:"-"` // nil: line.Open's own
}

// String gives the settings without the secrets.
func (c Config) String() string {
	return fmt.Sprintf("twilio account %s, key %s, key secret %s, auth token %s, from %s, service %s, fallback %s, callback %s, validity %s, whatsapp %t, contents %d, base %s",
		c.AccountSID, c.APIKeySID, line.Redact(c.APIKeySecret), line.Redact(c.AuthToken),
		c.From, c.MessagingServiceSID, c.FallbackFrom, c.StatusCallback, c.ValidityPeriod, c.WhatsApp, len(c.Contents), c.BaseURL)
}

// GoString is String, so that %#v shows no secret either.
func (c Config) GoString() string { return c.String() }

// LogValue is String, for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

var (
	accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	keySID     = regexp.MustCompile(`^SK[0-9a-fA-F]{32}$`)
	serviceSID = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
	contentSID = regexp.MustCompile(`^HX[0-9a-fA-F]{32}$`)
	number     = regexp.MustCompile(`^(whatsapp:)?\+[0-9]{6,15}$`)
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
		wrong(c.AuthToken != "" && !wordOnly.MatchString(c.AuthToken), "auth_token: not letters and digits only; copy it from the Twilio console")
	} else {
		wrong(!wordOnly.MatchString(c.AuthToken), "auth_token: missing or not letters and digits only; set it, or api_key_sid and api_key_secret")
	}
	wrong(c.From == "" && c.MessagingServiceSID == "", "from: missing; set it or messaging_service_sid")
	wrong(c.MessagingServiceSID != "" && !serviceSID.MatchString(c.MessagingServiceSID), "messaging_service_sid: not MG and 32 hex digits; copy it from the Twilio console")
	wrong(c.FallbackFrom != "" && c.MessagingServiceSID == "", "fallback_from: no messaging service; set messaging_service_sid to one with an RCS sender")
	wrong(c.StatusCallback != "" && !publicURL(c.StatusCallback), "status_callback: not an http(s) url with a host free of underscores, and no fragment; Twilio refuses any other")
	wrong(c.ValidityPeriod != 0 && (c.ValidityPeriod < time.Second || c.ValidityPeriod > maxWaiting), "validity_period: "+c.ValidityPeriod.String()+" is not from 1s to 10h; Twilio keeps a message waiting that long")
	return errors.Join(append(errs, c.checkWhatsApp()...)...)
}

// checkWhatsApp names what is wrong with the settings of WhatsApp, contents in
// the order of their templates.
func (c Config) checkWhatsApp() []error {
	var errs []error
	switch {
	case c.WhatsApp && c.From != "" && !number.MatchString(c.From):
		errs = append(errs, errors.New("from: not a number in E.164; WhatsApp has no other senders"))
	case c.WhatsApp && c.FallbackFrom != "":
		errs = append(errs, errors.New("fallback_from: set together with whatsapp; it stands in for RCS only"))
	case !c.WhatsApp && strings.HasPrefix(c.From, whatsApp):
		errs = append(errs, errors.New("from: a sender of WhatsApp; set whatsapp too"))
	case !c.WhatsApp && len(c.Contents) > 0:
		errs = append(errs, errors.New("contents: set without whatsapp; they are for WhatsApp only"))
	}
	for _, template := range slices.Sorted(maps.Keys(c.Contents)) {
		if !contentSID.MatchString(c.Contents[template]) {
			errs = append(errs, fmt.Errorf("contents: %s: not HX and 32 hex digits; copy it from the Twilio console", template))
		}
	}
	return errs
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
