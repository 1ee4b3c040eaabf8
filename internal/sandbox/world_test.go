package sandbox

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/fcm"
	"github.com/outreach-engine/outreach/internal/channel/sendgrid"
	"github.com/outreach-engine/outreach/internal/channel/twilio"
	"github.com/outreach-engine/outreach/internal/customer"
)

// How long the providers take callers to wait for an answer, and how long those
// of the tests do: longer, so that a busy machine changes nothing.
const (
	believed = 150 * time.Millisecond
	patience = 20 * time.Second
)

// lane is one channel: its real sender, and a message for it.
type lane struct {
	provider string
	channel  customer.Channel
	to       string
	gone     string // an address that nobody has, "" where the provider takes all
	sender   func(t *testing.T, a Account, url, public string) channel.Sender
}

func lanes() []lane {
	return []lane{
		{twilioName, customer.SMS, "+12125550100", "+12125550199", func(t *testing.T, a Account, url, public string) channel.Sender {
			c := twilio.Config{AccountSID: a.TwilioSID, AuthToken: a.TwilioAuthToken, From: "+12125550101", BaseURL: url}
			if public != "" {
				c.StatusCallback = public + "/callbacks/twilio"
			}
			s, err := twilio.New(c)
			require.NoError(t, err)
			return s
		}},
		{sendGridName, customer.Email, "ada@example.com", "", func(t *testing.T, a Account, url, _ string) channel.Sender {
			s, err := sendgrid.New(sendgrid.Config{APIKey: a.SendGridKey, FromAddress: "news@example.com", BaseURL: url})
			require.NoError(t, err)
			return s
		}},
		{fcmName, customer.Push, "device-1", "device-gone", func(t *testing.T, a Account, url, _ string) channel.Sender {
			file, err := a.FCMKeyFile(url + "/token")
			require.NoError(t, err)
			s, err := fcm.New(fcm.Config{ServiceAccount: file, BaseURL: url})
			require.NoError(t, err)
			return s
		}},
	}
}

func (l lane) message(key string) channel.Message {
	return channel.Message{
		Key: key, Channel: l.channel, To: l.to, Topic: "service", Template: "due",
		Content: channel.Content{Subject: "It's due", Text: "It\u2019s due\u2026", HTML: "<p>It's due.</p>"},
	}
}

// open starts providers in which nothing goes wrong.
func open(t *testing.T, public string) (s *Sandbox, url string) {
	t.Helper()
	s, err := New(Config{
		Seed: 1, CallTimeout: believed, PublicURL: public, Now: time.Now,
		Refused: func(to string) bool { return to == "+12125550199" || to == "device-gone" },
	})
	require.NoError(t, err)
	server := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		s.Close()
	})
	return s, server.URL
}

// send hands one message over as the engine does.
func send(t *testing.T, s channel.Sender, m channel.Message) (channel.Receipt, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return s.Send(ctx, m)
}

// called is one callback that arrived.
type called struct {
	url    string
	header http.Header
	body   []byte
}

// listen gives an address for callbacks, and those that come; the answers to
// the first are what is given, then 200.
func listen(t *testing.T, answers ...int) (public string, calls <-chan called) {
	t.Helper()
	came := make(chan called, 1000)
	statuses := make(chan int, len(answers))
	for _, status := range answers {
		statuses <- status
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		select {
		case status := <-statuses:
			w.WriteHeader(status)
		default:
		}
		came <- called{url: "http://" + r.Host + r.URL.String(), header: r.Header, body: body}
	}))
	t.Cleanup(server.Close)
	return server.URL, came
}

// await gives the next callback.
func await(t *testing.T, calls <-chan called) called {
	t.Helper()
	select {
	case c := <-calls:
		return c
	case <-time.After(patience):
		require.FailNow(t, "no callback came")
		return called{}
	}
}

func eventually(t *testing.T, holds func() bool, what string) {
	t.Helper()
	require.Eventually(t, holds, patience, 5*time.Millisecond, what)
}
