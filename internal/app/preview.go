package app

import (
	"context"
	"net/http"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/preview"
)

// previews shows the templates in force beside the inbox.
func previews(r Running, o Options) http.Handler {
	return preview.Handler(preview.Options{
		Current: func() (*bundle.Bundle, string) {
			set := r.Library.Current()
			return set.Bundle, set.Generation
		},
		Refused: func(ctx context.Context) (why string, err error) {
			err = r.Store.Read(ctx, func(tx ledger.Tx) error {
				_, why, _, err = library.Refused(tx)
				return err
			})
			return why, err
		},
		Now: o.Clock.Now, Logger: o.Logger,
	})
}
