package library_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/rule"
	"github.com/outreach-engine/outreach/internal/store/memory"
)

const (
	oldData = "events: {order_placed: {total: number}}"
	newData = "events: {order_paid: {}}"
	hello   = `description: Say hello.
owner: care@example.com
topic: service
when: {event: order_placed, where: total > 5}
steps: [{send: hello, at: now}]
`
)

var monday = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// load puts a house of one rule in force, and gives the rule's version.
func load(t *testing.T, l *library.Library, data, text string) (version string) {
	t.Helper()
	_, err := l.Load(t.Context(), bundle.Files{
		Rules:     map[string][]byte{"data.yaml": []byte(data), "hello.yaml": []byte(text)},
		Templates: map[string][]byte{"hello/sms.txt": []byte("Hello")},
	}, monday)
	require.NoError(t, err)
	m, ok := l.Current().Matcher("hello")
	require.True(t, ok)
	return m.Version
}

// version asks a library that has read nothing yet.
func version(t *testing.T, s ledger.Store, name, hash string) (m *rule.Matcher, err error) {
	t.Helper()
	require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) error {
		m, err = library.New(s).Version(tx, name, hash)
		return nil
	}))
	return m, err
}

// TestAVersionStaysWhatItWas holds that a rule that is not in force any more is
// read with the data that it was written for, which others share.
func TestAVersionStaysWhatItWas(t *testing.T) {
	t.Parallel()
	s := memory.New()
	l := library.New(s)
	was := load(t, l, oldData, hello)
	in, ok := l.Current().Matcher("hello")
	require.True(t, ok)
	now := load(t, l, newData, "description: Say hello.\nowner: care@example.com\ntopic: service\nwhen: {event: order_paid}\nsteps: [{send: hello, at: now}]\n")
	require.NotEqual(t, was, now)
	m, err := version(t, s, "hello", was)
	require.NoError(t, err)
	require.Equal(t, in.Canonical(), m.Canonical())

	_, err = version(t, s, "hello", "0123456789ab")
	require.EqualError(t, err, "rule hello: version 0123456789ab is not in the store")
}

// TestADocumentMayHoldEverything holds that a rule's document that holds its
// data and policy itself is read, in force or not.
func TestADocumentMayHoldEverything(t *testing.T) {
	t.Parallel()
	s := memory.New()
	save := func(hash, body string) {
		require.NoError(t, s.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
			return tx.SaveDocument(ledger.Document{Kind: ledger.RuleDocument, Name: "hello", Hash: hash, Body: []byte(body), At: monday})
		}))
	}
	save("v1", `{"rule":"description: Say hello.\nowner: care@example.com\ntopic: service\nwhen: {event: seen}\nsteps: [{send: hello}]","data":"events: {seen: {}}","policy":""}`)
	m, err := version(t, s, "hello", "v1")
	require.NoError(t, err)
	require.Equal(t, "seen", m.When.Event.Event)

	save("v2", `{"rule":"description: x","data_hash":"d1","policy_hash":"p1"}`)
	_, err = version(t, s, "hello", "v2")
	require.EqualError(t, err, "rule hello: version v2: document data d1, which it was loaded with, is not in the store\n"+
		"document policy p1, which it was loaded with, is not in the store")

	save("v3", `{"rule":1}`)
	_, err = version(t, s, "hello", "v3")
	require.ErrorContains(t, err, "document rule hello v3: json: ")
}

// TestDocumentsOfRulesAreSmall holds that what all rules share is kept once.
func TestDocumentsOfRulesAreSmall(t *testing.T) {
	t.Parallel()
	s := memory.New()
	was := load(t, library.New(s), oldData, hello)
	require.NoError(t, s.Read(t.Context(), func(tx ledger.Tx) error {
		d, _, err := tx.Document(ledger.RuleDocument, "hello", was)
		require.NotContains(t, string(d.Body), "number")
		text, err2 := library.RuleText(d)
		require.NoError(t, err2)
		require.Equal(t, hello, text)
		return err
	}))
}
