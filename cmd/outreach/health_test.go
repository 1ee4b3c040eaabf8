package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// health asks a process that answers each path with a code and a body.
func health(t *testing.T, answers map[string]string, args ...string) (code int, out, trouble string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body, _ := strings.Cut(answers[r.URL.Path], " ")
		if status != "200" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = fmt.Fprint(w, body)
	}))
	defer server.Close()
	var stdout, stderr strings.Builder
	r := rim{now: func() time.Time { return monday }, stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr}
	code = run(t.Context(), append([]string{"health", "--admin", server.URL}, args...), r)
	return code, stdout.String(), strings.ReplaceAll(stderr.String(), server.URL, "URL")
}

func TestHealth(t *testing.T) {
	t.Parallel()
	const sick = `503 {"ready":false,"role":"worker","version":"v1","checks":[` +
		`{"name":"store","ok":false,"since":"2026-11-23T14:00:00Z","detail":"read-only"},` +
		`{"name":"rules","ok":true,"detail":"21 in force"},{"name":"temporal","ok":false,"detail":"no answer"}]}`
	for name, c := range map[string]struct {
		answers      map[string]string
		args         []string
		code         int
		out, trouble string
	}{
		"ready": {answers: map[string]string{"/ready": `200 {"ready":true}`}, out: "ok\n"},
		"not ready": {
			answers: map[string]string{"/ready": sick}, code: 1,
			trouble: "outreach: engine: URL/ready answers 503 Service Unavailable\n  store: read-only\n  temporal: no answer\n",
		},
		"alive though not ready": {answers: map[string]string{"/ready": sick, "/live": "200 ok"}, args: []string{"--live"}, out: "ok\n"},
		"says nothing": {
			answers: map[string]string{"/live": "503 <html>"}, args: []string{"--live"}, code: 1,
			trouble: "outreach: engine: URL/live answers 503 Service Unavailable\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, trouble := health(t, c.answers, c.args...)
			require.Equal(t, []any{c.code, c.out, c.trouble}, []any{code, out, trouble})
		})
	}
}

func TestHealthOfNobody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	require.ErrorContains(t, askHealth(t.Context(), server.URL+"/ready", nil), "is it running, and is its admin port there?")
}

func TestAdminURL(t *testing.T) {
	t.Parallel()
	for admin, want := range map[string]string{
		"127.0.0.1:8081":                "http://127.0.0.1:8081",
		"0.0.0.0:8081":                  "http://127.0.0.1:8081",
		":9":                            "http://127.0.0.1:9",
		"[::]:8081":                     "http://127.0.0.1:8081",
		"[::1]:8081":                    "http://[::1]:8081",
		"engine.internal:8081":          "http://engine.internal:8081",
		"https://engine.example/x?y":    "https://engine.example",
		"off":                           "--admin: the admin port is off, so nobody can be asked; give the engine one with OUTREACH_ADMIN",
		"8081":                          `--admin: "8081" is neither a host:port nor a URL; write one such as 127.0.0.1:8081`,
		"engine:":                       `--admin: "engine:" is neither a host:port nor a URL; write one such as 127.0.0.1:8081`,
		"http://":                       `--admin: "http://" is no URL; write one such as http://127.0.0.1:8081`,
		"http://engine.example:x/ready": `--admin: "http://engine.example:x/ready" is no URL; write one such as http://127.0.0.1:8081`,
	} {
		got, err := adminURL(admin)
		if err != nil {
			got = err.Error()
		}
		require.Equal(t, want, got, admin)
	}
}
