package devserver

import (
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/log/tag"
	"pgregory.net/rapid"
)

func TestListenAndDial(t *testing.T) {
	t.Parallel()
	for addr, wants := range map[string]struct{ bound, dialled string }{
		":0":          {"127.0.0.1", "127.0.0.1"},
		"127.0.0.1:0": {"127.0.0.1", "127.0.0.1"},
		"localhost:0": {"127.0.0.1", "127.0.0.1"},
		"0.0.0.0:0":   {"::", "127.0.0.1"},
	} {
		l, err := listen(addr)
		require.NoError(t, err, addr)
		host, _, _ := strings.Cut(dialable(l), ":")
		require.Equal(t, wants, struct{ bound, dialled string }{bound(l).Addr().String(), host}, addr)
		require.NoError(t, l.Close())
	}
}

func TestEveryServiceStaysOnLoopback(t *testing.T) {
	t.Parallel()
	p, err := reserve(Options{Addr: ":0"})
	require.NoError(t, err)
	t.Cleanup(p.release)
	cfg := serverConfig(p, memoryDatabase())
	require.Len(t, cfg.Services, 4)
	seen := map[int]string{}
	for name, service := range cfg.Services {
		require.Equal(t, "127.0.0.1", service.RPC.BindOnIP, name)
		require.NotZero(t, service.RPC.GRPCPort, name)
		require.Zero(t, service.RPC.HTTPPort, name)
		require.Empty(t, seen[service.RPC.GRPCPort], name)
		seen[service.RPC.GRPCPort] = name
	}
}

// Whatever is declared, and then declared on top of it: nothing that has a column moves, and each name gets one column
// of its type.
func TestAliasesOnlyGrow(t *testing.T) {
	t.Parallel()
	types := []enumspb.IndexedValueType{
		enumspb.INDEXED_VALUE_TYPE_KEYWORD, enumspb.INDEXED_VALUE_TYPE_DATETIME, enumspb.INDEXED_VALUE_TYPE_INT,
	}
	attributes := rapid.MapOfN(rapid.StringMatching(`[A-D]`), rapid.SampledFrom(types), 0, 3)
	rapid.Check(t, func(t *rapid.T) {
		first := attributes.Draw(t, "first")
		then := attributes.Draw(t, "then")
		before, err := addAliases(nil, first)
		require.NoError(t, err)
		require.Len(t, before, len(first))
		after, err := addAliases(before, then)
		for name, wanted := range then {
			if had, ok := first[name]; ok && had != wanted {
				require.Error(t, err)
				return
			}
		}
		if err != nil {
			require.ErrorContains(t, err, "no room")
			return
		}
		for column, name := range before {
			require.Equal(t, name, after[column])
		}
		for name, wanted := range then {
			columns := slices.Collect(maps.Keys(after))
			columns = slices.DeleteFunc(columns, func(c string) bool { return after[c] != name })
			require.Len(t, columns, 1)
			require.Equal(t, wanted.String(), strings.TrimRight(columns[0], "0123456789"))
		}
	})
}

func TestLoggerEndsTheGoroutineNotTheProcess(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	plain := slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	l := &logger{to: slog.New(slog.NewTextHandler(&said, &plain))}
	require.NoError(t, l.reason())

	l.Info("not said")
	l.Warn("HTTP API port has not been set and so on")
	l.Warn("slow", tag.NewInt("ms", 7))
	cause := errors.New("no port")
	reached := false
	for _, die := range []func(string, ...tag.Tag){l.Fatal, l.Panic} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			die("gave up", tag.Error(cause))
			reached = true
		}()
		<-done
		cause = errors.New("a later reason")
	}
	l.mute()
	l.Error("not said")

	require.False(t, reached)
	require.EqualError(t, l.reason(), "gave up: no port")
	require.Equal(t, `level=WARN msg="temporal server: slow" ms=7
level=ERROR msg="temporal server: gave up" error="no port"
level=ERROR msg="temporal server: gave up" error="a later reason"
`, said.String())
}
