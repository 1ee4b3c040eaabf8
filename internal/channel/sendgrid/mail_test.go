package sendgrid_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/channeltest"
	"github.com/outreach-engine/outreach/internal/channel/sendgrid"
	"github.com/outreach-engine/outreach/internal/customer"
)

const leave = "https://example.com/u/t0ken"

// variant is one way to set up the sender or to write a message, and what it
// changes in the request beside the plain one.
type variant struct {
	setUp  func(*sendgrid.Config)
	write  func(*channel.Message)
	change string // JSON; a null takes the field away
}

var variants = map[string]variant{
	"plain": {},
	"sandbox": {
		setUp:  func(c *sendgrid.Config) { c.Sandbox = true },
		change: `{"mail_settings": {"sandbox_mode": {"enable": true}}}`,
	},
	"the policy's sender": {
		write:  func(m *channel.Message) { m.From = `"Günther, Shop" <shop@example.com>` },
		change: `{"from": {"name": "Günther, Shop", "email": "shop@example.com"}}`,
	},
	"a sender without a name": {
		write:  func(m *channel.Message) { m.From = "shop@example.com" },
		change: `{"from": {"email": "shop@example.com"}}`,
	},
	"answers go elsewhere": {
		setUp:  func(c *sendgrid.Config) { c.ReplyTo = "Help <help@example.com>" },
		change: `{"reply_to": {"name": "Help", "email": "help@example.com"}}`,
	},
	"ip pool": {
		setUp:  func(c *sendgrid.Config) { c.IPPool = "transactional" },
		change: `{"ip_pool_name": "transactional"}`,
	},
	"group of the topic": {
		setUp: func(c *sendgrid.Config) {
			c.Groups = map[customer.Topic]int{"tips": 3, "service": 2, "offers": 1}
		},
		change: `{"asm": {"group_id": 2, "groups_to_display": [2, 1, 3]}}`,
	},
	"group of another topic": {
		setUp: func(c *sendgrid.Config) { c.Groups = map[customer.Topic]int{"tips": 3} },
	},
	"one click": {
		write: func(m *channel.Message) { m.Unsubscribe = leave },
		change: `{
			"headers": {"List-Unsubscribe": "<https://example.com/u/t0ken>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
			"tracking_settings": {
				"open_tracking": {"enable": true}, "click_tracking": {"enable": true, "enable_text": false},
				"subscription_tracking": {"enable": false}
			}
		}`,
	},
	"one click or a mail": {
		setUp: func(c *sendgrid.Config) { c.UnsubscribeMailto = "leave+list@example.com" },
		write: func(m *channel.Message) { m.Unsubscribe = leave },
		change: `{
			"headers": {
				"List-Unsubscribe": "<https://example.com/u/t0ken>, <mailto:leave+list@example.com>",
				"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"
			},
			"tracking_settings": {
				"open_tracking": {"enable": true}, "click_tracking": {"enable": true, "enable_text": false},
				"subscription_tracking": {"enable": false}
			}
		}`,
	},
	"no mail way without a link": {
		setUp: func(c *sendgrid.Config) { c.UnsubscribeMailto = "leave@example.com" },
	},
	"tracking is off": {
		setUp:  func(c *sendgrid.Config) { c.Tracking = sendgrid.Tracking{Opens: sendgrid.Off, Clicks: sendgrid.Off} },
		change: `{"tracking_settings": {"open_tracking": {"enable": false}, "click_tracking": {"enable": false, "enable_text": false}}}`,
	},
	"tracking is on by name": {
		setUp: func(c *sendgrid.Config) { c.Tracking = sendgrid.Tracking{Opens: sendgrid.On, Clicks: sendgrid.On} },
	},
	"text only": {
		write:  func(m *channel.Message) { m.Content.HTML = "" },
		change: `{"content": [{"type": "text/plain", "value": "Sorry."}]}`,
	},
	"HTML only, no topic": {
		write:  func(m *channel.Message) { m.Content.HTML, m.Content.Text, m.Topic = "<i>5 &lt; 6 days</i>", "", "" },
		change: `{"content": [{"type": "text/html", "value": "<i>5 &lt; 6 days</i>"}], "categories": ["parcel-late"]}`,
	},
	"no categories": {
		write:  func(m *channel.Message) { m.Topic, m.Template = "", "" },
		change: `{"categories": null}`,
	},
}

const plain = `{
	"from": {"name": "Parcels", "email": "news@example.com"},
	"subject": "Ada, your parcel is late",
	"personalizations": [{"to": [{"email": "ada@example.com"}], "custom_args": {"send_key": "send-1"}}],
	"content": [
		{"type": "text/plain", "value": "Sorry."},
		{"type": "text/html", "value": "<html><body class=\"x\"><div style=\"display:none;max-height:0;overflow:hidden\">5 &lt; 6 days</div><p>Sorry.</p></body></html>"}
	],
	"categories": ["parcel-late", "service"],
	"tracking_settings": {"open_tracking": {"enable": true}, "click_tracking": {"enable": true, "enable_text": false}}
}`

// with gives set-up and message of a variant.
func (v variant) with(baseURL string) (sendgrid.Config, channel.Message) {
	c, m := config(baseURL), message
	if v.setUp != nil {
		v.setUp(&c)
	}
	if v.write != nil {
		v.write(&m)
	}
	return c, m
}

func (v variant) body(t *testing.T) string {
	t.Helper()
	var all, change map[string]any
	require.NoError(t, json.Unmarshal([]byte(plain), &all))
	if v.change != "" {
		require.NoError(t, json.Unmarshal([]byte(v.change), &change))
	}
	maps.Copy(all, change)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	body, err := json.Marshal(all)
	require.NoError(t, err)
	return string(body)
}

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, v := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, m := v.with("")
			r, err := capture(t, c, m, http.StatusAccepted)
			require.NoError(t, err)
			require.Equal(t, "/v3/mail/send", r.path)
			require.Equal(t, "Bearer "+secret, r.authorization)
			require.JSONEq(t, v.body(t), r.body)
		})
	}
}

