// Package observe is what an event changes: in one transaction it appends the
// event, follows the customer's behaviour, asks the rules which triggers hold,
// enters or refuses the matches, ends outreaches whose reason is gone or whose
// goal or stop came, and leaves hints. It knows no HTTP, no file and no
// Temporal.
package observe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
)

// Observer takes in what happened. It is safe for concurrent use.
type Observer struct {
	Store ledger.Store
	Desk  dossier.Desk
	Now   func() time.Time
	// Poke is called after a commit that left work for the watches; nil is
	// nobody.
	Poke func()
	// NewID names somebody new by their outside id, a device's with "anonymous/"
	// before it; nil draws at random.
	NewID func(external string) customer.ID
	// Fit says why nothing may be taken in now, such as that the machine's clock
	// is off; nil: nothing ever keeps it from that.
	Fit func() error
	// Meter counts what came in; nil: nobody counts.
	Meter Meter
	// Took is told how long it took to take so many events, and nothing of what
	// providers report, which comes of our own messages; nil: nobody is told.
	Took func(events int, took time.Duration)

	strays strays
}

// errStale says that the rules in force have changed under a batch.
var errStale = errors.New("rules in force have changed")

// maxStale bounds how often one batch follows changed rules: each rule whose
// history was read changes what is in force once more.
const maxStale = 100

// Take takes a batch in its order and gives what became of each. It returns
// after everything is committed; with an error nothing of the batch was taken.
func (o *Observer) Take(ctx context.Context, batch []Incoming) ([]Outcome, error) {
	began := time.Now()
	t, err := o.write(ctx, func(t *taking) error { return t.all(batch) })
	if err != nil {
		return nil, fmt.Errorf("take events: %w", err)
	}
	if events := len(batch) - reports(batch); o.Took != nil && events > 0 {
		o.Took(events, time.Since(began))
	}
	o.count(batch, t.outcomes)
	return t.outcomes, nil
}

// write does something in one transaction by the rules in force.
func (o *Observer) write(ctx context.Context, do func(*taking) error) (t *taking, err error) {
	if o.Fit != nil {
		if err := o.Fit(); err != nil {
			return nil, err
		}
	}
	for range maxStale {
		err = o.Store.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error {
			t = o.begin(tx)
			return do(t)
		})
		switch {
		case err == nil:
			if t.work && o.Poke != nil {
				o.Poke()
			}
			return t, nil
		case !errors.Is(err, errStale):
			return nil, err
		}
		if _, err := o.Desk.Library.Follow(ctx); err != nil {
			return nil, fmt.Errorf("follow the rules in force: %w", err)
		}
	}
	return nil, errStale
}

// Reject keeps what was refused on the way in.
func (o *Observer) Reject(ctx context.Context, rejections []Rejection) error {
	return o.Store.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error { return tx.Reject(rejections...) })
}

// taking is one batch inside one transaction.
type taking struct {
	desk     dossier.Desk
	set      *library.Set
	tx       ledger.Tx
	now      time.Time
	files    map[customer.ID]*dossier.Dossier
	order    []customer.ID
	active   map[string]ledger.Active // while rules are warming: read in this transaction
	waits    []wait                   // to be settled when all of the batch is in
	waiting  map[wait]bool
	strays   *strays
	newID    func(external string) customer.ID
	outcomes []Outcome
	work     bool
}

func (o *Observer) begin(tx ledger.Tx) *taking {
	t := &taking{
		desk: o.Desk, set: o.Desk.Library.Current(), tx: tx, now: o.Now().UTC().Truncate(time.Microsecond),
		files: map[customer.ID]*dossier.Dossier{}, waiting: map[wait]bool{}, strays: &o.strays, newID: o.NewID,
	}
	if t.newID == nil {
		t.newID = randomID
	}
	return t
}

func (t *taking) all(batch []Incoming) error {
	if err := t.tx.Expect(needed(batch)); err != nil {
		return err
	}
	if err := t.ready(); err != nil {
		return err
	}
	if err := t.meet(batch); err != nil {
		return err
	}
	for _, in := range batch {
		outcome, err := t.one(in)
		if err != nil {
			return err
		}
		t.outcomes = append(t.outcomes, outcome)
	}
	return t.finish()
}

// meet opens the files of those customers of a batch who are known, and says
// whose open outreaches will be asked for.
func (t *taking) meet(batch []Incoming) error {
	if len(batch) < 2 {
		return nil
	}
	var need ledger.Need
	for _, in := range batch {
		if in.Report != nil || in.Of != "" || in.User == "" {
			continue
		}
		id, known, err := t.tx.Resolve(in.User)
		if err != nil {
			return err
		}
		if !known || t.files[id] != nil {
			continue
		}
		d, there, err := t.desk.Open(t.tx, id)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		t.keep(d)
		if d.State.Running {
			need.Running = append(need.Running, id)
		}
	}
	return t.tx.Expect(need)
}

// ready looks whether the rules that this process goes by are in force.
func (t *taking) ready() error {
	stale, err := library.Stale(t.tx, t.set)
	if err != nil {
		return err
	}
	if stale {
		return errStale
	}
	return t.readActive()
}

