package relay

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"github.com/outreach-engine/outreach/internal/channel/line"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// Config is how to reach the company's system. It prints without its secret,
// and without the address, whose path or query may be one.
type Config struct {
	URL string `json:"-"` // https, or http on this machine
	// Secret signs both ways: whsec_ and the base64 of 24 to 64 random bytes.
	Secret   string             `json:"-"`
	Channels []customer.Channel `json:"channels"` // what it carries; none is every channel that reaches customers

	Transport http.RoundTripper `json:"-"` // nil: line.Open's own
}

// String gives the settings without the secret.
func (c Config) String() string {
	host := "unset"
	if u, err := url.Parse(c.URL); err == nil && u.Host != "" {
		host = u.Host
	}
	return fmt.Sprintf("webhook at %s, secret %s, channels %v", host, line.Redact(c.Secret), c.Channels)
}

// GoString is String, so that %#v shows no secret either.
func (c Config) GoString() string { return c.String() }

// LogValue is String, for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// check names everything that is wrong; a nil error means usable.
func (c Config) check() error {
	var errs []error
	switch message, hint := source.CheckEndpoint(c.URL); {
	case c.URL == "":
		errs = append(errs, errors.New("url: missing; set it"))
	case message != "":
		errs = append(errs, errors.New("url: "+message+"; "+hintOf(c.URL, hint)))
	}
	if c.Secret == "" {
		errs = append(errs, errors.New("secret: missing; set it to whsec_ and the base64 of 24 to 64 random bytes"))
	}
	for _, one := range c.Channels {
		if !slices.Contains(customer.Channels(), one) {
			errs = append(errs, fmt.Errorf("channels: %q reaches no customer; write sms, email or push", one))
		}
	}
	return errors.Join(errs...)
}

// hintOf keeps a hint that would repeat the address from being shown.
func hintOf(address, hint string) string {
	if u, err := url.Parse(address); err == nil && u.Scheme == "http" {
		return "write it with https:// in front"
	}
	return hint
}

// carries reports whether messages of the channel go this way.
func (c Config) carries(one customer.Channel) bool {
	if len(c.Channels) == 0 {
		return slices.Contains(customer.Channels(), one)
	}
	return slices.Contains(c.Channels, one)
}
