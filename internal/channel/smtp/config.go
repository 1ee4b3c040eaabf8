package smtp

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel/line"
)

// TLS is how the way to the mail server is encrypted.
type TLS string

// The ways.
const (
	StartTLS TLS = "starttls" // begins in the clear and must become encrypted (RFC 3207), port 587
	Implicit TLS = "implicit" // is encrypted from the first byte (RFC 8314), port 465
	None     TLS = "none"     // stays in the clear, and so takes a password to this machine only
)

// ports are where mail servers listen for each way.
var ports = map[TLS]int{StartTLS: 587, Implicit: 465, None: 25}

const (
	defaultTimeout = 30 * time.Second
	defaultIdle    = 30 * time.Second // servers wait five minutes (RFC 5321, 4.5.3.2.7), machines on the way often less
	maxPort        = 65535
)

// Config is how to reach one mail server. It prints without its secrets.
type Config struct {
	Host string `json:"host"`
	Port int    `json:"port"` // 0 is the usual one: 587, 465 with Implicit, 25 with None
	TLS  TLS    `json:"tls"`  // "" is StartTLS

	User     string `json:"user"` // "" sends without signing in
	Password string `json:"-"`

	From       string        `json:"from"`        // "Name <address>" or an address alone
	ReturnPath string        `json:"return_path"` // where bounces go; "" is the address in From
	Hostname   string        `json:"hostname"`    // this machine's name for the mail server; "" is what the system says
	Timeout    time.Duration `json:"timeout"`     // of one message, waiting for a connection included; 0 is 30 s

	Idle time.Duration `json:"idle"` // how long a connection is kept that nobody wants; 0 is 30 s

	// ReportSecret lets the mail server's own reports in; "" lets none in.
	ReportSecret string `json:"-"`

	Roots *x509.CertPool `json:"-"` // who may vouch for the mail server; nil: whom the system trusts
}

// String gives the settings without the secrets.
func (c Config) String() string {
	return fmt.Sprintf("smtp %s port %d, tls %s, user %q, password %s, from %q, return path %q, reports %s",
		c.Host, c.Port, c.TLS, c.User, line.Redact(c.Password), c.From, c.ReturnPath, line.Redact(c.ReportSecret))
}

// GoString is String, so that %#v shows no secret either.
func (c Config) GoString() string { return c.String() }

// LogValue is String, for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// filled gives the settings with what may be left out.
func (c Config) filled() Config {
	if c.TLS == "" {
		c.TLS = StartTLS
	}
	if c.Port == 0 {
		c.Port = ports[c.TLS]
	}
	if from, err := mail.ParseAddress(c.From); err == nil && c.ReturnPath == "" {
		c.ReturnPath = from.Address
	}
	if c.Hostname == "" {
		c.Hostname = ownName()
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Idle == 0 {
		c.Idle = defaultIdle
	}
	return c
}

// check names everything that is wrong; a nil error means usable.
func (c Config) check() error {
	return errors.Join(
		line.Required("host", c.Host, "from", strings.ReplaceAll(printable(c.From), " ", "")),
		c.checkWay(), c.checkSignIn(), c.checkAddresses(),
	)
}

func (c Config) checkWay() error {
	if _, known := ports[c.TLS]; !known {
		return fmt.Errorf("tls: %q is unknown; write starttls, implicit or none", c.TLS)
	}
	if c.Port < 1 || c.Port > maxPort {
		return fmt.Errorf("port: %d is none; write one from 1 to %d", c.Port, maxPort)
	}
	if c.Timeout < 0 || c.Idle < 0 {
		return errors.New("timeout, idle: less than nothing; write how long one message may take, and how long a connection is kept")
	}
	return nil
}

func (c Config) checkSignIn() error {
	switch {
	case (c.User == "") != (c.Password == ""):
		return errors.New("user, password: one of them is missing; set both or neither")
	case c.User != "" && c.TLS == None && !loopback(c.Host):
		return errors.New("password: it would travel unencrypted; take tls starttls or implicit")
	case c.ReportSecret != "" && line.Required("report_secret", c.ReportSecret) != nil:
		return line.Required("report_secret", c.ReportSecret)
	}
	return nil
}

func (c Config) checkAddresses() error {
	var errs []error
	if _, err := mail.ParseAddress(c.From); err != nil && c.From != "" {
		errs = append(errs, fmt.Errorf(`from: %q is no sender; write it like Parcels <news@example.com>`, c.From))
	}
	if c.ReturnPath != "" && !bare(c.ReturnPath) {
		errs = append(errs, fmt.Errorf("return_path: %q is not a bare email address; write it like bounces@example.com", c.ReturnPath))
	}
	if strings.ContainsFunc(c.Hostname, func(r rune) bool { return r <= ' ' || r > '~' }) {
		errs = append(errs, fmt.Errorf("hostname: %q is none; write it like mail.example.com", c.Hostname))
	}
	return errors.Join(errs...)
}

// address gives host and port as net.Dial has them.
func (c Config) address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// ownName is what EHLO says of a machine that nobody named (RFC 5321, 4.1.3).
func ownName() string {
	name, err := os.Hostname()
	if err != nil || !strings.Contains(name, ".") {
		return "[127.0.0.1]"
	}
	return name
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// bare reports whether a text is an email address and nothing more, which no
// command of SMTP can be smuggled in with.
func bare(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && !strings.ContainsAny(text, "<>\" \t\r\n")
}

// printable puts one space in the place of line ends and other control
// characters, which would end a header or begin another, and of more spaces.
func printable(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }), " ")
}
