// Package channeltest holds what every provider has to promise, as one suite,
// and checks of requests against the vendors' own API descriptions. It decides
// when a Sender keeps channel.Sender's word; it knows no provider.
//
// A provider joins with a Case. One that speaks HTTP gets its Case from HTTP;
// one that speaks something else, or lives in this process, writes its own
// three peers.
package channeltest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
)

// Case is one provider, as the suite sees it.
type Case struct {
	// Message is one that the provider takes. The suite gives each message a
	// key of its own and a text that repeats the key.
	Message channel.Message
	// Secrets must never be printed.
	Secrets []string

	// Accepts opens a far side that takes every message.
	Accepts func(testing.TB) Peer
	// Refuses opens one that answers every message with the same no. Nil when
	// the provider keeps no connections.
	Refuses func(testing.TB) Peer
	// Silent opens one that reads every message and never answers. Nil for a
	// provider that lives in this process.
	Silent func(testing.TB) Peer

	// Situations are the answers that matter, each with what it means.
	Situations []Situation
}

// Peer is a sender and the log of the far side that it talks to.
type Peer struct {
	Sender channel.Sender
	Log    *Log
}

// Situation is one behaviour of the far side and what the sender must make of
// it.
type Situation struct {
	Name    string
	Open    func(testing.TB) Peer
	Timeout time.Duration // the deadline given to Send; 0 is generous
	Want    Want
}

// Want is an outcome. The zero value is: accepted.
type Want struct {
	Kind       channel.Kind
	Code       string // "" is any
	RetryAfter time.Duration
}

const (
	generous = 20 * time.Second       // more than any test needs
	short    = 750 * time.Millisecond // a deadline that is meant to pass, after the request is out
	margin   = 3 * time.Second        // what a busy machine may add to it
)

// Run holds the case to every promise of channel.Sender, and to the kinds that
// its situations name.
func Run(t *testing.T, c Case) {
	t.Helper()
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			if l.needs != nil && l.needs(c) == nil {
				t.Skip("this provider has no such far side")
			}
			require.NoError(t, l.holds(t, c))
		})
	}
	for _, s := range c.Situations {
		t.Run("situation/"+s.Name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, s.holds(t, c))
		})
	}
}

// holds sends one message into the situation: the outcome is the wanted one,
// and the message was handed over once at most.
func (s Situation) holds(t testing.TB, c Case) error {
	peer := s.Open(t)
	timeout := s.Timeout
	if timeout == 0 {
		timeout = generous
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	m := c.message("situation-1")
	receipt, err := peer.Sender.Send(ctx, m)
	if n := len(peer.Log.All()); n > 1 {
		return fmt.Errorf("the message was handed over %d times", n)
	}
	if err != nil && receipt != (channel.Receipt{}) {
		return fmt.Errorf("a receipt came with an error: %v", receipt)
	}
	return c.verify(peer.Sender, m, err, s.Want)
}

// message makes the case's message into one of its own.
func (c Case) message(key string) channel.Message {
	m := c.Message
	m.Key = key
	m.Content.Text = textOf(key)
	return m
}

func textOf(key string) string { return "Your parcel " + key + " is on its way." }

// Seen is a message as it reached the far side.
type Seen struct {
	Key  string // "" when the provider has no place for it
	To   string
	Text string
}
