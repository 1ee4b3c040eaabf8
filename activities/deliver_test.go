package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func TestAnswersAreKeptUnderTheirNumber(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy, "Hello"))
	q := d.start("anna")
	looked, err := d.engine.Advance(t.Context(), activities.Question{Ref: q.Ref, Seq: q.Seq})
	require.NoError(t, err)
	require.Equal(t, activities.Answer{Seq: q.Seq, Deliver: q.Deliver, Why: "sending greeting by sms"}, looked)
	row := d.outreach(q.Ref)
	repeated, err := d.engine.Advance(t.Context(), activities.Question{Ref: q.Ref, Seq: q.Seq})
	require.NoError(t, err)
	require.Equal(t, activities.Answer{Seq: q.Seq, Why: looked.Why}, repeated, "look again under the next number")
	require.Equal(t, row, d.outreach(q.Ref))

	require.Equal(t, looked, d.deliver(q), "that number was answered: nothing is sent under it")
	require.Zero(t, d.provider.calls())
	q.Seq++
	sent := d.deliver(q)
	require.Equal(t, activities.Answer{Seq: q.Seq, Done: true, Why: "completed"}, sent)
	require.Equal(t, sent, d.deliver(q))
	require.Equal(t, 1, d.provider.calls())
	require.Equal(t, 1, d.outreach(q.Ref).Sent)
}

// TestAHintIsNotLostOnAnothersAnswer has the watch take an outreach's number
// while a hold is in force. Its workflow, told when the hold is gone, comes with
// the number that it knows, and goes on all the same.
func TestAHintIsNotLostOnAnothersAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy, "Hello"))
	q := d.start("anna")
	hold := ledger.Hold{Kind: ledger.HoldAll, At: d.now, By: "operator"}
	require.NoError(t, d.store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error { return tx.SetHold(hold) }))
	d.pass(3 * time.Minute) // longer than anybody has patience: the watch starts it anew
	_, err := d.engine.Work(t.Context(), "greeting")
	require.NoError(t, err)
	require.Equal(t, customer.Paused, d.outreach(q.Ref).Reason)
	require.NoError(t, d.store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		return tx.LiftHold(ledger.Hold{Kind: ledger.HoldAll, Lifted: d.engine.Clock.Now(), Then: ledger.ResumeSend})
	}))
	answer, err := d.engine.Advance(t.Context(), activities.Question{Ref: q.Ref, Seq: q.Seq})
	require.NoError(t, err)
	d.live(q.Ref, answer)
	require.Equal(t, []time.Time{hold.At.Add(3 * time.Minute)}, d.provider.at, "at once, not when the message's time runs out")
	require.Equal(t, 1, d.outreach(q.Ref).Sent)
}

func TestAnOutreachThatIsGoneIsDone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy, "Hello"))
	ref := ledger.Ref{Rule: "greeting", Customer: "nobody", N: 1}
	answer, err := d.engine.Advance(t.Context(), activities.Question{Ref: ref, Seq: 3})
	require.NoError(t, err)
	require.Equal(t, activities.Answer{Seq: 3, Done: true, Why: "the outreach is not in the store"}, answer)
	answer, err = d.engine.Deliver(t.Context(), activities.Question{Ref: ref, Seq: 3, Deliver: "greeting.nobody.1.greeting.sms"})
	require.NoError(t, err)
	require.True(t, answer.Done)
	_, err = d.engine.Deliver(t.Context(), activities.Question{Ref: ref, Seq: 3, Deliver: "no key"})
	require.ErrorContains(t, err, `send key: "no key"`)
	_, err = d.engine.Deliver(t.Context(), activities.Question{Ref: ref, Seq: 3, Deliver: "greeting.nobody.1.greeting.email"})
	require.ErrorContains(t, err, "channel email: no provider is configured")
}

// hold makes the provider wait in its calls until release is called, and tells
// of each call.
func (p *provider) hold() (entered chan string, release func()) {
	entered, gate := make(chan string, 1000), make(chan struct{})
	p.answer = func(_ int, m channel.Message) error {
		entered <- m.Key
		<-gate
		return nil
	}
	return entered, func() { close(gate) }
}

func TestARepeatDuringALiveLeaseCallsNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy, "Hello"))
	q := d.start("anna")
	entered, release := d.provider.hold()
	first := make(chan activities.Answer, 1)
	go func() { first <- d.deliver(q) }()
	<-entered
	repeat, err := d.another().Deliver(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, activities.Answer{Seq: q.Seq, Sleep: 40 * time.Second, Why: "an attempt is under way"}, repeat)
	require.Empty(t, d.hints())
	release()
	answer := <-first
	require.True(t, answer.Done)
	require.Equal(t, q.Seq+1, answer.Seq, "the number that the repeat took is not used twice")
	require.Len(t, d.hints(), 1, "who took the repeat's answer need not wait for the lease")
	require.Equal(t, 1, d.provider.calls())
	require.Equal(t, 1, d.outreach(q.Ref).Sent)
}

// TestACrashBeforeTheRecordIsNeverSentTwice has a provider that takes the
// message in the moment in which the process loses its store.
func TestACrashBeforeTheRecordIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy, "Hello"))
	q := d.start("anna")
	d.provider.answer = func(int, channel.Message) error {
		d.store.broken.Store(true)
		return nil
	}
	answer := d.deliver(q)
	require.Equal(t, activities.Answer{Seq: q.Seq - 1, Sleep: 40 * time.Second, Why: "an attempt is under way"}, answer)
	require.Equal(t, ledger.Sending, d.part(q.Ref).Status)
	d.store.broken.Store(false)
	d.engine = d.another()
	d.pass(39 * time.Second)
	answer = d.deliver(q)
	require.Equal(t, activities.Answer{Seq: q.Seq, Sleep: time.Second, Why: "an attempt is under way"}, answer)
	d.inquire()
	require.Equal(t, ledger.Sending, d.part(q.Ref).Status, "its process may still be about to write")
	d.pass(answer.Sleep)
	answer.Sleep = 0
	d.inquire()
	d.live(q.Ref, answer)
	require.Equal(t, 1, d.provider.calls())
	part := d.part(q.Ref)
	require.Equal(t, ledger.Unknown, part.Status)
	require.Equal(t, customer.Unknown, part.Reason)
	d.read(func(tx ledger.Tx) error {
		listed, err := tx.PartsBy(ledger.Unknown, 10)
		require.Equal(t, []ledger.Part{part}, listed, "a person sees it")
		return err
	})
	require.Equal(t, customer.Completed, d.outreach(q.Ref).Reason)
	require.Equal(t, []string{"Mon 12:00 greeting plan greeting sms for Mon 12:00", "Mon 12:00 greeting defer greeting sms for Mon 12:00 unknown", "Mon 12:00 greeting drop greeting sms unknown", "Mon 12:00 greeting end completed"}, d.story("anna")[2:])
}

// TestALostProcessIsFoundAfterTheEnd ends an outreach whose attempt nobody will
// record: no workflow asks for it, and it is found all the same.
func TestALostProcessIsFoundAfterTheEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy, "Hello"))
	q := d.start("anna")
	d.provider.answer = func(int, channel.Message) error {
		d.store.broken.Store(true)
		return nil
	}
	d.deliver(q)
	d.store.broken.Store(false)
	d.take("anna", "order_cancelled")
	require.Equal(t, customer.Stop, d.outreach(q.Ref).Reason)
	d.pass(39 * time.Second)
	d.inquire()
	require.Equal(t, ledger.Sending, d.part(q.Ref).Status, "its process may still be about to write")
	d.pass(time.Second)
	d.inquire()
	require.Equal(t, ledger.Unknown, d.part(q.Ref).Status)
	require.Equal(t, 1, d.provider.calls())
}

// TestAnEndDuringTheCallStands ends an outreach while its message is with the
// provider.
func TestAnEndDuringTheCallStands(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says   error
		status ledger.PartStatus
		reason customer.Reason
		sent   int
	}{
		"accepted":    {nil, ledger.Accepted, "", 1},
		"rejected":    {no(channel.Rejected, 0), ledger.Rejected, customer.Rejected, 0},
		"throttled":   {no(channel.Throttled, time.Minute), ledger.Withdrawn, customer.Stop, 0},
		"unavailable": {no(channel.Unavailable, 0), ledger.Withdrawn, customer.Stop, 0},
		"ambiguous":   {no(channel.Ambiguous, 0), ledger.Ambiguous, customer.Unknown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, greetings(openPolicy, "Hello"))
			q := d.start("anna")
			d.provider.answer = func(int, channel.Message) error {
				d.take("anna", "order_cancelled")
				return c.says
			}
			require.Equal(t, activities.Answer{Seq: q.Seq, Done: true, Why: "stop"}, d.deliver(q))
			part, o := d.part(q.Ref), d.outreach(q.Ref)
			require.Equal(t, []any{c.status, c.reason, c.sent, customer.Stop}, []any{part.Status, part.Reason, o.Sent, o.Reason})
			require.Equal(t, c.sent == 0 && c.status != ledger.Ambiguous, part.Sent.IsZero())
			d.inquire()
			if c.status == ledger.Ambiguous {
				require.Equal(t, ledger.Unknown, d.part(q.Ref).Status, "it is never made again")
			}
			require.Equal(t, 1, d.provider.calls())
		})
	}
}