// finish writes what was taken in.
func (t *taking) finish() error {
	if err := t.settle(); err != nil {
		return err
	}
	for _, id := range t.order {
		if d := t.files[id]; d != nil {
			if err := d.Save(); err != nil {
				return err
			}
		}
	}
	return nil
}

// readActive reads how far warming rules are, in this transaction, so that a
// customer is either judged by events or by the history, never by neither.
func (t *taking) readActive() error {
	t.active = t.set.Active
	if !t.set.Warming() {
		return nil
	}
	list, err := t.tx.Active()
	if err != nil {
		return err
	}
	t.active = map[string]ledger.Active{}
	for _, a := range list {
		if a.Kind == ledger.RuleDocument {
			t.active[a.Name] = a
		}
	}
	return nil
}

func (t *taking) one(in Incoming) (Outcome, error) {
	switch {
	case in.Report != nil:
		return t.report(*in.Report)
	case in.Of != "":
		id, there, err := t.present(in)
		if err != nil || !there {
			return Outcome{Status: Refused, Reason: "customer: is not in the store any more"}, err
		}
		in.Of = id
	case in.User == "" && in.Anonymous == "":
		return t.nobody(in)
	}
	if t.tooOld(in.Event) && in.Change.IsZero() { // what is said of a customer stays true
		return t.tooOldFor(), nil
	}
	d, told, err := t.whose(in)
	if err != nil || d == nil {
		return Outcome{Status: Refused, Reason: notTheirs}, err
	}
	in.Event = told
	e := t.stamp(in.Event)
	e.Customer = d.Profile.ID
	fresh, err := t.append(e)
	if err != nil {
		return Outcome{}, err
	}
	if !fresh {
		return Outcome{Status: Duplicate}, nil
	}
	if err := t.countStrays(e, in.Change); err != nil {
		return Outcome{}, err
	}
	return t.lived(d, in, e)
}

// lived lets a new event change the customer's profile, and have its
// consequences.
func (t *taking) lived(d *dossier.Dossier, in Incoming, e customer.Event) (Outcome, error) {
	refused := in.Change.Dial(d.Profile, t.set.Policy.Country)
	if !in.Change.IsZero() { // what time gave before goes by the profile of before
		if err := t.expire(d, t.asked(d, e.Name), e); err != nil {
			return Outcome{}, err
		}
	}
	proof, err := t.proofOf(in)
	if err != nil {
		return Outcome{}, err
	}
	if err := t.change(d, in.Change, e.At, proof); err != nil {
		return Outcome{}, err
	}
	late, err := t.happen(d, e)
	if err != nil {
		return Outcome{}, err
	}
	if late {
		return Outcome{Status: TooLate, Refusals: refused}, t.tx.Count("too_late", 1)
	}
	return Outcome{Status: Taken, Refusals: refused}, nil
}

// proofOf gives how the word came in that an Incoming holds.
func (t *taking) proofOf(in Incoming) (customer.Evidence, error) {
	if in.Evidence == nil {
		return customer.Evidence{How: customer.ByEvent, Source: in.Event.MessageID}, nil
	}
	proof := *in.Evidence
	if proof.Template != "" || proof.Message == "" {
		return proof, nil
	}
	part, _, err := t.about(Report{Report: channel.Report{Key: proof.Message}})
	proof.Template = part.Template
	return proof, err
}

// present gives the customer whom an Incoming names by the engine's own id,
// wherever they went since customers were merged, as far as a message tells.
func (t *taking) present(in Incoming) (id customer.ID, ok bool, err error) {
	id = in.Of
	if in.Evidence != nil {
		if ref, _, _, e := ledger.ParseKey(in.Evidence.Message); e == nil && ref.Customer == id {
			if ref, err = t.tx.Moved(ref); err != nil {
				return id, false, err
			}
			id = ref.Customer
		}
	}
	if t.files[id] != nil {
		return id, true, nil
	}
	_, ok, err = t.tx.Customer(id)
	return id, ok, err
}

func (t *taking) file(id customer.ID, in Incoming) (*dossier.Dossier, error) {
	d := t.files[id]
	if d == nil {
		var ok bool
		var err error
		if d, ok, err = t.desk.Open(t.tx, id); err != nil {
			return nil, err
		}
		if !ok {
			d = t.desk.Begin(t.tx, id, t.now)
		}
		t.keep(d)
	}
	if in.User != "" && d.Profile.External != in.User {
		d.Profile.External = in.User
		d.Touch()
	}
	return d, nil
}

func (t *taking) create(external string, in Incoming) (*dossier.Dossier, error) {
	id := t.newID(external)
	d := t.desk.Begin(t.tx, id, t.now)
	d.Profile.External = in.User
	t.keep(d)
	for _, m := range t.set.Scheduled() {
		t.await(wait{customer: id, rule: m})
	}
	if err := t.tx.Join(external, id); err != nil {
		return nil, err
	}
	for _, other := range t.others(in) {
		if err := t.tx.Join(other, id); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (t *taking) keep(d *dossier.Dossier) {
	t.files[d.Profile.ID] = d
	t.order = append(t.order, d.Profile.ID)
}
