package sendgrid

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/mail"
	"time"

	"github.com/outreach-engine/outreach/internal/channel/line"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Residency is where SendGrid keeps the mail's data.
type Residency string

// The residencies. The EU one needs an EU subuser and its key.
const (
	Global Residency = "global"
	EU     Residency = "eu"
)

var bases = map[Residency]string{
	"":     "https://api.sendgrid.com",
	Global: "https://api.sendgrid.com",
	EU:     "https://api.eu.sendgrid.com",
}

// Switch turns something on or off; "" is On.
type Switch string

// The positions of a switch.
const (
	On  Switch = "on"
	Off Switch = "off"
)

// Tracking says what SendGrid may watch. Links in plain text are never
// rewritten, since people read them there.
type Tracking struct {
	Opens  Switch `json:"opens"`  // a pixel in the HTML
	Clicks Switch `json:"clicks"` // links of the HTML lead through SendGrid
}

// Config is how to reach one SendGrid account. It prints without its key.
type Config struct {
	APIKey      string    `json:"-"`
	FromName    string    `json:"from_name"` // "" shows the address alone
	FromAddress string    `json:"from_address"`
	ReplyTo     string    `json:"reply_to"`  // "Name <address>"; "" has answers go to the sender
	Residency   Residency `json:"residency"` // "" is Global
	IPPool      string    `json:"ip_pool"`   // "" is the account's own choice; 2 to 64 letters
	// Sandbox has SendGrid check each mail and deliver none.
	Sandbox  bool     `json:"sandbox"`
	Tracking Tracking `json:"tracking"`

	// Groups are the account's unsubscribe groups, each for one topic.
	Groups map[customer.Topic]int `json:"groups"`
	// UnsubscribeMailto is an address that takes people off by mail (RFC 2369),
	// offered beside Message.Unsubscribe; "" offers none.
	UnsubscribeMailto string `json:"unsubscribe_mailto"`

	// WebhookKey is the public key of the Signed Event Webhook, as SendGrid
	// shows it: base64. Without it no callback is believed.
	WebhookKey string `json:"webhook_key"`
	// Freshness is how far a callback's time may lie from this machine's,
	// either way; 0 is five minutes.
	Freshness time.Duration `json:"freshness"`

	BaseURL   string            `json:"base_url"` // "" for the residency's own
	Transport http.RoundTripper `json:"-"`        // nil: line.Open's own
}

// String gives the settings without the key.
func (c Config) String() string {
	return fmt.Sprintf("sendgrid key %s, from %q <%s>, residency %s, sandbox %t, groups %v, webhook key %s, base %s",
		line.Redact(c.APIKey), c.FromName, c.FromAddress, c.Residency, c.Sandbox, c.Groups, line.Redact(c.WebhookKey), c.BaseURL)
}

// GoString is String, so that %#v shows no secret either.
func (c Config) GoString() string { return c.String() }

// LogValue is String, for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// check names all that is wrong; a nil error means usable.
func (c Config) check() error {
	if err := line.Required("api_key", c.APIKey, "from_address", c.FromAddress); err != nil {
		return err
	}
	return errors.Join(c.checkAddresses(), c.checkChoices(), checkGroups(c.Groups))
}

func (c Config) checkAddresses() error {
	var errs []error
	if !bare(c.FromAddress) {
		errs = append(errs, fmt.Errorf("from_address: %q is not a bare email address; write it like news@example.com", c.FromAddress))
	}
	if c.UnsubscribeMailto != "" && !bare(c.UnsubscribeMailto) {
		errs = append(errs, fmt.Errorf("unsubscribe_mailto: %q is not a bare email address; write it like leave@example.com", c.UnsubscribeMailto))
	}
	if _, err := mail.ParseAddress(c.ReplyTo); c.ReplyTo != "" && err != nil {
		errs = append(errs, fmt.Errorf("reply_to: %q is not an address; write Name <address>", c.ReplyTo))
	}
	return errors.Join(errs...)
}

func bare(address string) bool {
	a, err := mail.ParseAddress(address)
	return err == nil && a.Address == address
}

func (c Config) checkChoices() error {
	var errs []error
	if _, known := bases[c.Residency]; !known {
		errs = append(errs, fmt.Errorf("residency: %q is unknown; write eu or global", c.Residency))
	}
	if n := len(c.IPPool); n == 1 || n > 64 {
		errs = append(errs, fmt.Errorf("ip_pool: %q has not 2 to 64 letters; copy its name from SendGrid", c.IPPool))
	}
	for name, s := range map[string]Switch{"opens": c.Tracking.Opens, "clicks": c.Tracking.Clicks} {
		if s != "" && s != On && s != Off {
			errs = append(errs, fmt.Errorf("tracking: %s: %q is unknown; write on or off", name, s))
		}
	}
	if c.Freshness < 0 {
		errs = append(errs, fmt.Errorf("freshness: %s is less than nothing; write a time such as 5m", c.Freshness))
	}
	return errors.Join(errs...)
}

// key reads WebhookKey; nil when none is set.
func (c Config) key() (*ecdsa.PublicKey, error) {
	if c.WebhookKey == "" {
		return nil, nil
	}
	return publicKey(c.WebhookKey)
}

// base gives where the API stands.
func (c Config) base() string {
	if c.BaseURL != "" {
		return c.BaseURL
	}
	return bases[c.Residency]
}
