package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func told() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"share":            share,
		"sharing_pages":    sharingPages,
		"share_undone":     shareUndone,
		"nobodys_event":    nobodysEvent,
		"news_round_trip":  newsRoundTrip,
		"news_order":       newsOrder,
		"news_never_again": newsNeverAgain,
	}
}

func sharing(t *testing.T, s ledger.Store, trait, value string) []customer.ID {
	t.Helper()
	return both(t, s, func(tx ledger.Tx) ([]customer.ID, error) { return tx.Sharing(trait, value, "", 0) })
}

func shareAs(id customer.ID, values map[string]string) func(ledger.Tx) error {
	return func(tx ledger.Tx) error { return tx.Share(id, values) }
}

func share(t *testing.T, open Open) {
	s := start(t, open)
	require.Empty(t, sharing(t, s, "team", "red"))
	write(t, s, shareAs("c2", map[string]string{"team": "red", odd: odd, wide: wide}))
	write(t, s, shareAs("c1", map[string]string{"team": "red", "shop": "red"}))
	require.Equal(t, []customer.ID{"c1", "c2"}, sharing(t, s, "team", "red"), "in id order")
	require.Equal(t, []customer.ID{"c2"}, sharing(t, s, odd, odd))
	require.Equal(t, []customer.ID{"c2"}, sharing(t, s, wide, wide))
	require.Equal(t, []customer.ID{"c1"}, sharing(t, s, "shop", "red"), "another trait of the same value")
	require.Empty(t, sharing(t, s, "team", "re"), "another value")

	write(t, s, shareAs("c1", map[string]string{"team": "blue", "shop": "red", "city": "Graz"}))
	require.Equal(t, []customer.ID{"c2"}, sharing(t, s, "team", "red"), "c1's was replaced")
	require.Equal(t, []customer.ID{"c1"}, sharing(t, s, "team", "blue"))
	require.Equal(t, []customer.ID{"c1"}, sharing(t, s, "shop", "red"), "what stays")
	require.Equal(t, []customer.ID{"c1"}, sharing(t, s, "city", "Graz"), "what came")

	write(t, s, shareAs("c1", nil))
	for _, again := range []ledger.Store{s, start(t, open)} {
		require.Empty(t, sharing(t, again, "team", "blue"), "what went")
		require.Empty(t, sharing(t, again, "shop", "red"), "what went")
		require.Equal(t, []customer.ID{"c2"}, sharing(t, again, "team", "red"), "of somebody else")
	}
}

func sharingPages(t *testing.T, open Open) {
	s := start(t, open)
	for _, id := range []customer.ID{"c3", "c1", "c5", "c2", "c4"} {
		write(t, s, shareAs(id, map[string]string{"team": "red"}))
	}
	page := func(after customer.ID, limit int) []customer.ID {
		return both(t, s, func(tx ledger.Tx) ([]customer.ID, error) { return tx.Sharing("team", "red", after, limit) })
	}
	require.Equal(t, []customer.ID{"c1", "c2"}, page("", 2))
	require.Equal(t, []customer.ID{"c3", "c4"}, page("c2", 2))
	require.Equal(t, []customer.ID{"c5"}, page("c4", 2))
	require.Empty(t, page("c5", 2))
	require.Equal(t, []customer.ID{"c4", "c5"}, page("c3x", 0), "behind one who does not share")
}

func shareUndone(t *testing.T, open Open) {
	s := start(t, open)
	write(t, s, shareAs("c1", map[string]string{"team": "red", "shop": "north"}))
	errs := together(t, s, shareAs("c2", map[string]string{"team": "red"}), func(tx ledger.Tx) error {
		if err := tx.Share("c1", map[string]string{"team": "blue"}); err != nil {
			return err
		}
		return errKept(tx.AddNews(someNews("m1")))
	})
	require.Equal(t, []error{nil, errRefused}, errs)
	require.Equal(t, []customer.ID{"c1", "c2"}, sharing(t, s, "team", "red"))
	require.Equal(t, []customer.ID{"c1"}, sharing(t, s, "shop", "north"))
	require.Empty(t, sharing(t, s, "team", "blue"))
	require.Empty(t, newsOf(t, s, 0))
}

