package activities_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/hook"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

const errandData = `
traits: {tier: [gold, basic]}
events:
  order_placed: {order_id: id, total: number}
webhooks: {coupon: {code: text, value: number}}
`

const errandPolicy = `
zone: Europe/Berlin
topics: {service: {consent: assumed}}
caps: {any: 1 per day}
teams: {care: {email: care@example.com}, shop: {webhook: "URL/tasks"}}
`

// endpoint is a company's own system on this machine, which answers webhooks.
type endpoint struct {
	*httptest.Server
	mu       sync.Mutex
	answers  []string // status and body; none is 204
	requests []posted
}

type posted struct {
	path, id string
	body     map[string]any
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		text, _ := io.ReadAll(r.Body)
		p := posted{path: r.URL.Path, id: r.Header.Get("webhook-id")}
		_ = json.Unmarshal(text, &p.body)
		e.requests = append(e.requests, p)
		status, body := "204", ""
		if len(e.answers) > 0 {
			status, body, _ = strings.Cut(e.answers[0], " ")
			e.answers = e.answers[1:]
		}
		for code, words := range map[string]int{"200": 200, "204": 204, "503": 503, "404": 404} {
			if status == code {
				w.WriteHeader(words)
			}
		}
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) seen() []posted {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.requests
}

// errandBench is a bench with one rule of the given steps, whose webhooks are
// called for real.
func errandBench(t *testing.T, e *endpoint, keys string) *bench {
	t.Helper()
	rule := strings.ReplaceAll("description: Thank for orders.\nowner: a@example.com\ntopic: service\nabout: order_id\nwhen: {event: order_placed}\n"+keys, "URL", e.URL)
	b := newBench(t, "2026-11-23T10:00:00Z", bundle.Files{
		Rules: map[string][]byte{
			"data.yaml": []byte(errandData), "policy.yaml": []byte(strings.ReplaceAll(errandPolicy, "URL", e.URL)), "thanks.yaml": []byte(rule),
		},
		Templates: map[string][]byte{"code/sms.txt": []byte("{{ coupon.code }} is worth {{ coupon.value }}."), "hello/sms.txt": []byte("Hello.")},
	})
	client, err := hook.New(hook.Config{})
	require.NoError(t, err)
	b.engine.Senders[customer.Webhook] = client
	phone := "+4915112345678"
	b.identify("anna", observe.Change{Phone: &phone})
	return b
}

// parts gives the parts of anna's only outreach.
func (b *bench) parts() (parts []ledger.Part, o ledger.Outreach) {
	b.t.Helper()
	require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) error {
		id, _, err := tx.Resolve("anna")
		require.NoError(b.t, err)
		list, err := tx.OutreachesOf(id, 10)
		require.NoError(b.t, err)
		require.Len(b.t, list, 1)
		o = list[0]
		parts, err = tx.PartsOf(o.Ref)
		return err
	}))
	return parts, o
}

func TestAWebhookIsCalledUntilItAnswers(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.answers = []string{"503 ", "503 ", `200 {"code": "A1", "value": 12.5}`}
	b := errandBench(t, e, `
steps:
  - webhook: URL/coupons
    as: coupon
  - if: coupon.value > 20
    then: [stop]
  - send: code
    at: now
`)
	b.happen("anna", "order_placed", "order_id", "7", "total", 80)
	b.until("2026-11-23T10:01:00Z")
	require.Equal(t, []string{
		"Mon 11:00 thanks match", "Mon 11:00 thanks enter",
		"Mon 11:00 thanks defer coupon webhook for Mon 11:00 unavailable", "Mon 11:00 thanks defer coupon webhook for Mon 11:00 unavailable",
		"Mon 11:00 thanks send coupon webhook",
		"Mon 11:00 thanks plan code sms for Mon 11:00", "Mon 11:00 thanks send code sms", "Mon 11:00 thanks end completed",
	}, b.story("anna"))
	require.Equal(t, "A1 is worth 12.5.", b.sent[0].Content.Text)
	parts, o := b.parts()
	require.Equal(t, 1, o.Sent, "a webhook is no message")
	require.Len(t, parts, 2)
	seen := e.seen()
	require.Len(t, seen, 3)
	for _, p := range seen {
		require.Equal(t, seen[0], p, "each attempt says the same")
	}
	key := "thanks." + string(o.Customer) + ".1.coupon.webhook"
	require.Equal(t, posted{path: "/coupons", id: key, body: map[string]any{
		"key": key, "rule": "thanks", "outreach": o.String(), "step": "coupon", "customer": "anna", "about": "7",
		"events": map[string]any{"order_placed": map[string]any{"order_id": "7", "total": 80.0}},
	}}, seen[0])
}

