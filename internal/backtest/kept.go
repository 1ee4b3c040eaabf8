package backtest

import (
	"context"
	"fmt"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// Kept is a past that stands in an engine's store, which is only read. Profiles
// are told as they are now, from the beginning; customers keep their ids, so that
// holdouts and spread are those of the running engine. What became of messages
// that the engine sent is told as well, but not that it sent them.
type Kept struct {
	Store ledger.Store
	Name  string // of the store, for the report
}

// ReadingStore is what Kept calls its progress, which is in customers.
const ReadingStore = "reading the store"

// page is how many customers are read at once.
const page = 500

// Tell implements Past.
func (k *Kept) Tell(ctx context.Context, take func(Fact) error, progress Progress) ([]Source, error) {
	told := Source{Name: k.Name}
	counting := func(f Fact) error {
		told.Rows++
		told.Taken++
		return take(f)
	}
	var all, done int64
	for after, more := customer.ID(""), true; more; {
		err := k.Store.Read(ctx, func(tx ledger.Tx) (err error) {
			if all == 0 {
				if all, err = tx.CountCustomers(); err != nil {
					return err
				}
			}
			records, err := tx.CustomersAfter(after, page)
			for _, record := range records {
				if err := tell(tx, record.Profile, counting); err != nil {
					return err
				}
				after = record.Profile.ID
			}
			done, more = done+int64(len(records)), len(records) == page
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read the store: %w", err)
		}
		progress(ReadingStore, done, all)
	}
	if err := k.Store.Read(ctx, func(tx ledger.Tx) error { return tellNews(tx, counting) }); err != nil {
		return nil, fmt.Errorf("read the store: %w", err)
	}
	return []Source{told}, nil
}

// tellNews hands over the events that name no customer and that not all who
// share their value have been told of yet. Whoever has, has a copy of their
// own, which counts once.
func tellNews(tx ledger.Tx, take func(Fact) error) error {
	news, err := tx.News(0)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, n := range news {
		if n.Event.Customer != "" || seen[n.Event.MessageID] {
			continue
		}
		seen[n.Event.MessageID] = true
		if err := take(Fact{Incoming: observe.Incoming{Event: n.Event}}); err != nil {
			return err
		}
	}
	return nil
}

// tell hands over one customer.
func tell(tx ledger.Tx, p customer.Profile, take func(Fact) error) error {
	who := observe.Incoming{User: p.External}
	if who.User == "" {
		who.Anonymous = string(p.ID)
	}
	for i, change := range changesOf(p) {
		in := who
		in.Change = change
		in.Event = customer.Event{Name: customer.Identified, MessageID: fmt.Sprintf("profile-%s-%d", p.ID, i), At: undated()}
		if err := take(Fact{Incoming: in, ID: p.ID, Undated: true}); err != nil {
			return err
		}
	}
	events, err := tx.Events(ledger.EventQuery{Customer: p.ID})
	if err != nil {
		return err
	}
	for _, e := range events {
		switch e.Name {
		case customer.MessageSent, customer.MessageDelivered, customer.MessageFailed, customer.MessageBounced:
			continue // of messages that went out then
		}
		in := who
		in.Event = e
		in.Event.Customer = ""
		if err := take(Fact{Incoming: in, ID: p.ID}); err != nil {
			return err
		}
	}
	return nil
}

// changesOf gives the changes that make a new profile this one: one, and one
// more for each device beyond the first.
func changesOf(p customer.Profile) []observe.Change {
	first := observe.Change{Traits: p.Traits}
	for _, field := range []struct {
		to   **string
		from string
	}{
		{&first.Zone, p.Zone}, {&first.Country, p.Country}, {&first.Region, p.Region},
		{&first.Locale, p.Locale}, {&first.Phone, p.Phone}, {&first.Email, p.Email},
	} {
		if field.from != "" {
			*field.to = &field.from
		}
	}
	for topic, consent := range p.Consents {
		if first.Consents == nil {
			first.Consents = map[customer.Topic]bool{}
		}
		first.Consents[topic] = consent.Given
	}
	if len(p.Preferences.Channels) > 0 || len(p.Preferences.Hours) > 0 {
		first.Preferences = &p.Preferences
	}
	changes := []observe.Change{first}
	for i, token := range p.PushTokens {
		if i > 0 {
			changes = append(changes, observe.Change{})
		}
		changes[i].PushToken = token
	}
	return changes
}
