package app

import (
	"context"
	"time"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/link"
)

// inquire takes up attempts whose end nobody knows until ctx ends.
func (o Options) inquire(ctx context.Context, engine *activities.Engine) {
	o.eachSecond(ctx, "attempts whose end nobody knows were not taken up", func() error {
		more, err := true, error(nil)
		for more && err == nil && ctx.Err() == nil {
			more, err = engine.Inquire(ctx)
		}
		return err
	})
}

// links gives the addresses of a message's links.
type links struct {
	signer *link.Signer
	public string
}

// linker makes messages' links; without a public address there are none.
func linker(signer *link.Signer, public string) activities.Linker {
	if public == "" {
		return nil
	}
	return links{signer, public}
}

// Links implements activities.Linker.
func (l links) Links(p ledger.Part, at time.Time) (unsubscribe, preferences string) {
	to := link.Link{Kind: link.Unsubscribe, Customer: p.Customer, Topic: p.Topic, Channel: p.Channel, Message: p.Key(), Issued: at}
	unsubscribe = l.signer.URL(l.public, to)
	to.Kind = link.Preferences
	return unsubscribe, l.signer.URL(l.public, to)
}
