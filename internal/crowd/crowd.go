// Package crowd fills a PostgreSQL store with as many customers as one likes, as
// the intake of their events would have left them: a sample is taken in by the
// engine's own observer, and its rows are written again and again under other
// names. It decides what the crowd has done; it refuses to judge anything.
package crowd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/memory"
	"github.com/outreach-engine/outreach/internal/store/postgres"
)

// Options say what the crowd is like.
type Options struct {
	Customers int
	Events    int          // of each customer, in the thirty days before Now
	Rules     bundle.Files // in force, and following the crowd
	Now       time.Time
	// Traits gives the traits of a customer by number; those with the same number
	// modulo Sample have the same.
	Traits func(i int) map[string]customer.Value
	// Names are what the crowd does, in turn.
	Names []string
}

// Sample is how many customers are taken in; all others are like one of them.
const Sample = 1000

// External gives the outside id of a customer by number, and Email the address.
func External(i int) string { return fmt.Sprintf("crowd-%d", i) }

// Email gives a customer's address by number.
func Email(i int) string { return fmt.Sprintf("crowd-%d@example.com", i) }

// Phone gives a customer's telephone number: there are a million of them.
func Phone(i int) string { return fmt.Sprintf("+12126%06d", i%1_000_000) }

func idOf(i int) customer.ID { return customer.ID(fmt.Sprintf("c%09d", i)) }

// Fill puts the rules in force in an empty store and fills it. Progress is
// called now and then with the number of customers written.
func Fill(ctx context.Context, url string, o Options, progress func(customers int)) error {
	s, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		return err
	}
	err = o.fill(ctx, s, url, progress)
	return errors.Join(err, s.Close())
}

func (o Options) fill(ctx context.Context, s *postgres.Store, url string, progress func(int)) error {
	if err := o.ready(ctx, s); err != nil {
		return err
	}
	sample, err := o.sample(ctx)
	if err != nil {
		return err
	}
	for at := o.Now.Add(-span); at.Before(o.Now.AddDate(0, 1, 0)); at = at.AddDate(0, 1, 0) {
		if err := s.MakeMonth(at); err != nil {
			return err
		}
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	config.RuntimeParams["search_path"], config.RuntimeParams["synchronous_commit"] = postgres.Schema, "off"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	err = write(ctx, conn, sample, o.Customers, progress)
	return errors.Join(err, conn.Close(ctx))
}

// ready puts the rules in force, with nothing to be read before them.
func (o Options) ready(ctx context.Context, s ledger.Store) error {
	rules := library.New(s)
	if _, err := rules.Load(ctx, o.Rules, o.Now); err != nil {
		return err
	}
	return s.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		if n, err := tx.CountCustomers(); err != nil || n > 0 {
			return errors.Join(err, errors.New("crowd: the store has customers already: name an empty database"))
		}
		if err := tx.Alter(); err != nil {
			return err
		}
		active, err := tx.Active()
		for _, a := range active {
			a.Warm = true
			err = errors.Join(err, tx.Activate(a))
		}
		return errors.Join(err, library.Bump(tx))
	})
}

// span is for how long the crowd has been there.
const span = 30 * 24 * time.Hour

// one is a customer of the sample, as the store has them.
type one struct {
	record ledger.Record
	events []customer.Event
	dues   []ledger.Due
	shares map[string]string
}

// sample takes some customers in, in memory.
func (o Options) sample(ctx context.Context) ([]one, error) {
	s := memory.New()
	if err := o.ready(ctx, s); err != nil {
		return nil, err
	}
	rules := library.New(s)
	if _, err := rules.Follow(ctx); err != nil {
		return nil, err
	}
	numbers := map[string]int{}
	now := o.Now
	observer := &observe.Observer{
		Store: s, Now: func() time.Time { return now }, Desk: dossier.Desk{Library: rules, Zones: sendtime.NewZones()},
		NewID: func(external string) customer.ID { return idOf(numbers[external]) },
	}
	n := min(Sample, o.Customers)
	for i := range n {
		numbers[External(i)] = i
	}
	for k := -1; k < o.Events; k++ { // in the order of time
		batch := make([]observe.Incoming, n)
		at := o.Now.Add(-span + time.Duration(k+1)*span/time.Duration(o.Events+1))
		for i := range n {
			batch[i] = o.incoming(i, k, at.Add(time.Duration(i)*time.Second))
		}
		now = at.Add(time.Duration(n) * time.Second)
		if _, err := observer.Take(ctx, batch); err != nil {
			return nil, err
		}
	}
	return o.read(ctx, s, n)
}

// incoming gives what a customer does as the k-th thing; the first, -1, is to
// say who they are.
func (o Options) incoming(i, k int, at time.Time) observe.Incoming {
	in := observe.Incoming{User: External(i), Event: customer.Event{MessageID: fmt.Sprintf("%s-%d", External(i), k), At: at, Via: customer.ViaServer}}
	if k < 0 {
		email, phone := Email(i), Phone(i)
		in.Change = observe.Change{Email: &email, Phone: &phone, Traits: o.Traits(i)}
		return in
	}
	in.Event.Name = o.Names[(i+k)%len(o.Names)]
	return in
}

func (o Options) read(ctx context.Context, s ledger.Store, n int) ([]one, error) {
	list := make([]one, n)
	return list, s.Read(ctx, func(tx ledger.Tx) error {
		tallies, err := tx.Tallies()
		if err != nil {
			return err
		}
		if len(tallies) > 0 {
			return fmt.Errorf("crowd: what it does matches rule %s: name other events", tallies[0].Rule)
		}
		at := map[customer.ID]*one{}
		for i := range list {
			record, _, err := tx.Customer(idOf(i))
			if err != nil {
				return err
			}
			list[i].record = record
			if list[i].events, err = tx.Events(ledger.EventQuery{Customer: idOf(i)}); err != nil {
				return err
			}
			at[idOf(i)] = &list[i]
		}
		return o.readWork(tx, at)
	})
}

// readWork adds due times, and by what customers are found.
func (o Options) readWork(tx ledger.Tx, at map[customer.ID]*one) error {
	active, err := tx.Active()
	if err != nil {
		return err
	}
	for _, a := range active {
		if a.Kind != ledger.RuleDocument {
			continue
		}
		dues, err := tx.Dues(a.Name, o.Now.AddDate(10, 0, 0), 0)
		if err != nil {
			return err
		}
		for _, d := range dues {
			at[d.Customer].dues = append(at[d.Customer].dues, d)
		}
	}
	for _, c := range at {
		for trait, value := range c.record.Profile.Traits {
			ids, err := tx.Sharing(trait, value.String(), "", 0)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if id == c.record.Profile.ID {
					if c.shares == nil {
						c.shares = map[string]string{}
					}
					c.shares[trait] = value.String()
				}
			}
		}
	}
	return nil
}
