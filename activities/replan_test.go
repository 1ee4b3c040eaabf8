package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

const inTheEvening = `
description: Tell somebody in the evening.
owner: care@example.com
topic: service
when: {event: order_placed}
audience: plan == "surf"
stop: order_cancelled
goal: {event: plan_changed}
steps:
  - {send: miss-you, within: 7d, unless: app_opened}
`

// waits gives the messages of a customer that wait, on their own clock, and why
// each of their outreaches ended.
func (b *bench) waits(user string) (list []string) {
	b.t.Helper()
	require.NoError(b.t, b.store.Read(context.Background(), func(tx ledger.Tx) error {
		id, _, err := tx.Resolve(user)
		require.NoError(b.t, err)
		d, _, err := b.engine.Desk.Open(tx, id)
		require.NoError(b.t, err)
		all, err := tx.OutreachesOf(id, 0)
		for _, o := range all {
			if o.Status == ledger.Ended {
				list = append(list, "ended "+string(o.Reason))
				continue
			}
			parts, err := tx.PartsOf(o.Ref)
			require.NoError(b.t, err)
			for _, p := range parts {
				if p.Status == ledger.Planned {
					list = append(list, string(p.Channel)+" "+p.Planned.In(d.Zone).Format("Mon 15:04 MST"))
					require.Equal(b.t, p.Planned, o.NextAt, "the outreach wakes for it")
				}
			}
		}
		return err
	}))
	return list
}

// TestAChangeMovesWhatWaits changes one thing of a customer whose message waits
// for Monday evening: it has its new place as soon as the change is taken, not
// when the old instant comes.
func TestAChangeMovesWhatWaits(t *testing.T) {
	t.Parallel()
	hours := func(when string) *customer.Preferences {
		return &customer.Preferences{Hours: map[customer.Channel]string{customer.SMS: when}}
	}
	for name, c := range map[string]struct {
		change observe.Change
		event  string
		waits  []string
	}{
		"later hours":          {change: observe.Change{Preferences: hours("Wed 19:30")}, waits: []string{"sms Wed 19:30 CET"}},
		"earlier hours":        {change: observe.Change{Preferences: hours("daily 15:00")}, waits: []string{"sms Mon 15:00 CET"}},
		"another channel":      {change: observe.Change{Preferences: &customer.Preferences{Channels: []customer.Channel{customer.Email}, Hours: map[customer.Channel]string{customer.Email: "daily 17:00"}}}, waits: []string{"email Mon 17:00 CET"}},
		"a zone further east":  {change: observe.Change{Zone: text("Asia/Kolkata")}, waits: []string{"sms Mon 20:00 IST"}},
		"a zone further west":  {change: observe.Change{Zone: text("America/Los_Angeles")}, waits: []string{"sms Mon 20:00 PST"}},
		"no zone, the phone's": {change: observe.Change{Zone: text("")}, waits: []string{"sms Mon 20:00 CET"}},
		"a phone elsewhere":    {change: observe.Change{Zone: text(""), Phone: text("+81312345678")}, waits: []string{"sms Tue 20:00 JST"}},
		"no phone":             {change: observe.Change{Phone: text(""), Preferences: &customer.Preferences{Hours: map[customer.Channel]string{customer.AnyChannel: "daily 20:00"}}}, waits: []string{"email Mon 20:00 CET"}},
		"consent withdrawn":    {change: observe.Change{Consents: map[customer.Topic]bool{"service": false}}, waits: []string{"ended completed"}},
		"no more in audience":  {change: observe.Change{Traits: map[string]customer.Value{"plan": customer.Text("basic")}}, waits: []string{"ended audience_gone"}},
		"the stop":             {event: "order_cancelled", waits: []string{"ended stop"}},
		"the goal":             {event: "plan_changed", waits: []string{"ended goal_reached"}},
		"something else":       {event: "account_closed", waits: []string{"sms Mon 20:00 CET"}},
		"another trait":        {change: observe.Change{Traits: map[string]customer.Value{"first_name": customer.Text("Anna")}}, waits: []string{"sms Mon 20:00 CET"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := files(map[string]string{"in-the-evening": inTheEvening})
			b := newBench(t, "2026-11-23T12:00:00Z", f)
			anna := berlin("service")
			anna.Preferences = hours("daily 20:00")
			b.identify("anna", anna)
			b.happen("anna", "order_placed", "order_id", "1")
			require.Equal(t, []string{"sms Mon 20:00 CET"}, b.waits("anna"))
			if c.event != "" {
				b.happen("anna", c.event)
			} else {
				b.identify("anna", c.change)
			}
			require.Equal(t, c.waits, b.waits("anna"))
			require.Empty(t, b.sent)
		})
	}
}
