package simulate_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
)

const moving = `
description: Say hello, and more.
owner: care@example.com
topic: service
when: {event: signed_up}
steps:
  - {send: hello, at: now}
  - {wait: 2d}
  - {send: more, at: "daily 12:00"}
`

// TestAMigratedOutreachGoesOn moves an outreach in virtual time: it goes on by
// the other version as it does on the live engine (activities has that test).
func TestAMigratedOutreachGoesOn(t *testing.T) {
	t.Parallel()
	const data = "events: {signed_up: {}}\n"
	const policy = "zone: UTC\ntopics: {service: {consent: assumed}}\n"
	files := func(text string) bundle.Files {
		return bundle.Files{
			Rules:     map[string][]byte{"data.yaml": []byte(data), "policy.yaml": []byte(policy), "moving.yaml": []byte(text)},
			Templates: map[string][]byte{"hello/sms.txt": []byte("Hello."), "more/sms.txt": []byte("More.")},
		}
	}
	texts := []string{moving, strings.NewReplacer("{wait: 2d}", "{id: pause, wait: 3d}", "12:00", "15:00").Replace(moving)}
	var versions []string
	var documents []ledger.Document
	for _, text := range texts {
		b, _ := bundle.Check(files(text))
		body, err := json.Marshal(map[string]string{"rule": text, "data": data, "policy": policy})
		require.NoError(t, err)
		versions = append(versions, b.Rules[0].Version)
		documents = append(documents, ledger.Document{Kind: ledger.RuleDocument, Name: "moving", Hash: b.Rules[0].Version, Body: body})
	}
	script := readScript(t, `
		from 2026-11-23T09:00
		2026-11-23T09:00 anna identified phone=+4915112345678
		2026-11-23T10:00 anna signed_up
		until 2026-12-01T00:00
	`)
	order := dossier.Migration{Rule: "moving", From: versions[0], To: versions[1], Steps: map[string]string{"wait-2": "pause"}}
	play, err := stage(t, files(texts[0])).PlayMigrated(t.Context(), script, moment(t, "2026-11-24T10:00"), stage(t, files(texts[1])), order, documents)
	require.NoError(t, err)
	var story []string
	for _, line := range play.Lines {
		story = append(story, strings.TrimSpace(line.At.Format("Mon 15:04 ")+string(line.Kind)+" "+line.Step))
	}
	require.Equal(t, []string{
		"Mon 10:00 match", "Mon 10:00 enter", "Mon 10:00 plan hello", "Mon 10:00 send hello", "Mon 10:00 wait wait-2",
		"Tue 10:00 migrate pause", "Tue 10:00 wait pause", "Thu 10:00 plan more", "Thu 14:00 send more", "Thu 14:00 end",
	}, story)
}
