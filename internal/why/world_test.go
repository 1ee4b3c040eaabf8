package why_test

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/simulate"
	"github.com/outreach-engine/outreach/internal/source"
	"github.com/outreach-engine/outreach/internal/why"
)

var update = flag.Bool("update", false, "rewrite the expected texts of testdata and of docs/explain.md")

// data is what the tests' rules may name; policy is what holds for them.
const (
	data = `
traits: {plan: [basic, surf, ultimate], plan_mb: number, email: text, phone: text, trial_ends_at: date, city: text}
events:
  came: {}
  opened: {}
  signed_up: {}
  used: {by: us, mb: number}
  topped_up: {mb: number}
  seats_changed: {account: id, used: number, bought: number}
  paid: {total: number}
  pay_failed: {}
  ordered: {order_id: id, promised_at: date}
  delivered: {by: us, order_id: id}
`
	policyText = `
zone: Europe/Berlin
topics:
  service: {consent: assumed}
  offers: {consent: asked}
caps: {any: 2 per day}
quiet: daily 21:00-08:00
windows: {sms: daily 10:00-20:00, email: daily 10:00-20:00}
`
)

// world is a set of rules and what happened under them.
type world struct {
	t      *testing.T
	bundle *bundle.Bundle
	play   *simulate.Play
	zones  *sendtime.Zones
	now    time.Time
}

// files gives the files of some rules: the trigger and what stands beside it.
func files(rules map[string]string) bundle.Files {
	f := bundle.Files{
		Rules:     map[string][]byte{"data.yaml": []byte(data), "policy.yaml": []byte(policyText)},
		Templates: map[string][]byte{"hello/sms.txt": []byte("Hello"), "offer/email.html": []byte("---\nsubject: Offer\nlayout: none\n---\n<p>An offer</p>\n")},
	}
	for name, text := range rules {
		for key, line := range map[string]string{
			"description": "A rule.", "owner": "a@example.com", "topic": "service", "steps": "[{send: hello, at: now}]",
		} {
			if !strings.Contains("\n"+text, "\n"+key+":") {
				text += "\n" + key + ": " + line
			}
		}
		f.Rules[name+".yaml"] = []byte(text + "\n")
	}
	return f
}

// check compiles files; only warnings may come.
func check(t *testing.T, f bundle.Files) *bundle.Bundle {
	t.Helper()
	b, problems := bundle.Check(f)
	var all source.Problems
	all.Add(problems...)
	require.NoError(t, all.Err())
	return b
}

// newWorld plays a script, of which a line is an instant (UTC), an outside id,
// an event and its properties; those of identified are traits and more. Who
// comes in it has the id c-<outside id>.
func newWorld(t *testing.T, f bundle.Files, script string) *world {
	t.Helper()
	w := &world{t: t, bundle: check(t, f), zones: sendtime.NewZones()}
	s := simulate.Script{IDs: map[string]customer.ID{}}
	for line := range strings.Lines(script) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		at, err := time.Parse("2006-01-02T15:04", f[0])
		require.NoError(t, err)
		if s.From.IsZero() {
			s.From = at
		}
		s.To, w.now = at, at
		if f[1] != "until" {
			s.Acts = append(s.Acts, act(at, f))
			s.IDs[f[1]] = customer.ID("c-" + f[1])
		}
	}
	play, err := simulate.NewStage(w.bundle, w.zones).Play(t.Context(), s)
	require.NoError(t, err)
	require.Empty(t, play.Refusals)
	w.play = play
	return w
}

func act(at time.Time, f []string) simulate.Act {
	a := simulate.Act{At: at, Incoming: observe.Incoming{User: f[1], Event: customer.Event{Name: f[2], Via: customer.ViaServer}}}
	for _, word := range f[3:] {
		name, text, _ := strings.Cut(word, "=")
		value := customer.Text(text)
		if n, err := strconv.ParseFloat(text, 64); err == nil && !strings.HasPrefix(text, "+") {
			value = customer.Number(n)
		}
		switch {
		case name == "device":
			a.Anonymous = text
		case name == "of":
			a.Of = text
		case name == "via":
			a.Event.Via = customer.Via(text)
		case f[2] == customer.Identified:
			said(&a.Change, name, text, value)
		default:
			if a.Event.Properties == nil {
				a.Event.Properties = map[string]customer.Value{}
			}
			a.Event.Properties[name] = value
		}
	}
	return a
}

func said(c *observe.Change, name, text string, value customer.Value) {
	switch name {
	case "zone":
		c.Zone = &text
	case "country":
		c.Country = &text
	case "region":
		c.Region = &text
	case "phone":
		c.Phone = &text
	case "email":
		c.Email = &text
	case "push":
		c.PushToken = text
	case "sms_hours":
		c.Preferences = &customer.Preferences{Hours: map[customer.Channel]string{customer.SMS: strings.ReplaceAll(text, "_", " ")}}
	case "push_hours", "any_hours":
		channel := customer.Channel(strings.TrimSuffix(name, "_hours"))
		c.Preferences = &customer.Preferences{Hours: map[customer.Channel]string{channel: strings.ReplaceAll(text, "_", " ")}}
	case "offers", "tips":
		c.Consents = map[customer.Topic]bool{customer.Topic(name): text == "yes"}
	default:
		if c.Traits == nil {
			c.Traits = map[string]customer.Value{}
		}
		c.Traits[name] = value
	}
}

// facts reads all about a customer, by the rules of a bundle.
func (w *world) facts(b *bundle.Bundle, who, only string) (f why.Facts) {
	w.t.Helper()
	desk := dossier.Desk{Library: library.Fixed(b), Zones: w.zones}
	require.NoError(w.t, w.play.Store.Read(w.t.Context(), func(tx ledger.Tx) error {
		id, ok, err := tx.Resolve(who)
		require.True(w.t, ok, who)
		require.NoError(w.t, err)
		d, ok, err := desk.Open(tx, id)
		require.True(w.t, ok, who)
		require.NoError(w.t, err)
		f, err = d.Account(only, w.now)
		return err
	}))
	return f
}

// golden holds that the explanations of some customers read as testdata has
// them, as text and as JSON.
func (w *world) golden(name string, explanations ...why.Explanation) {
	w.t.Helper()
	var texts []string
	for _, e := range explanations {
		texts = append(texts, e.Text())
	}
	w.same(name+".txt", strings.Join(texts, "\n"))
	text, err := json.MarshalIndent(explanations, "", "  ")
	require.NoError(w.t, err)
	w.same(name+".json", string(text)+"\n")
}

func (w *world) same(name, text string) {
	w.t.Helper()
	for _, r := range w.bundle.Rules {
		text = strings.ReplaceAll(text, r.Version, "the-version-")
	}
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(w.t, os.WriteFile(file, []byte(text), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(w.t, err)
	require.Equal(w.t, string(want), text, "run: make docs")
}

// everybody explains all customers whose outside ids are given.
func (w *world) everybody(who ...string) (list []why.Explanation) {
	w.t.Helper()
	for _, id := range who {
		list = append(list, why.Explain(w.facts(w.bundle, id, "")))
	}
	return list
}

// with gives a copy of rules with one more.
func with(rules map[string]string, name, text string) map[string]string {
	all := maps.Clone(rules)
	all[name] = text
	return all
}
