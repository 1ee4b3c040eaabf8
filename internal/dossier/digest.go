package dossier

import (
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

// longestStretch bounds how far ahead the end of a digest's time is looked for.
const longestStretch = 24 * time.Hour

// soonOver is how long a digest's outreach has lived at most that is not begun
// anew when it came to nothing: what closed its way is still so.
const soonOver = time.Hour

// gather begins digests after an answer: when items came for them, or when one
// is over and left some behind.
func (d *Dossier) gather(o ledger.Outreach, out journey.Outcome) error {
	if slices.ContainsFunc(out.Parts, waitsForDigest) {
		return d.collect(d.at, time.Time{})
	}
	if o.Status != ledger.Ended {
		return nil
	}
	vain := o.Sent == 0 && o.Reason != customer.ReasonGone && d.at.Sub(o.Recorded) < soonOver
	if is, err := d.isDigest(o); err != nil || !is || vain {
		return err
	}
	return d.collect(d.at, d.at)
}

func waitsForDigest(p ledger.Part) bool { return p.Status == ledger.Riding && p.Digest != "" }

// collect begins the outreaches of the digests that items wait for. over is
// when one ended right now; zero: none did.
func (d *Dossier) collect(now, over time.Time) error {
	if len(d.Set.Policy.Digests) == 0 {
		return nil
	}
	slots, err := d.tx.Slots(d.Profile.ID, now)
	if err != nil {
		return err
	}
	for _, name := range d.Set.Policy.DigestNames() {
		waits := slices.ContainsFunc(slots, func(p ledger.Part) bool { return p.Status == ledger.Riding && p.Digest == name })
		m, ok := d.Set.Matcher(rule.DigestRule(name))
		if !waits || !ok {
			continue
		}
		if err := d.beginDigest(m, d.Set.Policy.Digests[name].At, now, over); err != nil {
			return err
		}
	}
	return nil
}

// beginDigest begins a digest's outreach unless there is one.
func (d *Dossier) beginDigest(m *rule.Matcher, times sendtime.When, now, over time.Time) error {
	d.running, d.known = nil, false
	running, err := d.Running()
	if err != nil || slices.ContainsFunc(running, func(o ledger.Outreach) bool { return o.Rule == m.Name }) {
		return err
	}
	last, _, err := d.tx.LastSent(m.Name, d.Profile.ID, "")
	if err != nil {
		return err
	}
	from := now
	if last.Ended.After(over) {
		over = last.Ended
	}
	if !over.IsZero() {
		from = d.behind(times, over, now)
	}
	key := now.UTC().Format(time.RFC3339Nano)
	_, err = d.Enter(m, rule.Reason{At: from, Key: key}, now)
	return err
}

// behind gives from where a digest's next instant is looked for: one goes out
// at each of its times, so that it is behind the stretch in which the last one
// went.
func (d *Dossier) behind(times sendtime.When, last, now time.Time) time.Time {
	end := last.Truncate(time.Minute)
	for end.Sub(last) < longestStretch && times.Contains(end, d.Zone) {
		end = end.Add(time.Minute)
	}
	if end.Before(now) {
		return now
	}
	return end
}
