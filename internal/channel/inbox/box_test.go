package inbox_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/channeltest"
	"github.com/outreach-engine/outreach/internal/channel/inbox"
	"github.com/outreach-engine/outreach/internal/customer"
)

var samples = map[customer.Channel]channel.Message{
	customer.SMS:   {Customer: "c1", Channel: customer.SMS, To: "+15005550006"},
	customer.Email: {Customer: "c1", Channel: customer.Email, To: "ada@example.com", Content: channel.Content{Subject: "Late", HTML: "<p>Sorry.</p>"}},
	customer.Push:  {Customer: "c1", Channel: customer.Push, To: "token-1", Content: channel.Content{Subject: "Late", Link: "https://example.com"}},
}

// logged is an inbox that shows the suite what it kept.
type logged struct {
	*inbox.Box
	log *channeltest.Log
}

func (l logged) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	receipt, err := l.Box.Send(ctx, m)
	if k, ok := l.Find(m.Key); ok && err == nil {
		l.log.Saw(channeltest.Seen{Key: k.Key, To: k.To, Text: k.Content.Text})
	}
	return receipt, err
}

func open(t testing.TB, path string, o inbox.Options) *inbox.Box {
	t.Helper()
	b, err := inbox.Open(path, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

func TestSender(t *testing.T) {
	t.Parallel()
	for c, m := range samples {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			peer := func(t testing.TB) channeltest.Peer {
				log := channeltest.NewLog()
				box := open(t, filepath.Join(t.TempDir(), "inbox.ndjson"), inbox.Options{Channels: []customer.Channel{c}})
				return channeltest.Peer{Sender: logged{box, log}, Log: log}
			}
			closed := func(t testing.TB) channeltest.Peer {
				p := peer(t)
				require.NoError(t, p.Sender.(logged).Close())
				return p
			}
			channeltest.Run(t, channeltest.Case{
				Message: m,
				Accepts: peer,
				Situations: []channeltest.Situation{
					{Name: "open", Open: peer},
					{Name: "closed", Open: closed, Want: channeltest.Want{Kind: channel.Unavailable, Code: "closed"}},
				},
			})
		})
	}
}

// put sends messages of these keys, a second apart.
func put(t testing.TB, b *inbox.Box, c *clock, keys ...string) {
	t.Helper()
	for _, k := range keys {
		c.set(c.now().Add(time.Second))
		m := samples[customer.SMS]
		m.Key, m.Content.Text = k, "text of "+k
		receipt, err := b.Send(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("inbox-%d", b.Received()), receipt.ProviderID)
	}
}

// all gives the keys of all messages in memory, oldest first, repeats with a
// star.
func all(b *inbox.Box) string {
	list, _ := b.Messages(inbox.Query{})
	var keys []string
	for _, k := range list {
		star := ""
		if k.Repeat {
			star = "*"
		}
		keys = append([]string{k.Key + star}, keys...)
	}
	return strings.Join(keys, " ")
}

func TestRepeatsAreKeptAndMarked(t *testing.T) {
	t.Parallel()
	c := &clock{t: now}
	b := open(t, "", inbox.Options{Now: c.now, Keep: 3})
	put(t, b, c, "a", "b", "a", "c", "d", "b")
	require.Equal(t, "c d b*", all(b), "b had left memory, and is remembered")
	require.Equal(t, int64(2), b.Repeats())
	require.Equal(t, int64(6), b.Received())
	require.True(t, b.Has("a"))
	require.False(t, b.Has("z"))
	_, ok := b.Find("a")
	require.False(t, ok)
}

func TestRestartKeepsMessages(t *testing.T) {
	t.Parallel()
	path, c := filepath.Join(t.TempDir(), "inbox.ndjson"), &clock{t: now}
	before, err := inbox.Open(path, inbox.Options{Now: c.now})
	require.NoError(t, err)
	m := channel.Message{
		Key: "cart.c1.1.remind.email", Customer: "c1", Channel: customer.Email, To: "ada@example.com", Topic: "offers", Template: "cart", Locale: "de-AT",
		Content: channel.Content{Subject: "<Zoë> & 你好", Preheader: "p", HTML: "<p>\u2028\n</p>", Text: "t", Link: "https://example.com/?a=1&b=2"},
	}
	_, err = before.Send(t.Context(), m)
	require.NoError(t, err)
	put(t, before, c, "a", "a")
	want, _ := before.Messages(inbox.Query{})
	require.NoError(t, before.Close())
	require.NoError(t, before.Close(), "closing twice is closing once")

	after := open(t, path, inbox.Options{Now: c.now})
	got, _ := after.Messages(inbox.Query{})
	require.Equal(t, want, got)
	require.Equal(t, inbox.Kept{Message: m, Seq: 1, At: now}, got[2])
	require.Equal(t, int64(1), after.Repeats())
	require.True(t, after.Has("a"))
	put(t, after, c, "b", "a")
	require.Equal(t, "cart.c1.1.remind.email a a* b a*", all(after))
}

