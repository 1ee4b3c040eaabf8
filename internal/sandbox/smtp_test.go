package sandbox

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/smtp"
	"github.com/outreach-engine/outreach/internal/customer"
)

// TestMailServer has the engine's own sender hand mails to a server with which
// every mail meets one trouble.
func TestMailServer(t *testing.T) {
	t.Parallel()
	for trouble, want := range map[Trouble]struct {
		kind  channel.Kind
		taken int
	}{
		Fine:      {"", 1},
		Slow:      {"", 1},
		Cut:       {channel.Ambiguous, 0},
		CutTaken:  {channel.Ambiguous, 1},
		HungTaken: {channel.Ambiguous, 1},
		Hung:      {channel.Ambiguous, 0},
		Failed:    {channel.Unavailable, 0},
		Page:      {channel.Unavailable, 0},
		Busy:      {channel.Throttled, 0},
	} {
		t.Run(string(trouble), func(t *testing.T) {
			t.Parallel()
			s, sender := mailServer(t, Rates{trouble: 1})
			calling, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := sender.Send(calling, mailTo("ada@example.com"))
			if want.kind == "" {
				require.NoError(t, err)
			} else {
				require.Equal(t, want.kind, channel.KindOf(err), "%v", err)
			}
			taken := func() bool { return len(s.Book().Taken()) == want.taken }
			require.Eventually(t, taken, patience, time.Millisecond)
			for _, one := range s.Book().Taken() {
				require.Equal(t, []string{"r.c.1.first.email", "ada@example.com"}, []string{one.Key, one.To})
			}
		})
	}
}

func TestMailServerKnowsNoSuchMailbox(t *testing.T) {
	t.Parallel()
	s, sender := mailServer(t, nil)
	_, err := sender.Send(t.Context(), mailTo("gone@example.com"))
	require.Equal(t, channel.BadAddress, channel.KindOf(err))
	require.Empty(t, s.Book().Taken())
}

func mailServer(t *testing.T, rates Rates) (*Sandbox, *smtp.Sender) {
	t.Helper()
	s, err := New(Config{
		Seed: 1, CallTimeout: believed, Rates: rates, Now: time.Now,
		Refused: func(to string) bool { return to == "gone@example.com" },
	})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() { s.ServeSMTP(listener); close(ended) }()
	t.Cleanup(func() {
		_ = listener.Close()
		s.Close()
		<-ended
	})
	host, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	sender, err := smtp.New(smtp.Config{Host: host, Port: number, TLS: smtp.None, From: "Drill <drill@example.com>"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = sender.Close() })
	return s, sender
}

func mailTo(address string) channel.Message {
	return channel.Message{
		Key: "r.c.1.first.email", Channel: customer.Email, To: address, Topic: "service", Template: "due",
		Content: channel.Content{Subject: "It's due", Text: "It's due.", HTML: "<p>It's due.</p>"},
	}
}
