package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/source"
)

// anonymous is how devices' ids are kept apart from customers'.
const anonymous = "anonymous/"

// named gives the outreach that a text names as the log and the Temporal UI do,
// by <rule>/<customer>/<n> or by the send key of one of its messages, wherever
// it went since customers were merged. It need not be there.
func named(tx ledger.Tx, text string) (ref ledger.Ref, ok bool, err error) {
	ref, bad := ledger.ParseRef(text)
	if bad != nil {
		ref, _, _, bad = ledger.ParseKey(text)
	}
	if bad != nil {
		return ledger.Ref{}, false, nil
	}
	ref, err = tx.Moved(ref)
	return ref, err == nil, err
}

// find gives the customer of our id, an outside one, a device's, or of an
// outreach or message as the log names them.
func (o *office) find(tx ledger.Tx, who string) (customer.ID, error) {
	_, ok, err := tx.Customer(customer.ID(who))
	if err != nil || ok {
		return customer.ID(who), err
	}
	for _, external := range []string{who, anonymous + who} {
		id, ok, err := tx.Resolve(external)
		if err != nil || ok {
			return id, err
		}
	}
	if ref, ok, err := named(tx, who); err != nil {
		return "", err
	} else if ok {
		if _, there, err := tx.Customer(ref.Customer); err != nil || there {
			return ref.Customer, err
		}
	}
	n, err := tx.CountCustomers()
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", fmt.Errorf("customer %q: is not known, and %s holds no customer yet; send events, or run outreach import customers", who, o.path)
	}
	return "", fmt.Errorf("customer %q: is not known; give your own id, as events and imports name it, or ours, or an outreach or a message as the log and the Temporal UI name them", who)
}

// rulesOf gives the rules that an operator may name for a customer: those in
// force, and those that reached for them.
func (o *office) rulesOf(tx ledger.Tx, id customer.ID) ([]string, error) {
	known, err := ruleNames(tx)
	if err != nil {
		return nil, err
	}
	list, err := tx.OutreachesOf(id, 0)
	for _, outreach := range list {
		known = append(known, outreach.Rule)
	}
	slices.Sort(known)
	return slices.Compact(known), err
}

// ruleNames gives the rules in force.
func ruleNames(tx ledger.Texts) (names []string, err error) {
	active, err := tx.Active()
	for _, a := range active {
		if a.Kind == ledger.RuleDocument {
			names = append(names, a.Name)
		}
	}
	return names, err
}

// mustKnow refuses a name that nobody knows, and names the nearest, or all.
func mustKnow(kind, name string, known []string) error {
	if slices.Contains(known, name) {
		return nil
	}
	return hinted(fmt.Sprintf("%s %q: is not known", kind, name), cmp.Or(source.DidYouMean(name, known), allOf(known)))
}

// allOf lists what is known, as far as it fits a line.
func allOf(known []string) string {
	const most = 40
	switch n := len(known); {
	case n == 0:
		return "there is none yet: outreach rules load puts rules and templates in force"
	case n > most:
		return fmt.Sprintf("known: %s and %d more", strings.Join(known[:most], ", "), n-most)
	}
	return "known: " + strings.Join(known, ", ")
}

// errorsOr gives err, or where there is none one of its own.
func errorsOr(err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	return fmt.Errorf(format, args...)
}