// TestTheWebhookOfTheDocs holds the call that docs/steps.md shows to its form.
func TestTheWebhookOfTheDocs(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	b := errandBench(t, e, "steps: [{webhook: URL/coupons, as: coupon}, {send: code, at: now}]\n")
	b.happen("anna", "order_placed", "order_id", "17", "total", 240)
	_, o := b.parts()
	page, err := os.ReadFile("../docs/steps.md")
	require.NoError(t, err)
	_, block, _ := strings.Cut(string(page), "```json\n")
	block, _, _ = strings.Cut(block, "```")
	shown := strings.NewReplacer("c7m2kq4taxw3fz6hd", string(o.Customer), "u-1001", "anna", `"coupon.`, `"thanks.`,
		`"rule": "coupon"`, `"rule": "thanks"`, "outreach/coupon/", "outreach/thanks/").Replace(block)
	body := e.seen()[0].body
	delete(body, "about") // the page's rule has none
	text, err := json.Marshal(body)
	require.NoError(t, err)
	require.JSONEq(t, shown, string(text))
}

func TestAWebhookThatSaysNoEndsTheOutreach(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.answers = []string{"404 "}
	b := errandBench(t, e, "steps: [{webhook: \"URL/x\"}, {send: hello, at: now}]\n")
	b.happen("anna", "order_placed", "order_id", "7")
	require.Equal(t, []string{"Mon 11:00 thanks drop webhook-1 webhook webhook_failed", "Mon 11:00 thanks end webhook_failed"}, b.story("anna")[2:])
	require.Len(t, e.seen(), 1)
	require.Empty(t, b.sent)
}

func TestAWebhookIsGivenUpAfterItsTime(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	for range 100 {
		e.answers = append(e.answers, "503 ")
	}
	b := errandBench(t, e, "steps: [{webhook: \"URL/x\", within: 30min}, {send: hello, at: now}]\n")
	b.happen("anna", "order_placed", "order_id", "7")
	b.until("2026-11-24T10:00:00Z")
	story := b.story("anna")
	require.Equal(t, "Mon 11:21 thanks end webhook_failed", story[len(story)-1])
	require.Len(t, e.seen(), 9, "after 5 s, and each time twice as long: the tenth would come after the half hour")
	_, o := b.parts()
	require.Zero(t, o.Sent)
}

var taskKey = regexp.MustCompile(`Task: (\S+)`)

func TestATaskGoesByEmailAndItsEndIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := errandBench(t, newEndpoint(t), `
steps:
  - send: hello
    at: now
  - if: known(order_placed.order_id)
    then:
      - handoff: care
        within: 2d
  - if: handoff_done.result == "sold"
    then: [stop]
  - wait: 1h
`)
	b.answers = []error{nil, &channel.Error{Kind: channel.Unavailable, Code: "503"}, &channel.Error{Kind: channel.Ambiguous, Code: "no_answer"}}
	b.happen("anna", "order_placed", "order_id", "7", "total", 80)
	b.until("2026-11-23T10:01:00Z")
	require.Equal(t, []string{
		"Mon 11:00 thanks defer handoff-2.then-1 handoff for Mon 11:00 unavailable",
		"Mon 11:00 thanks defer handoff-2.then-1 handoff for Mon 11:00 unavailable",
		"Mon 11:00 thanks send handoff-2.then-1 handoff",
		"Mon 11:00 thanks wait handoff-2.then-1 for Wed 11:00",
	}, b.story("anna")[4:])
	require.Len(t, b.sent, 2)
	letter := b.sent[1]
	require.Equal(t, []any{customer.Email, "care@example.com", "Task for care: thanks, customer anna"},
		[]any{letter.Channel, letter.To, letter.Content.Subject})
	require.Contains(t, letter.Content.Text, "About: order_id 7\nBy: Wed 25 Nov 2026 11:00 (Europe/Berlin)\n")
	require.Contains(t, letter.Content.Text, "- Mon 23 Nov 2026 11:00: order_placed\n- Mon 23 Nov 2026 11:00: sent hello by SMS\n")
	key := taskKey.FindStringSubmatch(letter.Content.Text)[1]
	require.Equal(t, letter.Key, key)
	_, o := b.parts()
	require.Equal(t, 1, o.Sent, "a task is no message")

	b.happen("anna", "message_clicked", "message", key)
	b.happen("anna", "handoff_done", "task", "thanks.other.1.handoff-2.then-1.handoff", "result", "sold")
	require.Len(t, b.waiting, 1, "neither ends the task")
	b.happen("anna", "handoff_done", "task", key, "result", "sold")
	story := b.story("anna")
	require.Equal(t, "Mon 11:01 thanks end stop_step", story[len(story)-1])
}

func TestATaskGoesByWebhook(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	b := errandBench(t, e, "steps: [{handoff: shop}, {send: hello, at: now}]\n")
	b.happen("anna", "order_placed", "order_id", "7")
	require.Len(t, b.sent, 1, "the next step runs at once")
	seen := e.seen()
	require.Len(t, seen, 1)
	require.Equal(t, "/tasks", seen[0].path)
	require.Equal(t, seen[0].id, seen[0].body["key"])
	delete(seen[0].body, "story")
	require.Equal(t, map[string]any{
		"key": seen[0].id, "team": "shop", "rule": "thanks", "description": "Thank for orders.", "customer": "anna", "about": "order_id 7",
	}, seen[0].body)
}

func TestATaskForATeamThatIsNoMore(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	b := errandBench(t, e, "steps: [{wait: 1h}, {handoff: shop}, {send: hello, at: now}]\n")
	b.happen("anna", "order_placed", "order_id", "7")
	b.load(bundle.Files{
		Rules:     map[string][]byte{"data.yaml": []byte(errandData), "policy.yaml": []byte("zone: Europe/Berlin\n")},
		Templates: map[string][]byte{"hello/sms.txt": []byte("Hello.")},
	})
	for range 3 { // the rule is no more in force, but its outreach goes on
		b.until("2026-11-23T11:00:00Z")
		b.until("2026-11-23T12:00:00Z")
	}
	require.Equal(t, []string{
		"Mon 12:00 thanks drop handoff-2 handoff rejected",
		"Mon 12:00 thanks plan hello sms for Mon 12:00", "Mon 12:00 thanks send hello sms", "Mon 12:00 thanks end completed",
	}, b.story("anna")[3:])
	require.Empty(t, e.seen())
}

// TestALostAttemptIsMadeAgain kills the process, as it were, in mid-call: the
// call is simply made again once its lease is over.
func TestALostAttemptIsMadeAgain(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	b := errandBench(t, e, "steps: [{webhook: \"URL/x\"}, {send: hello, at: now}]\n")
	e.answers = []string{"503 "}
	b.happen("anna", "order_placed", "order_id", "7")
	parts, o := b.parts()
	require.NoError(t, b.store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		p := parts[0]
		p.Status, p.Lease = ledger.Sending, b.now.Add(30e9)
		o.NextAt = p.Lease
		require.NoError(t, tx.SavePart(p))
		return tx.SaveOutreach(o)
	}))
	b.until("2026-11-23T10:02:00Z")
	require.Len(t, e.seen(), 2)
	require.Len(t, b.sent, 1)
	parts, _ = b.parts()
	require.Equal(t, ledger.Accepted, parts[1].Status)
}
