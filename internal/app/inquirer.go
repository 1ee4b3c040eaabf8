package app

import (
	"context"
	"time"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/link"
)

// inquireEvery is how often attempts whose end nobody knows are taken up.
const inquireEvery = time.Second

// inquire takes up attempts whose end nobody knows until ctx ends. Trouble is
// logged once and tried again.
func (o Options) inquire(ctx context.Context, engine *activities.Engine) {
	ticker := time.NewTicker(inquireEvery)
	defer ticker.Stop()
	troubled := false
	for {
		more, err := true, error(nil)
		for more && err == nil && ctx.Err() == nil {
			more, err = engine.Inquire(ctx)
		}
		if err != nil && ctx.Err() == nil && !troubled {
			o.Logger.Warn("attempts whose end nobody knows were not taken up; trying again each second", "error", err)
		}
		troubled = err != nil
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
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
