package app

import (
	"context"
	"net/http"
	"net/mail"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/pages"
)

// customerPages serves what links in messages lead to, /u/ and /p/.
func customerPages(r Running, o Options, links *link.Signer) http.Handler {
	return pages.Handler(pages.Options{
		Links: links, Reader: pageReader{r.Store, r.Library}, Taker: r.Observer, Now: o.Clock.Now, Logger: o.Logger,
	})
}

// pageReader reads customers for their pages.
type pageReader struct {
	store   ledger.Store
	library *library.Library
}

// Read gives whoever a link was made for, by the policy in force.
func (p pageReader) Read(ctx context.Context, l link.Link) (s pages.State, err error) {
	policy := p.library.Current().Bundle.Policy
	err = p.store.Read(ctx, func(tx ledger.Tx) error {
		s = pages.State{Topics: map[customer.Topic]bool{}, Blocked: map[customer.Channel]string{}}
		for name, topic := range policy.Topics {
			s.Topics[name] = topic.Assumed
		}
		if sender, err := mail.ParseAddress(policy.Senders[customer.Email]); err == nil {
			s.Company = sender.Name
		}
		record, ok, err := linked(tx, l)
		if err != nil || !ok {
			return err
		}
		s.Profile = record.Profile
		return blocked(tx, &s)
	})
	return s, err
}

// linked gives the record of a link's customer, and of the one that they were
// merged into: the law does not let an old link fail for that.
func linked(tx ledger.Tx, l link.Link) (record ledger.Record, ok bool, err error) {
	if record, ok, err = tx.Customer(l.Customer); err != nil || ok {
		return record, ok, err
	}
	ref, _, _, err := ledger.ParseKey(l.Message)
	if err != nil {
		return ledger.Record{}, false, nil
	}
	if ref, err = tx.Moved(ref); err != nil {
		return ledger.Record{}, false, err
	}
	return tx.Customer(ref.Customer)
}

// blocked reads which of a customer's addresses are suppressed.
func blocked(tx ledger.Tx, s *pages.State) error {
	for _, c := range customer.Channels() {
		address := s.Profile.Address(c)
		if address == "" {
			continue
		}
		suppression, is, err := tx.Suppressed(c, address)
		if err != nil {
			return err
		}
		if is {
			s.Blocked[c] = suppression.Reason
		}
	}
	return nil
}