// TestAcceptedIsOnDisk: what Send accepted is in the file with no Close.
func TestAcceptedIsOnDisk(t *testing.T) {
	t.Parallel()
	path, c := filepath.Join(t.TempDir(), "inbox.ndjson"), &clock{t: now}
	put(t, open(t, path, inbox.Options{Now: c.now}), c, "a", "b")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, `{"inbox":1,"received":0,"repeats":0}
{"seq":1,"at":"2026-03-03T17:30:01Z","key":"a","customer":"c1","channel":"sms","to":"+15005550006","content":{"text":"text of a"}}
{"seq":2,"at":"2026-03-03T17:30:02Z","key":"b","customer":"c1","channel":"sms","to":"+15005550006","content":{"text":"text of b"}}
`, string(data))
}

func TestLongFileIsCompactedAtOpen(t *testing.T) {
	t.Parallel()
	path, c := filepath.Join(t.TempDir(), "inbox.ndjson"), &clock{t: now}
	small := inbox.Options{Now: c.now, Keep: 2}
	first, err := inbox.Open(path, small)
	require.NoError(t, err)
	put(t, first, c, "a", "b", "a", "c", "c")
	require.NoError(t, first.Close())
	second, err := inbox.Open(path, small)
	require.NoError(t, err)
	require.Equal(t, "c c*", all(second))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, 3, bytes.Count(data, []byte("\n")), "%s", data)
	require.True(t, bytes.HasPrefix(data, []byte(`{"inbox":1,"received":3,"repeats":1}`)), "%s", data)
	require.False(t, second.Has("a"), "its message left the file")
	put(t, second, c, "d")
	require.NoError(t, second.Close())
	third := open(t, path, small)
	require.Equal(t, "c* d", all(third))
	require.Equal(t, int64(6), third.Received())
	require.Equal(t, int64(2), third.Repeats())
}

// TestCutOffEnd: wherever a crash cut the last line, the messages before it
// are there, and the inbox goes on.
func TestCutOffEnd(t *testing.T) {
	t.Parallel()
	folder, c := t.TempDir(), &clock{t: now}
	whole := filepath.Join(folder, "whole")
	b, err := inbox.Open(whole, inbox.Options{Now: c.now})
	require.NoError(t, err)
	put(t, b, c, "a", "b")
	require.NoError(t, b.Close())
	data, err := os.ReadFile(whole)
	require.NoError(t, err)
	last := bytes.LastIndexByte(data[:len(data)-1], '\n') + 1
	for cut := last; cut < len(data); cut++ {
		path := filepath.Join(folder, fmt.Sprint(cut))
		require.NoError(t, os.WriteFile(path, data[:cut], 0o600))
		b, err := inbox.Open(path, inbox.Options{Now: c.now})
		require.NoError(t, err)
		put(t, b, c, "x")
		require.NoError(t, b.Close())
		b, err = inbox.Open(path, inbox.Options{Now: c.now})
		require.NoError(t, err)
		require.Equal(t, "a x", all(b))
		require.NoError(t, b.Close())
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	const header = `{"inbox":1,"received":0,"repeats":0}` + "\n"
	for name, tc := range map[string]struct{ body, want string }{
		"another program's":  {"hello", "line 1: not of an inbox"},
		"other JSON":         {"{\"a\":1}\n", "line 1: not of an inbox"},
		"another form":       {"{\"inbox\":2}\n", "line 1: not of an inbox"},
		"a spoilt line":      {header + "{\"seq\":1,\n", "line 2: not a message"},
		"a line comes twice": {header + "{\"seq\":1}\n{\"seq\":1}\n", "line 3: not a message"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "f")
			require.NoError(t, os.WriteFile(path, []byte(tc.body), 0o600))
			_, err := inbox.Open(path, inbox.Options{})
			require.ErrorContains(t, err, tc.want)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, tc.body, string(data), "the file is left as it is")
		})
	}
	_, err := inbox.Open(t.TempDir(), inbox.Options{})
	require.ErrorContains(t, err, "not a file")
	_, err = inbox.Open(filepath.Join(t.TempDir(), "no", "f"), inbox.Options{})
	require.ErrorContains(t, err, "make its folder")
}

