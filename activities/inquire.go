package activities

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/policy"
)

// How much one look at the attempts whose end nobody knows takes on.
const (
	inquireBatch  = 200
	inquireAtOnce = 8
	findFor       = 10 * time.Second
)

// How far apart a provider is asked about one attempt: half the time that has
// passed since it was lost, within these, on the machine's clock.
const (
	soonest = time.Second
	latest  = 5 * time.Minute
)

// Inquire takes up the attempts whose end nobody knows: it asks their
// providers, has those made again that may be, and gives up those that were
// asked for as long as the policy says. Everything in it may be repeated at any
// time. more says that there may be more to do at once.
func (e *Engine) Inquire(ctx context.Context) (more bool, err error) {
	if err := e.fit(); err != nil {
		return false, err
	}
	var list []ledger.Part
	err = e.Store.Read(ctx, func(tx ledger.Tx) error {
		list, err = tx.Asking(e.now(), inquireBatch)
		return err
	})
	if err != nil || len(list) == 0 {
		return false, err
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	turns := make(chan struct{}, inquireAtOnce)
	for _, p := range list {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			if one := e.inquire(ctx, p); one != nil {
				mu.Lock()
				err = errors.Join(err, one)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return len(list) == inquireBatch && err == nil, err
}

// inquire takes up one attempt.
func (e *Engine) inquire(ctx context.Context, p ledger.Part) error {
	switch {
	case p.Item:
		return e.settled(ctx, p, e.followCarrier)
	case !p.Channel.Reaches():
		return e.settled(ctx, p, e.abandon)
	case p.Status == ledger.Sending:
		return e.settled(ctx, p, func(tx ledger.Tx, p ledger.Part) error {
			lost := dossier.Heard{Word: ledger.NoAnswer, RetryAt: e.now(), Note: "its process is gone, or took too long: " + p.Provider + " is asked"}
			_, _, err := e.Desk.Hear(tx, p, lost, e.now())
			return err
		})
	}
	h, again := e.find(ctx, p)
	return e.settled(ctx, p, func(tx ledger.Tx, p ledger.Part) error {
		if h.Word == "" {
			p.RetryAt = again
			return tx.SavePart(p)
		}
		return e.believe(tx, p, h)
	})
}

// settled does something about a part that is still as it was seen.
func (e *Engine) settled(ctx context.Context, seen ledger.Part, do func(ledger.Tx, ledger.Part) error) error {
	return e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		p, ok, err := ledger.Present(tx, seen.Ref, seen.Step, seen.Channel)
		if err != nil || !ok || p.Status != seen.Status || p.Attempt != seen.Attempt {
			return err
		}
		return do(tx, p)
	})
}

// abandon takes up an attempt that reaches nobody: to repeat it is safe, unless
// its outreach has ended and nobody wants it any more.
func (e *Engine) abandon(tx ledger.Tx, p ledger.Part) error {
	o, ok, err := tx.Outreach(p.Ref)
	if err != nil || !ok {
		return err
	}
	p.RetryAt, p.Lease, p.Updated = p.Lease, time.Time{}, e.now()
	if p.Status, p.Reason = ledger.Planned, customer.Unavailable; o.Status == ledger.Ended {
		p.Status, p.Reason = ledger.Withdrawn, o.Reason
	}
	return errors.Join(tx.SavePart(p), tx.Hint(p.Ref, e.now()))
}

// followCarrier lets an item be as the message that it went out in, which it
// may have lost sight of when customers were merged.
func (e *Engine) followCarrier(tx ledger.Tx, item ledger.Part) error {
	carrier, ok, err := carrierOf(tx, item)
	if err != nil {
		return err
	}
	if ok && (carrier.Status == ledger.Sending || carrier.Status == ledger.Ambiguous) {
		item.Lease = e.now().Add(e.Clock.Span(latest)) // it is settled with it
		return tx.SavePart(item)
	}
	return e.Desk.SettleItem(tx, item, carrier, e.now())
}

// carrierOf gives the message that an item goes out in.
func carrierOf(tx ledger.Tx, item ledger.Part) (ledger.Part, bool, error) {
	ref, step, c, err := ledger.ParseKey(item.Carrier)
	if err != nil {
		return ledger.Part{}, false, nil
	}
	return ledger.Present(tx, ref, step, c)
}

// find gives what there is to learn of an ambiguous attempt now; without a word
// there is nothing, and again says when to ask again.
func (e *Engine) find(ctx context.Context, p ledger.Part) (h dossier.Heard, again time.Time) {
	terms := e.Desk.Library.Current().Policy
	sender := e.Senders[p.Channel]
	mine := sender != nil && sender.Name() == p.Provider
	if repeater, ok := sender.(channel.Repeater); ok && mine && repeater.RepeatsSafely(p.Address) {
		return dossier.Heard{Word: ledger.SendAgain, Reason: customer.Unknown, RetryAt: e.now().Add(e.pause(p.Attempt, 0)),
			Note: "no answer came: it is sent again, and takes the place of the first"}, again
	}
	finder, asks := sender.(channel.Finder)
	_, reports := sender.(channel.Reporter)
	over := p.Lease.Add(e.Clock.Span(terms.Unknown.Ask))
	if asks && mine {
		h, answered := e.search(ctx, finder, p)
		if h.Word != "" {
			return h, again
		}
		if !answered {
			over = over.Add(e.Clock.Span(terms.Unknown.Ask)) // a question without an answer is none: but not for ever
		}
	}
	if now := e.now(); mine && (asks || reports) && now.Before(over) {
		gap := min(max(time.Duration(float64(e.Clock.Since(p.Lease))/2), soonest), latest)
		if again = now.Add(e.Clock.Span(gap)); over.Before(again) {
			again = over
		}
		return dossier.Heard{}, again
	}
	if terms.WhenUnknown(p.Channel, p.Topic) == policy.SendAgain {
		return dossier.Heard{Word: ledger.SendAgain, Reason: customer.Unknown, RetryAt: e.now(),
			Note: "nobody can say whether it went out: sent again, as policy.yaml says"}, again
	}
	return dossier.Heard{Word: ledger.Forgone, Note: "nobody can say whether it went out: held, as policy.yaml says"}, again
}

// search asks a provider for an attempt. That it has none is believed once a
// call that was under way must have come through. answered is false when the
// provider gave no answer at all.
func (e *Engine) search(ctx context.Context, finder channel.Finder, p ledger.Part) (h dossier.Heard, answered bool) {
	ctx, cancel := context.WithTimeout(ctx, min(findFor, e.callTime()))
	defer cancel()
	now, lost := time.Now(), e.Clock.Since(p.Lease)
	found, err := finder.Find(ctx, channel.Search{
		Key: p.Key(), Channel: p.Channel, To: p.Address, Print: p.Print,
		After: now.Add(-e.Clock.Since(p.Sent)), Before: now.Add(e.callTime() - min(lost, e.callTime())),
	})
	if err != nil {
		e.Logger.Warn("provider does not say what became of an attempt; it is asked again", about(p, ""), "provider", p.Provider, "error", err)
		return dossier.Heard{}, false
	}
	others, err := e.strangers(ctx, p, found)
	switch {
	case err != nil:
		return dossier.Heard{}, false
	case len(others) == 0 && lost >= 2*e.callTime():
		return dossier.Heard{Word: ledger.Absent, Reason: customer.Unknown, RetryAt: e.now(),
			Note: p.Provider + " has no such message: it did not go out"}, true
	}
	for _, f := range others {
		if f.Same {
			return dossier.Heard{Word: cmp.Or(dossier.WordOf(f.Fate), ledger.Taken), ProviderID: f.ProviderID, Code: f.Code,
				Note: "no answer came; " + p.Provider + " was asked, and has it"}, true
		}
	}
	return dossier.Heard{}, true
}

// strangers gives those of the messages that a provider has which are not
// known to be other messages of ours.
func (e *Engine) strangers(ctx context.Context, p ledger.Part, found []channel.Found) (list []channel.Found, err error) {
	err = e.Store.Read(ctx, func(tx ledger.Tx) error {
		list = list[:0]
		for _, f := range found {
			owner, known, err := tx.PartOf(p.Provider, f.ProviderID)
			if err != nil {
				return err
			}
			if !known || owner.Key() == p.Key() {
				list = append(list, f)
			}
		}
		return nil
	})
	return list, err
}

// believe writes what was learned by asking, unless another message turned out
// to be the one that was found.
func (e *Engine) believe(tx ledger.Tx, p ledger.Part, h dossier.Heard) error {
	if h.ProviderID != "" {
		owner, known, err := tx.PartOf(p.Provider, h.ProviderID)
		if err != nil || known && owner.Key() != p.Key() {
			return err // asked again, as RetryAt has it
		}
	}
	_, _, err := e.Desk.Hear(tx, p, h, e.now())
	return err
}
