package dossier

import (
	"cmp"
	"time"

	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Migration is an operator's word to move the outreaches of a rule from one
// version to another.
type Migration struct {
	Rule, From, To string
	Steps          map[string]string // the new id of an old step; absent: the same
}

// Foresee says what Migrate would do to an outreach. ok is false when it has
// ended, or goes by another version than From.
func (k Desk) Foresee(tx ledger.Tx, m Migration, ref ledger.Ref, now time.Time) (moved journey.Moved, ok bool, err error) {
	_, moved, ok, err = k.move(tx, m, ref, now)
	return moved, ok, err
}

// Migrate moves an outreach, unless it has to stay, and hints its workflow, so
// that its next answer is by the new version. It may be repeated: what was
// moved is not moved again, and ok is then false.
func (k Desk) Migrate(tx ledger.Tx, m Migration, ref ledger.Ref, now time.Time) (moved journey.Moved, ok bool, err error) {
	d, moved, ok, err := k.move(tx, m, ref, now)
	if err != nil || !ok || moved.Stays != "" {
		return moved, ok, err
	}
	o := moved.Outreach
	f, err := d.claims(now)
	if err == nil {
		err = d.keep(journey.Outcome{Parts: moved.Parts, Decisions: moved.Decisions}, f)
	}
	if err != nil {
		return moved, true, err
	}
	if o.Status == ledger.Open {
		if err := tx.Hint(o.Ref, now); err != nil {
			return moved, true, err
		}
	}
	d.running, d.known = nil, false
	matcher, err := d.Matcher(o)
	if err != nil {
		return moved, true, err
	}
	if matcher.Goal != nil {
		d.AwaitGoal(m.Rule, matcher.Goal.Within.After(o.At, d.Zone))
		d.Touch()
	}
	if err := tx.SaveOutreach(o); err != nil {
		return moved, true, err
	}
	return moved, true, d.Save()
}

// move judges a migration by the facts of one instant.
func (k Desk) move(tx ledger.Tx, m Migration, ref ledger.Ref, now time.Time) (d *Dossier, moved journey.Moved, ok bool, err error) {
	if d, ok, err = k.Open(tx, ref.Customer); err != nil || !ok {
		return d, moved, false, err
	}
	o, ok, err := tx.Outreach(ref)
	if err != nil || !ok || o.Status == ledger.Ended || o.Version != m.From {
		return d, moved, false, err
	}
	from, err := d.Matcher(o)
	if err != nil {
		return d, moved, false, err
	}
	to, err := k.Library.Version(tx, m.Rule, m.To)
	if err != nil {
		return d, moved, false, err
	}
	facts, err := d.Facts(to, o, now)
	if err != nil {
		return d, moved, false, err
	}
	moved, err = journey.Migration{From: from, To: to, Steps: m.Steps}.Move(o, facts)
	err = cmp.Or(err, d.err)
	return d, moved, err == nil, err
}
