package memory

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// stored gives an instant as every store gives it back.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func keptBytes(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return bytes.Clone(b)
}

func keptList[E any](list []E) []E {
	if len(list) == 0 {
		return nil
	}
	return slices.Clone(list)
}

func keptMap[K comparable, V any](m map[K]V) map[K]V {
	if len(m) == 0 {
		return nil
	}
	return maps.Clone(m)
}

// same gives a map that nobody changes, nil for an empty one.
func same[K comparable, V any](m map[K]V) map[K]V {
	if len(m) == 0 {
		return nil
	}
	return m
}

func keptRecord(r ledger.Record) *ledger.Record {
	p := r.Profile
	p.PushTokens, p.Traits, p.Consents = keptList(p.PushTokens), keptMap(p.Traits), keptMap(p.Consents)
	for topic, consent := range p.Consents {
		consent.At = stored(consent.At)
		p.Consents[topic] = consent
	}
	p.Preferences.Channels, p.Preferences.Hours = keptList(p.Preferences.Channels), keptMap(p.Preferences.Hours)
	p.Since = stored(p.Since)
	return &ledger.Record{Profile: p, State: keptBytes(r.State)}
}

func givenRecord(r *ledger.Record) ledger.Record {
	return ledger.Record{Profile: r.Profile.Clone(), State: bytes.Clone(r.State)}
}

func keptEvent(e customer.Event) customer.Event {
	e.At, e.ReceivedAt, e.Properties = stored(e.At), stored(e.ReceivedAt), same(e.Properties)
	return e
}

func keptOutreach(o ledger.Outreach) ledger.Outreach {
	o.At, o.Recorded, o.Ended = stored(o.At), stored(o.Recorded), stored(o.Ended)
	o.NextAt, o.Lease, o.GoalAt = stored(o.NextAt), stored(o.Lease), stored(o.GoalAt)
	o.Match = same(o.Match)
	o.Position, o.Answer, o.WakesOn = keptBytes(o.Position), keptBytes(o.Answer), keptList(o.WakesOn)
	return o
}

func givenOutreach(o *outreach) ledger.Outreach {
	given := o.Outreach
	given.Position, given.Answer = bytes.Clone(o.Position), bytes.Clone(o.Answer)
	given.WakesOn = slices.Clone(o.WakesOn)
	return given
}

func keptPart(p ledger.Part) ledger.Part {
	p.Planned, p.Lease, p.RetryAt = stored(p.Planned), stored(p.Lease), stored(p.RetryAt)
	p.Deadline, p.Turn = stored(p.Deadline), stored(p.Turn)
	p.Sent, p.Updated, p.Answer = stored(p.Sent), stored(p.Updated), keptBytes(p.Answer)
	return p
}

func givenPart(p *part) ledger.Part {
	given := p.Part
	given.Answer = bytes.Clone(p.Answer)
	return given
}

// given gives the first rows of a list, as copies: nil when there are none.
func given[R, V any](rows []R, limit int, one func(R) V) []V {
	if limit > 0 {
		rows = rows[:min(limit, len(rows))]
	}
	if len(rows) == 0 {
		return nil
	}
	list := make([]V, len(rows))
	for i, row := range rows {
		list[i] = one(row)
	}
	return list
}
