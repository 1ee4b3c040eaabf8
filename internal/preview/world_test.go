package preview_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/preview"
	"github.com/outreach-engine/outreach/internal/source"
)

// now is a Monday morning in New York.
var now = time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)

// The company of these tests: one rule for each of three topics.
const (
	dataText = `traits:
  first_name: text
  plan: [basic, surf]
  plan_mb: number
  renews_on: date
events:
  data_session: {by: us, mb: number}
  order_placed: {order_id: id, product: text, promised_at: time, total: number}
  order_delivered: {by: us, order_id: id}
  signed_up: {}
`
	policyText = `zone: America/New_York
country: US
topics:
  service: {consent: assumed}
  tips: {consent: asked}
senders:
  email: "Larkline <hello@larkline.test>"
  sms: "+12025550100"
`
)

// company reads the company with more files: rules/x.yaml and a/sms.txt.
func company(t *testing.T, more map[string]string) *bundle.Bundle {
	t.Helper()
	b, problems := read(more)
	var ps source.Problems
	ps.Add(problems...)
	require.NoError(t, ps.Err())
	return b
}

func read(more map[string]string) (*bundle.Bundle, []source.Problem) {
	files := bundle.Files{
		Rules:     map[string][]byte{"data.yaml": []byte(dataText), "policy.yaml": []byte(policyText)},
		Templates: map[string][]byte{"layouts/default.html": []byte(`<html><head><meta name="color-scheme" content="light dark"></head><body>{{ content }}</body></html>`)},
	}
	for name, text := range more {
		if rule, ok := strings.CutPrefix(name, "rules/"); ok {
			files.Rules[rule] = []byte(text)
			continue
		}
		files.Templates[name] = []byte(text)
	}
	return bundle.Check(files)
}

// sent is a rule that sends a template about a topic, once for each sign-up.
func sent(template, topic string) string {
	return "description: Greet.\nowner: a@larkline.test\ntopic: " + topic + "\nwhen: {event: signed_up}\nsteps:\n  - send: " + template + "\n"
}

// show previews template a for the invented person.
func show(t *testing.T, more map[string]string) *preview.Preview {
	t.Helper()
	b := company(t, more)
	person, err := preview.Sample(b, "a", preview.FirstSample, now)
	require.NoError(t, err)
	p, err := preview.Show(b, preview.Request{Template: "a", Person: person})
	require.NoError(t, err)
	return p
}

// with adds a rule about service that sends template a.
func with(files map[string]string) map[string]string {
	all := map[string]string{"rules/greet.yaml": sent("a", "service")}
	maps.Copy(all, files)
	return all
}

// codes gives the codes of findings.
func codes(p *preview.Preview) []preview.Code {
	list := []preview.Code{}
	for _, f := range p.Findings {
		list = append(list, f.Code)
	}
	return list
}
