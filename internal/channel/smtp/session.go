package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"strconv"
	"strings"
	"time"
)

const (
	dialTimeout = 10 * time.Second
	byeTimeout  = time.Second
	answerLimit = 1 << 20 // bytes that a server may answer to one mail
	maxEnvelope = 100     // characters of an envelope's id (RFC 3461, 4.4)
)

// session is one connection, signed in.
type session struct {
	wire    *bounded
	client  *smtp.Client
	reports bool // DSN, RFC 3461
	heard   bool // reports are let in
	utf8    bool // SMTPUTF8, RFC 6531
	size    int  // the largest mail in bytes; 0 is not said
	mails   int
	expiry  *time.Timer
}

// bounded is a connection that stops listening to a server that goes on and on.
type bounded struct {
	net.Conn
	left int
}

var errTalkative = errors.New("the server answers without end")

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTalkative
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// heed ends the session's waiting when ctx ends, until release is called.
// Where that is not in time, the connection is of no more use.
func (c *session) heed(ctx context.Context) (release func() (inTime bool)) {
	c.wire.left = answerLimit
	return context.AfterFunc(ctx, func() { _ = c.wire.SetDeadline(time.Unix(1, 0)) })
}

// open dials, greets, encrypts and signs in.
func (cfg Config) open(ctx context.Context) (*session, *fault) {
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", cfg.address())
	if err != nil {
		return nil, &fault{phase: connecting, err: err}
	}
	c := &session{wire: &bounded{Conn: conn}}
	release := c.heed(ctx)
	trouble := c.begin(cfg)
	if inTime := release(); !inTime && trouble == nil {
		trouble = &fault{phase: connecting, err: ctx.Err()}
	}
	if trouble != nil {
		_ = conn.Close()
		return nil, trouble
	}
	return c, nil
}

func (c *session) begin(cfg Config) *fault {
	secure := &tls.Config{ServerName: cfg.Host, RootCAs: cfg.Roots, MinVersion: tls.VersionTLS12}
	conn := net.Conn(c.wire)
	if cfg.TLS == Implicit {
		encrypted := tls.Client(conn, secure)
		if err := encrypted.Handshake(); err != nil {
			return &fault{phase: encrypting, err: err}
		}
		conn = encrypted
	}
	var err error
	if c.client, err = smtp.NewClient(conn, cfg.Host); err != nil {
		return &fault{phase: greeting, err: err}
	}
	if err = c.client.Hello(cfg.Hostname); err != nil {
		return &fault{phase: greeting, err: err}
	}
	if cfg.TLS == StartTLS {
		if offered, _ := c.client.Extension("STARTTLS"); !offered {
			return &fault{phase: encrypting, err: errNoStartTLS}
		}
		if err = c.client.StartTLS(secure); err != nil {
			return &fault{phase: encrypting, err: err}
		}
	}
	if err = c.signIn(cfg); err != nil {
		return &fault{phase: signingIn, err: err}
	}
	c.heard = cfg.ReportSecret != ""
	c.reports, _ = c.client.Extension("DSN")
	c.utf8, _ = c.client.Extension("SMTPUTF8")
	_, size := c.client.Extension("SIZE")
	c.size, _ = strconv.Atoi(size)
	return nil
}

// alive forgets what the last mail left behind, and so learns whether the
// connection broke or was closed while it waited - before there is a mail that
// might be lost with it.
func (c *session) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	release := c.heed(ctx)
	err := c.client.Reset()
	return release() && err == nil
}

// hangUp says goodbye without waiting for an answer.
func (c *session) hangUp() {
	_ = c.wire.SetDeadline(time.Now().Add(byeTimeout))
	_, _ = c.client.Text.Cmd("QUIT")
	_ = c.client.Text.Close()
}

// cut hangs up on a server that is not listening, or not in step.
func (c *session) cut() { _ = c.wire.Close() }

// submit hands one mail over (RFC 5321, 3.3).
func (c *session) submit(l letter) *fault {
	foreign := !ascii(l.to) || !ascii(l.from)
	switch {
	case foreign && !c.utf8:
		return &fault{phase: composing, err: errNoUTF8}
	case c.size > 0 && len(l.data) > c.size:
		return &fault{phase: composing, err: errTooLarge}
	}
	if err := c.command(2, "MAIL FROM:<%s>%s", l.from, c.mailOptions(l)); err != nil {
		return &fault{phase: naming, err: err}
	}
	if err := c.command(2, "RCPT TO:<%s>%s", l.to, c.rcptOptions(l)); err != nil {
		return &fault{phase: addressing, err: err}
	}
	if err := c.command(354, "DATA"); err != nil {
		return &fault{phase: offering, err: err}
	}
	w := c.client.Text.DotWriter()
	if _, err := w.Write(l.data); err != nil {
		return &fault{phase: writing, err: err} // the final dot is not out: RFC 5321, 4.1.1.4
	}
	if err := w.Close(); err != nil {
		return &fault{phase: waiting, err: err}
	}
	if _, _, err := c.client.Text.ReadResponse(2); err != nil {
		return &fault{phase: waiting, err: err}
	}
	return nil
}

func (c *session) command(expect int, format string, args ...any) error {
	id, err := c.client.Text.Cmd(format, args...)
	if err != nil {
		return err
	}
	c.client.Text.StartResponse(id)
	defer c.client.Text.EndResponse(id)
	_, _, err = c.client.Text.ReadResponse(expect)
	return err
}

// mailOptions asks for reports that bring back the headers and name the send
// key; a longer key comes back in its header alone.
func (c *session) mailOptions(l letter) string {
	var b strings.Builder
	if c.size > 0 {
		fmt.Fprintf(&b, " SIZE=%d", len(l.data))
	}
	if !ascii(l.to) || !ascii(l.from) {
		b.WriteString(" SMTPUTF8")
	}
	if c.reports {
		b.WriteString(" RET=HDRS")
		if id := xtext(l.key); len(id) <= maxEnvelope {
			b.WriteString(" ENVID=" + id)
		}
	}
	return b.String()
}

// rcptOptions asks for news of success and delay only where somebody takes it
// in: else each mail would put another one into the mailbox for bounces.
func (c *session) rcptOptions(l letter) string {
	if !c.reports {
		return ""
	}
	options := " NOTIFY=FAILURE"
	if c.heard {
		options = " NOTIFY=SUCCESS,FAILURE,DELAY"
	}
	if ascii(l.to) {
		options += " ORCPT=rfc822;" + xtext(l.to)
	}
	return options
}

// xtext writes visible ASCII as RFC 3461, 4 has it.
func xtext(text string) string {
	return strings.NewReplacer("+", "+2B", "=", "+3D").Replace(text)
}
