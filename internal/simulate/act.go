package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"maps"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// acts takes in what happens now, one after the other.
func (r *run) acts(ctx context.Context) (worked bool, err error) {
	for r.next < len(r.order) {
		i := r.order[r.next]
		if stored(r.script.Acts[i].At).After(r.now) {
			return worked, nil
		}
		r.next++
		if err := r.act(ctx, i); err != nil {
			return false, err
		}
		worked = true
	}
	return worked, nil
}

func (r *run) act(ctx context.Context, i int) error {
	act := r.script.Acts[i]
	in := act.Incoming
	if in.Event.MessageID == "" {
		in.Event.MessageID = MessageID(i)
	}
	if in.Event.At.IsZero() {
		in.Event.At = act.At
	}
	r.refused(i, in.Change.CheckTopics(r.desk.Library.Current().Topics()))
	if name := naming(in.Event.Name); name != "" && in.Event.Properties[name].IsZero() {
		if err := r.fill(ctx, &in, act.Of); err != nil {
			return &ActError{Act: i, Name: in.Event.Name, Err: err}
		}
	}
	if report := reportOf(in.Event); report != nil {
		in.Report = report
	}
	outcomes, err := r.observer.Take(ctx, []observe.Incoming{in})
	if err != nil {
		return err
	}
	r.play.Outcomes[i] = outcomes[0]
	r.refused(i, outcomes[0].Refusals)
	return nil
}

// refused notes what was not taken of an act.
func (r *run) refused(act int, refusals []observe.Refusal) {
	for _, refusal := range refusals {
		r.play.Refusals = append(r.play.Refusals, Refusal{Act: act, Refusal: refusal})
	}
}

// reportOf gives an event that only a provider can tell of as the provider's
// word; nil for all others.
func reportOf(e customer.Event) *observe.Report {
	kinds := map[string]channel.ReportKind{
		customer.MessageDelivered: channel.ReportDelivered,
		customer.MessageFailed:    channel.ReportFailed,
		customer.MessageBounced:   channel.ReportBounced,
	}
	kind, ok := kinds[e.Name]
	if !ok {
		return nil
	}
	return &observe.Report{Provider: Provider, Report: channel.Report{
		ID: e.MessageID, Kind: kind, Key: e.Properties[customer.MessageProperty].String(), At: e.At,
		Code: e.Properties[customer.ReasonProperty].String(),
	}}
}

// naming gives the property by which events of that name say which message, or
// which task, they are about; "" of events that are about neither.
func naming(event string) string {
	switch {
	case event == customer.HandoffDone:
		return customer.TaskProperty
	case customer.OfMessage(event):
		return customer.MessageProperty
	}
	return ""
}

// fill lets an event say what it is about: the customer's newest accepted
// message or task of a template or step, of any when of is "".
func (r *run) fill(ctx context.Context, in *observe.Incoming, of string) error {
	var newest ledger.Part
	err := r.store.Read(ctx, func(tx ledger.Tx) error {
		id, ok, err := tx.Resolve(outside(in))
		if err != nil || !ok {
			return err
		}
		parts, err := tx.Slots(id, time.Time{})
		for _, p := range parts {
			if about(in.Event, of, p) && !p.Sent.Before(newest.Sent) {
				newest = p
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if newest.Step == "" {
		return ErrNoMessage
	}
	name(in, newest)
	return nil
}

// name writes which part an event is about, beside what it says already.
func name(in *observe.Incoming, p ledger.Part) {
	properties := maps.Clone(in.Event.Properties)
	if properties == nil {
		properties = map[string]customer.Value{}
	}
	said := map[string]string{naming(in.Event.Name): p.Key()}
	if customer.OfMessage(in.Event.Name) {
		said[customer.TemplateProp], said[customer.ChannelProperty] = p.Template, string(p.Channel)
	}
	for name, text := range said {
		if properties[name].IsZero() {
			properties[name] = customer.Text(text)
		}
	}
	in.Event.Properties = properties
}

// about reports whether an event can be about a part. One that names a channel
// is about a message by it.
func about(e customer.Event, of string, p ledger.Part) bool {
	fits := p.Channel.Reaches()
	switch by := e.Properties[customer.ChannelProperty].String(); {
	case e.Name == customer.HandoffDone:
		fits = p.Channel == customer.Handoff
	case by != "":
		fits = string(p.Channel) == by
	}
	return fits && (p.Status == ledger.Accepted || p.Status == ledger.Delivered) &&
		(of == "" || of == p.Template || of == p.Step)
}

// outside gives the outside id under which an act's customer is known.
func outside(in *observe.Incoming) string {
	if in.User != "" {
		return in.User
	}
	return "anonymous/" + in.Anonymous
}

// newID gives a customer's id: the script's, else one that follows from the
// outside id.
func (r *run) newID(external string) customer.ID {
	if id, ok := r.script.IDs[external]; ok {
		return id
	}
	sum := sha256.Sum256([]byte(external))
	return customer.ID("c" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10])))
}
