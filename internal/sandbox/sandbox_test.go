package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/channeltest"
)

func TestMessagesAreTaken(t *testing.T) {
	t.Parallel()
	for _, l := range lanes() {
		t.Run(l.provider, func(t *testing.T) {
			t.Parallel()
			s, url := open(t, "")
			receipt, err := send(t, l.sender(t, s.Account(), url, "http://127.0.0.1:1"), l.message("rule.c1.1.first.x"))
			require.NoError(t, err)
			taken := s.Book().Taken()
			require.Len(t, taken, 1)
			got := taken[0]
			require.Equal(t, []string{l.provider, receipt.ProviderID, "rule.c1.1.first.x", l.to}, []string{got.Provider, got.Name, got.Key, got.To})
			require.WithinDuration(t, time.Now(), got.At, 10*time.Second)
			require.Equal(t, l.provider == fcmName, got.Collapse != "")
		})
	}
}

// TestTroubles has every trouble come to every provider: what the engine's own
// senders make of it, and whether the message is on its way.
func TestTroubles(t *testing.T) {
	t.Parallel()
	ambiguous := map[Trouble]bool{CutTaken: true, Cut: true, FailedTaken: true, Failed: true, PageTaken: true, Page: true, HungTaken: true, Hung: true}
	for _, l := range lanes() {
		for _, trouble := range Troubles() {
			t.Run(l.provider+" "+string(trouble), func(t *testing.T) {
				t.Parallel()
				s, url := open(t, "")
				sender := l.sender(t, s.Account(), url, "")
				_, err := send(t, sender, l.message("before")) // fetches an access token
				require.NoError(t, err)
				s.config.Rates = Rates{trouble: 1}
				_, err = send(t, sender, l.message("rule.c1.1.first.x"))
				taken := trouble.Taken()
				switch {
				case ambiguous[trouble]:
					require.Equal(t, channel.Ambiguous, channel.KindOf(err), "%v", err)
				case trouble == Busy:
					known, ok := errors.AsType[*channel.Error](err)
					require.True(t, ok)
					require.Equal(t, []any{channel.Throttled, time.Second}, []any{known.Kind, known.RetryAfter})
				default:
					require.NoError(t, err)
					taken = true
				}
				if taken {
					eventually(t, func() bool { return len(s.Book().Taken()) == 2 }, "it is taken")
				}
				require.Len(t, s.Book().Taken(), map[bool]int{false: 1, true: 2}[taken])
				require.Equal(t, map[Trouble]int{trouble: 1}, s.Book().Counts().Troubles)
			})
		}
	}
}

func TestAddressesThatNobodyHas(t *testing.T) {
	t.Parallel()
	for _, l := range lanes() {
		if l.gone == "" {
			continue
		}
		t.Run(l.provider, func(t *testing.T) {
			t.Parallel()
			s, url := open(t, "")
			m := l.message("key")
			m.To = l.gone
			_, err := send(t, l.sender(t, s.Account(), url, ""), m)
			require.Equal(t, channel.BadAddress, channel.KindOf(err))
			require.Empty(t, s.Book().Taken())
		})
	}
}

func TestStrangersAreNotLetIn(t *testing.T) {
	t.Parallel()
	for _, l := range lanes() {
		t.Run(l.provider, func(t *testing.T) {
			t.Parallel()
			s, url := open(t, "")
			other, _ := open(t, "")
			a := other.Account()
			_, err := send(t, l.sender(t, a, url, ""), l.message("key"))
			require.Equal(t, channel.Misconfigured, channel.KindOf(err))
			require.Empty(t, s.Book().Taken())
		})
	}
}

