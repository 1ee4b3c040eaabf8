package channeltest

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/outreach-engine/outreach/internal/channel"
)

// verify compares an outcome with the wanted one, and holds every error to
// channel.Error's word: its type, its sender's name, a code, and nothing in it
// that is secret or personal.
func (c Case) verify(s channel.Sender, m channel.Message, err error, want Want) error {
	if want.Kind == "" || err == nil {
		if want.Kind == "" && err == nil {
			return nil
		}
		return fmt.Errorf("outcome: got error %v, want kind %q", err, want.Kind)
	}
	e, ok := errors.AsType[*channel.Error](err)
	switch {
	case !ok:
		return fmt.Errorf("outcome: %T is no *channel.Error", err)
	case e.Provider != s.Name():
		return fmt.Errorf("outcome: provider %q, want %q", e.Provider, s.Name())
	case e.Code == "" || e.Detail == "":
		return fmt.Errorf("outcome: code %q or detail %q is empty", e.Code, e.Detail)
	case e.Kind != want.Kind:
		return fmt.Errorf("outcome: kind %s, want %s (%s: %s)", e.Kind, want.Kind, e.Code, e.Detail)
	case want.Code != "" && e.Code != want.Code:
		return fmt.Errorf("outcome: code %s, want %s", e.Code, want.Code)
	case e.RetryAfter != want.RetryAfter:
		return fmt.Errorf("outcome: retry after %v, want %v", e.RetryAfter, want.RetryAfter)
	}
	return c.hides(fmt.Sprintf("%v %+v %#v", err, *e, *e), &m)
}

// hides checks that a text holds no secret, and nothing of the message that is
// the customer's.
func (c Case) hides(text string, m *channel.Message) error {
	hidden := c.Secrets
	if m != nil {
		hidden = append([]string{m.To, m.Content.Text, m.Content.Subject, m.Content.Link}, hidden...)
	}
	for _, h := range hidden {
		if h != "" && strings.Contains(text, h) {
			return fmt.Errorf("a secret or personal value stands in %q", text)
		}
	}
	return nil
}

// Log is what a far side saw. Make one with NewLog. Safe for concurrent use.
type Log struct {
	mu          sync.Mutex
	seen        []Seen
	connections int
	first       chan struct{}
}

// NewLog makes an empty log.
func NewLog() *Log { return &Log{first: make(chan struct{})} }

// Saw records a message.
func (l *Log) Saw(s Seen) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seen) == 0 {
		close(l.first)
	}
	l.seen = append(l.seen, s)
}

// Connected records a connection.
func (l *Log) Connected() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.connections++
}

// All gives every message seen, in order of arrival.
func (l *Log) All() []Seen {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Seen(nil), l.seen...)
}

// Connections gives how many connections were opened.
func (l *Log) Connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.connections
}

// First is closed when the first message was seen.
func (l *Log) First() <-chan struct{} { return l.first }
