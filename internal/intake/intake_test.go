package intake_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/intake"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/source"
)

func monday() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

func clock(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// memory keeps what it is given, each message id once.
type memory struct {
	taken   []observe.Incoming
	kept    []observe.Rejection
	seen    map[string]bool
	trouble error
	refuse  string // message id to refuse
	lacks   string // message id of which a field is refused
}

func (m *memory) Take(_ context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	if m.trouble != nil {
		return nil, m.trouble
	}
	outcomes := make([]observe.Outcome, len(batch))
	for i, in := range batch {
		id := in.Event.MessageID
		switch {
		case id == m.refuse:
			outcomes[i] = observe.Outcome{Status: observe.Refused, Reason: "is older than 30 days"}
		case m.seen[id]:
			outcomes[i].Status = observe.Duplicate
		default:
			outcomes[i].Status = observe.Taken
			if id == m.lacks {
				outcomes[i].Refusals = []observe.Refusal{{Field: "phone", Reason: "is not there"}}
			}
			m.seen[id] = true
			m.taken = append(m.taken, in)
		}
	}
	return outcomes, nil
}

func (m *memory) Reject(_ context.Context, rejections []observe.Rejection) error {
	m.kept = append(m.kept, rejections...)
	return nil
}

type setting struct {
	*memory
	handler http.Handler
}

func newSetting(t testing.TB, keys ...string) setting {
	t.Helper()
	var ps source.Problems
	words := dictionary.Read("data.yaml", []byte("traits: {plan: text}\nevents:\n  app_opened: {from: Application Opened}\n  data_session: {mb: number}\n"), &ps)
	require.NoError(t, ps.Err())
	m := &memory{seen: map[string]bool{}}
	return setting{memory: m, handler: intake.New(intake.Options{
		Taker: m, Keeper: m, Now: monday, WriteKeys: keys,
		Data: func() *dictionary.Dictionary { return words },
	})}
}

func (s setting) post(path, body string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	return w
}

func file(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(text)
}

func pointer(s string) *string { return &s }

func values(pairs ...any) map[string]customer.Value {
	m := map[string]customer.Value{}
	for i := 0; i+1 < len(pairs); i += 2 {
		switch v := pairs[i+1].(type) {
		case string:
			m[pairs[i].(string)] = customer.Text(v)
		case float64:
			m[pairs[i].(string)] = customer.Number(v)
		}
	}
	return m
}

const success = `{"success":true}` + "\n"

func TestAnalyticsJS(t *testing.T) {
	t.Parallel()
	s := newSetting(t, "key-web")
	w := s.post("/v1/t", file(t, "analytics-js-track.json"), "Content-Type", "text/plain", "Origin", "https://shop.example.com")
	require.Equal(t, success, w.Body.String())
	require.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"))
	require.Equal(t, []observe.Incoming{{
		User: "u-1001", Anonymous: "5fa1c1a2-2a43-4f6e-9d5d-0d3e5b9f1c11",
		Event: customer.Event{
			MessageID: "ajs-next-1763888398100-5fa1c1a2", Name: "order_completed",
			At: clock("2026-11-23T08:59:59Z"), ReceivedAt: monday(), Via: customer.ViaWeb,
			Properties: values("order_id", "50314b8e", "total", 27.5, "currency", "USD", "first_order", "yes",
				"products", `[{"productId": "p-1", "quantity": 2}, {"productId": "p-2", "quantity": 1}]`),
		},
		Change: observe.Change{Zone: pointer("America/New_York"), DeviceLocale: "en-US"},
	}}, s.taken)
}

func TestAnalyticsIOS(t *testing.T) {
	t.Parallel()
	s := newSetting(t, "key-ios")
	require.Equal(t, success, s.post("/v1/b", zipped(t, file(t, "analytics-ios-batch.json")), "Content-Encoding", "gzip").Body.String())
	require.Equal(t, []observe.Incoming{
		{
			User: "u-1002", Anonymous: "8A0C3F4E-6E2B-4B0E-9A59-2D1E7E6E0B10",
			Event: customer.Event{MessageID: "2D0F0B59-87C2-4E5B-8B73-0A7C9C9B2A01", Name: "identified",
				At: clock("2026-11-23T08:58:00Z"), ReceivedAt: monday(), Via: customer.ViaApp},
			Change: observe.Change{
				Email: pointer("mia@example.com"), Phone: pointer("+4915112345678"), PushToken: "apns-token-1",
				Zone: pointer("Europe/Berlin"), DeviceLocale: "de-DE",
				Traits: values("first_name", "Mia", "plan", "surf", "beta", "yes"),
			},
		},
		{
			User: "u-1002", Anonymous: "8A0C3F4E-6E2B-4B0E-9A59-2D1E7E6E0B10",
			Event: customer.Event{MessageID: "2D0F0B59-87C2-4E5B-8B73-0A7C9C9B2A02", Name: "screen_viewed",
				At: clock("2026-11-23T08:59:00Z"), ReceivedAt: monday(), Via: customer.ViaApp,
				Properties: values("tab", "data", "name", "Usage")},
			Change: observe.Change{PushToken: "apns-token-1", Zone: pointer("Europe/Berlin")},
		},
	}, s.taken)
}

func TestAnalyticsPython(t *testing.T) {
	t.Parallel()
	s := newSetting(t, "key-server")
	require.Equal(t, success, s.post("/v1/batch", file(t, "analytics-python-batch.json"), "Authorization", "Basic a2V5LXNlcnZlcjo=").Body.String())
	require.Equal(t, []observe.Incoming{
		{User: "1000", Event: customer.Event{MessageID: "c5ba5d2a-6a9a-4bb4-9e5a-000000000001", Name: "data_session",
			At: clock("2026-11-23T08:30:00.123456Z"), ReceivedAt: monday(), Via: customer.ViaServer,
			Properties: values("mb", 89.86, "cell", "9007199254740993")}},
		{User: "1000", Event: customer.Event{MessageID: "c5ba5d2a-6a9a-4bb4-9e5a-000000000002", Name: "group_joined",
			At: clock("2026-11-23T08:31:00Z"), ReceivedAt: monday(), Via: customer.ViaServer,
			Properties: values("group_id", "acme")},
			Change: observe.Change{Traits: values("account", "acme", "account_seat_count", 12.0, "account_email", "office@example.com")}},
	}, s.taken)
}

func TestAnalyticsGo(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	require.Equal(t, success, s.post("/v1/batch", file(t, "analytics-go-batch.json")).Body.String())
	require.Equal(t, []observe.Incoming{
		{User: "1001", Event: customer.Event{MessageID: "go-1", Name: "app_opened",
			At: clock("2026-11-23T08:59:00Z"), ReceivedAt: monday(), Via: customer.ViaServer, Properties: values("build", 7.0)}},
		{User: "1001", Previous: "old-1001", Event: customer.Event{MessageID: "go-2", Name: "identified",
			At: clock("2026-11-23T08:59:30Z"), ReceivedAt: monday(), Via: customer.ViaServer}},
	}, s.taken)
}

func TestARetryCountsOnce(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	body := `{"userId": "1", "event": "data_session", "properties": {"mb": 3}}`
	require.Equal(t, success, s.post("/v1/track", body).Body.String())
	require.Equal(t, success, s.post("/v1/track", body).Body.String())
	require.Len(t, s.taken, 1)
	require.Equal(t, success, s.post("/v1/track", strings.Replace(body, "3", "4", 1)).Body.String())
	require.Len(t, s.taken, 2)
	require.Regexp(t, "^sha256-[0-9a-f]{32}$", s.taken[0].Event.MessageID)
}

func TestTheGoodOnesOfABatchAreTaken(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	s.refuse = "old"
	w := s.post("/v1/batch", `{"batch": [
		{"type": "track", "userId": 1, "event": "a", "messageId": "m1"},
		{"type": "track", "userId": "1", "messageId": "m2"},
		7,
		{"type": "identify", "userId": "1", "messageId": "m4", "traits": {"email": "nobody", "plan": "surf"}},
		{"type": "track", "userId": "1", "event": "a", "messageId": "old"},
		{"type": "dance", "userId": "1"}
	]}`)
	require.Equal(t, http.StatusOK, w.Code)
	require.JSONEq(t, `{"success": true, "rejected": [
		{"index": 1, "reason": "event: is missing, name what happened"},
		{"index": 2, "reason": "a call: is not an object, write {\"type\": \"track\", ...}"},
		{"index": 3, "field": "email", "reason": "is not an email address, write it as name@example.com"},
		{"index": 4, "reason": "is older than 30 days"},
		{"index": 5, "reason": "type: is not known, write identify, track, page, screen, group or alias"}
	]}`, w.Body.String())
	require.Len(t, s.taken, 2)
	require.Equal(t, values("plan", "surf"), s.taken[1].Change.Traits)
	require.Equal(t, observe.Rejection{
		At: monday(), Source: "segment", Reason: "traits.email: is not an email address, write it as name@example.com",
		Body: []byte(`{"type": "identify", "userId": "1", "messageId": "m4", "traits": {"email": "nobody", "plan": "surf"}}`),
	}, s.kept[2])
	require.Len(t, s.kept, 5)
}

// TestAFieldThatTheProfileRefuses: it is told and kept as one that intake
// refuses by itself.
func TestAFieldThatTheProfileRefuses(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	s.lacks = "m1"
	const call = `{"userId": "1", "messageId": "m1", "traits": {"phone": "0151 12345678", "email": "nobody"}}`
	w := s.post("/v1/identify", call)
	require.Equal(t, http.StatusOK, w.Code)
	require.JSONEq(t, `{"success": true, "rejected": [
		{"index": 0, "field": "email", "reason": "is not an email address, write it as name@example.com"},
		{"index": 0, "field": "phone", "reason": "is not there"}
	]}`, w.Body.String())
	require.Equal(t, pointer("0151 12345678"), s.taken[0].Change.Dialled)
	require.Equal(t, observe.Rejection{At: monday(), Source: "segment", Reason: "traits.phone: is not there", Body: []byte(call)}, s.kept[1])
}

// TestDevicesTellOfPushMessages: it is for the observer to say whose they are.
func TestDevicesTellOfPushMessages(t *testing.T) {
	t.Parallel()
	for event, name := range map[string]string{
		"message_delivered": "message_delivered", "Message Opened": "message_opened", "messageClicked": "message_clicked",
	} {
		s := newSetting(t)
		s.post("/v1/track", `{"userId": "1", "event": "`+event+`", "messageId": "r.c1.1.s.push/x", "properties": {"message": "r.c1.1.s.push"}}`)
		require.Equal(t, []observe.Incoming{{User: "1", Event: customer.Event{
			MessageID: "r.c1.1.s.push/x", Name: name, At: monday(), ReceivedAt: monday(), Via: customer.ViaServer, Properties: values("message", "r.c1.1.s.push"),
		}}}, s.taken, event)
	}
}

// TestATokenThatIsNone is refused alone, wherever it stands.
func TestATokenThatIsNone(t *testing.T) {
	t.Parallel()
	const why = "has spaces or characters that no token has; send what the app got from Firebase, or the browser's subscription"
	for where, call := range map[string]string{
		"traits.push_token":    `{"userId": "1", "traits": {"plan": "surf", "push_token": "two words"}}`,
		"traits.device_token":  `{"userId": "1", "traits": {"plan": "surf", "deviceToken": "two words"}}`,
		"context.device.token": `{"userId": "1", "traits": {"plan": "surf"}, "context": {"device": {"token": "two words"}}}`,
	} {
		s := newSetting(t)
		s.post("/v1/identify", call)
		require.Equal(t, observe.Change{Traits: values("plan", "surf")}, s.taken[0].Change, where)
		require.Equal(t, where+": "+why, s.kept[0].Reason)
	}
	s := newSetting(t)
	s.post("/v1/track", `{"userId": "1", "event": "a", "context": {"device": {"token": " token-1 "}}}`)
	require.Equal(t, "token-1", s.taken[0].Change.PushToken)
	require.Empty(t, s.kept)
}

func TestRefusedCalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ path, body, want string }{
		"nobody":         {"/v1/page", `{"name": "a"}`, "userId: is missing and so is anonymousId, give one of them"},
		"no event":       {"/v1/track", `{"userId": "1", "event": " "}`, "event: is missing, name what happened"},
		"ours":           {"/v1/track", `{"userId": "1", "event": "Message Sent"}`, "event: is a name that the engine keeps for itself, choose another"},
		"a task's":       {"/v1/track", `{"userId": "1", "event": "message_replied", "properties": {"message": "r.c1.1.s.push", "text": "STOP"}}`, "event: is a name that the engine keeps for itself, choose another"},
		"an email's":     {"/v1/track", `{"userId": "1", "event": "message_opened", "properties": {"message": "r.c1.1.s.email"}}`, "event: tells of a message of the engine's, and only of push messages devices may tell: give its send_key as the property message, or choose another name"},
		"nobody's":       {"/v1/track", `{"event": "message_opened", "properties": {"message": "r.c1.1.s.push"}}`, "userId: is missing and so is anonymousId, say whose message it is"},
		"odd user":       {"/v1/track", `{"userId": {}, "event": "a"}`, "userId: is neither a text nor a number"},
		"long user":      {"/v1/track", `{"userId": "` + strings.Repeat("u", 256) + `", "event": "a"}`, "userId, anonymousId or previousId: is longer than 255 bytes, give a shorter one"},
		"no group":       {"/v1/group", `{"userId": "1"}`, "groupId: is missing, name the group"},
		"half alias":     {"/v1/alias", `{"userId": "1"}`, "previousId or userId: is missing, alias needs both"},
		"odd traits":     {"/v1/identify", `{"userId": "1", "traits": []}`, `traits: is not an object, write {"name": "value"}`},
		"odd time":       {"/v1/track", `{"userId": "1", "event": "a", "timestamp": "yesterday"}`, "timestamp: is not a time, write it as in RFC 3339: 2026-11-23T09:00:00Z"},
		"future":         {"/v1/track", `{"userId": "1", "event": "a", "timestamp": "2026-11-24T09:00:01Z"}`, "timestamp: is more than 24 hours ahead, set the sender's clock or send sentAt with it"},
		"before 1970":    {"/v1/track", `{"userId": "1", "event": "a", "timestamp": "0001-01-01T00:00:00Z"}`, "timestamp: is before 1970, set the sender's clock"},
		"deep":           {"/v1/track", `{"userId": "1", "event": "a", "properties": {"x": ` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}}`, "properties: lists and objects stand more than 32 deep in each other, send them flatter"},
		"no JSON":        {"/v1/track", "{\n \"userId\": u1}", "body: line 2, column 12: a value is due here: a text, a number, true, false, null, a list or an object"},
		"a comma less":   {"/v1/track", `{"a": 1 "b": 2}`, "body: line 1, column 9: a comma or } is due here"},
		"cut":            {"/v1/track", `{"userId": "1`, "body: line 1, column 12: the text that starts here has no closing quote"},
		"two":            {"/v1/track", `{} {}`, "body: line 1, column 4: something stands behind the end of the body"},
		"list":           {"/v1/track", `[]`, "body: line 1, column 1: an object is due here, which starts with {"},
		"empty":          {"/v1/track", ``, "body: line 1, column 1: an object is due here, which starts with {"},
		"no batch":       {"/v1/batch", `{"calls": []}`, "body: line 1, column 14: batch is missing, which holds the list of calls"},
		"odd batch":      {"/v1/batch", `{"batch": {}}`, "body: line 1, column 11: a list is due here, which starts with ["},
		"bad escape":     {"/v1/track", `{"userId": "\x"}`, `body: line 1, column 13: what follows \ is not an escape that JSON knows`},
		"line in a text": {"/v1/track", "{\"userId\": \"a\nb\"}", `body: line 1, column 14: a control character stands in a text, write it as \n or \u00XX`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetting(t)
			w := s.post(c.path, c.body)
			want, err := json.Marshal(map[string]any{"success": false, "code": "bad_request", "message": c.want})
			require.NoError(t, err)
			require.JSONEq(t, string(want), w.Body.String())
			require.Equal(t, http.StatusBadRequest, w.Code)
			require.Empty(t, s.taken)
			require.Len(t, s.kept, 1)
			require.Equal(t, c.want, s.kept[0].Reason)
		})
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ fields, want string }{
		"none":            {``, "2026-11-23T09:00:00Z"},
		"its own":         {`, "timestamp": "2026-11-22T10:00:00+01:00"`, "2026-11-22T09:00:00Z"},
		"an hour fast":    {`, "timestamp": "2026-11-23T09:58:00Z", "sentAt": "2026-11-23T10:00:00Z"`, "2026-11-23T08:58:00Z"},
		"years slow":      {`, "timestamp": "1970-01-01T00:00:30Z", "sentAt": "1970-01-01T00:01:30Z"`, "2026-11-23T08:59:00Z"},
		"original":        {`, "originalTimestamp": "2026-11-23T09:58:00Z", "sentAt": "2026-11-23T10:00:00Z"`, "2026-11-23T08:58:00Z"},
		"through Segment": {`, "timestamp": "2026-11-20T00:00:00Z", "originalTimestamp": "2020-01-01T00:00:00Z", "sentAt": "2020-01-01T00:01:00Z", "receivedAt": "2026-11-20T00:01:00Z"`, "2026-11-20T00:00:00Z"},
		"sentAt unread":   {`, "timestamp": "2026-11-22T09:00:00Z", "sentAt": "soon"`, "2026-11-22T09:00:00Z"},
		"nanoseconds":     {`, "timestamp": "2026-11-22T09:00:00.123456789Z"`, "2026-11-22T09:00:00.123456Z"},
		"a little ahead":  {`, "timestamp": "2026-11-24T08:59:00Z"`, "2026-11-24T08:59:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetting(t)
			require.Equal(t, success, s.post("/v1/track", `{"userId": "1", "event": "a"`+c.fields+`}`).Body.String())
			require.Equal(t, clock(c.want), s.taken[0].Event.At)
		})
	}
}

