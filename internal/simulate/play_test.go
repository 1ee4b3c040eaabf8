package simulate_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/journey"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/simulate"
)

// house gives files with one rule, of which a test gives the steps.
func house(steps string) bundle.Files {
	return bundle.Files{
		Rules: map[string][]byte{
			"data.yaml":   []byte("traits: {name: text, vip: [yes, no]}\nevents: {came: {}, bought: {}}\nwebhooks: {coupon: {code: text, value: number}}"),
			"policy.yaml": []byte("zone: Europe/Berlin\ntopics: {service: {consent: assumed}}\nteams: {care: {email: care@example.com}}\n"),
			"hello.yaml":  []byte("description: Say hello.\nowner: a@example.com\ntopic: service\nwhen: {event: came}\nsteps:\n" + steps),
		},
		Templates: map[string][]byte{
			"hello/sms.txt":    []byte("Hello {{ customer.name }}"),
			"hello/email.html": []byte("---\nsubject: Hello\nlayout: none\n---\n<p>Hello</p>\n"),
			"again/sms.txt":    []byte("Hello again"),
		},
	}
}

const greeting = "from 2026-11-23T08:00\n2026-11-23T09:00 anna identified phone=+4915112345678 email=anna@example.com name=Anna\n2026-11-23T10:00 anna came\n"

func TestWhatIsSentIsWrittenWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	s := stage(t, house("  - send: hello\n    channel: sms\n    at: now\n"))
	script := readScript(t, greeting+"until 2026-11-24T00:00\n")
	for _, l := range play(t, s, script).Lines {
		require.Nil(t, l.Content)
	}
	script.Render = true
	lines := play(t, s, script).Lines
	sent := lines[len(lines)-2]
	require.Equal(t, ledger.KindSend, sent.Kind)
	require.Equal(t, &channel.Content{Text: "Hello Anna"}, sent.Content)
}

func TestATextThatCannotBeWrittenFallsBack(t *testing.T) {
	t.Parallel()
	s := stage(t, house("  - send: hello\n    channel: [sms, email]\n    at: now\n"))
	lines := play(t, s, readScript(t, strings.ReplaceAll(greeting, "name=Anna", "")+"until 2026-11-24T00:00\n")).Lines
	require.Equal(t, []string{
		"Mon 23 Nov 11:00:00 CET anna hello match",
		"Mon 23 Nov 11:00:00 CET anna hello enter",
		"Mon 23 Nov 11:00:00 CET anna hello plan hello sms for Mon 23 Nov 11:00:00 CET (now)",
		"Mon 23 Nov 11:00:00 CET anna hello drop hello sms template_error (" + lines[3].Note + ")",
		"Mon 23 Nov 11:00:00 CET anna hello plan hello email for Mon 23 Nov 11:00:00 CET (now)",
		"Mon 23 Nov 11:00:00 CET anna hello send hello email",
		"Mon 23 Nov 11:00:00 CET anna hello end completed",
	}, strings.Split(strings.TrimSpace(timeline(lines)), "\n"))
	require.ErrorContains(t, lines[3].Trouble, "customer.name")
}

// errands ask a webhook, set a trait, hand a task over, and wait for its end.
const errands = `  - webhook: "https://api.example.com/coupon"
    as: coupon
  - set: {vip: yes}
  - if: coupon.value > 3
    then:
      - handoff: care
        within: 2d
  - send: again
    at: now
`

func TestWebhooksAnswerAsTheScriptSays(t *testing.T) {
	t.Parallel()
	s := stage(t, house(errands))
	script := readScript(t, greeting+"until 2026-11-27T00:00\n")
	require.Equal(t, []string{"Mon 10:00 webhook coupon", "Mon 10:00 sms again"}, handed(play(t, s, script)), "an empty answer is worth nothing")

	script = readScript(t, greeting+"2026-11-24T10:00 anna handoff_done result=reached\nuntil 2026-11-27T00:00\n")
	script.Answers = map[string]map[string]customer.Value{"coupon": {"value": customer.Number(5)}}
	require.Equal(t, []string{"Mon 10:00 webhook coupon", "Mon 10:00 handoff care", "Tue 10:00 sms again"}, handed(play(t, s, script)))
}

// handed gives what went out, whoever it went to.
func handed(p *simulate.Play) (out []string) {
	for _, l := range p.Lines {
		if l.Kind == ledger.KindSend {
			out = append(out, l.At.Format("Mon 15:04 ")+string(l.Channel)+" "+l.Template)
		}
	}
	return out
}

