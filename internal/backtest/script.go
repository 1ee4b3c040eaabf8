package backtest

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// place is where a group lies.
type place struct {
	part  int
	group uint32
}

// frame is a record as it lies in a part.
type frame struct {
	group uint32
	raw   []byte
}

// frames gives the records of a part, by group.
func (w *worker) frames(part int) ([]frame, error) {
	b, err := w.past.parts.read(part)
	if err != nil {
		return nil, err
	}
	var frames []frame
	for len(b) >= 8 {
		n := 8 + int(binary.BigEndian.Uint32(b[4:]))
		if n > len(b) {
			return nil, errRecord
		}
		frames = append(frames, frame{group: binary.BigEndian.Uint32(b), raw: b[8:n]})
		b = b[n:]
	}
	slices.SortStableFunc(frames, func(a, b frame) int { return cmp.Compare(a.group, b.group) })
	return frames, nil
}

// play plays one group.
func (w *worker) play(ctx context.Context, group []frame, render bool) (*simulate.Play, error) {
	records := make([]record, 0, len(group))
	for _, f := range group {
		r, err := w.decoder.read(f.raw)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	play, err := w.stage.Play(ctx, w.script(append(records, w.concerning(records)...), render))
	if err != nil {
		return nil, fmt.Errorf("play the past: %w", err)
	}
	return play, nil
}

// script orders the facts of a group: by instant; at one instant what files of
// customers say first, in their order, then events by message id. What is known
// of customers from before the first event holds from then on.
func (w *worker) script(records []record, render bool) simulate.Script {
	from, to := w.span()
	script := simulate.Script{From: from, To: to, Render: render, Latest: true, Unconfirmed: w.Unconfirmed}
	for i := range records {
		r := &records[i]
		if r.Undated {
			r.Event.At = from
		}
		if r.ID != "" {
			if script.IDs == nil {
				script.IDs = map[string]customer.ID{}
			}
			script.IDs[external(r.Fact)] = r.ID
		}
	}
	slices.SortFunc(records, func(a, b record) int {
		return cmp.Or(a.seenAt(from).Compare(b.seenAt(from)), cmp.Compare(a.rank(), b.rank()), a.order(b))
	})
	for _, r := range records {
		if at := r.seenAt(from); !at.After(to) {
			script.Acts = append(script.Acts, simulate.Act{At: at, Incoming: r.Incoming})
		}
	}
	return script
}

// external is the outside id by which a script knows a customer.
func external(f Fact) string {
	if f.User != "" {
		return f.User
	}
	return device(f.Anonymous)
}

// seenAt gives when the engine hears of a record.
func (r *record) seenAt(from time.Time) time.Time {
	if r.Event.At.Before(from) {
		return from
	}
	return r.Event.At
}

// rank puts what is known of customers before what they did.
func (r *record) rank() int {
	switch {
	case r.Undated:
		return 0
	case r.Event.Name == customer.Identified:
		return 1
	}
	return 2
}

func (r *record) order(other record) int {
	if r.rank() < 2 {
		return cmp.Compare(r.number, other.number)
	}
	return cmp.Or(cmp.Compare(r.Event.MessageID, other.Event.MessageID), cmp.Compare(r.number, other.number))
}

// concerning gives the facts that name nobody and may reach one of a group:
// somebody there is said to have, at any time, a trait of a property's name with
// its value.
func (w *worker) concerning(records []record) []record {
	if len(w.past.news) == 0 {
		return nil
	}
	type pair struct{ trait, value string }
	had := map[pair]bool{}
	for _, r := range records {
		for name, value := range r.Change.Traits {
			had[pair{name, value.String()}] = true
		}
		for name, value := range map[string]*string{"zone": r.Change.Zone, "country": r.Change.Country, "region": r.Change.Region, "locale": r.Change.Locale} {
			if value != nil {
				had[pair{name, *value}] = true
			}
		}
	}
	var concerning []record
	for _, n := range w.past.news {
		for name, value := range n.Event.Properties {
			if had[pair{name, value.String()}] {
				concerning = append(concerning, n)
				break
			}
		}
	}
	return concerning
}