func TestWhereACallComesFrom(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]customer.Via{
		``:                                    customer.ViaServer,
		`, "channel": "mobile"`:               customer.ViaApp,
		`, "channel": "browser"`:              customer.ViaWeb,
		`, "context": null`:                   customer.ViaServer,
		`, "context": {"page": {"url": "x"}}`: customer.ViaWeb,
		`, "context": {"app": {"name": "x"}}`: customer.ViaApp,
		`, "context": {"page": {}, "library": {"name": "analytics-node"}}`:        customer.ViaServer,
		`, "context": {"library": {"name": "@segment/analytics-react-native"}}`:   customer.ViaApp,
		`, "context": {"library": {"name": "analytics-kotlin"}}`:                  customer.ViaApp,
		`, "context": {"library": "analytics.js"}`:                                customer.ViaServer,
		`, "channel": "server", "context": {"library": {"name": "analytics.js"}}`: customer.ViaServer,
	} {
		t.Run(fields, func(t *testing.T) {
			t.Parallel()
			s := newSetting(t)
			require.Equal(t, success, s.post("/v1/track", `{"userId": "1", "event": "a"`+fields+`}`).Body.String())
			require.Equal(t, want, s.taken[0].Event.Via)
		})
	}
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, text)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

func TestLimits(t *testing.T) {
	t.Parallel()
	fat := `{"type": "track", "userId": "1", "event": "a", "properties": {"x": "` + strings.Repeat("x", 32<<10) + `"}}`
	thin := `{"type": "track", "userId": "1", "event": "a"}`
	s := newSetting(t)

	w := s.post("/v1/track", fat)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	require.JSONEq(t, `{"success": false, "code": "request_entity_too_large", "message": "body: is larger than 32 kB, send less with the call"}`, w.Body.String())

	w = s.post("/v1/batch", `{"batch": [`+fat+`,`+thin+`]}`)
	require.JSONEq(t, `{"success": true, "rejected": [{"index": 0, "reason": "a call: is larger than 32 kB, send less with it"}]}`, w.Body.String())
	require.Len(t, s.taken, 1)
	require.Len(t, s.kept[0].Body, 32<<10)

	large := `{"batch": [` + thin + strings.Repeat(" ", 500<<10) + `]}`
	require.Equal(t, http.StatusRequestEntityTooLarge, s.post("/v1/batch", large).Code)
	require.Equal(t, http.StatusRequestEntityTooLarge, s.post("/v1/batch", zipped(t, large), "Content-Encoding", "gzip").Code)
	bomb := zipped(t, strings.Repeat(" ", 50<<20))
	require.Equal(t, http.StatusRequestEntityTooLarge, s.post("/v1/batch", bomb, "Content-Encoding", "gzip").Code)

	require.Equal(t, http.StatusBadRequest, s.post("/v1/batch", "no", "Content-Encoding", "gzip").Code)
	require.Equal(t, http.StatusBadRequest, s.post("/v1/batch", zipped(t, thin)[:30], "Content-Encoding", "gzip").Code)
	require.Equal(t, http.StatusUnsupportedMediaType, s.post("/v1/batch", thin, "Content-Encoding", "br").Code)
	require.Len(t, s.taken, 1)
}

