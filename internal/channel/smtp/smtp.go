// Package smtp sends email through any mail server, and reads the delivery
// reports and complaints that such a server passes on. It decides how a message
// becomes a mail, and what each answer at each phase of SMTP (RFC 5321) means;
// it knows no customer, no rule, and never hands a message over twice.
//
// SMTP has no idempotency key. A mail carries the send key in a header, in its
// envelope where the server reports deliveries (RFC 3461), and hashed as its
// Message-ID: a repeat bears the same one, and many mailboxes show only one of
// two such mails. That is a courtesy of theirs and no promise.
//
// The standard library's client carries the commands rather than another one,
// because it says this machine's own name before STARTTLS too, and leaves
// deadlines to its caller.
package smtp

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Name is the provider's name.
const Name = "smtp"

// KeyHeader is the header that holds the send key, for reports that name the
// mail by its headers alone.
const KeyHeader = "X-Outreach-Key"

// Sender sends email. Safe for concurrent use.
type Sender struct {
	config Config
	pool   *pool
}

var (
	_ channel.Sender   = (*Sender)(nil)
	_ channel.Reporter = (*Sender)(nil)
)

// New checks the settings and makes a sender. It opens no connection. The
// error says what to mend and holds no secret.
func New(config Config) (*Sender, error) {
	config = config.filled()
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	return &Sender{config: config, pool: newPool(config.Idle, config.open)}, nil
}

// Close hangs up the connections that wait for a message. Those in use are
// hung up when they are done.
func (s *Sender) Close() error {
	s.pool.shut()
	return nil
}

// Format implements fmt.Formatter: whatever the verb, a sender prints its name
// and no secret.
func (s *Sender) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Name) }

// Name implements channel.Sender.
func (s *Sender) Name() string { return Name }

// Send hands one mail to the mail server, within ctx's deadline and the
// settings' timeout. The receipt holds the mail's Message-ID. Errors are
// *channel.Error: Ambiguous only when the whole mail was written and no answer
// came.
func (s *Sender) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	if refused := line.Check(Name, customer.Email, m); refused != nil {
		return channel.Receipt{}, refused
	}
	letter, refused := s.write(m, time.Now())
	if refused != nil {
		return channel.Receipt{}, refused
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	if fault := s.pool.use(ctx, func(c *session) *fault { return c.submit(letter) }); fault != nil {
		return channel.Receipt{}, fault.trouble(ctx)
	}
	return channel.Receipt{ProviderID: letter.id}, nil
}
