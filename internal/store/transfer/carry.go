package transfer

import (
	"context"
	"errors"
	"fmt"
)

// progress tells how many of all rows are behind, now and then.
type progress struct {
	done, total int64
	tell        func(done, total int64)
}

// toldEvery is after how many rows somebody is told.
const toldEvery = 1000

func (p *progress) step() {
	if p.done++; p.tell != nil && (p.done%toldEvery == 0 || p.done == p.total) {
		p.tell(p.done, p.total)
	}
}

// carry copies every table, lets numbers go on behind those that were copied,
// and reads everything back.
func carry(ctx context.Context, source, target *base, o Options) ([]Count, error) {
	counts, p := make([]Count, 0, len(tables)), &progress{tell: o.Progress}
	for _, t := range tables {
		n, err := source.one(ctx, "SELECT count(*) FROM ("+source.selection(t)+") AS counted")
		if err != nil {
			return nil, err
		}
		counts = append(counts, Count{t.name, n})
		p.total += 2 * n // written, and read back
		if t.name == eventsTable && target.server {
			p.total += n
		}
	}
	said := make([]digest, len(tables))
	for i, t := range tables {
		if err := carryTable(ctx, source, target, tableRun{t, &said[i], p}); err != nil {
			return nil, err
		}
	}
	for _, t := range tables {
		if !target.server {
			break
		}
		if err := target.do(ctx, "ANALYZE "+t.name); err != nil { // nobody plans by a guess
			return nil, err
		}
	}
	return counts, compare(ctx, target, said, p)
}

// tableRun is a table under way.
type tableRun struct {
	table
	said *digest // of its rows in the source
	p    *progress
}

func carryTable(ctx context.Context, source, target *base, t tableRun) (err error) {
	if t.name == eventsTable && target.server {
		if err := target.makeMonths(ctx, source); err != nil {
			return err
		}
	}
	r, err := source.read(ctx, t.table)
	if err != nil {
		return err
	}
	err = target.fill(ctx, t.table, func() ([]any, error) {
		row, err := r.next()
		if row == nil || err != nil {
			return nil, err
		}
		t.p.step()
		return row, t.said.add(t.table, row)
	})
	if err = errors.Join(err, r.Close()); err != nil {
		return err
	}
	if t.name == eventsTable && target.server {
		if err := target.fillEventIDs(ctx, source, t.p.step); err != nil {
			return err
		}
	}
	if t.serial == "" {
		return nil
	}
	newest, err := source.newest(ctx, t.table)
	if err != nil {
		return err
	}
	return target.goOnBehind(ctx, t.table, newest)
}

// compare reads the target back and refuses what is not as it was read.
func compare(ctx context.Context, target *base, said []digest, p *progress) error {
	for i, t := range tables {
		d, err := target.digest(ctx, t, p.step)
		if err != nil {
			return err
		}
		if !d.is(&said[i]) {
			return fmt.Errorf("store: %s: table %s does not read back as it was written (%d rows of %d); nothing of it was kept", target.name, t.name, d.rows, said[i].rows)
		}
	}
	return nil
}
