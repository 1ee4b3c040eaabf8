package sendcost_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	plain "net/smtp"
	"strconv"
	"strings"
	"testing"
	"time"

	library "github.com/SherClockHolmes/webpush-go"
	sg "github.com/sendgrid/sendgrid-go"
	"github.com/sendgrid/sendgrid-go/helpers/mail"
	"github.com/stretchr/testify/require"
	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
	"golang.org/x/oauth2/jwt"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/fcm"
	"github.com/outreach-engine/outreach/internal/channel/relay"
	"github.com/outreach-engine/outreach/internal/channel/sendgrid"
	"github.com/outreach-engine/outreach/internal/channel/smtp"
	"github.com/outreach-engine/outreach/internal/channel/twilio"
	"github.com/outreach-engine/outreach/internal/channel/webpush"
	"github.com/outreach-engine/outreach/internal/customer"
)

// What messages say, and who is known to the providers.
const (
	account  = "AC00000000000000000000000000000000"
	token    = "0123456789abcdef0123456789abcdef"
	from     = "news@shop.example.com"
	reader   = "reader@example.com"
	number   = "+15550100"
	sayShort = "Your parcel is late: it comes on Tuesday. We are sorry."
	callback = "https://outreach.shop.example.com/callbacks/twilio"
)

var sayLong = "<html><body>" + strings.Repeat("<p>Your parcel is late: it comes on Tuesday. We are sorry.</p>\n", 40) + "</body></html>"

// way is one provider, by our sender and by the bare library as its own
// documentation shows it. Each is made anew for a round.
type way struct {
	name    string
	message channel.Message
	ours    func(t testing.TB) channel.Sender
	bare    func(t testing.TB) func() error
}

func ways(t testing.TB) []way {
	t.Helper()
	return []way{twilioWay(), sendgridWay(), fcmWay(t), webpushWay(t), webhookWay(), smtpWay()}
}

func base(name string) string { return "https://" + there.at[name] }

func short(ch customer.Channel, to string) channel.Message {
	return channel.Message{
		Customer: "c1", Channel: ch, To: to, Topic: "service", Template: "late",
		Content: channel.Content{Subject: "Your parcel", Text: sayShort, Link: "https://shop.example.com/p/1"},
	}
}

func long() channel.Message {
	m := short(customer.Email, reader)
	m.Content.HTML = sayLong
	return m
}

// made checks what a constructor gave.
func made[S channel.Sender](t testing.TB) func(S, error) channel.Sender {
	return func(s S, err error) channel.Sender {
		require.NoError(t, err)
		return s
	}
}

// aimed leads a library that knows only its vendor's host to the far side.
type aimed struct{ host string }

func (a aimed) RoundTrip(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.URL.Host, out.Host = a.host, ""
	return http.DefaultTransport.RoundTrip(out)
}

func twilioWay() way {
	return way{
		name: "twilio", message: short(customer.SMS, number),
		ours: func(t testing.TB) channel.Sender {
			return made[*twilio.Sender](t)(twilio.New(twilio.Config{
				AccountSID: account, AuthToken: token, From: number, StatusCallback: callback, BaseURL: base("twilio"),
			}))
		},
		bare: func(testing.TB) func() error {
			c := &client.Client{Credentials: client.NewCredentials(account, token), HTTPClient: &http.Client{
				Timeout: 10 * time.Second, Transport: aimed{there.at["twilio"]}, // its default but for the host
			}}
			c.SetAccountSid(account)
			service := api.NewApiServiceWithClient(c)
			return func() error {
				p := &api.CreateMessageParams{}
				_, err := service.CreateMessage(p.SetTo(number).SetFrom(number).SetBody(sayShort).SetStatusCallback(callback))
				return err
			}
		},
	}
}

func sendgridWay() way {
	return way{
		name: "sendgrid", message: long(),
		ours: func(t testing.TB) channel.Sender {
			return made[*sendgrid.Sender](t)(sendgrid.New(sendgrid.Config{APIKey: token, FromAddress: from, BaseURL: base("sendgrid")}))
		},
		bare: func(testing.TB) func() error {
			return func() error {
				m := mail.NewSingleEmail(mail.NewEmail("", from), "Your parcel", mail.NewEmail("", reader), sayShort, sayLong)
				c := sg.NewSendClient(token) // one for each mail: it keeps the body in a field
				c.BaseURL = base("sendgrid") + "/v3/mail/send"
				answer, err := c.Send(m)
				return accepted(answer != nil && answer.StatusCode == http.StatusAccepted, err)
			}
		},
	}
}