func TestEmptyFileIsAnEmptyInbox(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.Empty(t, all(open(t, path, inbox.Options{})))
}

// TestPagingSkipsNothingLaw: whoever goes on from the newest Seq that they
// were given sees each message once, in order, whatever the limit.
func TestPagingSkipsNothingLaw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := &clock{t: now}
		b, err := inbox.Open("", inbox.Options{Now: c.now})
		require.NoError(rt, err)
		defer func() { require.NoError(rt, b.Close()) }()
		channels := rapid.SliceOfN(rapid.SampledFrom(customer.Channels()), 1, 40).Draw(rt, "channels")
		wanted := rapid.SampledFrom(append(customer.Channels(), "")).Draw(rt, "wanted")
		var want []int64
		for i, ch := range channels {
			m := samples[ch]
			m.Key, m.Content.Text = fmt.Sprint(i), "t"
			_, err := b.Send(t.Context(), m)
			require.NoError(rt, err)
			if i > 0 && (wanted == "" || wanted == ch) {
				want = append(want, int64(i+1))
			}
		}
		var got []int64
		q := inbox.Query{Since: 1, Channel: wanted, Limit: rapid.IntRange(1, 7).Draw(rt, "limit")}
		for {
			list, more := b.Messages(q)
			require.LessOrEqual(rt, len(list), q.Limit)
			for i := len(list) - 1; i >= 0; i-- {
				got = append(got, list[i].Seq)
			}
			if !more {
				break
			}
			q.Since = list[0].Seq
		}
		require.Equal(rt, want, got)
	})
}

func TestQuery(t *testing.T) {
	t.Parallel()
	b := open(t, "", inbox.Options{})
	for i, k := range []string{"cart.c1.1.s.sms", "cart.c2.1.s.sms", "usage.c1.1.s.sms", "odd"} {
		m := samples[customer.SMS]
		m.Key, m.Content.Text, m.Customer = k, "t", customer.ID([]string{"c1", "c2", "c1", "c1"}[i])
		_, err := b.Send(t.Context(), m)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"cart", "usage"}, b.Rules())
	for _, tc := range []struct {
		q    inbox.Query
		want []int64
		more bool
	}{
		{inbox.Query{}, []int64{4, 3, 2, 1}, false},
		{inbox.Query{Limit: 2}, []int64{4, 3}, true},
		{inbox.Query{Limit: 4}, []int64{4, 3, 2, 1}, false},
		{inbox.Query{Since: 1, Limit: 2}, []int64{3, 2}, true},
		{inbox.Query{Since: 4}, nil, false},
		{inbox.Query{Rule: "cart"}, []int64{2, 1}, false},
		{inbox.Query{Customer: "c1", Rule: "usage"}, []int64{3}, false},
		{inbox.Query{Channel: customer.Push}, nil, false},
	} {
		list, more := b.Messages(tc.q)
		var got []int64
		for _, k := range list {
			got = append(got, k.Seq)
		}
		require.Equal(t, tc.want, got, "%+v", tc.q)
		require.Equal(t, tc.more, more, "%+v", tc.q)
	}
}

// TestCloseAmongSends: what was accepted before the end is in the file.
func TestCloseAmongSends(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	b, err := inbox.Open(path, inbox.Options{})
	require.NoError(t, err)
	var mu sync.Mutex
	accepted := map[string]bool{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				m := samples[customer.SMS]
				m.Key, m.Content.Text = fmt.Sprintf("%d-%d", w, i), "t"
				_, err := b.Send(context.Background(), m)
				if err != nil {
					continue
				}
				mu.Lock()
				accepted[m.Key] = true
				enough := len(accepted) == 20
				mu.Unlock()
				if enough {
					go func() { _ = b.Close() }()
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, b.Close())
	after := open(t, path, inbox.Options{})
	require.Len(t, accepted, int(after.Received()))
	for k := range accepted {
		require.True(t, after.Has(k), k)
	}
}
