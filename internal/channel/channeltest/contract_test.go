package channeltest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wrong is a request and a word of what the contract says to it; "" is none.
type wrong struct{ name, body, want string }

// post checks bodies against a contract and expects its words.
func post(t *testing.T, c Contract, path, mediaType string, cases []wrong) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(tc.body))
			r.Header.Set("Content-Type", mediaType)
			r.Header.Set("Authorization", "Bearer x")
			err := c.Check(r, []byte(tc.body))
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestOpenAPICatchesWrongRequests(t *testing.T) {
	t.Parallel()
	c := OpenAPI(t, "min_twilio_messages.json")
	path := "/2010-04-01/Accounts/AC" + strings.Repeat("0", 32) + "/Messages.json"
	const form = "application/x-www-form-urlencoded"
	post(t, c, path, form, []wrong{
		{"good", "To=%2B1500&Body=hi&From=%2B1501", ""},
		{"no To", "Body=hi&From=%2B1501", `"To" is missing`},
		{"misspelt", "To=%2B1500&Body=hi&Form=%2B1501", `form field "Form" is not described`},
		{"bad enum", "To=%2B1500&Body=hi&RiskCheck=perhaps", "not one of the allowed values"},
		{"bad service", "To=%2B1500&Body=hi&MessagingServiceSid=XX1", "MessagingServiceSid"},
		{"not a number", "To=%2B1500&Body=hi&ValidityPeriod=soon", "ValidityPeriod"},
	})
	post(t, c, strings.Replace(path, "Messages", "Massages", 1), form, []wrong{
		{"no such path", "To=%2B1500", "no matching operation was found"},
	})
	t.Run("no credentials", func(t *testing.T) {
		t.Parallel()
		body := "To=%2B1500&Body=hi"
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", form)
		require.ErrorContains(t, c.Check(r, []byte(body)), "no Authorization header")
	})
}

func TestSwaggerCatchesWrongRequests(t *testing.T) {
	t.Parallel()
	const to = `"personalizations": [{"to": [{"email": "a@example.com"}]}]`
	const rest = `"from": {"email": "n@example.com"}, "subject": "s", "content": [{"type": "text/plain", "value": "v"}]`
	post(t, Swagger(t, "min_sendgrid_mail.json"), "/v3/mail/send", "application/json", []wrong{
		{"good", `{` + to + `, ` + rest + `}`, ""},
		{"no to", `{"personalizations": [{}], ` + rest + `}`, `"to" is missing`},
		{"no content", `{` + to + `, "from": {"email": "n@example.com"}, "subject": "s"}`, `"content" is missing`},
		{"misspelt", `{` + to + `, ` + rest + `, "catgories": []}`, `"catgories" is unsupported`},
		{"misspelt inside", `{"personalizations": [{"to": [{"mail": "a", "email": "a@example.com"}]}], ` + rest + `}`, `"mail" is unsupported`},
		{"bad enum", `{` + to + `, ` + rest + `, "attachments": [{"content": "x", "filename": "f", "disposition": "attached"}]}`, "not one of the allowed values"},
		{"word twice", `{` + to + `, ` + rest + `, "categories": ["a", "a"]}`, "duplicate items found"},
		{"empty text", `{` + to + `, "from": {"email": "n@example.com"}, "subject": "s", "content": [{"type": "text/plain", "value": ""}]}`, "minimum string length is 1"},
	})
}

func TestDiscoveryCatchesWrongRequests(t *testing.T) {
	t.Parallel()
	c := Discovery(t, "min_fcm_send.json", "SendMessageRequest")
	post(t, c, "/v1/projects/p/messages:send", "application/json", []wrong{
		{"good", `{"message": {"token": "t", "notification": {"title": "x"}, "apns": {"payload": {"aps": {"badge": 1}}}}}`, ""},
		{"misspelt", `{"message": {"notification": {"titel": "x"}}}`, "'titel' not allowed"},
		{"snake case", `{"message": {"android": {"collapse_key": "x"}}}`, "'collapse_key' not allowed"},
		{"bad enum", `{"message": {"android": {"priority": "urgent"}}}`, "'NORMAL', 'HIGH'"},
		{"number in data", `{"message": {"data": {"n": 1}}}`, "got number, want string"},
		{"no JSON", `{"message": `, "EOF"},
	})
	post(t, c, "/v1/projects/p/messages:send", "text/plain", []wrong{{"media type", `{}`, "want application/json"}})
}
