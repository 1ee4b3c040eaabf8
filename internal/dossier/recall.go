package dossier

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
)

// Recall judges the customer's history by a rule that comes into force: what
// the rule has to know of the past goes into the state, and the reasons that
// are still fresh are given.
func (d *Dossier) Recall(m *rule.Matcher, now time.Time) ([]rule.Reason, error) {
	events, err := d.Log(m.HistoryEvents(), time.Time{}, time.Time{})
	if err != nil {
		return nil, err
	}
	reasons, state := m.Replay(d.Subject(), events, now)
	m.Adopt(d.State, state)
	d.Reindex()
	return slices.DeleteFunc(reasons, func(why rule.Reason) bool {
		return !m.Fresh.Any && m.Fresh.Within.After(why.At, d.Zone).Before(now)
	}), nil
}

// Beginning names those of some rules that would begin an outreach for a
// customer at once, if they came into force at an instant. Nothing is written.
func (k Desk) Beginning(tx ledger.Tx, id customer.ID, rules []string, now time.Time) ([]string, error) {
	d, ok, err := k.Open(tx, id)
	if err != nil || !ok {
		return nil, err
	}
	known, err := tx.OutreachesOf(id, 0)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, name := range rules {
		m, ok := d.Set.Matcher(name)
		if !ok {
			continue
		}
		reasons, err := d.Recall(m, now)
		if err != nil {
			return nil, err
		}
		for _, why := range reasons {
			no, err := d.refuse(m, why, now)
			if err != nil {
				return nil, err
			}
			seen := slices.ContainsFunc(known, func(o ledger.Outreach) bool {
				return o.Rule == name && o.About == why.About && o.Key == why.Key
			})
			if no == "" && !seen {
				list = append(list, name)
				break
			}
		}
	}
	return list, nil
}
