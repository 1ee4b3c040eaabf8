package activities

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/pace"
	"github.com/outreach-engine/outreach/internal/policy"
	"github.com/outreach-engine/outreach/internal/tracing"
)

// longestPause bounds how long a provider's word keeps everybody waiting: after
// that it is asked whether it still holds.
const longestPause = time.Hour

// way is who carries a part, and the channel whose rate holds for it.
type way struct {
	span    *tracing.Span // what is told of it; nil: nobody is told
	channel customer.Channel
	sender  channel.Sender
}

// lane is what an attempt's pace depends on.
type lane struct {
	provider string        // as rates name it
	sender   string        // as the policy has it; "": the provider's own
	host     string        // of a webhook or a browser; "" none
	urgent   bool          // it goes before others
	rates    []policy.Rate // that hold for it
	at       time.Time     // when its call may begin, on the machine's clock
}

// leader is a sender that leads messages to providers of its own.
type leader interface {
	Leads(to string) string // the name of the provider that carries what goes to an address
}

// wait is why a message that the gate let pass does not go yet; the zero value
// is that it goes.
type wait struct {
	time time.Duration // until it asks again, on the machine's clock
	why  string
}

// admit gives a message its turn in the rates and a place among its provider's
// calls, or says when to ask again.
func (e *Engine) admit(tx ledger.Tx, d *dossier.Dossier, g *passed, place *seat) (wait, error) {
	_, step, ch, err := ledger.ParseKey(g.out.Deliver)
	if err != nil {
		return wait{}, err
	}
	part, _, err := tx.Part(g.out.Outreach.Ref, step, ch)
	if err != nil {
		return wait{}, err
	}
	if g.lane, err = e.laneOf(d, g, part); err != nil {
		return wait{}, err
	}
	scopes, err := g.lane.scopes(tx)
	if err != nil {
		return wait{}, err
	}
	now, full := e.Clock.Machine(), "waiting for "+g.way.sender.Name()+" to have room"
	turn := pace.Take(scopes, pace.Ask{Now: now, Turn: part.Turn, Urgent: g.lane.urgent, Second: time.Second})
	if !turn.Go {
		return wait{time: max(turn.At.Sub(now), time.Millisecond), why: full}, keepTurn(tx, part, turn)
	}
	if busy := place.take(g.lane.urgent, time.Now()); busy > 0 {
		return wait{time: busy, why: full}, nil
	}
	g.lane.at = turn.At
	return wait{}, keepRows(tx, turn.Rows)
}

// keepTurn writes a turn that a message was given.
func keepTurn(tx ledger.Tx, part ledger.Part, turn pace.Answer) error {
	if err := keepRows(tx, turn.Rows); err != nil || part.Turn.Equal(turn.Turn) {
		return err
	}
	part.Turn = turn.Turn
	return tx.SavePart(part)
}

func keepRows(tx ledger.Tx, rows []ledger.Pace) error {
	for _, row := range rows {
		if err := tx.SavePace(row); err != nil {
			return err
		}
	}
	return nil
}

// laneOf gives what a part's pace depends on.
func (e *Engine) laneOf(d *dossier.Dossier, g *passed, part ledger.Part) (lane, error) {
	terms := d.Set.Policy
	to, err := towards(d, g, part)
	l := lane{provider: g.way.sender.Name(), urgent: terms.Urgent(part.Topic), at: e.Clock.Machine()}
	if leader, ok := g.way.sender.(leader); ok {
		l.provider = leader.Leads(to)
	}
	country := ""
	if part.Channel.Reaches() {
		l.sender = terms.Senders[part.Channel]
		if part.Channel == customer.SMS && terms.ByCountry() {
			country, _ = e.Desk.Zones.CountryOfPhone(to)
		}
	}
	l.host = hostOf(g.way.channel, to)
	l.rates = terms.RatesFor(g.way.channel, l.provider, l.sender, country)
	return l, err
}

// towards gives where a part goes.
func towards(d *dossier.Dossier, g *passed, part ledger.Part) (string, error) {
	if part.Channel.Reaches() {
		return d.Profile.Address(part.Channel), nil
	}
	m, err := d.Matcher(g.out.Outreach)
	if err != nil {
		return "", err
	}
	if step, _, ok := m.Find(part.Step); ok && step.Webhook != nil {
		return step.Webhook.URL, nil
	}
	return d.Set.Policy.Teams[part.Template].Webhook, nil
}

