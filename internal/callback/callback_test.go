package callback_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/callback"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/relay"
	"github.com/outreach-engine/outreach/internal/channel/seal"
	"github.com/outreach-engine/outreach/internal/channel/sendgrid"
	"github.com/outreach-engine/outreach/internal/channel/smtp"
	"github.com/outreach-engine/outreach/internal/channel/twilio"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/memory"
)

const (
	public      = "https://example.com/outreach"
	account     = "AC0123456789abcdef0123456789abcdef"
	authToken   = "12345"
	relaySecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	bearer      = "report-secret-of-the-mail-server"
	phone       = "+4915112345678"
	email       = "ana@example.com"
	words       = "I wish you would write STOP less"
)

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// office is the way in with everything real behind it: observer, store and the
// providers' own packages.
type office struct {
	t       *testing.T
	store   *memory.Store
	handler http.Handler
	key     *ecdsa.PrivateKey // SendGrid's
	log     bytes.Buffer
	counts  map[string]int
	broken  bool
}

func (o *office) Callback(provider, outcome string) { o.counts[provider+" "+outcome]++ }

// Take fails as a full disk does.
func (o *office) taker(next callback.Taker) callback.Taker { return taker{o, next} }

type taker struct {
	o    *office
	next callback.Taker
}

func (t taker) Take(ctx context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	if t.o.broken {
		return nil, errors.New("the disk is full")
	}
	return t.next.Take(ctx, batch)
}

// newOffice has ana, to whom one message went out by SMS and one by email. The
// last of the carriers carries email.
func newOffice(t *testing.T, email channel.Sender) *office {
	t.Helper()
	o := &office{t: t, store: memory.New(), counts: map[string]int{}}
	var err error
	o.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	texts, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: authToken, From: "+15005550001"})
	require.NoError(t, err)
	if email == nil {
		email = o.sendgrid()
	}
	rules := library.New(o.store)
	_, err = rules.Load(t.Context(), bundle.Files{
		Rules:     map[string][]byte{"data.yaml": []byte("events: {bought: {}}"), "policy.yaml": []byte("zone: UTC\ntopics: {service: {consent: assumed}}\n")},
		Templates: map[string][]byte{},
	}, noon())
	require.NoError(t, err)
	observer := &observe.Observer{Store: o.store, Desk: dossier.Desk{Library: rules, Zones: sendtime.NewZones()}, Now: noon}
	_, err = observer.Take(t.Context(), []observe.Incoming{{User: "ana", Event: customer.Event{MessageID: "m1", Name: customer.Identified, At: noon()}}})
	require.NoError(t, err)
	require.NoError(t, o.store.Write(t.Context(), ledger.GateLane, o.sent))
	o.handler = callback.Handler(callback.Options{
		Public: public, Senders: map[customer.Channel]channel.Sender{customer.SMS: texts, customer.Email: email, customer.Push: deaf{}},
		Taker: o.taker(observer), Now: noon, Meter: o, Logger: slog.New(slog.NewTextHandler(&o.log, nil)),
	})
	return o
}

// deaf carries messages and is never told anything.
type deaf struct{}

func (deaf) Name() string { return "deaf" }
func (deaf) Send(context.Context, channel.Message) (channel.Receipt, error) {
	return channel.Receipt{}, nil
}

func (o *office) sendgrid() channel.Sender {
	o.t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&o.key.PublicKey)
	require.NoError(o.t, err)
	s, err := sendgrid.New(sendgrid.Config{
		APIKey: "SG.key", FromName: "News", FromAddress: "news@example.com", WebhookKey: base64.StdEncoding.EncodeToString(der),
	})
	require.NoError(o.t, err)
	return s
}

func (o *office) sent(tx ledger.Tx) error {
	id, _, err := tx.Resolve("ana")
	require.NoError(o.t, err)
	ref := ledger.Ref{Rule: "parcels", Customer: id}
	ref.N, _, err = tx.AddOutreach(ledger.Outreach{Ref: ref, Key: "k", Status: ledger.Ended, Reason: customer.Completed, At: noon(), Ended: noon()})
	require.NoError(o.t, err)
	for c, address := range map[customer.Channel]string{customer.SMS: phone, customer.Email: email} {
		require.NoError(o.t, tx.SavePart(ledger.Part{
			Ref: ref, Step: "late", Channel: c, Topic: "service", Template: "late", Status: ledger.Accepted, Attempt: 1, Address: address,
			Sent: noon().Add(-time.Minute), Updated: noon(),
		}))
	}
	return nil
}