// TestContract sends through the vendors' own descriptions, so that the sandbox
// asks for no more and no less than they do.
func TestContract(t *testing.T) {
	t.Parallel()
	contracts := map[string]func(testing.TB) channeltest.Contract{
		twilioName:   func(t testing.TB) channeltest.Contract { return channeltest.OpenAPI(t, "min_twilio_messages.json") },
		sendGridName: func(t testing.TB) channeltest.Contract { return channeltest.Swagger(t, "min_sendgrid_mail.json") },
		fcmName: func(t testing.TB) channeltest.Contract {
			return channeltest.Discovery(t, "min_fcm_send.json", "SendMessageRequest")
		},
	}
	for _, l := range lanes() {
		t.Run(l.provider, func(t *testing.T) {
			t.Parallel()
			s, _ := open(t, "")
			contract := contracts[l.provider](t)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if r.URL.Path != "/token" {
					err = errors.Join(err, contract.Check(r, body))
				}
				if err != nil {
					t.Errorf("request breaks the vendor's contract: %v", err)
				}
				r.Body = io.NopCloser(bytes.NewReader(body))
				s.Handler().ServeHTTP(w, r)
			}))
			t.Cleanup(server.Close)
			_, err := send(t, l.sender(t, s.Account(), server.URL, "http://127.0.0.1:1"), l.message("key"))
			require.NoError(t, err)
			require.Len(t, s.Book().Taken(), 1)
		})
	}
}

// TestASeedGoesWrongAlike asks two sandboxes of one seed, in different orders,
// and one of another.
func TestASeedGoesWrongAlike(t *testing.T) {
	t.Parallel()
	const calls = 20_000
	s, other := &Sandbox{config: Config{Seed: 7, Rates: UsualRates(0.12)}}, &Sandbox{config: Config{Seed: 8, Rates: UsualRates(0.12)}}
	first, again := map[string]Trouble{}, map[string]Trouble{}
	counts, differ := map[Trouble]int{}, 0
	for i := range calls {
		name := fmt.Sprintf("send-%d", i)
		first[name] = s.trouble(name, 1)
		counts[first[name]]++
		if other.trouble(name, 1) != first[name] {
			differ++
		}
	}
	for i := range calls {
		name := fmt.Sprintf("send-%d", calls-1-i)
		again[name] = s.trouble(name, 1)
	}
	require.Equal(t, first, again)
	require.Greater(t, differ, calls/10, "another seed goes wrong otherwise")
	for _, trouble := range Troubles() {
		require.InEpsilon(t, s.config.Rates[trouble]*calls, counts[trouble], 0.3, trouble)
	}
	require.InEpsilon(t, 0.88*calls, counts[Fine], 0.01)
}

// TestTheNextTryMayGoWell has a call that always goes wrong at first.
func TestTheNextTryMayGoWell(t *testing.T) {
	t.Parallel()
	s := &Sandbox{config: Config{Seed: 7, Rates: UsualRates(0.5)}}
	recovered := 0
	for i := range 100 {
		name := fmt.Sprintf("send-%d", i)
		if s.trouble(name, 1) != Fine && s.trouble(name, 2) == Fine {
			recovered++
		}
	}
	require.InDelta(t, 25, recovered, 15)
}

func TestConfig(t *testing.T) {
	t.Parallel()
	_, err := New(Config{Now: time.Now})
	require.EqualError(t, err, "sandbox: call timeout or clock is missing; give both")
	_, err = New(Config{CallTimeout: time.Second})
	require.EqualError(t, err, "sandbox: call timeout or clock is missing; give both")
}

func TestUnreadableRequestsAreRefused(t *testing.T) {
	t.Parallel()
	s, url := open(t, "")
	a := s.Account()
	for _, path := range []string{"/2010-04-01/Accounts/" + a.TwilioSID + "/Messages.json", "/v3/mail/send", "/token"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+path, http.NoBody)
		require.NoError(t, err)
		r.SetBasicAuth(a.TwilioSID, a.TwilioAuthToken)
		if path == "/v3/mail/send" {
			r.Header.Set("Authorization", "Bearer "+a.SendGridKey)
		}
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusBadRequest, answer.StatusCode, path)
	}
	require.Empty(t, s.Book().Taken())
}
