package channeltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// local is a provider that lives in this process; its faults are the ones
// that the suite has to find.
type local struct {
	log   *Log
	fault fault
	inner string // what %+v would show
	do    func(context.Context, channel.Message) error
}

type fault string

const (
	none          fault = ""
	changesText   fault = "changes the text"
	sendsTwice    fault = "sends twice"
	sendsAnything fault = "sends anything"
	ignoresSpent  fault = "ignores a spent context"
	plainError    fault = "plain error"
	leaksAddress  fault = "leaks the address"
	wrongName     fault = "another provider's name"
	surelyNot     fault = "says surely not"
	endsEarly     fault = "ends before the deadline"
	reconnects    fault = "opens a connection each time"
)

func (l *local) Name() string { return "local" }

func (l *local) Send(ctx context.Context, m channel.Message) (channel.Receipt, error) {
	if l.fault != sendsAnything {
		if kind, bad := unsendable(m); bad {
			return channel.Receipt{}, l.no(kind, m)
		}
	}
	if ctx.Err() != nil && l.fault != ignoresSpent {
		return channel.Receipt{}, l.no(channel.Unavailable, m)
	}
	if l.fault == changesText {
		m.Content.Text += "!"
	}
	if l.fault == reconnects {
		l.log.Connected()
	}
	seen := Seen{m.Key, m.To, m.Content.Text}
	l.log.Saw(seen)
	if l.fault == sendsTwice {
		l.log.Saw(seen)
	}
	return channel.Receipt{}, l.do(ctx, m)
}

func unsendable(m channel.Message) (channel.Kind, bool) {
	if m.Channel != customer.SMS {
		return channel.Misconfigured, true
	}
	return channel.Rejected, m.Key == "" || m.To == "" || m.Content == (channel.Content{})
}

func (l *local) no(kind channel.Kind, m channel.Message) error {
	e := &channel.Error{Kind: kind, Provider: l.Name(), Code: "1", Detail: "no"}
	switch l.fault {
	case plainError:
		return errors.New("no")
	case leaksAddress:
		e.Detail = "no " + m.To
	case wrongName:
		e.Provider = "remote"
	}
	return e
}

// localCase makes the case of a provider with a fault.
func localCase(f fault) Case {
	open := func(do func(*local, context.Context, channel.Message) error) func(testing.TB) Peer {
		return func(testing.TB) Peer {
			l := &local{log: NewLog(), fault: f}
			if f == "shows its secret" {
				l.inner = "secret-1"
			}
			l.do = func(ctx context.Context, m channel.Message) error { return do(l, ctx, m) }
			return Peer{Sender: l, Log: l.log}
		}
	}
	refusing := open(func(l *local, _ context.Context, m channel.Message) error { return l.no(channel.Rejected, m) })
	return Case{
		Message: channel.Message{Channel: customer.SMS, To: "+15005550006"},
		Secrets: []string{"secret-1"},
		Accepts: open(func(*local, context.Context, channel.Message) error { return nil }),
		Refuses: refusing,
		Silent: open(func(l *local, ctx context.Context, m channel.Message) error {
			if f == endsEarly {
				return l.no(channel.Ambiguous, m)
			}
			<-ctx.Done()
			if f == surelyNot {
				return l.no(channel.Unavailable, m)
			}
			return l.no(channel.Ambiguous, m)
		}),
		Situations: []Situation{{Name: "no", Open: refusing, Want: Want{Kind: channel.Rejected, Code: "1"}}},
	}
}

func TestFaultlessProviderPasses(t *testing.T) {
	t.Parallel()
	Run(t, localCase(none))
}

// TestSuiteFindsFaults: each law fails for the provider that breaks it.
func TestSuiteFindsFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		law   string
		fault fault
	}{
		{"hands over key, address and text", changesText},
		{"hands over key, address and text", sendsTwice},
		{"refuses what is not to be sent", sendsAnything},
		{"refuses what is not to be sent", plainError},
		{"refuses what is not to be sent", leaksAddress},
		{"refuses what is not to be sent", wrongName},
		{"sends nothing after its deadline", ignoresSpent},
		{"sends concurrently without mixing", changesText},
		{"prints no secret", "shows its secret"},
		{"returns at its deadline", surelyNot},
		{"returns at its deadline", endsEarly},
		{"returns when cancelled", surelyNot},
		{"keeps its connections", reconnects},
	} {
		t.Run(tc.law+"/"+string(tc.fault), func(t *testing.T) {
			t.Parallel()
			require.Error(t, lawNamed(t, tc.law).holds(t, localCase(tc.fault)))
		})
	}
}

func lawNamed(t *testing.T, name string) law {
	for _, l := range laws {
		if l.name == name {
			return l
		}
	}
	require.Fail(t, "no such law", name)
	return law{}
}

// TestSituationFindsFaults: a wrong kind, code or pause, a repeat, or an
// acceptance where a no was due does not pass.
func TestSituationFindsFaults(t *testing.T) {
	t.Parallel()
	c := localCase(none)
	good := c.Situations[0]
	require.NoError(t, good.holds(t, c))
	for _, want := range []Want{
		{},
		{Kind: channel.Ambiguous},
		{Kind: channel.Rejected, Code: "2"},
		{Kind: channel.Rejected, RetryAfter: time.Second},
	} {
		bad := good
		bad.Want = want
		require.Error(t, bad.holds(t, c), "%v", want)
	}
	accepted := Situation{Open: c.Accepts, Want: Want{Kind: channel.Rejected}}
	require.Error(t, accepted.holds(t, c))
	twice := localCase(sendsTwice)
	require.Error(t, twice.Situations[0].holds(t, twice))
}
