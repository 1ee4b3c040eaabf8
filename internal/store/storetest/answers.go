package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Answers gives everything that a store says of the names that DrawSteps draws, by
// question. Ids of rows are left out, and so is the order where none is
// promised.
func Answers(t require.TestingT, s ledger.Store) map[string]any {
	said := map[string]any{}
	require.NoError(t, s.Read(context.Background(), func(tx ledger.Tx) error {
		a := asker{said: said}
		for _, id := range []customer.ID{"", "c1", "c2", "c3"} {
			a.askCustomer(tx, id)
		}
		for _, rule := range []string{"cart", "late"} {
			a.askRule(tx, rule)
		}
		a.askAll(tx)
		return a.err
	}))
	return said
}

type asker struct {
	said map[string]any
	err  error
}

func (a *asker) note(question string, answer any, err error) {
	a.said[question] = answer
	a.err = errors.Join(a.err, err)
}

var noon = drawnAt(3)

func (a *asker) askCustomer(tx ledger.Tx, id customer.ID) {
	of := func(question string) string { return fmt.Sprintf("%s of %q", question, id) }
	record, ok, err := tx.Customer(id)
	a.note(of("record"), []any{record, ok}, err)
	for name, q := range map[string]ledger.EventQuery{
		"events": {}, "two seen": {Names: []string{"seen"}, Limit: 2}, "newest": {Names: []string{"seen", "bought"}, Limit: 2, Newest: true},
		"between": {From: noon.Add(-1), To: drawnAt(4), Limit: 1, Newest: true},
	} {
		q.Customer = id
		events, err := tx.Events(q)
		a.note(of(name), events, err)
	}
	latest, err := tx.Latest(id)
	a.note(of("latest"), latest, err)
	open, err := tx.OpenOutreaches(id)
	a.note(of("open"), open, err)
	two, err := tx.OutreachesOf(id, 2)
	a.note(of("outreaches"), two, err)
	decisions, err := tx.Decisions(id, 0)
	slices.SortStableFunc(decisions, func(a, b ledger.Decision) int { // a merge promises no order of one instant
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Ref.String(), b.Ref.String()))
	})
	a.note(of("decisions"), decisions, err)
	said, err := tx.Evidence(id, 1, 3)
	a.note(of("evidence"), said, err)
	slots, err := tx.Slots(id, noon)
	a.note(of("slots"), slots, err)
	for n := range 9 {
		for _, rule := range []string{"cart", "late"} {
			ref := ledger.Ref{Rule: rule, Customer: id, N: n}
			o, ok, err := tx.Outreach(ref)
			a.note("outreach "+ref.String(), []any{o, ok}, err)
			parts, err := tx.PartsOf(ref)
			a.note("parts of "+ref.String(), parts, err)
			to, err := tx.Moved(ref)
			a.note("moved "+ref.String(), to, err)
		}
	}
}

func (a *asker) askRule(tx ledger.Tx, rule string) {
	of := func(question string) string { return question + " of " + rule }
	for _, id := range []customer.ID{"c1", "c2"} {
		last, ok, err := tx.LastSent(rule, id, "o1")
		a.note(of("last sent to "+string(id)), []any{last, ok}, err)
		goal, err := tx.AwaitingGoal(id, rule, noon)
		a.note(of("awaiting goal of "+string(id)), goal, err)
	}
	overdue, err := tx.Overdue(rule, noon, 2)
	a.note(of("overdue"), overdue, err)
	left, err := tx.NotEnded(rule, 0)
	a.note(of("not ended"), len(left), err)
	dues, err := tx.Dues(rule, drawnAt(9), 0)
	a.note(of("dues"), dues, err)
	hints, err := tx.Hints(rule, 0)
	for i := range hints {
		hints[i].ID = 0
	}
	a.note(of("hints"), hints, err)
}

func (a *asker) askAll(tx ledger.Tx) {
	records, err := tx.CustomersAfter("c1", 1)
	a.note("records", records, err)
	n, err := tx.CountCustomers()
	a.note("customers", n, err)
	n, err = tx.CountEvents()
	a.note("number of events", n, err)
	late, err := tx.Late(time.Time{}, noon, 0)
	a.note("late", len(late), err)
	for _, word := range []string{"a", "b"} {
		id, ok, err := tx.Resolve(word)
		a.note("name "+word, []any{id, ok}, err)
		s, ok, err := tx.Suppressed(customer.SMS, word)
		a.note("suppressed "+word, []any{s, ok}, err)
	}
	for _, word := range []string{"red", "blue"} {
		sharing, err := tx.Sharing("team", word, "c1", 0)
		a.note("sharing "+word, sharing, err)
		value, ok, err := tx.Setting(word)
		a.note("setting "+word, []any{value, ok}, err)
	}
	news, err := tx.News(0)
	for i := range news {
		news[i].ID = 0
	}
	a.note("news", news, err)
	counts, err := tx.CountParts()
	a.note("parts", sorted(counts), err)
	reasons, err := tx.CountReasons(ledger.Rejected)
	a.note("reasons", sorted(reasons), err)
	by, err := tx.PartsBy(ledger.Planned, 0)
	a.note("planned", by, err)
	waiting, err := tx.Waiting("seen", 0)
	slices.SortFunc(waiting, func(a, b ledger.Ref) int { return cmp.Compare(a.String(), b.String()) })
	a.note("waiting", waiting, err)
	oldest, err := tx.OldestRunning()
	a.note("oldest running", oldest, err)
	rules, err := tx.RulesWithWork(noon, noon)
	a.note("rules with work", rules, err)
	rechecks, err := tx.Rechecks()
	a.note("rechecks", fmt.Sprint(rechecks), err)
	a.askReports(tx)
	a.askHouse(tx)
}

func (a *asker) askReports(tx ledger.Tx) {
	for _, provider := range []string{"twilio", "smtp"} {
		for _, name := range []string{"", "a", "b"} {
			p, ok, err := tx.PartOf(provider, name)
			a.note("part "+name+" of "+provider, []any{p, ok}, err)
		}
	}
	for _, channel := range []customer.Channel{customer.SMS, customer.Email} {
		for _, address := range []string{"", "red", "blue"} {
			p, ok, err := tx.LastTo(channel, address)
			a.note("last to "+address+" by "+string(channel), []any{p, ok}, err)
		}
	}
	for _, limit := range []int{0, 2} {
		list, err := tx.Asking(noon, limit)
		a.note(fmt.Sprint("asking ", limit), list, err)
	}
	for _, scope := range []string{"red", "green"} {
		p, ok, err := tx.Pace(scope)
		a.note("pace "+scope, []any{p, ok}, err)
	}
	paces, err := tx.Paces()
	a.note("paces", paces, err)
}

func (a *asker) askHouse(tx ledger.Tx) {
	documents, err := tx.Documents(ledger.RuleDocument, "cart")
	a.note("documents", documents, err)
	active, err := tx.Active()
	a.note("active", active, err)
	holds, err := tx.Holds()
	a.note("holds", holds, err)
	list, n, err := tx.Rejections(2)
	for i := range list {
		list[i].ID = 0
	}
	a.note("rejections", []any{list, n}, err)
	counts, err := tx.Counts()
	a.note("counts", sorted(counts), err)
	tallies, err := tx.Tallies()
	a.note("tallies", tallies, err)
}

// sorted gives a map as a list, so that an empty one and nil are the same.
func sorted[K ~string](m map[K]int64) (list []string) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, fmt.Sprint(k, " ", m[k]))
	}
	return list
}