// hostOf gives the host that a call of a webhook or a browser's push service
// goes to, "" for all others.
func hostOf(ch customer.Channel, to string) string {
	switch {
	case ch == customer.Push && customer.IsBrowser(to):
		browser, _ := customer.ReadBrowser(to)
		to = browser.Endpoint
	case ch != customer.Webhook:
		return ""
	}
	target, err := url.Parse(to)
	if err != nil {
		return ""
	}
	return target.Host
}

// scopes gives the rows of all that may slow a message down: its rates, and
// what its provider may have asked to wait.
func (l lane) scopes(tx ledger.House) ([]pace.Scope, error) {
	perSecond := map[string]float64{}
	names := []string{}
	for _, r := range l.rates {
		names, perSecond[r.Scope] = append(names, r.Scope), r.PerSecond
	}
	for _, name := range []string{l.provider, policy.Narrow(l.provider, l.sender), policy.Narrow(l.provider, l.host)} {
		if _, has := perSecond[name]; !has && name != "" {
			names = append(names, name)
		}
	}
	scopes := make([]pace.Scope, 0, len(names))
	for _, name := range names {
		row, err := l.row(tx, name, perSecond[name])
		if err != nil {
			return nil, err
		}
		row.Scope = name
		scopes = append(scopes, pace.Scope{Row: row, PerSecond: perSecond[name]})
	}
	return scopes, nil
}

// row gives a scope's row. That of a provider without a rate, who asked nobody to
// wait of late, is only glanced at: nobody else has to wait for it.
func (l lane) row(tx ledger.House, scope string, perSecond float64) (row ledger.Pace, err error) {
	if perSecond == 0 {
		row, _, err = tx.Glance(scope)
		if err != nil || l.at.After(row.Until.Add(time.Minute)) {
			return row, err
		}
	}
	row, _, err = tx.Pace(scope)
	return row, err
}

// concerned names the scope that a provider slows down; "" is none.
func (l lane) concerned(c channel.Concern) string {
	narrow := ""
	switch c {
	case channel.OfMessage:
		return ""
	case channel.OfSender:
		narrow = policy.Narrow(l.provider, l.sender)
	case channel.OfHost:
		narrow = policy.Narrow(l.provider, l.host)
	}
	if narrow != "" {
		return narrow
	}
	return l.provider
}

// slow lets everybody wait whom a provider's word concerns that it takes no
// more for a while: nobody calls it in vain.
func (e *Engine) slow(tx ledger.House, try *attempt, trouble error) error {
	no, ok := errors.AsType[*channel.Error](trouble)
	if !ok || no.Kind != channel.Throttled {
		return nil
	}
	name := try.lane.concerned(no.Concerns)
	if name == "" {
		return nil
	}
	row, _, err := tx.Pace(name)
	if err != nil {
		return err
	}
	row.Scope = name
	until := e.Clock.Machine().Add(min(asked(try.part.Attempt, no.RetryAfter), longestPause))
	return tx.SavePace(pace.Slow(row, until, no.Error()))
}

// await lets a message that the gate let pass wait: its question stays open. Its
// row says so when it is for long, so that its workflow is not taken for lost.
func (e *Engine) await(tx ledger.Tx, o ledger.Outreach, q Question, g passed, w wait) (Answer, error) {
	row := g.out.Outreach
	row.WakesOn, row.NextAt = o.WakesOn, o.NextAt
	at := g.facts.Now.Add(e.Clock.Span(w.time))
	long := w.time >= e.Patience/2 && o.NextAt.Before(at)
	if long {
		row.NextAt = at
	}
	if long || !bytes.Equal(row.Position, o.Position) {
		if err := tx.SaveOutreach(row); err != nil {
			return Answer{}, err
		}
	}
	return Answer{Seq: q.Seq - 1, Sleep: w.time, Deliver: q.Deliver, Why: w.why}, nil
}

// busy lets a message wait whose provider has no room for anybody.
func (e *Engine) busy(ctx context.Context, q Question, pause time.Duration) (Answer, error) {
	answer := Answer{Seq: q.Seq - 1, Sleep: pause, Deliver: q.Deliver, Why: "waiting for its provider to have room"}
	if pause < e.Patience/2 {
		return answer, nil
	}
	return answer, e.Store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		if _, _, err := tx.Customer(q.Ref.Customer); err != nil { // their row is the lock
			return err
		}
		o, ok, err := tx.Outreach(q.Ref)
		at := e.now().Add(e.Clock.Span(pause))
		if err != nil || !ok || o.Status != ledger.Open || !o.NextAt.Before(at) {
			return err
		}
		o.NextAt = at
		return tx.SaveOutreach(o)
	})
}
