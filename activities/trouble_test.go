package activities_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// TestUnavailableIsTriedLongerEachTime has a provider that never comes back: it
// is asked after 5, 10, 20 seconds and so on, until the message's time is over.
func TestUnavailableIsTriedLongerEachTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy, "Hello"))
	q := d.start("anna")
	d.provider.answer = func(int, channel.Message) error { return no(channel.Unavailable, 0) }
	began := d.now
	d.live(q.Ref, d.deliver(q))
	var waits []time.Duration
	for i, at := range d.provider.at {
		waits = append(waits, at.Sub(began))
		began = d.provider.at[i]
	}
	require.Equal(t, []time.Duration{0, 5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second,
		160 * time.Second, 320 * time.Second, 640 * time.Second, 1280 * time.Second, 2560 * time.Second}, waits)
	part := d.part(q.Ref)
	require.Equal(t, []any{ledger.Withdrawn, customer.Late, 11}, []any{part.Status, part.Reason, part.Attempt})
	story := d.story("anna")
	require.Equal(t, []string{"Mon 13:25 greeting drop greeting sms late", "Mon 13:25 greeting end completed"}, story[len(story)-2:])
}

func TestThrottledWaitsAsLongAsItIsAsked(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy, "Hello"))
	q := d.start("anna")
	d.provider.answer = func(call int, _ channel.Message) error {
		if call == 1 {
			return no(channel.Throttled, 7*time.Minute)
		}
		return nil
	}
	answer := d.deliver(q)
	require.Equal(t, activities.Answer{Seq: q.Seq, Sleep: 7 * time.Minute, Deliver: q.Deliver, Why: "trying again at Mon 23 Nov 12:07 UTC"}, answer)
	d.live(q.Ref, answer)
	require.Equal(t, 2, d.provider.calls())
	require.Equal(t, ledger.Accepted, d.part(q.Ref).Status)
	require.Equal(t, d.now, d.part(q.Ref).Sent)
}

// TestMisconfiguredHoldsTheChannel stops everybody's messages of the channel
// after one refusal, and lets them go when the hold is removed.
func TestMisconfiguredHoldsTheChannel(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy, "Hello"))
	anna, ben := d.start("anna"), d.start("ben")
	d.provider.answer = func(call int, _ channel.Message) error {
		if call == 1 {
			return no(channel.Misconfigured, 0)
		}
		return nil
	}
	held := d.deliver(anna)
	require.Equal(t, "paused: a hold covers this message", held.Why)
	require.Equal(t, held, d.deliver(ben))
	require.Equal(t, 1, d.provider.calls())
	d.read(func(tx ledger.Tx) error {
		holds, err := tx.Holds()
		require.Equal(t, []ledger.Hold{{Kind: ledger.HoldChannel, Name: "sms", At: d.now, By: "provider", Note: "a reason"}}, holds)
		return err
	})
	require.Equal(t, []string{"Mon 12:00 greeting defer greeting sms for Mon 12:00 misconfigured", "Mon 12:00 greeting defer greeting sms for Mon 12:00 paused"}, d.story("anna")[3:])

	d.pass(10 * time.Minute)
	require.NoError(t, d.store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		return tx.LiftHold(ledger.Hold{Kind: ledger.HoldChannel, Name: "sms", Lifted: d.now, Then: ledger.ResumeSend})
	}))
	for _, ref := range []ledger.Ref{anna.Ref, ben.Ref} {
		held.Sleep = 0
		d.live(ref, held)
		require.Equal(t, 1, d.outreach(ref).Sent)
	}
	require.Equal(t, 3, d.provider.calls())
}

func TestATextThatCannotBeWrittenDropsItsMessage(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy, "{{ order_placed.promised_at }}"))
	q := d.start("anna")
	require.Equal(t, activities.Answer{Seq: q.Seq, Done: true, Why: "completed"}, d.deliver(q))
	require.Zero(t, d.provider.calls())
	require.Equal(t, []string{"Mon 12:00 greeting drop greeting sms template_error", "Mon 12:00 greeting end completed"}, d.story("anna")[3:])
}

func TestABadAddressIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy, "Hello"))
	q := d.start("anna")
	d.provider.answer = func(int, channel.Message) error { return no(channel.BadAddress, 0) }
	require.True(t, d.deliver(q).Done)
	require.Equal(t, []string{"Mon 12:00 greeting drop greeting sms bad_address", "Mon 12:00 greeting end completed"}, d.story("anna")[3:])
	d.read(func(tx ledger.Tx) error {
		s, ok, err := tx.Suppressed(customer.SMS, "+18005550100")
		require.True(t, ok)
		require.Equal(t, string(customer.BadAddress), s.Reason)
		return err
	})
	d.take("anna", "order_placed")
	require.Equal(t, "Mon 12:00 greeting drop suppressed", d.story("anna")[6])
}

func TestAChannelKeepsItsRate(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy+"rates: {sms: 30 per minute}\n", "Hello"))
	first, second, third := d.start("anna"), d.start("ben"), d.start("cleo")
	require.True(t, d.deliver(first).Done)
	wait := d.deliver(second)
	require.InDelta(t, 2*time.Second, wait.Sleep, float64(time.Second))
	require.Equal(t, activities.Answer{Seq: second.Seq - 1, Sleep: wait.Sleep, Deliver: second.Deliver, Why: "waiting for provider to have room"}, wait)
	require.InDelta(t, 4*time.Second, d.deliver(third).Sleep, float64(time.Second), "each has a turn of its own")
	require.LessOrEqual(t, d.deliver(second).Sleep, wait.Sleep, "who asks early keeps the turn")
	require.Equal(t, 1, d.provider.calls())
	require.Equal(t, ledger.Planned, d.part(second.Ref).Status)
}

// TestWhoWaitsForATurnIsNotTakenForLost has a slow channel: the row of who
// waits long says so, and the sweep leaves it alone.
func TestWhoWaitsForATurnIsNotTakenForLost(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy+"rates: {sms: 1 per minute}\n", "Hello"))
	var last activities.Question
	for i := range 6 {
		last = d.start(fmt.Sprint("c", i))
		d.deliver(last)
	}
	row := d.outreach(last.Ref)
	require.WithinDuration(t, d.now.Add(5*time.Minute), row.NextAt, time.Second)
	d.pass(4 * time.Minute)
	_, err := d.engine.Work(t.Context(), "greeting")
	require.NoError(t, err)
	require.Equal(t, row, d.outreach(last.Ref))
}

// TestCallsInFlightAreBounded fills a provider: the next one waits without an
// attempt, and has its turn when there is room. Some places are for what is
// urgent alone.
func TestCallsInFlightAreBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy string
		room   int
	}{
		"others": {openPolicy, 56},
		"urgent": {strings.Replace(openPolicy, "assumed", "assumed, urgent: yes", 1), 64},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, greetings(c.policy, "Hello"))
			var questions []activities.Question
			for i := range c.room + 1 {
				questions = append(questions, d.start(fmt.Sprint("c", i)))
			}
			entered, release := d.provider.hold()
			release = sync.OnceFunc(release)
			defer release()
			done := make(chan activities.Answer, c.room)
			for _, q := range questions[:c.room] {
				go func() { done <- d.deliver(q) }()
			}
			for range c.room {
				<-entered
			}
			last := questions[c.room]
			wait := d.deliver(last)
			require.Equal(t, []any{last.Seq - 1, last.Deliver}, []any{wait.Seq, wait.Deliver})
			require.GreaterOrEqual(t, wait.Sleep, 500*time.Millisecond)
			require.GreaterOrEqual(t, d.deliver(last).Sleep, 500*time.Millisecond)
			require.Equal(t, c.room, d.provider.calls())
			release()
			for range c.room {
				<-done
			}
			require.NoError(t, d.engine.Wait(t.Context()))
			require.True(t, d.deliver(last).Done)
		})
	}
}
