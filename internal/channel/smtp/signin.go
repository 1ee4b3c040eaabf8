package smtp

import (
	"errors"
	"net/smtp"
	"slices"
	"strings"
)

// Why a connection does not come to be, or a mail is not offered on it.
var (
	errNoStartTLS = errors.New("the mail server offers no STARTTLS; set tls to implicit, or to none for one on this machine")
	errNoSignIn   = errors.New("the mail server takes no password by PLAIN or LOGIN; leave user and password out, or ask its operator")
	errNoUTF8     = errors.New("the mail server takes no address with letters beyond ASCII")
	errTooLarge   = errors.New("the mail is larger than the mail server takes")
)

// signIn proves who is sending (RFC 4954), by PLAIN where there is a choice.
func (c *session) signIn(cfg Config) error {
	if cfg.User == "" {
		return nil
	}
	_, offered := c.client.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(offered))
	switch {
	case slices.Contains(ways, "PLAIN"):
		return c.client.Auth(plain{cfg.User, cfg.Password})
	case slices.Contains(ways, "LOGIN"):
		return c.client.Auth(&login{answers: []string{cfg.User, cfg.Password}})
	}
	return errNoSignIn
}

// plain gives name and password at once (RFC 4616). The settings let it go
// unencrypted to this machine only.
type plain struct{ user, password string }

// Start implements smtp.Auth.
func (p plain) Start(*smtp.ServerInfo) (string, []byte, error) {
	return "PLAIN", []byte("\x00" + p.user + "\x00" + p.password), nil
}

// Next implements smtp.Auth.
func (p plain) Next(_ []byte, more bool) ([]byte, error) {
	if more {
		return nil, errNoSignIn
	}
	return nil, nil
}

// login is the older way of some servers: name and password, each when asked.
type login struct{ answers []string }

// Start implements smtp.Auth.
func (l *login) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

// Next implements smtp.Auth.
func (l *login) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	if len(l.answers) == 0 {
		return nil, errNoSignIn
	}
	next := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(next), nil
}
