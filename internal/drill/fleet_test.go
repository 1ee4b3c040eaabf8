package drill

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/sandbox"
)

// called gives calls of a provider, so many milliseconds after noon.
func called(provider string, millis ...int) (list []sandbox.Call) {
	for _, m := range millis {
		list = append(list, sandbox.Call{Provider: provider, Key: "k", At: noon.Add(time.Duration(m) * time.Millisecond)})
	}
	return list
}

func TestTheWorstSecond(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		calls []sandbox.Call
		worst int
	}{
		"none":                       {nil, 0},
		"one":                        {called(limited, 0), 1},
		"a second apart":             {called(limited, 0, 1000, 2000), 1},
		"just within":                {called(limited, 0, 999, 1000), 2},
		"across the clock's seconds": {called(limited, 900, 1100, 1300, 1500, 1899, 1900), 5},
		"in any order":               {called(limited, 1500, 0, 700, 600), 3},
		"of others":                  {called("fcm", 0, 1, 2, 3), 0},
	} {
		require.Equal(t, c.worst, worstSecond(c.calls, limited), name)
	}
}

func TestCallsInAHold(t *testing.T) {
	t.Parallel()
	h := hold{noon, noon.Add(10 * time.Second)}
	calls := append(called("fcm", -1, 0, 1500, 10_000), called(limited, 900, 901)...)
	require.Equal(t, Vendors{Rate: 2, WorstSecond: 2, Held: 10 * time.Second, AfterHold: 1, LastCall: 1500 * time.Millisecond}, watch(calls, 2, h, time.Second))
	require.Equal(t, Vendors{WorstSecond: 2}, watch(calls, 0, hold{}, time.Second), "nothing is held")

	require.False(t, Vendors{Rate: 2, WorstSecond: 2}.Broken())
	require.False(t, Vendors{Rate: 2, WorstSecond: 4}.Broken(), "those of a second, and those that came late")
	require.True(t, Vendors{Rate: 2, WorstSecond: 5}.Broken())
	require.False(t, Vendors{WorstSecond: 3}.Broken(), "there is no rate")
	require.True(t, Vendors{AfterHold: 1}.Broken())
	require.False(t, Report{Vendors: Vendors{AfterHold: 1}}.Green())
	require.True(t, Report{}.Green())
}

func TestTheFrontLeadsToWhoListens(t *testing.T) {
	t.Parallel()
	var got []string
	behind := func(name string, code int) *httptest.Server {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil || code == 0 {
				panic(http.ErrAbortHandler)
			}
			got = append(got, name+" "+r.Method+" "+r.Host+" "+r.URL.String()+" "+r.Header.Get("X-Signed")+" "+string(body))
			w.WriteHeader(code)
			_, _ = w.Write([]byte("from " + name))
		}))
		t.Cleanup(server.Close)
		return server
	}
	one, two, gone, broken := behind("one", http.StatusOK), behind("two", http.StatusForbidden), behind("gone", http.StatusOK), behind("broken", 0)
	gone.Close()
	front, address, err := newFront()
	require.NoError(t, err)
	t.Cleanup(front.close)
	ask := func() (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/v1/batch?k=1", strings.NewReader("body"))
		require.NoError(t, err)
		r.Header.Set("X-Signed", "yes")
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode, string(text)
	}
	name := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
	type reply struct {
		code int
		text string
	}
	said := func() reply { code, text := ask(); return reply{code, text} }

	require.Equal(t, reply{http.StatusBadGateway, ""}, said(), "nobody stands behind it")
	front.lead([]string{name(gone), name(one), name(gone), name(two)})
	require.Equal(t, []reply{{200, "from one"}, {403, "from two"}, {403, "from two"}, {200, "from one"}}, []reply{said(), said(), said(), said()},
		"each in turn; the next one for one that is gone")
	same := " POST " + address + " /v1/batch?k=1 yes body"
	require.Equal(t, []string{"one" + same, "two" + same, "two" + same, "one" + same}, got)
	front.lead([]string{name(broken), name(one)})
	require.Equal(t, []reply{{200, "from one"}, {http.StatusBadGateway, ""}}, []reply{said(), said()}, "what broke is not sent again by the front")
}

// fake is a victim that notes what befalls it.
type fake struct {
	name string
	log  *[]string
}

func (f fake) kill()                                { *f.log = append(*f.log, "-"+f.name) }
func (f fake) start() error                         { *f.log = append(*f.log, "+"+f.name); return nil }
func (f fake) awaitReady(ctx context.Context) error { return ctx.Err() }

func TestASeedKillsAlike(t *testing.T) {
	t.Parallel()
	drilled := func(seed uint64, workers int, postgres bool) (Kills, []string) {
		var log []string
		k := killer{random: rand.New(rand.NewPCG(seed, 1)), temporal: fake{"temporal", &log}} //nolint:gosec // it is to be repeatable
		for i := range workers {
			k.workers = append(k.workers, fake{string(rune('a' + i)), &log})
		}
		if postgres {
			k.postgres = fake{"postgres", &log}
		}
		for range 400 {
			require.NoError(t, k.next(t.Context()))
		}
		return k.done, log
	}
	kills, log := drilled(5, 3, true)
	again, same := drilled(5, 3, true)
	require.Equal(t, kills, again)
	require.Equal(t, log, same)
	require.Equal(t, 400, kills.All())
	for _, n := range []int{kills.Worker, kills.Temporal, kills.Postgres, kills.Restarts, kills.Both} {
		require.Positive(t, n, "%+v", kills)
	}
	for _, name := range []string{"-a", "-b", "-c", "+a", "-temporal", "-postgres"} {
		require.Contains(t, log, name)
	}
	alone, _ := drilled(5, 1, false)
	require.Equal(t, Kills{Worker: alone.Worker, Temporal: alone.Temporal, Both: alone.Both}, alone)
	require.Positive(t, alone.Both)
}

func TestLatenessOfASpan(t *testing.T) {
	t.Parallel()
	s := Span{Name: "calm", late: []time.Duration{3 * time.Second, 10 * time.Millisecond, 20 * time.Millisecond}}
	s.sum()
	require.Equal(t, []any{3, 1, 20 * time.Millisecond, 3 * time.Second}, []any{s.Messages, s.Over, s.Half, s.Most})
	require.True(t, Rolled{Spans: []Span{{Name: whileKilled, Over: 1}}}.Green())
	require.False(t, Rolled{Spans: []Span{{Name: whileReplaced, Over: 1}}}.Green())
	first := firstCalls([]sandbox.Call{{Key: "a", At: noon.Add(1)}, {Key: "a", At: noon}, {Key: "b", At: noon}})
	require.Equal(t, map[string]time.Time{"a": noon, "b": noon}, first)
}