func TestPassedCountsStepsAndBranches(t *testing.T) {
	t.Parallel()
	s := stage(t, house(`  - send: hello
    at: now
  - wait_for: bought
    within: 1d
    then:
      - stop
  - send: again
`))
	p := play(t, s, readScript(t, greeting+"2026-11-23T12:00 anna bought\n2026-11-24T10:00 anna came\nuntil 2026-11-27T00:00\n"))
	require.Equal(t, map[string]map[journey.Passed]int{"hello": {
		{Step: "hello"}: 2, {Step: "wait_for-2", Branch: "then"}: 1, {Step: "wait_for-2", Branch: "else"}: 1,
		{Step: "stop-2.then-1"}: 1, {Step: "again"}: 1,
	}}, p.Passed)
}

func TestAnEventAboutNoMessageIsNamed(t *testing.T) {
	t.Parallel()
	s := stage(t, house("  - send: hello\n    at: now\n"))
	for name, c := range map[string]struct {
		script string
		act    int
		err    string
	}{
		"nothing went out": {"from 2026-11-23T08:00\n2026-11-23T09:00 anna message_clicked\nuntil 2026-11-24T00:00\n", 0,
			"act 1: event message_clicked: no message or task went out that it could be about; let one go out before, or name another one"},
		"another template": {greeting + "2026-11-23T12:00 anna message_opened of=again\nuntil 2026-11-24T00:00\n", 2,
			"act 3: event message_opened: no message or task went out that it could be about; let one go out before, or name another one"},
		"before the beginning": {"from 2026-11-23T08:00\n2026-11-23T07:00 anna came\nuntil 2026-11-24T00:00\n", 0,
			"act 1: event came: is before the beginning of the script; begin earlier"},
	} {
		_, err := s.Play(t.Context(), readScript(t, c.script))
		var bad *simulate.ActError
		require.ErrorAs(t, err, &bad, name)
		require.Equal(t, c.act, bad.Act, name)
		require.EqualError(t, err, c.err, name)
	}
}

func TestAnEventIsAboutTheNewestMessage(t *testing.T) {
	t.Parallel()
	s := stage(t, house("  - send: hello\n    channel: sms\n    at: now\n  - wait: 1h\n  - send: again\n    at: now\n"))
	p := play(t, s, readScript(t, greeting+"2026-11-23T12:00 anna message_opened\n2026-11-23T12:30 anna message_opened of=hello\nuntil 2026-11-24T00:00\n"))
	id := p.Lines[0].Customer
	require.NoError(t, p.Store.Read(t.Context(), func(tx ledger.Tx) error {
		events, err := tx.Events(ledger.EventQuery{Customer: id, Names: []string{customer.MessageOpened}})
		require.NoError(t, err)
		require.Len(t, events, 2)
		for i, template := range []string{"again", "hello"} {
			require.Equal(t, map[string]customer.Value{
				customer.MessageProperty: customer.Text("hello." + string(id) + ".1." + template + ".sms"),
				customer.TemplateProp:    customer.Text(template), customer.ChannelProperty: customer.Text("sms"),
			}, events[i].Properties)
		}
		return nil
	}))
}

func TestCustomersHaveTheIDsThatTheScriptNames(t *testing.T) {
	t.Parallel()
	s := stage(t, house("  - send: hello\n    at: now\n"))
	script := readScript(t, greeting+"until 2026-11-24T00:00\n")
	first := play(t, s, script).Lines[0].Customer
	require.NotEmpty(t, first)
	require.Equal(t, first, play(t, s, script).Lines[0].Customer)
	script.IDs = map[string]customer.ID{"anna": "c1"}
	require.Equal(t, customer.ID("c1"), play(t, s, script).Lines[0].Customer)
}

