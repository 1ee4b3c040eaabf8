package activities_test

import (
	"context"
	"slices"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// rest lets everything come to its end: nobody dies any more, holds are lifted,
// the vendor takes what it is given, and time passes.
func (w *model) rest() {
	w.ease()
	for range 400 {
		if w.faulty() {
			return
		}
		w.round()
		w.tell()
		if w.still() {
			return
		}
		time.Sleep(time.Minute)
	}
	w.note("never at rest")
}

// ease takes away whatever stands in the way.
func (w *model) ease() {
	w.note("now everything is driven to rest")
	for i := range w.procs {
		w.procs[i].kill() // the calls that are out end with it, or never
		w.procs[i] = w.newProcess()
	}
	w.vendor.mu.Lock()
	w.vendor.easy, w.vendor.silent, w.vendor.lag = true, false, 0
	w.vendor.mu.Unlock()
	time.Sleep(5 * time.Minute) // for those that stand still
	if err := w.store.Write(context.Background(), ledger.GateLane, func(tx ledger.Tx) error {
		holds, err := tx.Holds()
		for _, h := range holds {
			if err == nil && h.InForce() {
				err = w.lift(tx, h)
			}
		}
		return err
	}); err != nil {
		w.fault("holds: %v", err)
	}
}

// round lets everybody do once what they do all the time.
func (w *model) round() {
	for i := range w.procs {
		w.work(w.live(i))
		w.settle()
		w.inquire(w.live(i))
		w.settle()
	}
	for range 4 {
		for _, f := range w.due() {
			w.ask(f, w.live(f.ref.N), false)
			w.settle()
		}
	}
}

// tell has the vendor report what became of half of its messages.
func (w *model) tell() {
	for i, t := range w.vendor.took() {
		kinds := []channel.ReportKind{channel.ReportDelivered, channel.ReportFailed, "", ""}
		if kind := kinds[i%len(kinds)]; kind != "" && t.fate == channel.ReportTaken && w.vendor.v.reports {
			w.report(t, kind, w.live(i))
		}
	}
}

// due gives the workflows whose time has come.
func (w *model) due() (list []*flow) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.flows {
		if !time.Now().Before(f.wake) && !f.asking {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b *flow) int { return a.wake.Compare(b.wake) })
	return list
}

// everything gives all outreaches and their parts.
func (w *model) everything() (outreaches []ledger.Outreach, parts []ledger.Part) {
	w.read(func(tx ledger.Tx) error {
		all, err := tx.CustomersAfter("", 0)
		if err != nil {
			return err
		}
		for _, r := range all {
			list, err := tx.OutreachesOf(r.Profile.ID, 0)
			if err != nil {
				return err
			}
			for _, o := range list {
				outreaches = append(outreaches, o)
				of, err := tx.PartsOf(o.Ref)
				if err != nil {
					return err
				}
				parts = append(parts, of...)
			}
		}
		return nil
	})
	return outreaches, parts
}

// still reports whether nothing is left to be done.
func (w *model) still() bool {
	outreaches, parts := w.everything()
	return !slices.ContainsFunc(outreaches, func(o ledger.Outreach) bool { return o.Status != ledger.Ended }) &&
		!slices.ContainsFunc(parts, func(p ledger.Part) bool { return !settledStatus(p.Status) })
}

func settledStatus(s ledger.PartStatus) bool {
	switch s {
	case ledger.Accepted, ledger.Delivered, ledger.Failed, ledger.Rejected, ledger.Withdrawn, ledger.Unknown:
		return true
	}
	return false
}

// judge holds the end against the laws.
func (w *model) judge() {
	if w.faulty() {
		return
	}
	outreaches, parts := w.everything()
	reason := map[ledger.Ref]customer.Reason{}
	for _, o := range outreaches {
		reason[o.Ref] = o.Reason
		if o.Status != ledger.Ended || o.Reason == "" {
			w.fault("I3, I9: %v is %s %q until %v", o.Ref, o.Status, o.Reason, o.NextAt)
		}
		w.counts(o, parts)
	}
	for _, p := range parts {
		w.ends[p.Status]++
		switch {
		case !settledStatus(p.Status):
			w.fault("I9: %s is %s until %v", p.Key(), p.Status, p.Lease)
		case p.Reason == "" && !moved(p, parts) && (p.Status == ledger.Rejected || p.Status == ledger.Withdrawn || p.Status == ledger.Unknown || p.Status == ledger.Failed):
			w.fault("I3: %s is %s, and nobody knows why", p.Key(), p.Status)
		case p.Status == ledger.Unknown && !p.Item && (w.vendor.v.again || w.vendor.v.repeats) && reason[p.Ref] == customer.Completed:
			w.fault("%s is unknown, and was to be sent again", p.Key())
		}
	}
	w.truth()
	w.heard()
}

// moved reports whether a message was given up for another channel that its
// customer likes better: its step's other part says how that went.
func moved(p ledger.Part, parts []ledger.Part) bool {
	return p.Status == ledger.Withdrawn && !p.Item && slices.ContainsFunc(parts, func(other ledger.Part) bool {
		return other.Ref == p.Ref && other.Step == p.Step && other.Channel != p.Channel && !other.Updated.Before(p.Updated)
	})
}

// counts holds an outreach's number of messages against its parts.
func (w *model) counts(o ledger.Outreach, parts []ledger.Part) {
	least, most := 0, 0
	for _, p := range parts {
		if p.Ref != o.Ref {
			continue
		}
		switch p.Status {
		case ledger.Accepted, ledger.Delivered:
			least, most = least+1, most+1
		case ledger.Failed:
			most++
		}
	}
	if o.Sent < least || o.Sent > most {
		w.fault("I4: %v counts %d messages, and has between %d and %d", o.Ref, o.Sent, least, most)
	}
}

// truth holds what the ledger says against what the vendor has.
func (w *model) truth() {
	for _, t := range w.vendor.took() {
		p := w.partOf(t.m.Key)
		known := p.Status == ledger.Accepted || p.Status == ledger.Delivered || p.Status == ledger.Failed || p.Status == ledger.Unknown
		switch {
		case w.arrived[t.m.Key] && p.Status != ledger.Delivered:
			w.fault("I4: %s arrived, and is %s", t.m.Key, p.Status)
		case w.vendor.lied[t.m.Key]:
		case w.vendor.v.again || w.vendor.v.repeats: // it was to be sent again, and then it was not
		case !known:
			w.fault("the vendor took %s, which is %s %s", t.m.Key, p.Status, p.Reason)
		case w.failed[t.m.Key] && !w.arrived[t.m.Key] && p.Status != ledger.Failed && !w.vendor.v.again:
			w.fault("I4: %s did not arrive, and is %s", t.m.Key, p.Status)
		case w.vendor.v.finds && !w.vendor.hid && p.Status == ledger.Unknown:
			w.fault("%s is unknown, and the vendor lists it", t.m.Key)
		}
	}
}

// heard holds that each report that was answered is an event, once.
func (w *model) heard() {
	times := map[string]int{}
	w.read(func(tx ledger.Tx) error {
		all, err := tx.CustomersAfter("", 0)
		for _, r := range all {
			list, e := tx.Events(ledger.EventQuery{Customer: r.Profile.ID})
			if e != nil {
				return e
			}
			for _, event := range list {
				if customer.OfMessage(event.Name) {
					times[event.MessageID]++
				}
			}
		}
		return err
	})
	for id, kind := range w.told {
		if kind != "taken" && times[id] != 1 {
			w.fault("I4: report %s counts %d times", id, times[id])
		}
	}
}
