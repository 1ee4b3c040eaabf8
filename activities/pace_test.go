package activities_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// alarms has the greeting of the other tests, and an urgent message beside it.
func alarms(rates string) bundle.Files {
	alarm := strings.NewReplacer("order_placed", "app_opened", "topic: service", "topic: alarm").Replace(greeting)
	f := files(map[string]string{"greeting": greeting, "alarm": alarm})
	f.Rules["policy.yaml"] = []byte(strings.Replace(openPolicy, "assumed}", "assumed}, alarm: {consent: assumed, urgent: yes}", 1) + rates)
	f.Templates = map[string][]byte{"greeting/sms.txt": []byte("Hello")}
	return f
}

// crowd starts the greetings of many customers, all at one instant.
func (d *desk) crowd(n int, phone string) []activities.Question {
	d.t.Helper()
	var list []activities.Question
	for i := range n {
		list = append(list, d.startAt(fmt.Sprint(phone, "-", i), phone, "order_placed"))
	}
	return list
}

// startAt is start of a customer with a number, by an event.
func (d *desk) startAt(user, phone, event string) activities.Question {
	d.t.Helper()
	d.events++
	in := incoming(fmt.Sprint("x", d.events), user, event, d.now, nil)
	in.Change = observe.Change{Phone: text(phone)}
	_, err := d.observer.Take(d.t.Context(), []observe.Incoming{in})
	require.NoError(d.t, err)
	rule := "greeting"
	if event == "app_opened" {
		rule = "alarm"
	}
	_, err = d.engine.Work(d.t.Context(), rule)
	require.NoError(d.t, err)
	var ref ledger.Ref
	d.read(func(tx ledger.Tx) error {
		id, _, err := tx.Resolve(user)
		list, _ := tx.OutreachesOf(id, 1)
		ref = list[0].Ref
		return err
	})
	first := d.waiting[ref]
	return activities.Question{Ref: ref, Seq: first.Seq + 1, Deliver: first.Deliver}
}

// settle asks for all messages, each when it was told to, until they are done or
// their channel is held; asked counts how often each did.
func (d *desk) settle(questions ...activities.Question) (asked map[string]int) {
	d.t.Helper()
	type due struct {
		at time.Time
		q  activities.Question
	}
	var open []due
	asked = map[string]int{}
	for _, q := range questions {
		open = append(open, due{d.now, q})
	}
	for len(open) > 0 {
		slices.SortStableFunc(open, func(a, b due) int { return a.at.Compare(b.at) })
		next := open[0]
		open = open[1:]
		d.pass(max(next.at.Sub(d.now), 0))
		asked[next.q.Deliver]++
		require.Less(d.t, asked[next.q.Deliver], 100)
		answer := d.deliver(next.q)
		if !answer.Done && answer.Deliver != "" {
			open = append(open, due{d.now.Add(answer.Sleep), activities.Question{Ref: next.q.Ref, Seq: answer.Seq + 1, Deliver: answer.Deliver}})
		}
	}
	return asked
}

