package dossier

import (
	"errors"
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Suppress keeps everybody from using an address, for one of customer's reasons
// of suppressions, and keeps the evidence e of why, which names channel, address
// and, where one is known, the customer. What a customer said themselves is not
// replaced by what others say, nor a word of theirs by an older one, nor an
// operator's block by what a provider says; each word of theirs is kept as
// evidence, others' once. A device that is gone is forgotten: the next newest is
// used instead.
func (k Desk) Suppress(tx ledger.Tx, e customer.Evidence, reason string) error {
	if e.Address == "" {
		return nil
	}
	before, is, err := tx.Suppressed(e.Channel, e.Address)
	if err != nil {
		return err
	}
	if is && !Said(reason) && (before.Reason == reason || before.Reason == customer.Blocked || Said(before.Reason)) {
		return nil
	}
	e.Act = customer.AddressBlocked
	if is && Said(before.Reason) && before.At.After(e.At) {
		return tx.Testify(e)
	}
	s := customer.Suppression{Channel: e.Channel, Address: e.Address, Reason: reason, At: e.At}
	if err := errors.Join(tx.Suppress(s), tx.Testify(e)); err != nil {
		return err
	}
	if reason == customer.Unregistered || reason == customer.NoAddressAt {
		return k.forget(tx, e)
	}
	return nil
}

// Free lets an address be used again that a customer's own word keeps from use,
// because of a newer word of theirs, and keeps the evidence e of it. That
// nothing arrives at an address, or that an operator blocked it, is no matter
// of their word, and stays: an operator's evidence frees it.
func (k Desk) Free(tx ledger.Tx, e customer.Evidence) error {
	before, is, err := tx.Suppressed(e.Channel, e.Address)
	if err != nil || !is || !Said(before.Reason) && e.How != customer.ByOperator || before.At.After(e.At) {
		return err
	}
	e.Act = customer.AddressFreed
	return errors.Join(tx.Unsuppress(e.Channel, e.Address), tx.Testify(e))
}

// Said reports whether a customer's own word suppressed an address.
func Said(reason string) bool {
	return reason == customer.StopReply || reason == customer.Unsubscribed || reason == customer.Complaint
}

// forget takes a device off its customer's profile.
func (k Desk) forget(tx ledger.Tx, e customer.Evidence) error {
	if e.Channel != customer.Push || e.Customer == "" {
		return nil
	}
	d, ok, err := k.Open(tx, e.Customer)
	if err != nil || !ok || !slices.Contains(d.Profile.PushTokens, e.Address) {
		return err
	}
	d.Change()
	d.Profile.PushTokens = slices.DeleteFunc(slices.Clone(d.Profile.PushTokens), func(t string) bool { return t == e.Address })
	return d.Save()
}
