package app

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/link"
)

// linkKey is the setting that holds the key the engine made for itself.
const linkKey = "link_key"

// Links gives the signer of the links in messages, by the keys of
// OUTREACH_LINK_SECRET. Where that is empty the engine makes a key of its own
// and keeps it in the store. That one goes on being taken when the setting is
// given later, so that links in messages that went out before still work.
func Links(ctx context.Context, store ledger.Store, secret string) (*link.Signer, error) {
	keys, err := link.ParseKeys(secret)
	if err != nil {
		return nil, fmt.Errorf("OUTREACH_LINK_SECRET: %w", err)
	}
	var own string
	if err := store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) (err error) {
		if err = tx.Alter(); err != nil {
			return err
		}
		own, err = ownLinkKey(tx, len(keys) == 0)
		return err
	}); err != nil {
		return nil, fmt.Errorf("keep the key of links: %w", err)
	}
	made, err := link.ParseKeys(own)
	if err != nil {
		return nil, fmt.Errorf("the store's setting %s: %w", linkKey, err)
	}
	return link.NewSigner(append(keys, made...))
}

// ownLinkKey gives the key that the store keeps; where there is none it draws
// one if it is wanted, else gives "".
func ownLinkKey(tx ledger.Tx, wanted bool) (string, error) {
	known, ok, err := tx.Setting(linkKey)
	if err != nil || ok || !wanted {
		return known, err
	}
	var key link.Key
	_, _ = rand.Read(key[:]) // never fails (crypto/rand)
	return key.Hex(), tx.SetSetting(linkKey, key.Hex())
}
