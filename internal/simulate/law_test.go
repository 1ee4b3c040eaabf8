package simulate_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// people draws the scripts of a few customers of the shipped rules, over two
// months with an end of summer time in them.
func people(t *rapid.T) simulate.Script {
	from := time.Date(2026, 9, 28, 0, 0, 0, 0, time.UTC)
	script := simulate.Script{From: from, To: from.AddDate(0, 2, 0)}
	for _, c := range []customer.Channel{customer.Push, customer.SMS, customer.Email} {
		if rapid.IntRange(0, 3).Draw(t, "no word of "+string(c)) == 0 {
			script.Unconfirmed = append(script.Unconfirmed, c)
		}
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "customers") {
		user := fmt.Sprint("user", i)
		script.Acts = append(script.Acts, simulate.Act{At: from, Incoming: observe.Incoming{
			User: user, Event: customer.Event{Name: customer.Identified}, Change: profile(t, i),
		}})
		for range rapid.IntRange(1, 25).Draw(t, "events") {
			// Quarters of an hour, so that several things happen at once.
			at := from.Add(time.Duration(rapid.IntRange(0, 50*96).Draw(t, "quarter")) * 15 * time.Minute)
			script.Acts = append(script.Acts, simulate.Act{At: at, Incoming: observe.Incoming{User: user, Event: happens(t, at)}})
		}
	}
	return script
}

func profile(t *rapid.T, i int) observe.Change {
	draw := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	zone, phone, email := draw("zone", "Europe/Berlin", "America/New_York", "Pacific/Auckland", ""), fmt.Sprint("+4915112345", 100+i), fmt.Sprint("u", i, "@example.com")
	c := observe.Change{Zone: &zone, Consents: map[customer.Topic]bool{}, Traits: map[string]customer.Value{
		"plan": customer.Text(draw("plan", "basic", "surf", "ultimate")), "plan_mb": customer.Number(10000), "billing_day": customer.Number(15),
	}}
	if draw("has a phone", "yes", "no") == "yes" {
		c.Phone = &phone
	}
	if draw("has mail", "yes", "no") == "yes" {
		c.Email = &email
	}
	if draw("has the app", "yes", "no") == "yes" {
		c.PushToken = fmt.Sprint("token", i)
	}
	for _, topic := range []customer.Topic{"tips", "offers"} {
		c.Consents[topic] = draw("consent", "yes", "no") == "yes"
	}
	if hours := draw("hours", "", "daily 18:00-21:00", "Mon-Fri 07:00-08:30", "Sat 10:00"); hours != "" {
		c.Preferences = &customer.Preferences{Hours: map[customer.Channel]string{customer.AnyChannel: hours}}
	}
	return c
}

func happens(t *rapid.T, at time.Time) customer.Event {
	e := customer.Event{Via: customer.ViaServer, Properties: map[string]customer.Value{}, Name: rapid.SampledFrom([]string{
		"data_session", "data_session", "data_session", "data_topped_up", "order_placed", "order_placed", "order_delivered", "order_cancelled",
		"payment_failed", "payment_succeeded", "signed_up", "app_opened", "app_installed", "plan_changed", "account_closed",
		customer.MessageClicked, customer.MessageOpened, customer.MessageReplied,
		customer.MessageDelivered, customer.MessageFailed, customer.MessageBounced,
	}).Draw(t, "event")}
	number := customer.Text(rapid.SampledFrom([]string{"A", "B"}).Draw(t, "number"))
	switch e.Name {
	case "data_session", "data_topped_up":
		e.Properties["mb"] = customer.Number(float64(1000 * rapid.IntRange(1, 9).Draw(t, "mb")))
	case "order_placed", "order_delivered", "order_cancelled":
		e.Properties["order_id"] = number
		promised := at.Add(time.Duration(rapid.IntRange(-2, 60).Draw(t, "hours")) * time.Hour)
		e.Properties["promised_at"] = customer.Text(promised.Format(time.RFC3339))
	case "payment_failed", "payment_succeeded":
		e.Properties["invoice_id"] = number
	case "app_opened", "app_installed":
		e.Via = customer.ViaApp
	case customer.MessageReplied:
		e.Properties[customer.TextProperty] = customer.Text(rapid.SampledFrom([]string{"STOP", "thanks"}).Draw(t, "reply"))
	}
	return e
}

// possible plays a script without the acts that are about a message that was
// never sent, and gives both.
func possible(t *rapid.T, s *simulate.Stage, script simulate.Script) (*simulate.Play, simulate.Script) {
	for {
		p, err := s.Play(t.Context(), script)
		bad, is := errors.AsType[*simulate.ActError](err)
		if !is {
			require.NoError(t, err)
			return p, script
		}
		require.ErrorIs(t, err, simulate.ErrNoMessage)
		script.Acts = slices.Delete(slices.Clone(script.Acts), bad.Act, bad.Act+1)
	}
}

// of gives the lines of one customer.
func of(lines []simulate.Line, user string) string {
	return timeline(slices.DeleteFunc(slices.Clone(lines), func(l simulate.Line) bool { return l.External != user }))
}

// TestAPlayRepeatsItself plays each script twice.
func TestAPlayRepeatsItself(t *testing.T) {
	t.Parallel()
	s := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		p, script := possible(t, s, people(t))
		again, err := s.Play(t.Context(), script)
		require.NoError(t, err)
		again.Store = p.Store
		require.Equal(t, p, again)
	})
}

// TestCustomersDoNotMeet plays a few customers together, in any order of their
// acts at one instant, and each alone.
func TestCustomersDoNotMeet(t *testing.T) {
	t.Parallel()
	s := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		p, script := possible(t, s, people(t))
		shuffled := script
		shuffled.Acts = mixed(script.Acts, rapid.Uint64().Draw(t, "seed"))
		mixedPlay, err := s.Play(t.Context(), shuffled)
		require.NoError(t, err)
		for i := range 3 {
			user := fmt.Sprint("user", i)
			alone := script
			alone.Acts = slices.DeleteFunc(slices.Clone(script.Acts), func(a simulate.Act) bool { return a.User != user })
			own, err := s.Play(t.Context(), alone)
			require.NoError(t, err)
			require.Equal(t, timeline(own.Lines), of(p.Lines, user))
			require.Equal(t, timeline(own.Lines), of(mixedPlay.Lines, user))
		}
	})
}

// mixed puts the acts of customers between each other's; each one's own stay
// in their order.
func mixed(acts []simulate.Act, seed uint64) []simulate.Act {
	random := rand.New(rand.NewPCG(seed, seed))
	queues := map[string][]simulate.Act{}
	var users []string
	for _, a := range acts {
		if queues[a.User] == nil {
			users = append(users, a.User)
		}
		queues[a.User] = append(queues[a.User], a)
	}
	var list []simulate.Act
	for len(list) < len(acts) {
		user := users[random.IntN(len(users))]
		if q := queues[user]; len(q) > 0 {
			list, queues[user] = append(list, q[0]), q[1:]
		}
	}
	return list
}

// TestLiveDecidesAlikeWhateverHappens holds I5 on scripts that nobody wrote.
func TestLiveDecidesAlikeWhateverHappens(t *testing.T) {
	t.Parallel()
	s := shipped(t)
	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		_, script := possible(rt, s, people(rt))
		alikeInTheEnd(rt, files, script)
	})
}
