package intake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
)

func TestValue(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]customer.Value{
		`"a"`:                      customer.Text("a"),
		`"a\"b\\\/\b\f\n\r\t"`:     customer.Text("a\"b\\/\b\f\n\r\t"),
		`"\u00e9 \ud83d\ude00"`:    customer.Text("é 😀"),
		`"\ud83d x \ud83dA"`:       customer.Text("\uFFFD x \uFFFDA"),
		`"\u0000"`:                 customer.Text("\uFFFD"),
		"\"\xff\"":                 customer.Text("\uFFFD"),
		`"größe"`:                  customer.Text("größe"),
		`0`:                        customer.Number(0),
		`-1.5e2`:                   customer.Number(-150),
		`123456789012345`:          customer.Number(123456789012345),
		`1234567890123456`:         customer.Text("1234567890123456"),
		`-12`:                      customer.Number(-12),
		`1e999`:                    customer.Text("1e999"),
		`0.1234567890123456789`:    customer.Number(0.1234567890123456789),
		`true`:                     customer.Text("yes"),
		`false`:                    customer.Text("no"),
		`null`:                     {},
		` [1, {"a": "]"}, [], ""]`: customer.Text(`[1, {"a": "]"}, [], ""]`),
		`{}`:                       customer.Text(`{}`),
	} {
		r := &reader{body: []byte(in)}
		got, err := r.value()
		require.NoError(t, err, in)
		require.NoError(t, r.end(), in)
		require.Equal(t, want, got, in)
	}
}

func TestNoValue(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		``, `01`, `-`, `1.`, `1e`, `+1`, `.5`, `tru`, `nul`, `"`, `"\u12g4"`, `"\u12`, `[1`, `[1,]`, `[,]`, `{"a"}`, `{"a":}`, `{a: 1}`,
		`{"a": 1,}`, `[1 2]`, `[}`, `{]`, `NaN`, "\"\x01\"",
	} {
		r := &reader{body: []byte(in)}
		_, err := r.value()
		if err == nil {
			err = r.end()
		}
		require.Error(t, err, in)
		require.False(t, json.Valid([]byte(in)), in)
	}
}

func FuzzValue(f *testing.F) {
	for _, s := range []string{`{"a": [1, "b", null]}`, `"\ud83d\ude00"`, `-1.5e+2`, `[[[]]]`, `{"\u0000": {}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := &reader{body: body}
		got, err := r.value()
		if err == nil {
			err = r.end()
		}
		if !json.Valid(body) {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		var text string
		if utf8.Valid(body) && bytes.HasPrefix(bytes.TrimSpace(body), []byte(`"`)) && json.Unmarshal(body, &text) == nil {
			require.Equal(t, strings.ReplaceAll(text, "\x00", "\uFFFD"), got.String())
		}
	})
}

func FuzzBody(f *testing.F) {
	for _, s := range []string{
		`{"batch": [{"type": "track", "userId": 1, "event": "a", "context": {"device": {"token": "x"}}}], "sentAt": "x"}`,
		`{"batch": [1, null, {"traits": {"a": [[[]]]}}]}`, `{"userId": "1", "properties": null}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, kind := range []string{batch, track} {
			e, err := decode(&reader{body: body}, kind)
			if err != nil {
				require.ErrorContains(t, err, "line ")
				continue
			}
			for _, c := range e.calls {
				require.LessOrEqual(t, c.from, c.to)
			}
		}
	})
}

// library is a batch of n calls as a server library sends them.
func library(n int) string {
	calls := make([]string, n)
	for i := range calls {
		calls[i] = fmt.Sprintf(`{"integrations": {}, "anonymousId": null, "properties": {"mb": 89.86, "cellId": "c-%d", "network": "5g", "roaming": false},`+
			` "timestamp": "2026-11-23T08:30:00.123456+00:00", "context": {"library": {"name": "analytics-python", "version": "2.3.3"}},`+
			` "userId": "%d", "type": "track", "event": "data_session", "messageId": "c5ba5d2a-6a9a-4bb4-9e5a-%012d"}`, i, 1000+i, i)
	}
	return `{"batch": [` + strings.Join(calls, ", ") + `], "sentAt": "2026-11-23T09:00:00+00:00"}`
}
