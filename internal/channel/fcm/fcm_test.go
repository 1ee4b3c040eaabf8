package fcm_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/channeltest"
	"github.com/outreach-engine/outreach/internal/channel/fcm"
	"github.com/outreach-engine/outreach/internal/customer"
)

const (
	project  = "parcels-1"
	bearer   = "access-token-that-nobody-may-see"
	accepted = `{"name": "projects/parcels-1/messages/0:1"}`
)

var message = channel.Message{
	Key:      "send-1",
	Customer: "c1",
	Channel:  customer.Push,
	To:       "device-token-1",
	Topic:    "service",
	Template: "parcel-late",
	Content:  channel.Content{Subject: "Ada, your parcel", Text: "It is late.", Link: "https://shop.example.com/p/1"},
}

// privateKey makes one RSA key for all tests, in the form of Google's files.
var privateKey = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
})

func keyFile(t testing.TB, tokenURL string) []byte {
	file, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": project, "private_key_id": "k1",
		"private_key": privateKey(), "client_email": "outreach@parcels-1.iam.gserviceaccount.com", "token_uri": tokenURL,
	})
	require.NoError(t, err)
	return file
}

// tokenServer gives the same token to everybody, and counts how often.
func tokenServer(t testing.TB, handler http.HandlerFunc) (url string, count *atomic.Int32) {
	count = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		count.Add(1)
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/token", count
}

