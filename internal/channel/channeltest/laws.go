package channeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// law is one promise. It is a function that answers, rather than one that
// fails the test, so that the suite's own tests can see it fail.
type law struct {
	name  string
	needs func(Case) func(testing.TB) Peer // the far side without which it cannot be asked
	holds func(testing.TB, Case) error
}

var laws = []law{
	{"hands over key, address and text", nil, handsOver},
	{"refuses what is not to be sent", nil, refusesUnsendable},
	{"sends nothing after its deadline", nil, heedsSpentContext},
	{"sends concurrently without mixing", nil, sendsConcurrently},
	{"prints no secret", nil, printsNoSecret},
	{"returns at its deadline", silent, returnsAtDeadline},
	{"returns when cancelled", silent, returnsWhenCancelled},
	{"keeps its connections", refuses, keepsConnections},
}

func silent(c Case) func(testing.TB) Peer  { return c.Silent }
func refuses(c Case) func(testing.TB) Peer { return c.Refuses }

func handsOver(t testing.TB, c Case) error {
	peer, m := c.Accepts(t), c.message("law-handover")
	if _, err := peer.Sender.Send(t.Context(), m); err != nil {
		return err
	}
	return only(peer.Log, []channel.Message{m})
}

// only checks that the far side saw exactly these messages, each once.
func only(l *Log, sent []channel.Message) error {
	var want []Seen
	for _, m := range sent {
		want = append(want, Seen{Key: m.Key, To: m.To, Text: m.Content.Text})
	}
	got := l.All()
	order := func(a, b Seen) int { return strings.Compare(a.Key+a.Text, b.Key+b.Text) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if !slices.Equal(got, want) {
		return fmt.Errorf("the far side saw %v, sent was %v", got, want)
	}
	return nil
}

func refusesUnsendable(t testing.TB, c Case) error {
	peer, good := c.Accepts(t), c.message("law-unsendable")
	others := slices.DeleteFunc(customer.Channels(), func(ch customer.Channel) bool { return ch == good.Channel })
	for _, tc := range []struct {
		name  string
		spoil func(*channel.Message)
		want  channel.Kind
	}{
		{"another channel", func(m *channel.Message) { m.Channel = others[0] }, channel.Misconfigured},
		{"no key", func(m *channel.Message) { m.Key = "" }, channel.Rejected},
		{"no address", func(m *channel.Message) { m.To = "" }, channel.Rejected},
		{"no content", func(m *channel.Message) { m.Content = channel.Content{} }, channel.Rejected},
	} {
		m := good
		tc.spoil(&m)
		_, err := peer.Sender.Send(t.Context(), m)
		if err := c.verify(peer.Sender, good, err, Want{Kind: tc.want}); err != nil {
			return fmt.Errorf("%s: %w", tc.name, err)
		}
	}
	return only(peer.Log, nil)
}

func heedsSpentContext(t testing.TB, c Case) error {
	peer, m := c.Accepts(t), c.message("law-spent")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := peer.Sender.Send(ctx, m)
	return errors.Join(
		c.verify(peer.Sender, m, err, Want{Kind: channel.Unavailable}),
		only(peer.Log, nil),
	)
}

func sendsConcurrently(t testing.TB, c Case) error {
	const workers, each = 8, 4
	peer := c.Accepts(t)
	var sent []channel.Message
	for i := range workers * each {
		sent = append(sent, c.message(fmt.Sprintf("law-concurrent-%02d", i)))
	}
	errs := make([]error, len(sent))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(sent); i += workers {
				_, errs[i] = peer.Sender.Send(t.Context(), sent[i])
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return only(peer.Log, sent)
}

func printsNoSecret(t testing.TB, c Case) error {
	s := c.Accepts(t).Sender
	return c.hides(fmt.Sprintf("%v %+v %#v %s", s, s, s, s), nil)
}

func returnsAtDeadline(t testing.TB, c Case) error {
	peer, m := c.Silent(t), c.message("law-deadline")
	ctx, cancel := context.WithTimeout(t.Context(), short)
	defer cancel()
	return c.endsInTime(ctx, peer, m)
}

func returnsWhenCancelled(t testing.TB, c Case) error {
	peer, m := c.Silent(t), c.message("law-cancelled")
	ctx, cancel := context.WithTimeout(t.Context(), generous)
	defer cancel()
	go func() {
		select {
		case <-peer.Log.First():
			cancel()
		case <-ctx.Done():
		}
	}()
	return c.endsInTime(ctx, peer, m)
}

// endsInTime sends to a far side that never answers: when ctx ends, so does
// the call, and nobody knows what became of the message.
func (c Case) endsInTime(ctx context.Context, peer Peer, m channel.Message) error {
	ended := make(chan time.Time, 1)
	context.AfterFunc(ctx, func() { ended <- time.Now() })
	_, err := peer.Sender.Send(ctx, m)
	returned := time.Now()
	if ctx.Err() == nil {
		return fmt.Errorf("send ended before its context: %w", err)
	}
	if late := returned.Sub(<-ended); late > margin {
		return fmt.Errorf("send returned %v after its context ended", late)
	}
	if n := len(peer.Log.All()); n != 1 {
		return fmt.Errorf("the message was handed over %d times", n)
	}
	return c.verify(peer.Sender, m, err, Want{Kind: channel.Ambiguous})
}

func keepsConnections(t testing.TB, c Case) error {
	const sends, allowed = 30, 2
	peer := c.Refuses(t)
	for i := range sends {
		if _, err := peer.Sender.Send(t.Context(), c.message(fmt.Sprintf("law-connections-%02d", i))); err == nil {
			return errors.New("a message was accepted that the far side refused")
		}
	}
	if n := peer.Log.Connections(); n > allowed {
		return fmt.Errorf("%d refused messages opened %d connections, want %d at most", sends, n, allowed)
	}
	return nil
}