// nobodysEvent holds that an event of no customer is known by its message id,
// and told with no customer's own.
func nobodysEvent(t *testing.T, open Open) {
	s := start(t, open)
	nobodys := customer.Event{MessageID: "m1", Name: "price_changed", At: at(1)}
	taken := nobodys
	taken.Customer = "c1"
	require.Equal(t, []bool{true, false}, appendAll(t, s, nobodys, taken))
	require.Equal(t, []bool{false, false}, appendAll(t, s, nobodys, taken), "later")
	require.Empty(t, both(t, s, eventsOf(ledger.EventQuery{Customer: "c1"})))
	require.Equal(t, []customer.Event{nobodys}, both(t, s, eventsOf(ledger.EventQuery{})))
}

func newsOf(t *testing.T, s ledger.Store, limit int) []ledger.News {
	t.Helper()
	return both(t, s, func(tx ledger.Tx) ([]ledger.News, error) { return tx.News(limit) })
}

func someNews(message string) ledger.News {
	return ledger.News{Event: customer.Event{MessageID: message, Name: "price_changed", At: at(1)}, Trait: "team", Value: "red"}
}

func addNews(t *testing.T, s ledger.Store, list ...ledger.News) {
	t.Helper()
	write(t, s, func(tx ledger.Tx) error {
		for _, n := range list {
			if err := tx.AddNews(n); err != nil {
				return err
			}
		}
		return nil
	})
}

// unnumbered gives news without the ids that a store gave, which must differ.
func unnumbered(t *testing.T, list []ledger.News) []ledger.News {
	t.Helper()
	ids := map[int64]bool{}
	plain := make([]ledger.News, len(list))
	for i, n := range list {
		require.NotZero(t, n.ID)
		ids[n.ID] = true
		n.ID = 0
		plain[i] = n
	}
	require.Len(t, ids, len(list))
	return plain
}

func newsRoundTrip(t *testing.T, open Open) {
	s := start(t, open)
	require.Empty(t, newsOf(t, s, 0))
	shared := ledger.News{
		Event: customer.Event{
			MessageID: odd, Name: "price_changed", At: at(1), ReceivedAt: at(2), Via: customer.ViaServer, Properties: someValues(),
		},
		Trait: odd, Value: wide, After: "c7",
	}
	own := ledger.News{Event: customer.Event{MessageID: wide, Customer: "c1", Name: "message_sent", At: at(3), Via: customer.ViaUs}}
	addNews(t, s, shared, own)
	require.Equal(t, []ledger.News{shared, own}, unnumbered(t, newsOf(t, s, 0)))
	require.Equal(t, []ledger.News{shared, own}, unnumbered(t, newsOf(t, start(t, open), 0)), "another store")
}

func newsOrder(t *testing.T, open Open) {
	s := start(t, open)
	early := someNews("m1")
	early.Event.At = at(0)
	addNews(t, s, someNews("m2"), early)
	addNews(t, s, someNews("m3"))
	require.Equal(t, []ledger.News{someNews("m2"), early}, unnumbered(t, newsOf(t, s, 2)), "oldest first, as they were added")
	list := newsOf(t, s, 0)
	require.Len(t, list, 3)
	moved := list[1]
	moved.After = "c5"
	write(t, s, func(tx ledger.Tx) error {
		other := moved
		other.Trait, other.Event.Name = "shop", "other"
		return tx.SaveNews(other)
	})
	require.Equal(t, []ledger.News{list[0], moved, list[2]}, newsOf(t, s, 0), "only After is moved")
	write(t, s, func(tx ledger.Tx) error { return tx.DropNews(list[0].ID) })
	require.Equal(t, []ledger.News{moved, list[2]}, newsOf(t, s, 0))
}

// newsNeverAgain holds that what is done to dropped news touches no others.
func newsNeverAgain(t *testing.T, open Open) {
	s := start(t, open)
	addNews(t, s, someNews("m1"))
	gone := newsOf(t, s, 0)[0]
	drop := func(tx ledger.Tx) error { return tx.DropNews(gone.ID) }
	write(t, s, drop)
	addNews(t, s, someNews("m2"))
	gone.After = "c9"
	write(t, s, func(tx ledger.Tx) error { return tx.SaveNews(gone) })
	write(t, s, drop)
	require.Equal(t, []ledger.News{someNews("m2")}, unnumbered(t, newsOf(t, s, 0)))
}
