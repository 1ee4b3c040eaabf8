package library

import (
	"context"
	"time"

	"github.com/outreach-engine/outreach/internal/insight"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// learnedKept is how many documents of what was learned are kept, the one in
// force among them.
const learnedKept = 7

// learning is the setting that holds until when somebody learns.
const learning = "learning"

// TurnToLearn reports whether it is time to learn of everybody anew, every so
// often, and nobody else does.
func TurnToLearn(tx ledger.Tx, now time.Time, every time.Duration) (bool, error) {
	list, err := tx.Active()
	if err != nil {
		return false, err
	}
	for _, a := range list {
		if a.Kind == ledger.LearnedDocument && now.Before(a.At.Add(every)) {
			return false, nil
		}
	}
	text, _, err := tx.Setting(learning)
	if err != nil || text == "" {
		return err == nil, err
	}
	until, err := time.Parse(time.RFC3339Nano, text)
	return err != nil || !now.Before(until), nil
}

// TakeTurn notes that somebody learns until an instant, after which another may.
func TakeTurn(tx ledger.House, until time.Time) error {
	return tx.SetSetting(learning, until.UTC().Format(time.RFC3339Nano))
}

// Learned puts in force what was learned of everybody. It asks nothing that
// waits to look again: a plan keeps its instant.
func (l *Library) Learned(ctx context.Context, known *insight.Insight) error {
	if l.store == nil {
		return errFixed
	}
	body := known.Encode()
	d := ledger.Document{Kind: ledger.LearnedDocument, Hash: hash(body), Body: body, At: known.At()}
	err := l.store.Write(ctx, ledger.IntakeLane, func(tx ledger.Tx) error {
		for _, do := range []func() error{
			tx.Alter,
			func() error { return tx.SaveDocument(d) },
			func() error { return tx.Activate(ledger.Active{Kind: d.Kind, Hash: d.Hash, At: d.At, Warm: true}) },
			func() error { return tx.KeepDocuments(d.Kind, d.Name, learnedKept) },
			func() error { return tx.SetSetting(learning, "") },
			func() error { return Bump(tx) },
		} {
			if err := do(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = l.Follow(ctx)
	return err
}

// Knowing gives a fixed library that knows of everybody besides; without it
// nothing is known.
func (l *Library) Knowing(known *insight.Insight) *Library {
	set := *l.Current()
	set.Insight = known
	other := &Library{versions: map[version]*rule.Matcher{}}
	other.current.Store(&set)
	return other
}

// Insight reads what is known of everybody from a store; nil: nothing is.
func Insight(tx ledger.Texts) (*insight.Insight, error) {
	list, err := tx.Active()
	if err != nil {
		return nil, err
	}
	var f inForce
	for _, a := range list {
		if a.Kind != ledger.LearnedDocument {
			continue
		}
		d, _, err := tx.Document(a.Kind, a.Name, a.Hash)
		if err != nil {
			return nil, err
		}
		if err := f.take(d); err != nil {
			return nil, err
		}
	}
	return f.known, nil
}