func TestASlowProviderIsHintedWhenItIsDone(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	d := newDesk(t, greetings(openPolicy, "Hello"))
	q := d.start("anna")
	_, release := d.provider.hold()
	began := time.Now()
	answer := d.deliver(q)
	require.Less(t, time.Since(began), 6*time.Second, "nobody waits longer than a local activity may")
	require.Equal(t, activities.Answer{Seq: q.Seq - 1, Sleep: 40 * time.Second, Why: "an attempt is under way"}, answer)
	require.Empty(t, d.hints())
	release()
	require.NoError(t, d.engine.Wait(t.Context()))
	require.Len(t, d.hints(), 1)
	require.Equal(t, 1, d.outreach(q.Ref).Sent)
	d.live(q.Ref, answer)
	require.Equal(t, 1, d.provider.calls())
}

// TestAnOutcomeAfterTheLeaseIsBelieved has a provider that answers when the
// lease is over: before somebody takes the attempt up, while its end is asked
// for, and when it was given up. The answer is still the truth, and nobody has
// sent the message a second time meanwhile.
func TestAnOutcomeAfterTheLeaseIsBelieved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		looks int // of those who take up what was lost, before the answer comes
		was   ledger.PartStatus
	}{
		"before it is taken up": {0, ledger.Sending},
		"while it is asked for": {1, ledger.Ambiguous},
		"when it is given up":   {2, ledger.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, greetings(openPolicy, "Hello"))
			q := d.start("anna")
			d.provider.answer = func(int, channel.Message) error {
				d.pass(41 * time.Second)
				for range c.looks {
					_, err := d.engine.Inquire(t.Context())
					require.NoError(t, err)
				}
				looked, err := d.engine.Advance(t.Context(), activities.Question{Ref: q.Ref, Seq: q.Seq})
				require.NoError(t, err)
				require.Equal(t, c.was == ledger.Unknown, looked.Done)
				require.Equal(t, c.was, d.part(q.Ref).Status)
				return nil
			}
			answer := d.deliver(q)
			require.True(t, answer.Done, answer.Why)
			require.Equal(t, ledger.Accepted, d.part(q.Ref).Status)
			require.Equal(t, 1, d.outreach(q.Ref).Sent)
			require.Equal(t, 1, d.provider.calls())
		})
	}
}

// TestALateOutcomeOfAnEarlierAttemptChangesNothing has the policy send a message
// again whose answer comes only then: the second attempt is its own.
func TestALateOutcomeOfAnEarlierAttemptChangesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, greetings(openPolicy+"unknown: {sms: again}\n", "Hello"))
	q := d.start("anna")
	entered, release, done := make(chan bool), make(chan bool), make(chan activities.Answer)
	d.provider.answer = func(call int, _ channel.Message) error {
		if call == 2 {
			close(entered)
			<-release
			return nil
		}
		d.pass(41 * time.Second)
		d.inquire()
		answer, err := d.another().Advance(t.Context(), activities.Question{Ref: q.Ref, Seq: q.Seq + 1})
		require.NoError(t, err)
		go func() {
			answer, err := d.another().Deliver(t.Context(), activities.Question{Ref: q.Ref, Seq: answer.Seq + 1, Deliver: answer.Deliver})
			require.NoError(t, err)
			done <- answer
		}()
		<-entered
		return no(channel.Rejected, 0)
	}
	answer := d.deliver(q)
	require.Equal(t, "the attempt was decided without its outcome", answer.Why)
	part := d.part(q.Ref)
	require.Equal(t, []any{ledger.Sending, 2}, []any{part.Status, part.Attempt}, "the second attempt is under way")
	close(release)
	require.True(t, (<-done).Done)
	part = d.part(q.Ref)
	require.Equal(t, []any{ledger.Accepted, 2, 2}, []any{part.Status, part.Attempt, d.provider.calls()})
	require.Equal(t, 1, d.outreach(q.Ref).Sent)
}
