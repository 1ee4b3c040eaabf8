package why_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/why"
)

// fated gives the facts of one outreach under way, of which the message stands
// as a part has it and the story ends with some lines.
func fated(t *testing.T, part ledger.Part, lines ...ledger.Decision) why.Facts {
	t.Helper()
	texts := files(map[string]string{
		"rule": hello + "\nsteps: [{id: one, send: hello, channel: [push, sms], at: now, fallback_after: 30min}]",
	})
	texts.Templates["hello/push.txt"] = []byte("---\ntitle: Hello\n---\nHello")
	w := newWorld(t, texts, ben+"2026-11-23T13:00 ben came\n2026-11-23T14:00 until")
	f := w.facts(w.bundle, "ben", "")
	c := &f.Cases[0]
	c.Status, c.Reason, c.NextAt, c.Decisions = ledger.Open, "", time.Time{}, nil
	part.Ref, part.Step, part.Template = c.Ref, "one", "hello"
	c.Parts = []ledger.Part{part}
	for _, d := range lines {
		d.Ref, d.Step, d.Template = c.Ref, "one", "hello"
		c.Decisions = append(c.Decisions, d)
	}
	return f
}

// TestWhatBecameOfAMessage goes through what is learned of one after its
// attempt.
func TestWhatBecameOfAMessage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)
	later := at.Add(50 * time.Minute)
	sms := func(s ledger.PartStatus, attempt int) ledger.Part {
		return ledger.Part{Channel: customer.SMS, Status: s, Provider: "twilio", Attempt: attempt, Lease: at, Updated: later}
	}
	line := func(kind ledger.Kind, reason customer.Reason, note string) ledger.Decision {
		return ledger.Decision{At: at, Kind: kind, Channel: customer.SMS, Reason: reason, Note: note}
	}
	failed := sms(ledger.Failed, 1)
	failed.Code = "30003"
	push := sms(ledger.Delivered, 1)
	push.Channel = customer.Push
	lost := line(ledger.KindDefer, customer.Unconfirmed, "no word that it arrived: sms takes its place")
	lost.Channel = customer.Push
	for name, c := range map[string]struct {
		part  ledger.Part
		lines []ledger.Decision
		want  []string
	}{
		"asked": {sms(ledger.Ambiguous, 1), []ledger.Decision{line(ledger.KindDefer, customer.Unknown, "timeout")}, []string{
			"Mon 23 Nov 08:00  no clear answer came for hello by SMS - timeout\n",
			"  next        no answer came from twilio for hello by SMS; word of it is awaited since Mon 23 Nov 08:00, until Mon 23 Nov 09:00; " +
				"if nobody knows by then, a person settles it with outreach unknown\n",
		}},
		"unknown": {sms(ledger.Unknown, 1), []ledger.Decision{line(ledger.KindDrop, customer.Unknown, "nobody can say whether it went out")}, []string{
			"hello by SMS: nobody can say whether it went out; settle it with: outreach unknown rule.c-ben.1.one.sms --sent, --not-sent or --again\n",
		}},
		"settled": {sms(ledger.Withdrawn, 1), []ledger.Decision{line(ledger.KindDrop, customer.NotSent, "as ada says")}, []string{
			"not sent, hello by SMS: it did not go out, as a person found - as ada says\n",
		}},
		"again": {sms(ledger.Planned, 1), []ledger.Decision{line(ledger.KindDrop, customer.Repeated, "nobody knows whether it went out; sent again, as ada says: the customer may get both")}, []string{
			"  hello by SMS: nobody knows whether it went out; sent again, as ada says: the customer may get both\n",
		}},
		"repeated": {sms(ledger.Accepted, 2), []ledger.Decision{line(ledger.KindSend, "", "")}, []string{
			"sent hello by SMS; twilio took it, at attempt 2\n",
		}},
		"found": {sms(ledger.Accepted, 1), []ledger.Decision{line(ledger.KindSend, "", "no answer came; twilio was asked, and has it")}, []string{
			"sent hello by SMS - no answer came; twilio was asked, and has it; twilio took it\n",
		}},
		"delivered": {sms(ledger.Delivered, 1), []ledger.Decision{line(ledger.KindSend, "", ""), line(ledger.KindDeliver, "", "twilio reports: delivered")}, []string{
			"sent hello by SMS; twilio took it\n", "hello by SMS arrived - twilio reports: delivered\n",
		}},
		"failed": {failed, []ledger.Decision{line(ledger.KindSend, "", ""), line(ledger.KindFail, customer.Undelivered, "")}, []string{
			"sent hello by SMS; twilio took it\n",
			"hello by SMS did not arrive: its provider took it, and could not deliver it (twilio 30003)\n",
		}},
		"overtaken": {push, []ledger.Decision{lost, line(ledger.KindPlan, "", "now")}, []string{
			"no word that hello by push arrived within 30min: SMS took its place; the push arrived later, Mon 23 Nov 08:50\n",
		}},
		"arrived after all": {sms(ledger.Withdrawn, 0), []ledger.Decision{line(ledger.KindDrop, customer.Unless, "the push arrived after all")}, []string{
			"not sent, hello by SMS: the push arrived after all\n",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := why.Explain(fated(t, c.part, c.lines...)).Text()
			for _, want := range c.want {
				require.Contains(t, text, want)
			}
		})
	}
}

// TestASettledMessageIsNotAskedFor: until the outreach looks again, its stored
// answer is of before.
func TestASettledMessageIsNotAskedFor(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)
	for _, waits := range []string{journey.Asks("twilio"), journey.UnderWay} {
		f := fated(t, ledger.Part{Channel: customer.SMS, Status: ledger.Accepted, Provider: "twilio", Attempt: 1, Sent: at, Updated: at})
		f.Cases[0].Waits, f.Cases[0].NextAt = waits, f.Now.Add(time.Hour)
		e := why.Explain(f)
		require.Equal(t, []why.Next{{N: 1, Text: "waits for the engine to look again: what it waited for is settled"}}, e.Rules[0].Next)
		require.Zero(t, e.Rules[0].Outreaches[0].NextAt)
	}
}
