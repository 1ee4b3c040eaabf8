package observe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

const withGoal = onPurchase + "\ngoal: {event: closed, within: 14d}\nstop: opened"

// goals gives when each outreach of a user reached its goal, "" for not.
func (w *world) goals(user string) (list []string) {
	w.t.Helper()
	for _, o := range w.outreaches(user) {
		at := ""
		if !o.GoalAt.IsZero() {
			at = o.GoalAt.Format("01-02 15:04")
		}
		list = append(list, at)
	}
	return list
}

func TestTheGoalEndsAnOutreach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"buy": withGoal})
	w.identify("anna", reachable())
	w.happen("anna", "", "bought")
	w.happen("anna", "23 11:00", "closed")
	require.Equal(t, []string{"buy 1 matched"}, w.fates("anna"), "what happened before it is no success of its own")
	w.happen("anna", "", "closed")
	require.Equal(t, []string{"buy 1 goal_reached"}, w.fates("anna"))
	require.Equal(t, []string{"11-23 12:00"}, w.goals("anna"))
}

func TestAStopEndsAnOutreach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"buy": withGoal})
	w.identify("anna", reachable())
	w.happen("anna", "", "bought")
	w.happen("anna", "", "opened")
	require.Equal(t, []string{"buy 1 stop"}, w.fates("anna"))
}

func TestAGoalAfterTheEndCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after time.Duration
		sent  int
		want  string
	}{
		"in time":      {14 * 24 * time.Hour, 1, "12-07 12:00"},
		"too late":     {14*24*time.Hour + time.Second, 1, ""},
		"nothing sent": {time.Hour, 0, "11-23 13:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]string{"buy": withGoal})
			w.identify("anna", reachable())
			w.happen("anna", "", "bought")
			w.finish("anna", c.sent)
			w.now = w.now.Add(c.after)
			w.happen("anna", "", "closed")
			require.Equal(t, []string{c.want}, w.goals("anna"))
			require.Equal(t, []string{"buy 1 completed"}, w.fates("anna"))
			w.now = w.now.Add(time.Minute)
			w.happen("anna", "", "closed")
			require.Equal(t, []string{c.want}, w.goals("anna"), "the first counts")
		})
	}
}

// TestAGoalMayBeHeardOfLate: what is newer does not hide it.
func TestAGoalMayBeHeardOfLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"buy": "when: {event: bought}\ngoal: {event: closed, within: 2d}"})
	w.identify("anna", reachable())
	w.happen("anna", "", "bought")
	w.finish("anna", 1)
	w.now = moment(t, "30 12:00")
	w.happen("anna", "", "closed")
	require.Equal(t, []string{""}, w.goals("anna"))
	w.happen("anna", "24 12:00", "closed")
	require.Equal(t, []string{"11-24 12:00"}, w.goals("anna"))
}

func TestTheGoalsOfTheHeldOutAreCountedAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"buy": withGoal + "\nholdout: 50%"})
	seen := map[string]int{}
	for i := range 30 {
		user := "u" + string(rune('a'+i))
		w.identify(user, reachable())
		w.happen(user, "", "bought")
		fate := w.fates(user)[0]
		w.happen(user, "", "closed")
		require.Equal(t, []string{"11-23 12:00"}, w.goals(user), fate)
		seen[fate]++
	}
	require.Len(t, seen, 2)
}

// TestAnswersWithAStopWord end messages to that address, and nothing else
// does.
func TestAnswersWithAStopWord(t *testing.T) {
	t.Parallel()
	for text, stops := range map[string]bool{" stop ": true, "STOPALL": true, "Unsubscribe": true, "quit": true, "please stop": true, "bitte keine SMS mehr": true, "no problem, stop by when you like": false, "thanks": false, "": false} {
		w := newWorld(t, map[string]string{"buy": onPurchase})
		w.identify("anna", observe.Change{Phone: pointer("+4915112345678"), Email: pointer("anna@example.com")})
		w.happen("anna", "", "bought")
		o := w.outreaches("anna")[0]
		part := ledger.Part{Ref: o.Ref, Step: "hello", Channel: customer.SMS, Template: "hello", Status: ledger.Accepted, Address: "+4915199999999", Sent: w.now, Updated: w.now}
		o.Status = ledger.Open
		w.write(func(tx ledger.Tx) error {
			require.NoError(t, tx.SaveOutreach(o))
			return tx.SavePart(part)
		})
		w.happen("anna", "", customer.MessageReplied, customer.TextProperty, text, customer.MessageProperty, part.Key(), customer.ChannelProperty, "sms")
		w.read(func(tx ledger.Tx) {
			suppression, is, err := tx.Suppressed(customer.SMS, part.Address)
			require.NoError(t, err)
			require.Equal(t, stops, is, text)
			if stops {
				require.Equal(t, customer.Suppression{Channel: customer.SMS, Address: part.Address, Reason: "stop_reply", At: w.now}, suppression)
			}
			_, is, err = tx.Suppressed(customer.SMS, "+4915112345678")
			require.NoError(t, err)
			require.False(t, is, "the message went to another number")
			hints, err := tx.Hints("buy", 10)
			require.NoError(t, err)
			require.Equal(t, stops, len(hints) == 1, text)
		})
		require.Equal(t, w.now, w.state("anna").Used[customer.SMS], "they use the channel")
	}
}

func TestAStopWordWithoutItsMessageIsOnlyAnEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"buy": onPurchase})
	w.identify("anna", observe.Change{Phone: pointer("+4915112345678")})
	require.Equal(t, observe.Taken, w.happen("anna", "", customer.MessageReplied, customer.TextProperty, "STOP"))
	for _, key := range []string{"x.y", "buy.c1.1.hello.sms"} {
		e := w.event("", customer.MessageReplied, customer.TextProperty, "STOP", customer.MessageProperty, key)
		require.Equal(t, []observe.Outcome{{Status: observe.Refused, Reason: "message: is none that went to this customer, give the send_key that came with it"}},
			w.take(observe.Incoming{User: "anna", Event: e}))
	}
}

// TestWhatIsWaitedForIsHinted to the outreach, and ends it when its audience
// is gone.
func TestWhatIsWaitedForIsHinted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"buy": onPurchase + "\naudience: not happened(closed)"})
	w.identify("anna", reachable())
	w.happen("anna", "", "bought")
	o := w.outreaches("anna")[0]
	o.Status, o.WakesOn = ledger.Open, []string{"opened"}
	w.write(func(tx ledger.Tx) error { return tx.SaveOutreach(o) })
	hints := func() (n int) {
		w.read(func(tx ledger.Tx) {
			list, err := tx.Hints("buy", 10)
			require.NoError(t, err)
			n = len(list)
		})
		return n
	}
	w.happen("anna", "", "used")
	require.Zero(t, hints())
	w.happen("anna", "", "opened")
	require.Equal(t, 1, hints())
	w.happen("anna", "", "closed")
	require.Equal(t, []string{"buy 1 audience_gone"}, w.fates("anna"))
	require.Equal(t, 2, hints())
}
