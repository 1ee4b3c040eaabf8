package activities_test

import (
	"context"
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// deeds are what may happen next; those that keep things going stand in it more
// than once. who and how choose as far as there is a choice.
var deeds = []func(w *model, who, how int){
	rounds, rounds, rounds, asks, asks, asks, asks, asks, works, works, acts, acts, acts, acts, passes, passes, passes, passes,
	inquires, inquires, inquires, reports, reports, reports,
	crashes, dies, stalls, lags, orders, cancels, stops, holds, joins, loses, foreign,
}

func works(w *model, who, _ int) {
	w.note("process %d works", who%2)
	w.work(w.live(who))
}

// rounds lets everybody do once what they do all the time.
func rounds(w *model, _, _ int) {
	w.note("everybody works")
	w.round()
}

func asks(w *model, who, how int) {
	f := w.flow(who)
	if f == nil {
		return
	}
	looked := time.Now().Before(f.wake)
	w.note("%v asks process %d, looked %t, deliver %q", f.ref, how%2, looked, f.answer.Deliver)
	w.ask(f, w.live(how), looked)
}

// acts has the vendor do something to a call.
func acts(w *model, who, how int) {
	w.note("the vendor acts on call %d: %d", who, how)
	w.vendor.act(who, how)
}

func passes(w *model, _, how int) {
	spans := []time.Duration{time.Second, 5 * time.Second, 11 * time.Second, 29 * time.Second, 41 * time.Second, time.Minute,
		61 * time.Second, 2 * time.Minute, 5 * time.Minute, 11 * time.Minute, 31 * time.Minute, 2 * time.Second}
	w.note("%v pass", spans[how%len(spans)])
	time.Sleep(spans[how%len(spans)])
}

func inquires(w *model, who, _ int) {
	w.note("process %d inquires", who%2)
	w.inquire(w.live(who))
}

// reports has the vendor tell of a message, perhaps again. One that is not
// answered is told again later, if at all.
func reports(w *model, who, how int) {
	takes := w.vendor.took()
	if len(takes) == 0 || !w.vendor.v.reports {
		return
	}
	kinds := []channel.ReportKind{channel.ReportTaken, channel.ReportDelivered, channel.ReportFailed, channel.ReportOpened, channel.ReportBounced}
	w.report(takes[(who+how/5)%len(takes)], kinds[how%len(kinds)], w.live(how/5))
}

// report tells of one message, and notes what was heard: a report that was not
// answered binds nobody, though it is true from then on.
func (w *model) report(t *take, kind channel.ReportKind, p *process) {
	ended := t.fate == channel.ReportFailed && kind != channel.ReportBounced
	if arrives(kind) && ended || !arrives(kind) && kind != channel.ReportTaken && t.fate == channel.ReportDelivered {
		return // the vendor tells the truth of it
	}
	id := t.id + string(kind)
	r := &observe.Report{Provider: "vendor", Report: channel.Report{
		ID: id, Kind: kind, Channel: t.m.Channel, Key: t.m.Key, ProviderID: t.id, Address: t.m.To, At: time.Now().UTC(),
	}}
	out, ok := w.take(p, observe.Incoming{Report: r})
	w.note("the vendor reports %s of %s (%s): %v %v", kind, t.m.Key, t.id, out, ok)
	w.mu.Lock()
	defer w.mu.Unlock()
	fails := !arrives(kind) && kind != channel.ReportTaken
	switch {
	case arrives(kind):
		t.fate = channel.ReportDelivered
	case fails:
		t.fate = channel.ReportFailed
	}
	if !ok {
		return
	}
	again := w.told[id] != ""
	w.told[id] = kind
	w.arrived[t.m.Key] = w.arrived[t.m.Key] || arrives(kind)
	w.failed[t.m.Key] = w.failed[t.m.Key] || fails
	if kind == channel.ReportBounced {
		w.blocked[t.m.To] = true
	}
	if kind != channel.ReportTaken && again && out.Status != observe.Duplicate {
		w.faults = append(w.faults, fmt.Sprintf("I4: report %s is %s the second time", id, out.Status))
	}
}

func arrives(k channel.ReportKind) bool {
	return k == channel.ReportDelivered || k == channel.ReportOpened
}

// foreign tells of a message that is none of the engine's, to an address that it
// knows.
func foreign(w *model, who, how int) {
	kinds := []channel.ReportKind{channel.ReportTaken, channel.ReportDelivered, channel.ReportFailed, channel.ReportOpened}
	kind := kinds[how%len(kinds)]
	if !w.vendor.v.reports {
		return
	}
	w.events++
	w.note("the vendor reports %s of another's message to %s", kind, address(who, customer.SMS))
	_, _ = w.take(w.live(how), observe.Incoming{Report: &observe.Report{Provider: "vendor", Report: channel.Report{
		ID: fmt.Sprint("foreign", w.events), Kind: kind, Channel: customer.SMS, ProviderID: fmt.Sprint("other", w.events),
		Address: address(who, customer.SMS), At: time.Now().UTC(),
	}}})
}

func crashes(w *model, who, _ int) {
	w.note("process %d is killed", who%2)
	w.procs[who%2].kill()
}

// dies has a process die with one of its next writes, done or not.
func dies(w *model, who, how int) {
	p := w.live(who)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadly, p.done = 1+how/2%3, how%2 == 1
	w.note("process %d dies at its write %d from now, done %t", who%2, p.deadly, p.done)
}

// stalls has a process stand still around its next write.
func stalls(w *model, who, how int) {
	p := w.live(who)
	p.mu.Lock()
	defer p.mu.Unlock()
	spans := []time.Duration{time.Second, 15 * time.Second, 39 * time.Second, 45 * time.Second, 2 * time.Minute, 4 * time.Minute}
	p.stall, p.late = spans[how/2%len(spans)], how%2 == 1
	w.note("process %d stands still for %v, after its commit %t", who%2, p.stall, p.late)
}

// lags lets the vendor's list lag behind, or not be read at all.
func lags(w *model, who, how int) {
	w.vendor.mu.Lock()
	defer w.vendor.mu.Unlock()
	w.vendor.lag, w.vendor.silent = time.Duration(how)*time.Second, who == 0
	w.vendor.hid = w.vendor.hid || w.vendor.silent
	w.note("the vendor's list lags %v, silent %t", w.vendor.lag, w.vendor.silent)
}

func orders(w *model, who, _ int) {
	w.note("%s orders", user(who))
	w.order(who)
}

func cancels(w *model, who, _ int) {
	n := 1 + who%w.orders
	order := fmt.Sprint("o", n)
	w.note("order %s is cancelled", order)
	owner := n - 1
	if n > 3 {
		w.note("only the first orders are")
		return
	}
	w.certain(observe.Incoming{User: user(owner), Event: w.event("order_cancelled", order)})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cancelled[order] = true
}

// stops has a customer want nothing more by SMS.
func stops(w *model, who, _ int) {
	w.note("%s wants no more SMS", user(who))
	w.certain(observe.Incoming{User: user(who), Event: w.event(customer.Identified, ""),
		Change: observe.Change{Blocks: map[customer.Channel]bool{customer.SMS: true}}})
}

// holds sets a hold, or lifts one.
func holds(w *model, who, how int) {
	all := []ledger.Hold{{Kind: ledger.HoldAll}, {Kind: ledger.HoldRule, Name: "hello"}, {Kind: ledger.HoldChannel, Name: "sms"}}
	h := all[who%len(all)]
	w.note("hold %s %s: lifted %t", h.Kind, h.Name, how%2 == 1)
	if err := w.store.Write(context.Background(), ledger.GateLane, func(tx ledger.Tx) error {
		if how%2 == 1 {
			return w.lift(tx, h)
		}
		h.At, h.By = time.Now().UTC(), "operator"
		return tx.SetHold(h)
	}); err != nil {
		w.fault("hold: %v", err)
	}
}

func (w *model) lift(tx ledger.Tx, h ledger.Hold) error {
	h.Lifted, h.Then = time.Now().UTC(), ledger.ResumeSend
	if err := tx.LiftHold(h); err != nil {
		return err
	}
	return ledger.RecheckAll(tx)
}

// joins makes two customers one.
func joins(w *model, who, how int) {
	if user(who) == user(how) || how%3 > 0 {
		return
	}
	w.note("%s becomes %s", user(how), user(who))
	w.certain(observe.Incoming{User: user(who), Previous: user(how), Event: w.event(customer.Identified, "")})
}

// loses has Temporal forget a workflow.
func loses(w *model, who, _ int) {
	f := w.flow(who)
	if f == nil {
		return
	}
	w.note("the workflow of %v is lost", f.ref)
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.flows, f.ref)
}