// fcmWay has Google's documented way beside ours: the account's token source
// and plain HTTP.
func fcmWay(t testing.TB) way {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return way{
		name: "fcm", message: short(customer.Push, "d1"),
		ours: func(t testing.TB) channel.Sender {
			return made[*fcm.Sender](t)(fcm.New(fcm.Config{
				ProjectID: "shop", Email: from, PrivateKey: private, TokenURL: base("fcm") + "/token", BaseURL: base("fcm"),
			}))
		},
		bare: func(testing.TB) func() error {
			config := jwt.Config{Email: from, PrivateKey: []byte(private), TokenURL: base("fcm") + "/token"}
			hc := config.Client(context.Background())
			return func() error {
				return post(hc, base("fcm")+"/v1/projects/shop/messages:send", map[string]any{"message": map[string]any{
					"token": "d1", "notification": map[string]any{"title": "Your parcel", "body": sayShort},
				}})
			}
		},
	}
}

func webpushWay(t testing.TB) way {
	keys, err := webpush.GenerateKeys()
	require.NoError(t, err)
	browser, err := ecdh.P256().GenerateKey(rand.Reader)
	require.NoError(t, err)
	subscription := library.Subscription{Endpoint: base("webpush") + "/push/1", Keys: library.Keys{
		P256dh: base64.RawURLEncoding.EncodeToString(browser.PublicKey().Bytes()),
		Auth:   base64.RawURLEncoding.EncodeToString(make([]byte, 16)),
	}}
	to, err := json.Marshal(subscription)
	require.NoError(t, err)
	return way{
		name: "webpush", message: short(customer.Push, string(to)),
		ours: func(t testing.TB) channel.Sender {
			return made[*webpush.Sender](t)(webpush.New(webpush.Config{
				PublicKey: keys.Public, PrivateKey: keys.Private, Subject: "mailto:" + from, AllowLocal: true,
			}))
		},
		bare: func(testing.TB) func() error {
			return func() error {
				answer, err := library.SendNotification([]byte(sayShort), &subscription, &library.Options{
					Subscriber: from, VAPIDPublicKey: keys.Public, VAPIDPrivateKey: keys.Private, TTL: 30,
				})
				if err != nil {
					return err
				}
				defer func() { _ = answer.Body.Close() }()
				return accepted(answer.StatusCode == http.StatusCreated, nil)
			}
		},
	}
}

// webhookWay has plain HTTP beside ours.
func webhookWay() way {
	return way{
		name: "webhook", message: short(customer.SMS, number),
		ours: func(t testing.TB) channel.Sender {
			return made[*relay.Sender](t)(relay.New(relay.Config{URL: base("webhook") + "/send", Secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}))
		},
		bare: func(testing.TB) func() error {
			return func() error {
				return post(http.DefaultClient, base("webhook")+"/send", map[string]string{"to": number, "text": sayShort})
			}
		},
	}
}

func smtpWay() way {
	return way{
		name: "smtp", message: long(),
		ours: func(t testing.TB) channel.Sender {
			host, port, err := net.SplitHostPort(there.at["smtp"])
			require.NoError(t, err)
			n, err := strconv.Atoi(port)
			require.NoError(t, err)
			s, err := smtp.New(smtp.Config{Host: host, Port: n, User: "u", Password: token, From: from})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			return s
		},
		bare: func(testing.TB) func() error {
			auth := plain.PlainAuth("", "u", token, "127.0.0.1")
			letter := []byte("To: " + reader + "\r\nSubject: Your parcel\r\n\r\n" + strings.ReplaceAll(sayLong, "\n", "\r\n") + "\r\n")
			return func() error { return plain.SendMail(there.at["smtp"], auth, from, []string{reader}, letter) }
		},
	}
}

// post is what one writes with net/http alone.
func post(hc *http.Client, url string, content any) error {
	body, err := json.Marshal(content)
	if err != nil {
		return err
	}
	answer, err := hc.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	_, err = io.Copy(io.Discard, answer.Body)
	return accepted(answer.StatusCode == http.StatusOK, err)
}

func accepted(ok bool, err error) error {
	if err == nil && !ok {
		return fmt.Errorf("the far side refused a message")
	}
	return err
}