func TestWhatIsNotTakenIsTold(t *testing.T) {
	t.Parallel()
	s := stage(t, house("  - send: hello\n    at: now\n"))
	script := readScript(t, greeting+"until 2026-11-24T00:00\n")
	script.Acts[0].Change.Consents = map[customer.Topic]bool{"offerz": true, "service": true}
	late := script.Acts[1]
	late.At = script.To.Add(time.Second)
	script.Acts = append(script.Acts, simulate.Act{At: script.From, Incoming: observe.Incoming{Event: customer.Event{Name: "came"}}}, late)
	p := play(t, s, script)
	require.Equal(t, []observe.Outcome{
		{Status: observe.Taken}, {Status: observe.Taken},
		{Status: observe.Refused, Reason: "names no customer, and no rule in force is about a value that it carries: give the customer's id, or load such a rule first"}, {},
	}, p.Outcomes)
	require.Len(t, p.Refusals, 1)
	require.Equal(t, 0, p.Refusals[0].Act)
	require.Equal(t, "consent.offerz", p.Refusals[0].Field)
}

func TestADeviceBecomesACustomer(t *testing.T) {
	t.Parallel()
	s := stage(t, house("  - wait: 1h\n  - send: hello\n    channel: sms\n    at: now\n"))
	script := readScript(t, greeting+"until 2026-11-24T00:00\n")
	came := script.Acts[1]
	came.At, came.User, came.Anonymous, came.Change = script.From, "", "phone-1", script.Acts[0].Change
	script.Acts[0].Anonymous = "phone-1"
	script.Acts = append([]simulate.Act{came}, script.Acts[0])
	lines := play(t, s, script).Lines
	require.Empty(t, lines[1].External, "nobody knows whose it is")
	require.Equal(t, "anna", lines[len(lines)-1].External)
	require.Equal(t, lines[0].Customer, lines[len(lines)-1].Customer)
}

func TestAPlayStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := stage(t, house("  - send: hello\n")).Play(ctx, readScript(t, greeting+"until 2026-11-24T00:00\n"))
	require.ErrorIs(t, err, context.Canceled)
}

// TestAPlayThatDoesNotRestNamesTheRule holds both bounds: one round of an
// instant is too few for a step and its message, and one instant for two acts.
func TestAPlayThatDoesNotRestNamesTheRule(t *testing.T) {
	t.Parallel()
	s := stage(t, house("  - send: hello\n    channel: sms\n    at: now\n"))
	script := readScript(t, greeting+"2026-11-23T11:00 anna came\nuntil 2026-11-24T00:00\n")
	for name, bounded := range map[string]*simulate.Stage{"rounds": s.Bounded(1, 100), "instants": s.Bounded(100, 2)} {
		_, err := bounded.Play(t.Context(), script)
		var loop *simulate.LoopError
		require.ErrorAs(t, err, &loop, name)
		require.ErrorContains(t, err, "does not come to rest at 2026-11-23T", name)
	}
	_, err := s.Bounded(100, 2).Play(t.Context(), script)
	require.EqualError(t, err, "rule hello: does not come to rest at 2026-11-23T10:00:00Z; play it alone to see what it repeats")
}

const outage = `
description: Say that the network is down.
owner: a@example.com
topic: service
about: cell
when: {event: outage}
stop: outage_over
steps:
  - send: again
    channel: sms
    at: now
`

func TestNewsReachesAllWhoShare(t *testing.T) {
	t.Parallel()
	files := house("  - send: hello\n")
	files.Rules["data.yaml"] = []byte("traits: {name: text, cell: id}\nevents: {came: {}, bought: {}, outage: {by: us, cell: id}, outage_over: {by: us, cell: id}}")
	files.Rules["outage.yaml"] = []byte(outage)
	s := stage(t, files)
	p := play(t, s, simulate.Script{
		From: moment(t, "2026-11-23T08:00"), To: moment(t, "2026-11-24T00:00"),
		Acts: []simulate.Act{
			lives("anna", "+4915112345678", "17"), lives("ben", "+4915112345679", "17"), lives("cid", "+4915112345670", "18"),
			{At: moment(t, "2026-11-23T09:00"), Incoming: observe.Incoming{Event: customer.Event{
				Name: "outage", Properties: map[string]customer.Value{"cell": customer.Text("17")},
			}}},
		},
	})
	var sent []string
	for _, l := range p.Lines {
		if l.Kind == ledger.KindSend {
			sent = append(sent, l.External)
		}
	}
	require.ElementsMatch(t, []string{"anna", "ben"}, sent)
}

func lives(user, phone, cell string) simulate.Act {
	return simulate.Act{
		At: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC),
		Incoming: observe.Incoming{User: user, Change: observe.Change{
			Phone: &phone, Traits: map[string]customer.Value{"cell": customer.Text(cell)},
		}},
	}
}