func grant(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"access_token": "`+bearer+`", "token_type": "Bearer", "expires_in": 3600}`)
}

func sender(t testing.TB, baseURL string) channel.Sender {
	tokenURL, _ := tokenServer(t, grant)
	return newSender(t, fcm.Config{ServiceAccount: keyFile(t, tokenURL), BaseURL: baseURL})
}

func newSender(t testing.TB, c fcm.Config) channel.Sender {
	s, err := fcm.New(c)
	require.NoError(t, err)
	return s
}

func accept(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, accepted) }

func read(_ *http.Request, body []byte) channeltest.Seen {
	var sent struct {
		Message struct {
			Token        string
			Data         map[string]string
			Notification struct{ Body string }
		}
	}
	_ = json.Unmarshal(body, &sent)
	m := sent.Message
	return channeltest.Seen{Key: m.Data[fcm.KeyData], To: m.Token, Text: m.Notification.Body}
}

func refusal(status int, word, code, more string) channeltest.Answer {
	detail := ""
	if code != "" {
		detail = fmt.Sprintf(`{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": %q}`, code)
	}
	if more != "" {
		detail += ", " + more
	}
	return channeltest.Answer{
		Name: fmt.Sprintf("%d %s %s", status, word, code), Status: status,
		Body: fmt.Sprintf(`{"error": {"code": %d, "status": %q, "message": "{to}: {text}", "details": [%s]}}`, status, word, detail),
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	meaning := func(a channeltest.Answer, kind channel.Kind, code string) channeltest.Answer {
		a.Want = channeltest.Want{Kind: kind, Code: code}
		return a
	}
	violation := func(field string) string {
		return `{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": "` + field + `"}]}`
	}
	named := func(name string, a channeltest.Answer) channeltest.Answer { a.Name = name; return a }
	quota := refusal(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "")
	quota.Header = map[string]string{"Retry-After": "60"}
	quota.Want = channeltest.Want{Kind: channel.Throttled, Code: "QUOTA_EXCEEDED", RetryAfter: time.Minute}
	bare := refusal(429, "RESOURCE_EXHAUSTED", "", "")
	bare.Want = channeltest.Want{Kind: channel.Throttled, Code: "RESOURCE_EXHAUSTED", RetryAfter: time.Minute}
	busy := refusal(503, "UNAVAILABLE", "UNAVAILABLE", "")
	busy.Header = map[string]string{"Retry-After": "9"}
	busy.Want = channeltest.Want{Kind: channel.Ambiguous, Code: "UNAVAILABLE", RetryAfter: 9 * time.Second}
	words := refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "")
	words.Body = strings.Replace(words.Body, "{to}", "The registration token {to} is not a valid FCM registration token", 1)
	channeltest.Run(t, channeltest.HTTP{
		Message: message,
		Secrets: []string{bearer, privateKey(), "BEGIN PRIVATE KEY"},
		New:     sender,
		Read:    read,
		Accept:  accept,
		Answers: []channeltest.Answer{
			{Name: "200", Status: 200, Body: accepted},
			{Name: "200 broken", Status: 200, Body: `{"name": "proj`, Want: channeltest.Want{Kind: channel.Ambiguous, Code: "200"}},
			meaning(refusal(404, "NOT_FOUND", "UNREGISTERED", ""), channel.BadAddress, "UNREGISTERED"),
			meaning(refusal(404, "NOT_FOUND", "", ""), channel.Misconfigured, "NOT_FOUND"),
			meaning(refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", ""), channel.Rejected, "INVALID_ARGUMENT"),
			named("token violation", meaning(refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", violation("message.token")), channel.BadAddress, "INVALID_ARGUMENT")),
			named("other violation", meaning(refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", violation("message.data[0].value")), channel.Rejected, "INVALID_ARGUMENT")),
			named("token in words", meaning(words, channel.BadAddress, "INVALID_ARGUMENT")),
			meaning(refusal(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", ""), channel.Misconfigured, "SENDER_ID_MISMATCH"),
			meaning(refusal(403, "PERMISSION_DENIED", "", ""), channel.Misconfigured, "PERMISSION_DENIED"),
			meaning(refusal(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", ""), channel.Misconfigured, "THIRD_PARTY_AUTH_ERROR"),
			meaning(refusal(401, "UNAUTHENTICATED", "", ""), channel.Misconfigured, "UNAUTHENTICATED"),
			meaning(refusal(500, "INTERNAL", "INTERNAL", ""), channel.Ambiguous, "INTERNAL"),
			meaning(refusal(500, "INTERNAL", "UNREGISTERED", ""), channel.Ambiguous, "UNREGISTERED"),
			meaning(refusal(400, "Für {to}", "", ""), channel.Rejected, "400"),
			meaning(refusal(400, "INVALID_ARGUMENT", "UNSPECIFIED_ERROR", ""), channel.Rejected, "UNSPECIFIED_ERROR"),
			quota, bare, busy,
		},
	}.Case())
}

// TestContract sends what the sender can send through Google's own description.
func TestContract(t *testing.T) {
	t.Parallel()
	contract := channeltest.Discovery(t, "min_fcm_send.json", "SendMessageRequest")
	variants := map[string]func(*channel.Message){
		"usual":          func(*channel.Message) {},
		"urgent":         func(m *channel.Message) { m.Urgent = true },
		"short life":     func(m *channel.Message) { m.Life = time.Millisecond },
		"endless life":   func(m *channel.Message) { m.Life = 1 << 62 },
		"text alone":     func(m *channel.Message) { m.Content = channel.Content{Text: "It is late."} },
		"link to an app": func(m *channel.Message) { m.Content.Link = "parcels://p/1" },
		"long key":       func(m *channel.Message) { m.Key = strings.Repeat("long ", 40) },
		"odd template":   func(m *channel.Message) { m.Template = "Päckchen/zu spät " + strings.Repeat("x", 60) },
		"no names":       func(m *channel.Message) { m.Template, m.Topic = "", "" },
		"all at once":    func(m *channel.Message) { m.Urgent, m.Life, m.Topic = true, time.Hour, "urgent" },
	}
	for name, vary := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			baseURL, log := channeltest.Guarded(t, contract, accept)
			m := message
			vary(&m)
			receipt, err := sender(t, baseURL).Send(t.Context(), m)
			require.NoError(t, err)
			require.Equal(t, channel.Receipt{ProviderID: "projects/parcels-1/messages/0:1"}, receipt)
			require.Len(t, log.All(), 1)
		})
	}
}

// sent gives what FCM gets for a message.
func sent(t *testing.T, m channel.Message) (header http.Header, path, body string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		header, path, body = r.Header, r.URL.Path, string(b)
		accept(w, r)
	}))
	t.Cleanup(server.Close)
	_, err := sender(t, server.URL).Send(t.Context(), m)
	require.NoError(t, err)
	return header, path, body
}

func TestRequest(t *testing.T) {
	t.Parallel()
	header, path, body := sent(t, message)
	require.Equal(t, "/v1/projects/parcels-1/messages:send", path)
	require.Equal(t, "Bearer "+bearer, header.Get("Authorization"))
	require.JSONEq(t, `{"message": {
		"token": "device-token-1",
		"notification": {"title": "Ada, your parcel", "body": "It is late."},
		"data": {"send_key": "send-1", "link": "https://shop.example.com/p/1"},
		"android": {"collapseKey": "send-1", "priority": "NORMAL", "notification": {"tag": "send-1"}},
		"apns": {
			"headers": {"apns-collapse-id": "send-1", "apns-priority": "5", "apns-push-type": "alert"},
			"payload": {"aps": {"thread-id": "service"}}
		},
		"webpush": {
			"headers": {"Topic": "send-1", "Urgency": "normal"}, "notification": {"tag": "send-1"},
			"fcmOptions": {"link": "https://shop.example.com/p/1"}
		},
		"fcmOptions": {"analyticsLabel": "parcel-late"}
	}}`, body)
}

func TestUrgentRequest(t *testing.T) {
	t.Parallel()
	m := message
	m.Key, m.Content.Link, m.Urgent, m.Life = "outreach/c1/7 part 2", "parcels://p/1", true, 90*time.Minute+time.Millisecond
	m.Template, m.Topic = "Päckchen/zu spät "+strings.Repeat("x", 60), ""
	before := time.Now().Unix()
	_, _, body := sent(t, m)
	after := time.Now().Unix()

	var at struct {
		Message struct {
			APNs struct{ Headers map[string]string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &at))
	expiration := at.Message.APNs.Headers["apns-expiration"]
	end, err := strconv.ParseInt(expiration, 10, 64)
	require.NoError(t, err)
	require.True(t, end >= before+5401 && end <= after+5401, "%s", expiration)

	const name = "1gBU0a-IqCy5MQyRWYme2_gqyY5B3C0l"
	require.JSONEq(t, `{"message": {
		"token": "device-token-1",
		"notification": {"title": "Ada, your parcel", "body": "It is late."},
		"data": {"send_key": "outreach/c1/7 part 2", "link": "parcels://p/1"},
		"android": {"collapseKey": "`+name+`", "priority": "HIGH", "ttl": "5401s", "notification": {"tag": "`+name+`"}},
		"apns": {
			"headers": {"apns-collapse-id": "`+name+`", "apns-priority": "10", "apns-push-type": "alert", "apns-expiration": "`+expiration+`"},
			"payload": {"aps": {"interruption-level": "time-sensitive"}}
		},
		"webpush": {"headers": {"Topic": "`+name+`", "Urgency": "high", "TTL": "5401"}, "notification": {"tag": "`+name+`"}},
		"fcmOptions": {"analyticsLabel": "P-ckchen-zu-sp-t-`+strings.Repeat("x", 33)+`"}
	}}`, body)
}

// TestLongLife: Firebase keeps nothing for more than four weeks, and refuses a
// message that asks for more.
func TestLongLife(t *testing.T) {
	t.Parallel()
	m := message
	m.Life = 365 * 24 * time.Hour
	_, _, body := sent(t, m)
	require.Contains(t, body, `"ttl":"2419200s"`)
	require.Contains(t, body, `"TTL":"2419200"`)
}

func TestRepeatsSafely(t *testing.T) {
	t.Parallel()
	repeater, ok := sender(t, "https://fcm.example.com").(channel.Repeater)
	require.True(t, ok)
	require.True(t, repeater.RepeatsSafely("device-token-1"))
}

// TestTokenOfAnotherProject: it is a wrong set-up while nobody got anything,
// and one device's trouble once others did.
func TestTokenOfAnotherProject(t *testing.T) {
	t.Parallel()
	const foreign = "device-token-of-another-app"
	no := refusal(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), foreign) {
			w.WriteHeader(no.Status)
			_, _ = io.WriteString(w, no.Body)
			return
		}
		accept(w, r)
	}))
	t.Cleanup(server.Close)
	s := sender(t, server.URL)
	m := message
	m.To = foreign
	_, err := s.Send(t.Context(), m)
	require.Equal(t, channel.Misconfigured, channel.KindOf(err))
	_, err = s.Send(t.Context(), message)
	require.NoError(t, err)
	_, err = s.Send(t.Context(), m)
	require.Equal(t, &channel.Error{
		Kind: channel.Rejected, Provider: fcm.Name, Code: "SENDER_ID_MISMATCH",
		Detail: "the device token belongs to another Firebase project than others'",
	}, err)
}
