// Package sandbox plays Twilio, SendGrid and Firebase Cloud Messaging as they
// speak on the wire, and misbehaves as they do: connections that break after a
// message was taken, errors that lie about it, answers that never come,
// callbacks that are lost, doubled, late, out of order or forged. It decides
// what goes wrong from a seed, keeps the one true book of what was taken, and
// knows nothing of the engine but the address that callbacks go to.
package sandbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Config is what the three providers are like.
type Config struct {
	Seed        uint64
	CallTimeout time.Duration // how long the engine waits for an answer
	Latency     time.Duration // the longest before a message is taken, and again before that is answered
	Rates       Rates         // how often a call goes wrong
	Reports     Reports       // how often a callback does
	// PublicURL is where the engine takes callbacks, without a path. Twilio is
	// told its own with each message; "" sends none of SendGrid's.
	PublicURL string
	// Refused are addresses that no message is taken for: the number is not
	// valid, the device is gone.
	Refused func(address string) bool
	// Undelivered are addresses that messages are taken for and do not reach:
	// the carrier or the mailbox refuses them later.
	Undelivered func(address string) bool
	Now         func() time.Time
}

// Account is what the engine needs to be let in. All of it is made up, and the
// keys are made at the start.
type Account struct {
	TwilioSID       string
	TwilioAuthToken string
	SendGridKey     string
	SendGridPublic  string // verifies SendGrid's callbacks: base64 of its DER
	FCMProject      string
	// FCMKeyFile gives the JSON of the service account, for tokens from a URL.
	FCMKeyFile func(tokenURL string) ([]byte, error)
}

// Sandbox is the three providers on one handler. Safe for concurrent use.
type Sandbox struct {
	config  Config
	account Account
	book    *Book
	service func() (*rsa.PrivateKey, error) // the service account's key
	signing *ecdsa.PrivateKey
	forging *ecdsa.PrivateKey
	client  *http.Client
	ctx     context.Context // ends with Close
	stop    context.CancelFunc
	tasks   sync.WaitGroup
	events  eventQueue
	tokens  tokenDesk
}

// New makes the providers, with keys of their own. Close ends them.
func New(config Config) (*Sandbox, error) {
	if config.CallTimeout <= 0 || config.Now == nil {
		return nil, errors.New("sandbox: call timeout or clock is missing; give both")
	}
	none := func(string) bool { return false }
	if config.Refused == nil {
		config.Refused = none
	}
	if config.Undelivered == nil {
		config.Undelivered = none
	}
	s := &Sandbox{config: config, book: newBook(config.Now), client: &http.Client{Timeout: callbackTimeout}}
	if err := s.makeKeys(); err != nil {
		return nil, fmt.Errorf("sandbox: keys: %w", err)
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.tasks.Go(s.postEvents)
	return s, nil
}

// Account gives what the engine is to be told.
func (s *Sandbox) Account() Account { return s.account }

// Book gives what the providers know.
func (s *Sandbox) Book() *Book { return s.book }

// Close gives up callbacks that are still to come and waits for those under
// way.
func (s *Sandbox) Close() {
	s.stop()
	s.tasks.Wait()
	s.client.CloseIdleConnections()
}

// Handler serves all three: their paths do not meet.
func (s *Sandbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2010-04-01/Accounts/{account}/Messages.json", s.createMessage)
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Messages.json", s.listMessages)
	mux.HandleFunc("POST /v3/mail/send", s.sendMail)
	mux.HandleFunc("POST /token", s.grantToken)
	mux.HandleFunc("POST /v1/projects/{project}/{method}", s.sendPush)
	return mux
}

// later runs fn after a while, unless the sandbox is closed before.
func (s *Sandbox) later(after time.Duration, fn func()) {
	s.tasks.Go(func() {
		if s.pause(s.ctx, after) {
			fn()
		}
	})
}

// pause waits and reports whether it did to the end.
func (s *Sandbox) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