// TestContract sends every variant through SendGrid's own description.
func TestContract(t *testing.T) {
	t.Parallel()
	contract := channeltest.Swagger(t, "min_sendgrid_mail.json")
	baseURL, log := channeltest.Guarded(t, contract, accept)
	for name, v := range variants {
		c, m := v.with(baseURL)
		receipt, err := sender(t, c).Send(t.Context(), m)
		require.NoError(t, err, name)
		require.Equal(t, channel.Receipt{ProviderID: "sg-1"}, receipt, name)
	}
	require.Len(t, log.All(), len(variants))
}

func TestSandboxTakes200(t *testing.T) {
	t.Parallel()
	c := config("")
	_, err := capture(t, c, message, http.StatusOK)
	require.Equal(t, channel.Ambiguous, channel.KindOf(err), "a 200 outside the sandbox is not SendGrid's")
	c.Sandbox = true
	_, err = capture(t, c, message, http.StatusOK)
	require.NoError(t, err)
}

func TestContent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(*channel.Message)
		want  string // stands in the body
	}{
		"no body tag":         {func(m *channel.Message) { m.Content.HTML = "<p>Hi</p>" }, `overflow:hidden\"\u003e5 \u0026lt; 6 days\u003c/div\u003e\u003cp\u003eHi`},
		"preheader is there":  {func(m *channel.Message) { m.Content.HTML = "<i>5 &lt; 6 days</i>" }, `"value":"\u003ci\u003e5 \u0026lt; 6 days\u003c/i\u003e"`},
		"no preheader":        {func(m *channel.Message) { m.Content.Preheader = "" }, `class=\"x\"\u003e\u003cp\u003eSorry`},
		"one word twice":      {func(m *channel.Message) { m.Template = "service" }, `"categories":["service"]`},
		"template's too long": {func(m *channel.Message) { m.Template = strings.Repeat("x", 256) }, `"categories":["service"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := message
			tc.spoil(&m)
			r, err := capture(t, config(""), m, http.StatusAccepted)
			require.NoError(t, err)
			require.Contains(t, r.body, tc.want)
		})
	}
}

// TestWrongSetUpSendsNothing: a sender or link that the set-up got wrong is no
// message's fault, and nothing of it is said.
func TestWrongSetUpSendsNothing(t *testing.T) {
	t.Parallel()
	const from = "from: not an address; write Name <address> in the policy's senders"
	const link = "unsubscribe: not an https url; set the public url to one that begins with https"
	for name, tc := range map[string]struct {
		spoil  func(*channel.Message)
		detail string
	}{
		"from":             {func(m *channel.Message) { m.From = "Shop" }, from},
		"from, injected":   {func(m *channel.Message) { m.From = "a@example.com\r\nBcc: b@example.com" }, from},
		"http":             {func(m *channel.Message) { m.Unsubscribe = "http://example.com/u/t" }, link},
		"no host":          {func(m *channel.Message) { m.Unsubscribe = "https:///u/t" }, link},
		"closes the angle": {func(m *channel.Message) { m.Unsubscribe = leave + ">,<https://evil.example" }, link},
		"a new line":       {func(m *channel.Message) { m.Unsubscribe = leave + "\r\nX: y" }, link},
		"not ASCII":        {func(m *channel.Message) { m.Unsubscribe = leave + "ü" }, link},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := message
			tc.spoil(&m)
			r, err := capture(t, config(""), m, http.StatusAccepted)
			require.Equal(t, &channel.Error{Kind: channel.Misconfigured, Provider: "sendgrid", Code: "not_sent", Detail: tc.detail}, err)
			require.Empty(t, r)
		})
	}
}

func TestManyGroupsFitThePage(t *testing.T) {
	t.Parallel()
	c := config("")
	c.Groups = map[customer.Topic]int{"service": 100}
	want := []int{100}
	for id := 1; id <= 40; id++ {
		c.Groups[customer.Topic(strings.Repeat("t", id))] = id
		if id < 25 {
			want = append(want, id)
		}
	}
	r, err := capture(t, c, message, http.StatusAccepted)
	require.NoError(t, err)
	var got struct {
		ASM struct {
			Shown []int `json:"groups_to_display"`
		} `json:"asm"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.body), &got))
	require.Equal(t, want, got.ASM.Shown)
}

func TestParseGroups(t *testing.T) {
	t.Parallel()
	groups, err := sendgrid.ParseGroups(" tips=1234, offers = 5678,")
	require.NoError(t, err)
	require.Equal(t, map[customer.Topic]int{"tips": 1234, "offers": 5678}, groups)
	groups, err = sendgrid.ParseGroups("")
	require.NoError(t, err)
	require.Empty(t, groups)
	for text, want := range map[string]string{
		"tips":          `groups: "tips" is not topic=id; write them like tips=1234,offers=5678`,
		"tips=x":        `groups: "tips=x" is not topic=id; write them like tips=1234,offers=5678`,
		"a=1, =1":       `groups: "=1" is not topic=id; write them like tips=1234,offers=5678`,
		"tips=1,tips=2": `groups: topic tips stands there twice; leave one`,
		"tips=-1":       `groups: tips=-1 is no group; copy its number from SendGrid`,
		"a=1,b=1":       `groups: a and b have the same group 1; give each topic its own`,
	} {
		_, err := sendgrid.ParseGroups(text)
		require.EqualError(t, err, want)
	}
}
