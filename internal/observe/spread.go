package observe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// nobody takes an event that names no customer: those are to be told of it
// who share a value that it carries, where a rule is about that.
func (t *taking) nobody(in Incoming) (Outcome, error) {
	e := t.stamp(in.Event)
	if t.tooOld(e) {
		return t.tooOldFor(), nil
	}
	reached := t.reached(e)
	if len(reached) == 0 {
		reason := "names no customer, and no rule in force is about a value that it carries: give the customer's id, or load such a rule first"
		if traits := t.set.Sharing(e.Name); len(traits) > 0 {
			reason = "names no customer: give the customer's id, or " + strings.Join(traits, " or ") + " for all who share it"
		}
		return Outcome{Status: Refused, Reason: reason}, nil
	}
	fresh, err := t.append(e)
	if err != nil {
		return Outcome{}, err
	}
	if !fresh {
		return Outcome{Status: Duplicate}, nil
	}
	for _, n := range reached {
		if err := t.tx.AddNews(n); err != nil {
			return Outcome{}, err
		}
	}
	t.work = true
	return Outcome{Status: Taken}, t.countStrays(e, Change{})
}

// stamp makes an event one of the engine's: its time in microseconds, and when
// it was received.
func (t *taking) stamp(e customer.Event) customer.Event {
	e.ReceivedAt = t.now
	e.At = e.At.UTC().Truncate(time.Microsecond)
	if e.Name == "" {
		e.Name = customer.Identified
	}
	return e
}

// reached gives the news of an event for all who share one of its values.
func (t *taking) reached(e customer.Event) []ledger.News {
	var list []ledger.News
	for _, trait := range t.set.Sharing(e.Name) {
		if v := e.Properties[trait]; !v.IsZero() {
			list = append(list, ledger.News{Event: e, Trait: trait, Value: v.String()})
		}
	}
	return list
}

// spreadBatch is how many customers are told in one transaction. They are few:
// who locks a customer holds up their events, and with them those of others that
// came in the same batch.
const spreadBatch = 20

// Spread tells a batch of customers of the oldest news, and reports whether
// there may be more to tell. News for all who share a value wait while the
// history is read for a rule about it: not all of them can be found yet. It may
// be repeated, and run by several processes,
// at any time: whoever was told is not told again.
func (o *Observer) Spread(ctx context.Context) (more bool, err error) {
	err = o.Store.Read(ctx, func(tx ledger.Tx) error {
		list, err := tx.News(1)
		more = len(list) > 0
		return err
	})
	if err != nil || !more {
		return false, err
	}
	_, err = o.write(ctx, func(t *taking) error {
		more, err = t.spread()
		return err
	})
	if err != nil {
		return false, fmt.Errorf("tell customers of news: %w", err)
	}
	return more, nil
}

func (t *taking) spread() (more bool, err error) {
	if err := t.ready(); err != nil {
		return false, err
	}
	n, ok, err := t.oldest()
	if err != nil || !ok {
		return false, err
	}
	ids := []customer.ID{n.Event.Customer}
	if n.Event.Customer == "" {
		if ids, err = t.tx.Sharing(n.Trait, n.Value, n.After, spreadBatch); err != nil {
			return false, err
		}
	}
	if err := t.tx.Expect(neededFor(n.Event, ids)); err != nil {
		return false, err
	}
	if err := t.tell(n.Event, ids...); err != nil {
		return false, err
	}
	if err := t.finish(); err != nil {
		return false, err
	}
	if len(ids) < spreadBatch {
		return true, t.tx.DropNews(n.ID)
	}
	n.After = ids[len(ids)-1]
	return true, t.tx.SaveNews(n)
}

// neededFor gives what telling customers of news will ask for.
func neededFor(news customer.Event, ids []customer.ID) ledger.Need {
	need := ledger.Need{Running: ids}
	for _, id := range ids {
		if news.Customer == "" {
			need.Messages = append(need.Messages, customer.SharedID(news.MessageID, id))
		} else {
			need.Messages = append(need.Messages, news.MessageID)
		}
	}
	return need
}

// maxWaiting bounds how much news may wait before what comes after it waits
// too.
const maxWaiting = 100

// oldest gives the first news that can be told.
func (t *taking) oldest() (n ledger.News, ok bool, err error) {
	list, err := t.tx.News(maxWaiting)
	i := slices.IndexFunc(list, func(n ledger.News) bool { return !t.unfound(n) })
	if err != nil || i < 0 {
		return ledger.News{}, false, err
	}
	return list[i], true, nil
}

// unfound reports whether not all who are to be told can be found yet.
func (t *taking) unfound(n ledger.News) bool {
	return n.Event.Customer == "" && t.set.Warming() && slices.ContainsFunc(t.set.Matchers(), func(m *rule.Matcher) bool {
		return m.About == n.Trait && !t.active[m.Name].Warm
	})
}

// retell tells a customer of the news that somebody who was joined to them
// still waited for, behind those who were told.
func (t *taking) retell(gone *dossier.Dossier, into customer.ID) error {
	list, err := t.tx.News(maxWaiting)
	if err != nil {
		return err
	}
	for _, n := range list {
		v, shared := gone.Subject().Trait(n.Trait)
		missed := gone.Profile.ID > n.After && into <= n.After
		if n.Event.Customer != "" || !shared || v.String() != n.Value || !missed {
			continue
		}
		if err := t.tell(n.Event, into); err != nil {
			return err
		}
	}
	return nil
}

// told reports whether a customer's log holds news already, told to somebody
// who was joined to them.
func (t *taking) told(d *dossier.Dossier, news customer.Event) (bool, error) {
	events, err := d.Log([]string{news.Name}, news.At, news.At.Add(time.Microsecond))
	return slices.ContainsFunc(events, func(e customer.Event) bool {
		return strings.HasPrefix(e.MessageID, customer.SharedID(news.MessageID, ""))
	}), err
}

// tell lets customers live through an event of somebody else's making. Who has
// been told is looked for before anybody is: then nothing has to be written first.
func (t *taking) tell(e customer.Event, ids ...customer.ID) error {
	untold := make([]*dossier.Dossier, 0, len(ids))
	for _, id := range ids {
		d, err := t.untold(id, e)
		if err != nil {
			return err
		}
		if d != nil {
			untold = append(untold, d)
		}
	}
	for _, d := range untold {
		own := e
		if e.Customer == "" {
			own.Customer, own.MessageID = d.Profile.ID, customer.SharedID(e.MessageID, d.Profile.ID)
		}
		fresh, err := t.append(own)
		if err != nil {
			return err
		}
		if !fresh {
			continue
		}
		if _, err := t.happen(d, own); err != nil {
			return err
		}
	}
	return nil
}

// untold gives the file of a customer who is there, and has not been told of an
// event for all who share a value.
func (t *taking) untold(id customer.ID, e customer.Event) (*dossier.Dossier, error) {
	d := t.files[id]
	if d == nil {
		var ok bool
		var err error
		if d, ok, err = t.desk.Open(t.tx, id); err != nil || !ok {
			return nil, err
		}
		t.keep(d)
	}
	if e.Customer == "" {
		if told, err := t.told(d, e); err != nil || told {
			return nil, err
		}
	}
	return d, nil
}
