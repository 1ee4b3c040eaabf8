package app

import (
	"net/http"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/callback"
	"github.com/outreach-engine/outreach/internal/channel/inbox"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/intake"
	"github.com/outreach-engine/outreach/internal/link"
)

// routes are everything that is served on one port.
func (o Options) routes(r Running) http.Handler {
	mux := http.NewServeMux()
	events := intake.New(intake.Options{
		Taker: r.Observer, Keeper: r.Observer, Now: o.Clock.Now, WriteKeys: o.writeKeys(), Logger: o.Logger,
		Data:   func() *dictionary.Dictionary { return r.Library.Current().Dictionary },
		Topics: func() []string { return r.Library.Current().Topics() },
	})
	mux.Handle("/v1/", events)
	mux.Handle("/health", events)
	if o.PublicURL != "" {
		mux.Handle(callback.Path, callback.Handler(callback.Options{
			Public: o.public(), Senders: r.Engine.Senders, Taker: r.Observer, Now: o.Clock.Now, Logger: o.Logger,
			Meter: r.metrics,
		}))
		theirs := customerPages(r, o, r.links)
		mux.Handle(link.UnsubscribePath, theirs)
		mux.Handle(link.PreferencesPath, theirs)
	}
	if o.showsInbox() {
		mux.Handle("/", inbox.Handler(r.Inbox, inbox.PageOptions{
			Store: r.Store, Taker: r.Observer, Now: o.Clock.Now, Logger: o.Logger,
			Zone: func(p customer.Profile) *time.Location {
				return r.Library.Current().Policy.ZoneOf(r.Engine.Desk.Zones, &p)
			},
			Beside: []inbox.Link{{Name: "Templates", Address: "/preview"}},
		}))
		pages := previews(r, o)
		mux.Handle("/preview", pages)
		mux.Handle("/preview/", pages)
	}
	for pattern, handler := range o.Extra {
		mux.Handle(pattern, handler)
	}
	return mux
}

func (o Options) writeKeys() []string {
	var keys []string
	for key := range strings.SplitSeq(o.WriteKeys, ",") {
		if key = strings.TrimSpace(key); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}
