package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
)

// riders gives files in which a tip rides on the greeting's email.
func riders(item string) bundle.Files {
	f := files(map[string]string{
		"greeting": "description: Say hello.\nowner: care@example.com\ntopic: service\nwhen: {event: order_placed}\nsteps:\n  - {send: greeting, channel: email, at: now, within: 2h}\n",
		"tip":      "description: A tip.\nowner: care@example.com\ntopic: service\nwhen: {event: order_placed}\nstop: order_cancelled\nsteps:\n  - {attach: tip, to: email, within: 9d}\n",
	})
	f.Rules["policy.yaml"] = []byte("zone: UTC\nchannels: [email]\ntopics: {service: {consent: assumed}}\n")
	f.Templates = map[string][]byte{
		"greeting/email.html": []byte("---\nsubject: Hello\nlayout: none\n---\n<p>Hello</p>{% if items %}{{ items }}{% endif %}\n"),
		"tip/email.html":      []byte("---\nsubject: A tip\nlayout: none\n---\n<p>" + item + "</p>\n"),
	}
	return f
}

// riding begins a tip and a greeting, and gives the greeting's question and the
// tip's outreach.
func riding(t *testing.T, item string) (*desk, activities.Question, ledger.Ref) {
	t.Helper()
	d := newDesk(t, riders(item))
	d.engine.Senders[customer.Email] = d.provider
	d.identify("anna", observe.Change{Email: text("anna@example.com")})
	q := d.start("anna")
	_, err := d.engine.Work(t.Context(), "tip")
	require.NoError(t, err)
	return d, q, ledger.Ref{Rule: "tip", Customer: q.Ref.Customer, N: 1}
}

// TestWhatBecomesOfAnItemIsWhatBecomesOfItsMessage: with its outreach ended
// during the call as well.
func TestWhatBecomesOfAnItemIsWhatBecomesOfItsMessage(t *testing.T) {
	t.Parallel()
	type fate struct {
		status ledger.PartStatus
		reason customer.Reason
		sent   int
	}
	for name, c := range map[string]struct {
		says        error
		item        string
		open, ended fate
	}{
		"accepted":    {nil, "Look", fate{ledger.Accepted, "", 1}, fate{ledger.Accepted, "", 1}},
		"rejected":    {no(channel.Rejected, 0), "Look", fate{ledger.Riding, "", 0}, fate{ledger.Withdrawn, customer.Stop, 0}},
		"throttled":   {no(channel.Throttled, time.Minute), "Look", fate{ledger.Riding, "", 0}, fate{ledger.Withdrawn, customer.Stop, 0}},
		"unavailable": {no(channel.Unavailable, 0), "Look", fate{ledger.Riding, "", 0}, fate{ledger.Withdrawn, customer.Stop, 0}},
		"ambiguous":   {no(channel.Ambiguous, 0), "Look", fate{ledger.Unknown, customer.Unknown, 0}, fate{ledger.Unknown, customer.Unknown, 0}},
		"unwritten":   {nil, "{{ order_placed.order_id }}", fate{ledger.Rejected, customer.TemplateError, 0}, fate{ledger.Rejected, customer.TemplateError, 0}},
	} {
		for end, want := range map[string]fate{"open": c.open, "ended": c.ended} {
			t.Run(name+" "+end, func(t *testing.T) {
				t.Parallel()
				d, q, tip := riding(t, c.item)
				d.provider.answer = func(int, channel.Message) error {
					if end == "ended" {
						d.take("anna", "order_cancelled")
					}
					return c.says
				}
				d.deliver(q)
				d.inquire()
				part, o := d.part(tip), d.outreach(tip)
				require.Equal(t, want, fate{part.Status, part.Reason, o.Sent})
				require.Equal(t, 1, d.provider.calls())
			})
		}
	}
}

// TestAnItemOfALostAttemptIsUnknown: the process ends between the call and its
// record. The item is not tried with another message.
func TestAnItemOfALostAttemptIsUnknown(t *testing.T) {
	t.Parallel()
	d, q, tip := riding(t, "Look")
	d.provider.answer = func(int, channel.Message) error { d.store.broken.Store(true); return nil }
	d.deliver(q)
	d.store.broken.Store(false)
	require.Equal(t, ledger.Sending, d.part(tip).Status)
	d.pass(2 * time.Minute)
	d.inquire()
	require.Equal(t, []ledger.PartStatus{ledger.Unknown, ledger.Unknown}, []ledger.PartStatus{d.part(q.Ref).Status, d.part(tip).Status})
}
