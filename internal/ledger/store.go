package ledger

import (
	"context"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Lane is who waits for a write. The gate's writes go before intake's, which do
// not wait for ever.
type Lane int

// The lanes.
const (
	GateLane Lane = iota
	IntakeLane
)

// Store keeps everything. It is safe for concurrent use. sqlite, postgres and,
// for simulations, memory implement it; storetest holds what they promise.
type Store interface {
	// Write runs fn in a transaction and returns after its commit is durable.
	// When fn gives an error nothing of it is kept and Write gives that error.
	// fn may run more than once; it must not call the store otherwise, nor the
	// network. Writes of several callers may share one commit.
	Write(ctx context.Context, lane Lane, fn func(Tx) error) error
	// Read runs fn on one consistent snapshot. Writing in it is an error. When the
	// snapshot cannot be had at first, fn may run more than once.
	Read(ctx context.Context, fn func(Tx) error) error
	Close() error
}

// Tx is one transaction. Instants come back in UTC with microseconds, empty
// lists and maps as nil. Methods that find one thing give ok == false when it
// is not there. A limit of 0 is no limit. What is given and what comes back are
// copies, but for the values of events and matches (Properties, Match): nobody
// changes such a map once it is made.
type Tx interface {
	Customers
	Events
	Outreaches
	Parts
	Work
	Texts
	House
}

// Need is what a write is about to ask for.
type Need struct {
	Externals []string      // of customers that it will resolve, and lock
	Running   []customer.ID // that it will lock, and ask for their open outreaches
	Messages  []string      // ids of events that it will append
}

// Customers are the rows of customers and their outside ids.
type Customers interface {
	// Expect says what the write is about to ask for, so that a store may fetch
	// and lock it at once: customers in id order. It changes no answer.
	Expect(n Need) error
	// Resolve gives the customer of an outside id.
	Resolve(external string) (id customer.ID, ok bool, err error)
	// Join makes external an id of the customer, taking it from any other.
	Join(external string, id customer.ID) error
	// Customer gives one record and locks the customer's row; callers take
	// several in id order.
	Customer(id customer.ID) (r Record, ok bool, err error)
	// SaveCustomer inserts or replaces the record of r.Profile.ID.
	SaveCustomer(r Record) error
	// CustomersAfter pages through all records in id order.
	CustomersAfter(id customer.ID, limit int) ([]Record, error)
	// CountCustomers gives the number of records.
	CountCustomers() (int64, error)
	// Merge moves outside ids, events and everything the engine did from one
	// customer to another and removes the first, with what it shares.
	// Outreaches are renumbered behind those of into; open ones must have been
	// ended before. A number that an outreach once had is given to no other, so
	// that a Ref, and a send key, name one thing for good.
	Merge(from, into customer.ID) error
	// Moved gives the name that an outreach has since customers were merged:
	// its own when it was not moved.
	Moved(ref Ref) (Ref, error)
	// Suppressed gives the suppression of an address on a channel.
	Suppressed(channel customer.Channel, address string) (s customer.Suppression, ok bool, err error)
	// Suppress adds or replaces; Unsuppress removes.
	Suppress(s customer.Suppression) error
	Unsuppress(channel customer.Channel, address string) error
	// Testify keeps evidence; the store gives the id. Evidence gives what is kept
	// behind an id, oldest first: of one customer, or of all ("").
	Testify(e ...customer.Evidence) error
	Evidence(of customer.ID, after int64, limit int) ([]customer.Evidence, error)
	// EvidenceAt gives all that is kept of an address, whoever's it is, oldest
	// first.
	EvidenceAt(channel customer.Channel, address string) ([]customer.Evidence, error)
	// Share says by which values others find a customer: trait -> value. It
	// replaces what was said before; no values at all are said by nil.
	Share(id customer.ID, values map[string]string) error
	// Sharing gives customers who share a trait's value, behind after in id
	// order.
	Sharing(trait, value string, after customer.ID, limit int) ([]customer.ID, error)
}

// EventQuery selects events of one customer, From <= at < To; a zero bound is
// open. No names are all names. Limit 0 is no limit; with Newest the newest are
// kept. The answer is always by (at, message id), oldest first.
type EventQuery struct {
	Customer customer.ID
	Names    []string
	From, To time.Time
	Limit    int
	Newest   bool
}

// Events are the log.
type Events interface {
	// Append adds an event; fresh is false when its message id is there. One
	// that names no customer is kept too, among no customer's events.
	Append(e customer.Event) (fresh bool, err error)
	Events(q EventQuery) ([]customer.Event, error)
	// Latest gives the customer's newest event of each name, by name; of those of
	// one instant the one with the last message id.
	Latest(id customer.ID) ([]customer.Event, error)
	// CountEvents gives the number of events in the log.
	CountEvents() (int64, error)
	// AddNews adds news; the store gives the id.
	AddNews(n News) error
	// News gives up to limit news, oldest first.
	News(limit int) ([]News, error)
	// SaveNews moves After of the news n.ID and changes nothing else of it.
	// News that were dropped stay so.
	SaveNews(n News) error
	DropNews(id int64) error
}

// Outreaches are the rows of outreaches and their stories.
type Outreaches interface {
	// AddOutreach inserts o with the next number of its rule and customer and
	// gives that number; ok is false, and nothing is written, when an
	// outreach of the rule, customer, about and key is there.
	AddOutreach(o Outreach) (n int, ok bool, err error)
	Outreach(ref Ref) (o Outreach, ok bool, err error)
	// SaveOutreach replaces the row of o.Ref; that it is not there is an error.
	SaveOutreach(o Outreach) error
	// OpenOutreaches gives a customer's outreaches that have not ended, by
	// rule and number.
	OpenOutreaches(id customer.ID) ([]Outreach, error)
	// LastSent gives the newest outreach (by At) of a rule, customer and about
	// that sent something or has not ended, HeldOut ones included.
	LastSent(rule string, id customer.ID, about string) (o Outreach, ok bool, err error)
	// OutreachesOf gives a customer's outreaches, newest first.
	OutreachesOf(id customer.ID, limit int) ([]Outreach, error)
	// AwaitingGoal gives a customer's ended outreaches of a rule whose At is
	// not before since and whose goal has not come.
	AwaitingGoal(id customer.ID, rule string, since time.Time) ([]Outreach, error)
	Decide(d ...Decision) error
	// Decisions gives a customer's story, oldest first; the newest limit.
	Decisions(id customer.ID, limit int) ([]Decision, error)
}

// Parts are the message parts.
type Parts interface {
	// SavePart inserts or replaces the part of its outreach, step and channel.
	SavePart(p Part) error
	Part(ref Ref, step string, channel customer.Channel) (p Part, ok bool, err error)
	PartsOf(ref Ref) ([]Part, error)
	// Slots gives a customer's parts that take a slot and are planned, or were
	// sent, at or after since, and all that are riding or queued.
	Slots(id customer.ID, since time.Time) ([]Part, error)
	// PartOf gives the part that a provider knows by its own name: the one that
	// was sent last, items not counted. No name ("") finds nothing.
	PartOf(provider, providerID string) (p Part, ok bool, err error)
	// LastTo gives the part that was sent last to an address on a channel, of
	// those that are Gone and no items. No address ("") finds nothing.
	LastTo(channel customer.Channel, address string) (p Part, ok bool, err error)
	// Asking gives parts whose attempt nobody knows the end of: Sending with a
	// Lease at or before now, and Ambiguous with a RetryAt at or before now. By
	// these instants, the earliest first; items among them.
	Asking(now time.Time, limit int) ([]Part, error)
	// PartsBy gives parts of a status, oldest Updated first.
	PartsBy(status PartStatus, limit int) ([]Part, error)
	// CountParts gives the number of parts of each status that there is.
	CountParts() (map[PartStatus]int64, error)
	// CountReasons gives the number of parts of a status for each reason. It
	// costs as much as there are such parts.
	CountReasons(status PartStatus) (map[customer.Reason]int64, error)
}

// Work is what waits for the watches.
type Work interface {
	// Claim leases up to limit matched outreaches of a rule that nobody has
	// leased, those of higher priority first, then those due first (NextAt),
	// then by number. until is the lease's end.
	Claim(rule string, now, until time.Time, limit int) ([]Outreach, error)
	// Overdue gives open outreaches of a rule whose NextAt is before the
	// instant, oldest first.
	Overdue(rule string, before time.Time, limit int) ([]Outreach, error)
	// Late gives open outreaches of all rules whose NextAt is at or after from
	// and before the other instant, in no order.
	Late(from, before time.Time, limit int) ([]Outreach, error)
	// NotEnded gives up to limit outreaches of a rule that have not ended, in
	// no order. Whoever ends them pages through all by asking again.
	NotEnded(rule string, limit int) ([]Outreach, error)
	// OldestRunning gives the earliest At of the outreaches that have not ended,
	// those without one left out; zero: there is none. It costs as much as there are such outreaches.
	OldestRunning() (time.Time, error)
	// Running gives outreaches of a rule that have not ended, by customer and
	// number, those behind after. It costs as much as the rule had outreaches.
	Running(rule string, after Ref, limit int) ([]Outreach, error)
	// Waiting names up to limit open outreaches of all rules that a word lets
	// go on: their WakesOn holds it.
	Waiting(wake string, limit int) ([]Ref, error)
	// Restart makes all open outreaches matched again, so that their
	// workflows are started anew, and gives their number.
	Restart() (int64, error)
	Hint(ref Ref, at time.Time) error
	// Hints gives up to limit hints of a rule, oldest first.
	Hints(rule string, limit int) ([]Hint, error)
	DropHints(ids []int64) error
	// SetRecheck says that the outreaches of a rule that have not ended are to
	// look at the store again, those behind after (as Running has it). It
	// replaces what was said before.
	SetRecheck(rule string, after Ref) error
	// Rechecks gives what SetRecheck said, by rule.
	Rechecks() (map[string]Ref, error)
	DropRecheck(rule string) error
	// SetDue keeps the earlier of d and what is there.
	SetDue(d Due) error
	// Dues gives up to limit due times of a rule at or before now.
	Dues(rule string, now time.Time, limit int) ([]Due, error)
	DropDue(rule string, id customer.ID, about string) error
	// RulesWithWork names the rules that have matches to start, hints,
	// outreaches to look again, due times at or before now, or outreaches
	// overdue since the instant.
	RulesWithWork(now, overdue time.Time) ([]string, error)
	// Backlog counts what waits of all rules: matches, hints, due times at or
	// before now, and open outreaches overdue since the instant. It costs as
	// much as there are matches and hints, due times and overdue outreaches.
	Backlog(now, overdue time.Time) (Backlog, error)
}

// RecheckAll asks the outreaches of every rule that has open ones to look at the
// store again.
func RecheckAll(tx Tx) error {
	tallies, err := tx.Tallies()
	for _, t := range tallies {
		if t.Status != Open {
			continue
		}
		if err := tx.SetRecheck(t.Rule, Ref{}); err != nil {
			return err
		}
	}
	return err
}

// Present gives a part as it stands in the store, wherever its outreach went
// since customers were merged. Its customer's row is locked from then on.
func Present(tx Tx, ref Ref, step string, channel customer.Channel) (p Part, ok bool, err error) {
	if ref, err = tx.Moved(ref); err != nil {
		return p, false, err
	}
	if _, _, err := tx.Customer(ref.Customer); err != nil {
		return p, false, err
	}
	return tx.Part(ref, step, channel)
}

// Texts are marketing's documents and which of them are in force.
type Texts interface {
	// Alter says that the write will change what is in force, or a setting. It
	// is called first: writes that read either (Active, Setting) have ended
	// then, and none goes on with either until this one has.
	Alter() error
	// SaveDocument keeps the first document of its kind, name and hash.
	SaveDocument(d Document) error
	Document(kind DocumentKind, name, hash string) (d Document, ok bool, err error)
	// Documents gives all documents of a kind and name, newest first.
	Documents(kind DocumentKind, name string) ([]Document, error)
	// KeepDocuments forgets all documents of a kind and name but the newest.
	KeepDocuments(kind DocumentKind, name string, newest int) error
	Active() ([]Active, error)
	// InForce gives the documents that Active names, in its order.
	InForce() ([]Document, error)
	// Activate inserts or replaces the row of a.Kind and a.Name.
	Activate(a Active) error
	Deactivate(kind DocumentKind, name string) error
}

// Tally is one row of the counts for status.
type Tally struct {
	Rule   string
	Status Status
	Reason customer.Reason
	Count  int64
}

// House is what belongs to no customer.
type House interface {
	// Holds gives the holds in force and those lifted of late, by kind and
	// name; of a name the one in force first, then the others as they were
	// lifted.
	Holds() ([]Hold, error)
	// SetHold puts a hold in force. One of its kind and name that is in force
	// keeps its At and takes the rest.
	SetHold(h Hold) error
	// LiftHold makes the hold of h's kind and name that is in force a lifted
	// one, as h's Lifted, Then and Over say, and forgets what was lifted longer
	// than HoldKept before. With none in force it is no error.
	LiftHold(h Hold) error
	Reject(r ...Rejection) error
	// Rejections gives the newest, newest first, and the number of all.
	Rejections(limit int) (list []Rejection, all int64, err error)
	// Count adds to a named counter; Counts gives all.
	Count(name string, by int64) error
	Counts() (map[string]int64, error)
	// Pace gives how far a scope is in its rate, and keeps it from others to the
	// end of the write; SavePace replaces it. Paces gives all, by scope. Glance is
	// Pace for who will not replace it: nobody waits for them.
	Pace(scope string) (p Pace, ok bool, err error)
	Glance(scope string) (p Pace, ok bool, err error)
	SavePace(p Pace) error
	Paces() ([]Pace, error)
	// Setting gives one value of the engine's own; SetSetting keeps it.
	Setting(key string) (value string, ok bool, err error)
	SetSetting(key, value string) error
	// Tallies counts outreaches by rule, status and reason.
	Tallies() ([]Tally, error)
	// Beat says that a process lives: it replaces what that one said before,
	// and forgets those who have said nothing for BeatsKept before p.Beat.
	Beat(p Process) error
	// Processes gives the processes that said so at or after since, by Started
	// and ID.
	Processes(since time.Time) ([]Process, error)
}