func TestKeys(t *testing.T) {
	t.Parallel()
	s := newSetting(t, "one", "two")
	body := `{"userId": "1", "event": "a", "messageId": "%s"%s}`
	require.Equal(t, http.StatusUnauthorized, s.post("/v1/track", fmt.Sprintf(body, "a", "")).Code)
	require.Equal(t, http.StatusUnauthorized, s.post("/v1/track", fmt.Sprintf(body, "b", `, "writeKey": "three"`)).Code)
	require.Equal(t, http.StatusUnauthorized, s.post("/v1/track", `{"userId`).Code)
	require.Empty(t, s.kept)
	require.Equal(t, http.StatusOK, s.post("/v1/track", fmt.Sprintf(body, "c", `, "writeKey": "two"`)).Code)
	require.Equal(t, http.StatusOK, s.post("/v1/track", fmt.Sprintf(body, "d", ""), "Authorization", "Basic b25lOg==").Code)
	require.Len(t, s.taken, 2)
}

func TestNothingIsAcknowledgedUnstored(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	s.trouble = errors.New("disk: is full")
	w := s.post("/v1/track", `{"userId": "1", "event": "a"}`)
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, "5", w.Header().Get("Retry-After"))
	require.NotContains(t, w.Body.String(), "disk")
	require.Empty(t, s.kept)
}

