package simulate_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/simulate"
	"github.com/outreach-engine/outreach/internal/source"
)

// shipped gives the stage of the rules and templates that come with the engine.
func shipped(t testing.TB) *simulate.Stage {
	t.Helper()
	files, err := bundle.ReadDir("../../rules", "../../templates")
	require.NoError(t, err)
	return stage(t, files)
}

func stage(t tester, files bundle.Files) *simulate.Stage {
	t.Helper()
	b, problems := bundle.Check(files)
	for _, p := range problems {
		require.NotEqual(t, source.Error, p.Severity, p.String())
	}
	return simulate.NewStage(b, sendtime.NewZones())
}

// play plays a script; it must succeed.
func play(t tester, s *simulate.Stage, script simulate.Script) *simulate.Play {
	t.Helper()
	p, err := s.Play(t.Context(), script)
	require.NoError(t, err)
	return p
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04", text)
	require.NoError(t, err)
	return at
}

// readScript reads a script, of which a line is an instant (UTC), an outside id,
// and what happens:
//
//	2026-11-23T13:20 anna data_session mb=200
//	2026-11-23T13:20 anna identified zone=Europe/Berlin phone=+49151... offers=yes prefers.sms="Mon-Fri 18:00-21:00"
//	2026-11-25T10:00 anna message_clicked of=usage-warning
//
// The first line is "from" and the last "until", each with its instant.
func readScript(t testing.TB, text string) simulate.Script {
	t.Helper()
	var script simulate.Script
	for line := range strings.Lines(text) {
		f := fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "from":
			script.From = moment(t, f[1])
		case f[0] == "until":
			script.To = moment(t, f[1])
		default:
			script.Acts = append(script.Acts, readAct(t, f))
		}
	}
	return script
}

// fields splits a line at spaces that stand in no quotes.
func fields(line string) []string {
	quoted := false
	f := strings.FieldsFunc(strings.TrimSpace(line), func(r rune) bool {
		quoted = quoted != (r == '"')
		return r == ' ' && !quoted
	})
	for i := range f {
		f[i] = strings.ReplaceAll(f[i], `"`, "")
	}
	return f
}

func readAct(t testing.TB, f []string) simulate.Act {
	t.Helper()
	act := simulate.Act{At: moment(t, f[0]), Incoming: observe.Incoming{User: f[1], Event: customer.Event{Name: f[2], Via: customer.ViaServer}}}
	for _, word := range f[3:] {
		name, text, _ := strings.Cut(word, "=")
		value := customer.Text(text)
		if n, err := strconv.ParseFloat(text, 64); err == nil && !strings.HasPrefix(text, "+") {
			value = customer.Number(n)
		}
		switch {
		case name == "of":
			act.Of = text
		case name == "via":
			act.Event.Via = customer.Via(text)
		case f[2] == customer.Identified:
			act.Change = said(act.Change, name, value)
		default:
			if act.Event.Properties == nil {
				act.Event.Properties = map[string]customer.Value{}
			}
			act.Event.Properties[name] = value
		}
	}
	return act
}

func said(c observe.Change, name string, value customer.Value) observe.Change {
	text := value.String()
	topic, isTopic := strings.CutPrefix(name, "consent.")
	channel, isHours := strings.CutPrefix(name, "prefers.")
	switch {
	case name == "zone":
		c.Zone = &text
	case name == "country":
		c.Country = &text
	case name == "phone":
		c.Phone = &text
	case name == "email":
		c.Email = &text
	case name == "push":
		c.PushToken = text
	case isTopic:
		if c.Consents == nil {
			c.Consents = map[customer.Topic]bool{}
		}
		c.Consents[customer.Topic(topic)] = text == "yes"
	case isHours:
		c.Preferences = &customer.Preferences{Hours: map[customer.Channel]string{customer.Channel(channel): text}}
	default:
		if c.Traits == nil {
			c.Traits = map[string]customer.Value{}
		}
		c.Traits[name] = value
	}
	return c
}

// timeline gives lines as text, on the customers' own clocks.
func timeline(lines []simulate.Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(tell(l) + "\n")
	}
	return b.String()
}

func tell(l simulate.Line) string {
	words := []string{l.At.In(l.Zone).Format("Mon 2 Jan 15:04:05 MST"), l.External, l.Rule, string(l.Kind)}
	for _, word := range []string{l.Step, string(l.Channel)} {
		if word != "" {
			words = append(words, word)
		}
	}
	if !l.Planned.IsZero() && (l.Kind == ledger.KindPlan || l.Kind == ledger.KindDefer || l.Kind == ledger.KindWait) {
		words = append(words, "for "+l.Planned.In(l.Zone).Format("Mon 2 Jan 15:04:05 MST"))
	}
	if l.Reason != "" {
		words = append(words, string(l.Reason))
	}
	if l.Note != "" {
		words = append(words, "("+l.Note+")")
	}
	return strings.Join(words, " ")
}