func (o *office) part(c customer.Channel) (p ledger.Part) {
	o.t.Helper()
	require.NoError(o.t, o.store.Read(o.t.Context(), func(tx ledger.Tx) error {
		id, _, err := tx.Resolve("ana")
		require.NoError(o.t, err)
		p, _, err = tx.Part(ledger.Ref{Rule: "parcels", Customer: id, N: 1}, "late", c)
		return err
	}))
	return p
}

func (o *office) events() (n int64) {
	o.t.Helper()
	require.NoError(o.t, o.store.Read(o.t.Context(), func(tx ledger.Tx) (err error) {
		n, err = tx.CountEvents()
		return err
	}))
	return n
}

func (o *office) blocked(c customer.Channel, address string) bool {
	o.t.Helper()
	var is bool
	require.NoError(o.t, o.store.Read(o.t.Context(), func(tx ledger.Tx) (err error) {
		_, is, err = tx.Suppressed(c, address)
		return err
	}))
	return is
}

// call is what one callback is made of.
type call struct {
	path   string
	body   string
	header map[string]string
}

func (o *office) post(c call) *httptest.ResponseRecorder {
	o.t.Helper()
	req := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader(c.body))
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, req)
	return w
}

// twilio signs as https://www.twilio.com/docs/usage/webhooks/webhooks-security
// says, over the URL that Twilio calls.
func (o *office) twilio(query string, pairs ...string) call {
	form := url.Values{"AccountSid": {account}, "MessageSid": {"SM0123456789abcdef0123456789abcdef"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	mac := hmac.New(sha1.New, []byte(authToken))
	mac.Write([]byte(public + "/callbacks/twilio" + query))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		mac.Write([]byte(name + form.Get(name)))
	}
	return call{"/callbacks/twilio" + query, form.Encode(), map[string]string{
		"X-Twilio-Signature": base64.StdEncoding.EncodeToString(mac.Sum(nil)), "Content-Type": "application/x-www-form-urlencoded",
	}}
}

func (o *office) delivered() call {
	return o.twilio("?"+twilio.KeyParam+"="+url.QueryEscape(o.part(customer.SMS).Key()), "MessageStatus", "delivered", "To", phone)
}

func (o *office) event(at time.Time, body string) call {
	stamp := strconv.FormatInt(at.Unix(), 10)
	digest := sha256.Sum256([]byte(stamp + body))
	signature, err := ecdsa.SignASN1(rand.Reader, o.key, digest[:])
	require.NoError(o.t, err)
	return call{"/callbacks/sendgrid", body, map[string]string{
		"X-Twilio-Email-Event-Webhook-Signature": base64.StdEncoding.EncodeToString(signature),
		"X-Twilio-Email-Event-Webhook-Timestamp": stamp,
	}}
}

func (o *office) bounced() string {
	return `[{"email": "` + email + `", "timestamp": 1795435190, "event": "bounce", "type": "bounce", "sg_event_id": "e1", "sg_message_id": "m1.x",
		"send_key": "` + o.part(customer.Email).Key() + `", "reason": "550 5.1.1 <` + email + `> is unknown"}]`
}

func (o *office) quiet() {
	o.t.Helper()
	for _, personal := range []string{phone, phone[1:], email, "ana", words, authToken, bearer, relaySecret} {
		require.NotContains(o.t, o.log.String(), personal)
	}
}

func TestTwilioCalls(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	before := o.events()
	w := o.post(o.delivered())
	require.Equal(t, []any{http.StatusOK, ""}, []any{w.Code, w.Body.String()})
	require.Equal(t, ledger.Delivered, o.part(customer.SMS).Status)
	require.Equal(t, before+1, o.events())
	require.Equal(t, http.StatusOK, o.post(o.delivered()).Code, "a repeat is taken, or it would come again and again")
	require.Equal(t, before+1, o.events(), "and changes nothing")

	w = o.post(o.twilio("", "From", phone, "To", "+15005550001", "Body", "stop"))
	require.Equal(t, []any{http.StatusOK, "text/xml", "<Response/>"}, []any{w.Code, w.Header().Get("Content-Type"), w.Body.String()})
	require.True(t, o.blocked(customer.SMS, phone))
	w = o.post(o.twilio("", "From", "+33612345678", "To", "+15005550001", "Body", "stop", "MessageSid", "SM1"))
	require.Equal(t, http.StatusOK, w.Code)
	require.True(t, o.blocked(customer.SMS, "+33612345678"), "of somebody we never wrote to")
	require.Equal(t, map[string]int{"twilio taken": 4}, o.counts)
	o.quiet()
}

// TestTheURLThatIsSigned is the public one: the proxy takes its path off, and
// the engine does not see it.
func TestTheURLThatIsSigned(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	whole := o.delivered()
	whole.path = "/outreach" + whole.path
	require.Equal(t, http.StatusNotFound, o.post(whole).Code)
	moved := o.delivered()
	moved.path = "/callbacks/twilio?k=another"
	require.Equal(t, http.StatusForbidden, o.post(moved).Code)
	require.Equal(t, ledger.Accepted, o.part(customer.SMS).Status)
	require.Equal(t, http.StatusOK, o.post(o.delivered()).Code)
}

func TestSendGridCalls(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	w := o.post(o.event(noon(), o.bounced()))
	require.Equal(t, []any{http.StatusOK, ""}, []any{w.Code, w.Body.String()})
	require.Equal(t, ledger.Failed, o.part(customer.Email).Status)
	require.True(t, o.blocked(customer.Email, email))
	require.False(t, o.blocked(customer.SMS, phone))
	events := o.events()
	require.Equal(t, http.StatusOK, o.post(o.event(noon(), o.bounced())).Code)
	require.Equal(t, events, o.events())
	o.quiet()
}

// TestABatchOfManyReports is taken whole, in several transactions.
func TestABatchOfManyReports(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	before := o.events()
	key := o.part(customer.Email).Key()
	var list []string
	for i := range 450 {
		list = append(list, `{"email": "`+email+`", "timestamp": 1795435190, "event": "open", "sg_event_id": "e`+strconv.Itoa(i)+`", "send_key": "`+key+`"}`)
	}
	list = append(list, `{"email": "x@example.com", "timestamp": 1795435190, "event": "open", "sg_event_id": "x", "send_key": "of.another.1.store.email"}`)
	require.Equal(t, http.StatusOK, o.post(o.event(noon(), "["+strings.Join(list, ",")+"]")).Code)
	require.Equal(t, before+450, o.events())
	require.Contains(t, o.log.String(), `msg="reports about messages that this store does not know" provider=sendgrid reports=1`)
	o.quiet()
}

func TestOtherSystemsCall(t *testing.T) {
	t.Parallel()
	sender, err := relay.New(relay.Config{URL: "https://example.com/messages", Secret: relaySecret, Channels: []customer.Channel{customer.Email}})
	require.NoError(t, err)
	o := newOffice(t, sender)
	key, err := seal.ReadKey(relaySecret)
	require.NoError(t, err)
	signed := func(body string, at time.Time) call {
		h := http.Header{}
		key.Sign(h, "call-1", body, at)
		c := call{"/callbacks/webhook", body, map[string]string{}}
		for name := range h {
			c.header[name] = h.Get(name)
		}
		return c
	}
	body := `[{"id": "1", "key": "` + o.part(customer.Email).Key() + `", "status": "delivered"}]`
	require.Equal(t, http.StatusForbidden, o.post(signed(body, noon().Add(-time.Hour))).Code)
	require.Equal(t, http.StatusForbidden, o.post(call{"/callbacks/webhook", body, nil}).Code)
	require.Equal(t, ledger.Accepted, o.part(customer.Email).Status)
	require.Equal(t, http.StatusOK, o.post(signed(body, noon())).Code)
	require.Equal(t, ledger.Delivered, o.part(customer.Email).Status)
	require.Equal(t, http.StatusBadRequest, o.post(signed(`{"text": "`+words+`"}`, noon())).Code)
	require.Equal(t, http.StatusOK, o.post(signed(`[{"id": "2", "status": "blocked", "address": "`+email+`", "channel": "email"}]`, noon())).Code)
	require.True(t, o.blocked(customer.Email, email))
	require.Equal(t, map[string]int{"webhook forged": 2, "webhook taken": 2, "webhook unreadable": 1}, o.counts)
	o.quiet()
}

func TestMailServersCall(t *testing.T) {
	t.Parallel()
	sender, err := smtp.New(smtp.Config{Host: "127.0.0.1", From: "news@example.com", ReportSecret: bearer})
	require.NoError(t, err)
	o := newOffice(t, sender)
	body := strings.ReplaceAll("Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"+
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; "+email+
		"\nAction: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\n"+smtp.KeyHeader+": "+o.part(customer.Email).Key()+"\n\n--b--\n", "\n", "\r\n")
	require.Equal(t, http.StatusForbidden, o.post(call{"/callbacks/smtp", body, map[string]string{"Authorization": "Bearer guess"}}).Code)
	good := map[string]string{"Authorization": "Bearer " + bearer}
	require.Equal(t, http.StatusBadRequest, o.post(call{"/callbacks/smtp", words, good}).Code)
	require.Equal(t, ledger.Accepted, o.part(customer.Email).Status)
	require.Equal(t, http.StatusOK, o.post(call{"/callbacks/smtp", body, good}).Code)
	require.Equal(t, ledger.Failed, o.part(customer.Email).Status)
	require.True(t, o.blocked(customer.Email, email))
	o.quiet()
}

// TestWhatIsRefusedChangesNothing and says nothing to whoever tries.
func TestWhatIsRefusedChangesNothing(t *testing.T) {
	t.Parallel()
	forged := func(o *office) call {
		c := o.delivered()
		c.header["X-Twilio-Signature"] = base64.StdEncoding.EncodeToString([]byte(words))
		return c
	}
	for name, c := range map[string]struct {
		call func(*office) call
		code int
		body string
		told string
	}{
		"forged": {forged, http.StatusForbidden, "callback: forbidden\n", "twilio forged"},
		"unsigned": {func(o *office) call { return call{o.delivered().path, o.delivered().body, nil} },
			http.StatusForbidden, "callback: forbidden\n", "twilio forged"},
		"another text": {func(o *office) call {
			c := o.twilio("", "From", phone, "Body", words)
			c.body = strings.Replace(c.body, "STOP", "stop", 1)
			return c
		}, http.StatusForbidden, "callback: forbidden\n", "twilio forged"},
		"old":         {func(o *office) call { return o.event(noon().Add(-10*time.Minute), o.bounced()) }, http.StatusForbidden, "callback: forbidden\n", "sendgrid forged"},
		"not yet":     {func(o *office) call { return o.event(noon().Add(10*time.Minute), o.bounced()) }, http.StatusForbidden, "callback: forbidden\n", "sendgrid forged"},
		"another key": {func(o *office) call { return newOffice(o.t, nil).event(noon(), o.bounced()) }, http.StatusForbidden, "callback: forbidden\n", "sendgrid forged"},
		"unreadable":  {func(o *office) call { return o.event(noon(), `{"email": "`+email+`"}`) }, http.StatusBadRequest, "callback: bad request\n", "sendgrid unreadable"},
		"too large": {func(o *office) call { return o.event(noon(), "["+strings.Repeat(" ", 4<<20)+"]") },
			http.StatusRequestEntityTooLarge, "callback: request entity too large\n", "sendgrid oversized"},
		"nobody":         {func(*office) call { return call{"/callbacks/nobody", "", nil} }, http.StatusNotFound, "callback: no provider of this name calls back here\n", ""},
		"never told":     {func(*office) call { return call{"/callbacks/deaf", "", nil} }, http.StatusNotFound, "callback: no provider of this name calls back here\n", ""},
		"something else": {func(*office) call { return call{"/callbacks/twilio/more", "", nil} }, http.StatusNotFound, "404 page not found\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, nil)
			events, text, mail := o.events(), o.part(customer.SMS), o.part(customer.Email)
			w := o.post(c.call(o))
			require.Equal(t, []any{c.code, c.body}, []any{w.Code, w.Body.String()})
			require.Equal(t, events, o.events())
			require.Equal(t, []ledger.Part{text, mail}, []ledger.Part{o.part(customer.SMS), o.part(customer.Email)})
			require.False(t, o.blocked(customer.SMS, phone) || o.blocked(customer.Email, email))
			want := map[string]int{}
			if c.told != "" {
				want[c.told] = 1
			}
			require.Equal(t, want, o.counts)
			o.quiet()
		})
	}
}

func TestOnlyPostsAreRead(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/callbacks/twilio", http.NoBody))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

// TestABodyThatBreaksOff is not one that is too large.
func TestABodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/callbacks/twilio", io.MultiReader(strings.NewReader("a"), broken{})))
	require.Equal(t, http.StatusBadRequest, w.Code)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestWhatCannotBeStoredComesAgain and counts once.
func TestWhatCannotBeStoredComesAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	events := o.events()
	o.broken = true
	w := o.post(o.delivered())
	require.Equal(t, []any{http.StatusServiceUnavailable, "5", "callback: service unavailable\n"}, []any{w.Code, w.Header().Get("Retry-After"), w.Body.String()})
	require.Equal(t, ledger.Accepted, o.part(customer.SMS).Status)
	require.Equal(t, events, o.events())
	o.broken = false
	require.Equal(t, http.StatusOK, o.post(o.delivered()).Code)
	require.Equal(t, http.StatusOK, o.post(o.delivered()).Code)
	require.Equal(t, ledger.Delivered, o.part(customer.SMS).Status)
	require.Equal(t, events+1, o.events())
	require.Equal(t, map[string]int{"twilio unstored": 1, "twilio taken": 2}, o.counts)
	o.quiet()
}
