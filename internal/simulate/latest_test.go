package simulate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// TestUntilWhenAMessageMayGoOut: what ends first of the hours that it stands in
// and its within, as the gate of the running engine would have it.
func TestUntilWhenAMessageMayGoOut(t *testing.T) {
	t.Parallel()
	monday := func(hour, minute int) time.Time { return time.Date(2026, 11, 23, hour, minute, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		topic, send, rule, hours string
		begins                   time.Time
		until                    time.Time
		ends                     customer.Reason
	}{
		"quiet hours":                  {send: "at: now", begins: monday(10, 0), until: monday(21, 0), ends: customer.NoAllowedTime},
		"its within, and a lag":        {send: "at: now, within: 2h", begins: monday(10, 0), until: monday(12, 2), ends: customer.Late},
		"the rule's until":             {send: "at: now, late: send", rule: "until: 3h\n", begins: monday(10, 0), until: monday(13, 0), ends: customer.Late},
		"late, and sent all the same":  {send: "at: now, within: 2h, late: send", begins: monday(10, 0), until: monday(21, 0), ends: customer.NoAllowedTime},
		"the window":                   {send: "at: \"daily 09:00-12:00\"", begins: monday(10, 0), until: monday(12, 0), ends: customer.NoAllowedTime},
		"a point, and the slack":       {send: "at: \"Mon 10:00\"", begins: monday(10, 0), until: monday(10, 15), ends: customer.NoAllowedTime},
		"the hours that they said":     {send: "at: now", hours: "daily 09:00-10:10", begins: monday(10, 0), until: monday(10, 10), ends: customer.NoAllowedTime},
		"an urgent one knows no hours": {topic: "alarm", send: "at: now, within: 20h", hours: "daily 09:00-10:10", begins: monday(20, 0), until: monday(40, 2), ends: customer.Late},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			topic := c.topic
			if topic == "" {
				topic = "service"
			}
			s := stage(t, bundle.Files{
				Rules: map[string][]byte{
					"data.yaml":   []byte("events: {came: {}}\n"),
					"policy.yaml": []byte("zone: UTC\nquiet: daily 21:00-08:00\ntopics: {service: {consent: assumed}, alarm: {consent: assumed, urgent: yes}}\nrates: {sms: 1 per second}\n"),
					"one.yaml":    fmt.Appendf(nil, "description: One.\nowner: care@example.com\ntopic: %s\nwhen: {event: came}\n%ssteps:\n  - {send: text, channel: sms, %s}\n", topic, c.rule, c.send),
				},
				Templates: map[string][]byte{"text/sms.txt": []byte("Hello.\n")},
			})
			phone, zone := "+3545551234", "Atlantic/Reykjavik" // whose clock is that of UTC
			change := observe.Change{Phone: &phone, Zone: &zone}
			if c.hours != "" {
				change.Preferences = &customer.Preferences{Hours: map[customer.Channel]string{customer.AnyChannel: c.hours}}
			}
			script := simulate.Script{From: monday(0, 0), To: monday(72, 0), Latest: true, Acts: []simulate.Act{
				{At: monday(0, 0), Incoming: observe.Incoming{User: "anna", Event: customer.Event{Name: customer.Identified}, Change: change}},
				{At: c.begins, Incoming: observe.Incoming{User: "anna", Event: customer.Event{Name: "came"}}},
			}}
			sent := sends(play(t, s, script))
			require.Len(t, sent, 1)
			require.Equal(t, []any{c.until, c.ends}, []any{sent[0].Latest, sent[0].Ends})
			script.Latest = false
			require.Zero(t, sends(play(t, s, script))[0].Latest, "nobody asked")
		})
	}
}

func sends(p *simulate.Play) (sent []simulate.Line) {
	for _, l := range p.Lines {
		if l.Kind == ledger.KindSend {
			sent = append(sent, l)
		}
	}
	return sent
}

// TestWhatGoesOutIsInTime: no message of the month goes out when its time is
// over already.
func TestWhatGoesOutIsInTime(t *testing.T) {
	t.Parallel()
	s := stage(t, monthFiles(monthCaps+"rates: {push: 1 per second, email: 1 per second, sms: 1 per second}\n"))
	n := 0
	for i := range 200 {
		script := monthOf(i)
		script.Latest = true
		for _, l := range sends(play(t, s, script)) {
			n++
			require.False(t, l.Latest.Before(l.At), "%s %s: sent %s, and it may go out until %s", l.Ref, l.Step, l.At, l.Latest)
			require.Contains(t, []customer.Reason{customer.Late, customer.NoAllowedTime}, l.Ends)
		}
	}
	require.Greater(t, n, 1000)
}
