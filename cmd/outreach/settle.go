package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/wording"
)

// settle settles the messages that are named, or all that are meant: each by
// itself, so that one that does not allow it stops no other.
func (o *office) settle(ctx context.Context, f unknownFlags, verdict dossier.Verdict) error {
	keys := f.keys
	if f.all {
		err := o.store.Read(ctx, func(tx ledger.Tx) error {
			parts, err := o.readDoubts(tx, f.doubts)
			keys = keys[:0]
			for _, p := range parts {
				keys = append(keys, p.Key())
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	r := dossier.Resolution{Verdict: verdict, ProviderID: f.providerID, By: f.by}
	done := 0
	var troubles []error
	for _, key := range keys {
		err := o.store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
			_, err := o.desk.Resolve(tx, key, r, o.instant())
			return err
		})
		if ctx.Err() != nil {
			return fmt.Errorf("%s settled, and then: %w; run the command again", wording.Count(int64(done), "message"), ctx.Err())
		}
		if err != nil {
			troubles = append(troubles, err)
			continue
		}
		done++
		if err := o.tellSettled(o.out, key, verdict); err != nil {
			return err
		}
	}
	if len(keys) == 0 {
		_, err := fmt.Fprintln(o.out, "no message is in doubt")
		return err
	}
	return errors.Join(troubles...)
}

func (o *office) tellSettled(out io.Writer, key string, verdict dossier.Verdict) error {
	text := map[dossier.Verdict]string{
		dossier.WasSent:   "is taken for sent",
		dossier.WasNot:    "is taken for not sent; its outreach goes on without it",
		dossier.SendAgain: "is sent again, at the next time that its rule allows",
	}[verdict]
	_, err := fmt.Fprintf(out, "%s %s\n", key, text)
	return err
}
