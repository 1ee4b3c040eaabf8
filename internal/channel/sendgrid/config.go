package sendgrid

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/mail"

	"github.com/outreach-engine/outreach/internal/channel/line"
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

// Config is how to reach one SendGrid account. It prints without its key.
type Config struct {
	APIKey      string    `json:"-"`
	FromName    string    `json:"from_name"` // "" shows the address alone
	FromAddress string    `json:"from_address"`
	Residency   Residency `json:"residency"` // "" is Global
	// Sandbox has SendGrid check each mail and deliver none.
	Sandbox bool `json:"sandbox"`

	BaseURL   string            `json:"base_url"` // "" for the residency's own
	Transport http.RoundTripper `json:"-"`        // nil: line.Open's own
}

// String gives the settings without the key.
func (c Config) String() string {
	return fmt.Sprintf("sendgrid key %s, from %q <%s>, residency %s, sandbox %t, base %s",
		line.Redact(c.APIKey), c.FromName, c.FromAddress, c.Residency, c.Sandbox, c.BaseURL)
}

// GoString is String, so that %#v shows no secret either.
func (c Config) GoString() string { return c.String() }

// LogValue is String, for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// check names what is wrong; a nil error means usable.
func (c Config) check() error {
	if err := line.Required("api_key", c.APIKey, "from_address", c.FromAddress); err != nil {
		return err
	}
	if a, err := mail.ParseAddress(c.FromAddress); err != nil || a.Address != c.FromAddress {
		return fmt.Errorf("from_address: %q is not a bare email address; write it like news@example.com", c.FromAddress)
	}
	if _, known := bases[c.Residency]; !known {
		return fmt.Errorf("residency: %q is unknown; write eu or global", c.Residency)
	}
	return nil
}

// base gives where the API stands.
func (c Config) base() string {
	if c.BaseURL != "" {
		return c.BaseURL
	}
	return bases[c.Residency]
}