// fullest gives the number of calls in the fullest second.
func fullest(at []time.Time) (most int) {
	at = slices.SortedFunc(slices.Values(at), time.Time.Compare)
	for i := range at {
		n := 0
		for _, other := range at[i:] {
			if other.Sub(at[i]) < time.Second {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// TestAnUrgentMessageOvertakesABacklog has 500 messages wait for their turns at
// 5 a second: the urgent one goes within two seconds.
func TestAnUrgentMessageOvertakesABacklog(t *testing.T) {
	t.Parallel()
	d := newDesk(t, alarms("rates: {sms: 5 per second}\n"))
	backlog := d.crowd(500, "+18005550100")
	for i, q := range backlog {
		backlog[i].Seq = d.deliver(q).Seq + 1
	}
	d.pass(20 * time.Second)
	asked := d.now
	d.settle(d.startAt("uwe", "+18005550101", "app_opened"))
	require.Less(t, d.now.Sub(asked), 2*time.Second)
	require.True(t, strings.HasPrefix(d.provider.keys[len(d.provider.keys)-1], "alarm."))
}

// TestTurnsOutliveTheProcess: who was given a turn has it in the next process.
func TestTurnsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy+"rates: {sms: 1 per second}\n", "Hello"))
	list := d.crowd(5, "+18005550100")
	var turns []time.Duration
	for _, q := range list[1:] {
		turns = append(turns, d.deliver(list[0]).Sleep, d.deliver(q).Sleep)
		list[0].Seq++
	}
	d.engine = d.another()
	for i, q := range list[1:] {
		require.Equal(t, turns[2*i+1], d.deliver(q).Sleep)
		require.Equal(t, d.now.Add(turns[2*i+1]), d.part(q.Ref).Turn)
	}
	d.settle(list[1:]...)
	require.Equal(t, 5, d.provider.calls())
	require.True(t, d.part(list[4].Ref).Turn.IsZero(), "a turn that was taken is over")
}

// TestTwoProcessesKeepOneRate has two engines on one store hand over messages as
// fast as they may.
func TestTwoProcessesKeepOneRate(t *testing.T) {
	t.Parallel()
	const perSecond, messages = 20, 50
	d := newDesk(t, greetings(openPolicy+fmt.Sprintf("rates: {sms: %d per second}\n", perSecond), "Hello"))
	list := d.crowd(messages, "+18005550100")
	d.provider.clock = time.Now
	clock := activities.FastTime(d.now, 1)
	engines := []*activities.Engine{d.another(), d.another()}
	for _, engine := range engines {
		engine.Clock = clock
	}
	began := time.Now()
	var all sync.WaitGroup
	for i, q := range list {
		engine := engines[i%2]
		all.Go(func() {
			for {
				answer, err := engine.Deliver(t.Context(), q)
				require.NoError(t, err)
				if answer.Done {
					return
				}
				time.Sleep(answer.Sleep)
				q = activities.Question{Ref: q.Ref, Seq: answer.Seq + 1, Deliver: answer.Deliver}
			}
		})
	}
	all.Wait()
	require.Equal(t, messages, d.provider.calls())
	require.LessOrEqual(t, fullest(d.provider.at), perSecond+1, "one more where a call of one of them came late")
	t.Logf("%d messages at %d a second took %s", messages, perSecond, time.Since(began))
}

// TestAProvidersPauseConcernsWhomItConcerns throttles one sender: its messages
// wait, those of others go, and after the pause few go at once.
func TestAProvidersPauseConcernsWhomItConcerns(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	for name, c := range map[string]struct {
		concerns channel.Concern
		scope    string
	}{
		"the account": {channel.OfProvider, "provider"},
		"one sender":  {channel.OfSender, "provider/+18005550199"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, greetings(openPolicy+"senders: {sms: \"+18005550199\"}\n", "Hello"))
			list := d.crowd(20, "+18005550100")
			d.provider.answer = func(call int, _ channel.Message) error {
				if call == 1 {
					return &channel.Error{Kind: channel.Throttled, Provider: "provider", Code: "30001", Detail: "the queue is full", RetryAfter: time.Minute, Concerns: c.concerns}
				}
				return nil
			}
			began := d.now
			asked := d.settle(list...)
			require.Equal(t, 21, d.provider.calls(), "one was refused, and nobody else called in vain")
			for _, at := range d.provider.at[1:] {
				require.False(t, at.Before(began.Add(time.Minute)))
			}
			inFirst := slices.DeleteFunc(slices.Clone(d.provider.at[1:]), func(at time.Time) bool { return !at.Before(began.Add(61 * time.Second)) })
			require.LessOrEqual(t, len(inFirst), 2, "it is tried carefully")
			for key, n := range asked {
				require.LessOrEqual(t, n, 4, key)
			}
			d.read(func(tx ledger.Tx) error {
				paces, err := tx.Paces()
				require.Len(t, paces, 1)
				require.Equal(t, []any{c.scope, began.Add(time.Minute), "provider: throttled (30001): the queue is full"},
					[]any{paces[0].Scope, paces[0].Until, paces[0].Note})
				return err
			})
		})
	}
}

// TestAPauseOfOneSenderLeavesOthersAlone lets the policy name another sender
// while the first is paused.
func TestAPauseOfOneSenderLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	paused := func(sender string) *desk {
		d := newDesk(t, greetings(openPolicy+"senders: {sms: \""+sender+"\"}\n", "Hello"))
		require.NoError(t, d.store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
			return tx.SavePace(ledger.Pace{Scope: "provider/+18005550199", Until: d.now.Add(time.Hour), Note: "the queue is full"})
		}))
		return d
	}
	d := paused("+18005550199")
	require.Equal(t, time.Hour, d.deliver(d.start("anna")).Sleep)
	require.Zero(t, d.provider.calls())
	d = paused("+18005550198")
	require.True(t, d.deliver(d.start("anna")).Done)
}

// TestACountrysRateLeavesOthersAlone has a slow country and a fast one.
func TestACountrysRateLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy+"rates: {sms/US: 1 per second}\n", "Hello"))
	us, de := d.crowd(5, "+18005550100"), d.crowd(5, "+4915112345678")
	for _, q := range us[:4] {
		d.deliver(q)
	}
	require.Equal(t, 1, d.provider.calls())
	for _, q := range de {
		require.True(t, d.deliver(q).Done)
	}
	require.Positive(t, d.deliver(us[4]).Sleep)
	require.Equal(t, 6, d.provider.calls())
}

// TestAHeldChannelLosesNothing has a provider that refuses its set-up: messages
// stay planned, and all go out once the hold is lifted.
func TestAHeldChannelLosesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy+"rates: {sms: 5 per second}\n", "Hello"))
	list := d.crowd(20, "+18005550100")
	d.provider.answer = func(int, channel.Message) error { return no(channel.Misconfigured, 0) }
	d.settle(list...)
	require.Equal(t, 1, d.provider.calls())
	for _, q := range list {
		require.Equal(t, ledger.Planned, d.part(q.Ref).Status)
	}
	d.pass(time.Minute)
	d.provider.answer = nil
	require.NoError(t, d.store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		return tx.LiftHold(ledger.Hold{Kind: ledger.HoldChannel, Name: "sms", Lifted: d.now, Then: ledger.ResumeSend})
	}))
	for i, q := range list {
		list[i].Seq = d.outreach(q.Ref).Seq + 1
	}
	d.settle(list...)
	require.Equal(t, 21, d.provider.calls())
	require.LessOrEqual(t, fullest(d.provider.at[1:]), 5)
	for _, q := range list {
		require.Equal(t, 1, d.outreach(q.Ref).Sent)
	}
}
