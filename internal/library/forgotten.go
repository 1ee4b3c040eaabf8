package library

import (
	"context"
	"time"

	"github.com/outreach-engine/outreach/internal/ledger"
)

// Settings of what was forgotten, and of whose turn it is to forget.
const (
	forgottenKey  = "events_forgotten"
	forgetTurnKey = "events_forget_next"
)

// Forgotten gives the instant before which events were forgotten, or are about
// to be: none from before it is taken in. Zero: everything is kept.
func Forgotten(tx ledger.House) (time.Time, error) { return instantOf(tx, forgottenKey) }

// SetForgotten has every process refuse events from before an instant: none is
// appended any more once it returns. It never moves back.
func (l *Library) SetForgotten(ctx context.Context, before time.Time) error {
	if l.store == nil {
		return errFixed
	}
	return l.store.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error {
		if err := tx.Alter(); err != nil {
			return err
		}
		old, err := Forgotten(tx)
		if err != nil || !before.After(old) {
			return err
		}
		if err := tx.SetSetting(forgottenKey, before.UTC().Format(time.RFC3339Nano)); err != nil {
			return err
		}
		return Bump(tx)
	})
}

// TurnToForget reports whether it is time to forget, and nobody else does.
func TurnToForget(tx ledger.House, now time.Time) (bool, error) {
	next, err := instantOf(tx, forgetTurnKey)
	return !now.Before(next), err
}

// TakeTurnToForget notes from when on it is somebody's turn again.
func TakeTurnToForget(tx ledger.House, next time.Time) error {
	return tx.SetSetting(forgetTurnKey, next.UTC().Format(time.RFC3339Nano))
}

// instantOf reads a setting; what does not read is the zero time.
func instantOf(tx ledger.House, key string) (time.Time, error) {
	text, _, err := tx.Setting(key)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	at, _ := time.Parse(time.RFC3339Nano, text)
	return at, nil
}
