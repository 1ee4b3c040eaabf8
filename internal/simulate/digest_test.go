package simulate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// weekly gives files with a weekly digest and so many rules that each put an
// item into it.
func weekly(items int) bundle.Files {
	files := bundle.Files{Rules: map[string][]byte{
		"data.yaml": []byte("traits: {name: text}\nevents: {came: {}}\n"),
		"policy.yaml": []byte("zone: Europe/Berlin\ntopics: {service: {consent: assumed}}\n" +
			"digests: {weekly: {at: Thu 10:00-12:00, channel: email, template: digest, topic: service}}\n"),
	}, Templates: map[string][]byte{
		"digest/email.html": []byte("---\nsubject: Your week\nlayout: none\n---\n<p>This week:</p>{{ items }}\n"),
		"item/email.html":   []byte("---\nsubject: An item\nlayout: none\n---\n<p>An item</p>\n"),
	}}
	for i := range items {
		files.Rules[fmt.Sprintf("tip%02d.yaml", i)] = []byte("description: A tip.\nowner: a@example.com\ntopic: service\nwhen: {event: came}\nagain: always\n" +
			"steps:\n  - {attach: item, to: weekly}\n")
	}
	return files
}

// TestADigestGoesOnceAtEachOfItsTimes: it holds twenty items; the others, and
// those that come after it, go with the next one.
func TestADigestGoesOnceAtEachOfItsTimes(t *testing.T) {
	t.Parallel()
	const came = "from 2026-11-23T08:00\n2026-11-23T09:00 anna identified email=anna@example.com\n2026-11-23T10:00 anna came\n"
	for name, c := range map[string]struct {
		items  int
		script string
		want   []string
	}{
		"one":                {1, came, []string{"Thu 26: 1"}},
		"twenty":             {20, came, []string{"Thu 26: 20"}},
		"more than it holds": {25, came, []string{"Thu 26: 20", "Thu 03: 5"}},
		"none left":          {1, came + "2026-11-24T10:00 anna identified email=\n", nil},
		"again right after":  {1, came + "2026-11-26T10:59 anna came\n", []string{"Thu 26: 1", "Thu 03: 1"}},
		"again later":        {1, came + "2026-11-27T11:00 anna came\n", []string{"Thu 26: 1", "Thu 03: 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := readScript(t, c.script+"until 2027-01-20T00:00\n")
			var order []string
			counts := map[string]int{}
			for _, l := range play(t, stage(t, weekly(c.items)), script).Lines {
				day := l.At.Format("Mon 02")
				switch {
				case l.Kind != ledger.KindSend:
				case strings.HasPrefix(l.Rule, "digest-"):
					order = append(order, day)
				default:
					counts[day]++
				}
			}
			var got []string
			for _, day := range order {
				got = append(got, fmt.Sprintf("%s: %d", day, counts[day]))
			}
			require.Equal(t, c.want, got)
			alike(t, weekly(c.items), script)
		})
	}
}