func TestOverTheWire(t *testing.T) {
	t.Parallel()
	s := newSetting(t)
	server := httptest.NewServer(s.handler)
	defer server.Close()
	for _, c := range []struct {
		method, path, body string
		status             int
		contains           string
	}{
		{http.MethodOptions, "/v1/t", "", http.StatusNoContent, ""},
		{http.MethodGet, "/health", "", http.StatusOK, "true"},
		{http.MethodPost, "/v1/m", `{"series": []}`, http.StatusOK, "true"},
		{http.MethodGet, "/v1/projects/k/settings", "", http.StatusOK, `"apiKey":"k"`},
		{http.MethodGet, "/v1/track", "", http.StatusMethodNotAllowed, ""},
		{http.MethodPost, "/v1/nothing", "{}", http.StatusMethodNotAllowed, ""},
		{http.MethodPost, "/v1/import", `{"batch": []}`, http.StatusOK, "true"},
		{http.MethodPost, "/v1/page", `{"anonymousId": "d", "name": "Home"}`, http.StatusOK, "true"},
	} {
		req, err := http.NewRequest(c.method, server.URL+c.path, strings.NewReader(c.body))
		require.NoError(t, err)
		resp, err := server.Client().Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, c.status, resp.StatusCode, c.path)
		require.Contains(t, string(body), c.contains)
	}
	require.Equal(t, "page_viewed", s.taken[0].Event.Name)
}
