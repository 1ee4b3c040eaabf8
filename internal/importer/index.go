package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

const (
	reportEvery = 20_000  // rows of the first reading between two calls of Progress
	maxZones    = 100_000 // customers whose zone is kept
)

// place is where a row stands in the order of events and in the file.
type place struct {
	at     int64  // Unix microseconds
	offset int64  // in the file
	line   uint32 // in the file
	tie    uint32 // orders the events of one instant whatever the order of the file
}

// index reads the file for the first time: it finds each row's instant and
// refuses the rows that cannot be read. Unsorted it takes the rows at once.
func (r *run) index(ctx context.Context) error {
	for {
		found, err := r.table.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if r.report.Rows++; r.report.Rows > MaxRows {
			return fmt.Errorf("file %s: has more than %d rows, split it", r.Path, MaxRows)
		}
		if err := r.place(ctx, found); err != nil {
			return err
		}
		if r.report.Rows%reportEvery == 0 {
			if err := cmp.Or(ctx.Err(), r.flush(ctx)); err != nil {
				return err
			}
			r.progress(r.table.offset)
		}
	}
	return r.take(ctx)
}

// place puts one row into the order, or refuses or skips it.
func (r *run) place(ctx context.Context, found row) error {
	values, trouble := r.table.read(found)
	switch {
	case trouble != "":
		r.refuse(keptOf(found), trouble)
		return nil
	case r.spec.skips(values):
		r.report.Skipped++
		return nil
	}
	at, trouble, err := r.instant(ctx, values)
	switch {
	case err != nil:
		return err
	case trouble != "":
		r.refuse(keptOf(found), trouble)
		return nil
	case at.Unix() < 0 || !r.ShiftToNow && at.Sub(r.Now) > maxFuture:
		r.refuse(keptOf(found), "at: is before 1970 or more than 24 hours ahead, check its format")
		return nil
	case r.Unsorted:
		return r.takeAtOnce(ctx, found, at.UTC().Truncate(time.Microsecond), values)
	}
	p := place{at: at.UnixMicro(), offset: found.offset, line: uint32(found.line)}
	if r.Kind == Events {
		p.tie = crc32.ChecksumIEEE(found.raw)
	}
	r.order = append(r.order, p)
	return nil
}

// takeAtOnce takes a row as it is read.
func (r *run) takeAtOnce(ctx context.Context, found row, at time.Time, values []customer.Value) error {
	if r.spec.at != nil {
		if r.report.Oldest.IsZero() || at.Before(r.report.Oldest) {
			r.report.Oldest = at
		}
		if at.After(r.report.Newest) {
			r.report.Newest = at
		}
	}
	r.add(found, at, values)
	if len(r.batch) < perBatch {
		return nil
	}
	return cmp.Or(ctx.Err(), r.take(ctx))
}

func (s *spec) skips(values []customer.Value) bool {
	return slices.ContainsFunc(s.skip, func(c skipIf) bool {
		return slices.Contains(c.texts, strings.TrimSpace(values[c.column].String()))
	})
}

// instant gives when a row happened.
func (r *run) instant(ctx context.Context, values []customer.Value) (at time.Time, trouble string, err error) {
	spec := r.spec.at
	if spec == nil {
		return r.Undated, "", nil
	}
	zone := spec.zone
	if spec.theirs {
		id, _ := r.spec.id.value(values)
		if zone, err = r.zoneOf(ctx, strings.TrimSpace(id.String())); err != nil {
			return at, "", err
		}
		if zone == nil {
			return at, "at: the customer's zone is not known, import the customers first or name a zone in the map", nil
		}
	}
	v, trouble := spec.cell.value(values)
	if trouble == "" {
		at, trouble = spec.read(v, zone)
	}
	if trouble != "" {
		trouble = "at: " + trouble
	}
	return at, trouble, nil
}

// zoneOf gives a customer's zone, nil when nobody knows it.
func (r *run) zoneOf(ctx context.Context, id string) (*time.Location, error) {
	if zone, ok := r.cache[id]; ok {
		return zone, nil
	}
	name, err := r.Zones.ZoneOf(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("zone of a customer: %w", err)
	}
	var zone *time.Location
	if name != "" {
		if zone, err = r.zones.Load(name); err != nil {
			return nil, err
		}
	}
	if len(r.cache) >= maxZones {
		clear(r.cache)
	}
	r.cache[id] = zone
	return zone, nil
}

// sort puts the rows in the order of events, those of customers without a time
// in the order of the file. It notes the span of time, and how far to move it.
func (r *run) sort() {
	slices.SortFunc(r.order, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.tie, b.tie), cmp.Compare(a.line, b.line))
	})
	if len(r.order) == 0 || r.spec.at == nil {
		return
	}
	r.report.Oldest = time.UnixMicro(r.order[0].at).UTC()
	r.report.Newest = time.UnixMicro(r.order[len(r.order)-1].at).UTC()
	if r.ShiftToNow {
		r.report.Shift = r.Now.Sub(r.report.Newest)
	}
}
