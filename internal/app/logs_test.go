package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// TestTheLogOfACompanyNamesNobody lets the demo company live for a day with all
// that there is to log, and looks through it: each line is JSON, names what it
// is about by the ids that explain takes, and nobody.
func TestTheLogOfACompanyNamesNobody(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := newWorld(t, &log)
	private := w.company(40, 1)
	seen := map[string]int{}
	for line := range strings.Lines(log.String()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
		seen[fields["msg"].(string)]++
		if key, ok := fields["message"].(string); ok {
			ref, _, _, err := ledger.ParseKey(key)
			require.NoError(t, err)
			require.Equal(t, []any{ref.Name(), ref.Rule, string(ref.Customer)}, []any{fields["outreach"], fields["rule"], fields["customer"]})
		}
		if name, ok := fields["outreach"].(string); ok {
			_, err := ledger.ParseRef(name)
			require.NoError(t, err)
		}
	}
	for _, what := range []string{"event", "match", "enter", "plan", "send", "drop"} {
		require.NotZero(t, seen[what], what)
	}
	requirePrivate(t, log.String(), private)
}

func TestHowTheLogIsWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ form, level, want string }{
		{"text", "info", `level=INFO msg=two n=2`},
		{"json", "info", `"level":"INFO","msg":"two","n":2}`},
		{"json", "error", ""},
	} {
		var b bytes.Buffer
		logger, err := Eyes{Log: c.form, LogLevel: c.level}.NewLogger(&b)
		require.NoError(t, err)
		logger.Debug("one")
		logger.Info("two", "n", 2)
		require.Contains(t, b.String(), c.want)
		require.NotContains(t, b.String(), "one")
		require.Equal(t, c.want == "", b.Len() == 0)
	}
	_, err := Eyes{Log: "xml", LogLevel: "info"}.NewLogger(io.Discard)
	require.EqualError(t, err, `--log: "xml" is neither text nor json`)
	_, err = Eyes{Log: "text", LogLevel: "loud"}.NewLogger(io.Discard)
	require.EqualError(t, err, `--log-level: "loud" is none of debug, info, warn and error`)
}

// TestAServersComplaintsNameNobody holds for what net/http writes by itself.
func TestAServersComplaintsNameNobody(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	o := Options{Logger: slog.New(slog.NewTextHandler(&b, nil))}
	o.serverLog().Printf("http: panic serving %s: %v", "203.0.113.9:4711", errors.New("x"))
	o.serverLog().Printf("http: TLS handshake error from %s: EOF", "[2001:db8::1]:4711")
	require.Contains(t, b.String(), "panic serving somebody: x")
	require.Contains(t, b.String(), "error from somebody: EOF")
	require.NotContains(t, b.String(), "4711")
}
