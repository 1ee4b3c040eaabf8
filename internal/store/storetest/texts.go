package storetest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/ledger"
)

func texts() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"documents":       documents,
		"documents_named": documentsNamed,
		"documents_kept":  documentsKept,
		"active":          active,
	}
}

func documents(t *testing.T, open Open) {
	s := start(t, open)
	document := func(d ledger.Document) found[ledger.Document] {
		return both(t, s, func(tx ledger.Tx) (found[ledger.Document], error) {
			return find(tx.Document(d.Kind, d.Name, d.Hash))
		})
	}
	first := ledger.Document{Kind: ledger.RuleDocument, Name: "cart", Hash: "h1", Body: []byte(wide + odd), At: at(1)}
	second := ledger.Document{Kind: ledger.RuleDocument, Name: "cart", Hash: "h2", Body: []byte{0, 255}, At: at(2)}
	empty := ledger.Document{Kind: ledger.DataDocument, Hash: "h1", At: at(3)}
	require.False(t, document(first).OK)
	for _, d := range []ledger.Document{first, second, empty} {
		write(t, s, func(tx ledger.Tx) error { return tx.SaveDocument(d) })
	}
	again := first
	again.At, again.Body = at(9), []byte("other")
	write(t, s, func(tx ledger.Tx) error { return tx.SaveDocument(again) })
	for _, d := range []ledger.Document{first, second, empty} {
		require.Equal(t, found[ledger.Document]{d, true}, document(d), "documents do not change")
	}
}

func documentsNamed(t *testing.T, open Open) {
	s := start(t, open)
	document := func(name, hash string, minute int) ledger.Document {
		return ledger.Document{Kind: ledger.RuleDocument, Name: name, Hash: hash, Body: []byte(hash), At: at(minute)}
	}
	second, first, third := document("cart", "b", 2), document("cart", "c", 1), document("cart", "a", 3)
	same := document("cart", "d", 3)
	data := ledger.Document{Kind: ledger.DataDocument, Name: "cart", Hash: "h"}
	for _, d := range []ledger.Document{second, first, third, same, document("late", "a", 9), data} {
		write(t, s, func(tx ledger.Tx) error { return tx.SaveDocument(d) })
	}
	named := func(name string) []ledger.Document {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Document, error) { return tx.Documents(ledger.RuleDocument, name) })
	}
	require.Equal(t, []ledger.Document{same, third, second, first}, named("cart"), "newest first; of one instant the last saved")
	require.Empty(t, named("gone"))
}

func documentsKept(t *testing.T, open Open) {
	s := start(t, open)
	document := func(name, hash string, minute int) ledger.Document {
		return ledger.Document{Kind: ledger.LearnedDocument, Name: name, Hash: hash, Body: []byte(hash), At: at(minute)}
	}
	second, first, third, same := document("", "b", 2), document("", "c", 1), document("", "a", 3), document("", "d", 3)
	other := ledger.Document{Kind: ledger.PolicyDocument, Hash: "c", At: at(1)}
	for _, d := range []ledger.Document{second, first, third, same, other, document("named", "c", 1)} {
		write(t, s, func(tx ledger.Tx) error { return tx.SaveDocument(d) })
	}
	left := func(kind ledger.DocumentKind, name string) []ledger.Document {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Document, error) { return tx.Documents(kind, name) })
	}
	keep := func(newest int) {
		write(t, s, func(tx ledger.Tx) error { return tx.KeepDocuments(ledger.LearnedDocument, "", newest) })
	}
	keep(4)
	require.Equal(t, []ledger.Document{same, third, second, first}, left(ledger.LearnedDocument, ""))
	keep(2)
	require.Equal(t, []ledger.Document{same, third}, left(ledger.LearnedDocument, ""))
	require.Equal(t, []ledger.Document{other}, left(ledger.PolicyDocument, ""))
	require.Len(t, left(ledger.LearnedDocument, "named"), 1)
}

func active(t *testing.T, open Open) {
	s := start(t, open)
	list := func() []ledger.Active { return both(t, s, ledger.Tx.Active) }
	require.Empty(t, list())
	rule := ledger.Active{
		Kind: ledger.RuleDocument, Name: "cart", Hash: "h1", At: at(1), Warm: true, Warming: "c7", Warmed: 7,
	}
	other := ledger.Active{Kind: ledger.RuleDocument, Name: "another", Hash: "h2", At: at(2)}
	data := ledger.Active{Kind: ledger.DataDocument, Hash: "h3", At: at(3), Warm: true}
	for _, a := range []ledger.Active{rule, other, data} {
		write(t, s, func(tx ledger.Tx) error { return tx.Activate(a) })
	}
	require.Equal(t, []ledger.Active{data, other, rule}, list())
	rule = ledger.Active{Kind: ledger.RuleDocument, Name: "cart", Hash: "h4", At: at(4)}
	write(t, s, func(tx ledger.Tx) error { return tx.Activate(rule) })
	write(t, s, func(tx ledger.Tx) error { return tx.Deactivate(other.Kind, other.Name) })
	write(t, s, func(tx ledger.Tx) error { return tx.Deactivate(ledger.RuleDocument, "gone") })
	require.Equal(t, []ledger.Active{data, rule}, list())
	require.Empty(t, both(t, s, ledger.Tx.InForce), "none of their documents is there")
	known := ledger.Document{Kind: ledger.DataDocument, Hash: "h3", Body: []byte("events:"), At: at(5)}
	old := ledger.Document{Kind: ledger.RuleDocument, Name: "cart", Hash: "h1", At: at(5)}
	newest := ledger.Document{Kind: ledger.RuleDocument, Name: "cart", Hash: "h4", Body: []byte("when:"), At: at(6)}
	write(t, s, func(tx ledger.Tx) error {
		return errors.Join(tx.SaveDocument(old), tx.SaveDocument(newest), tx.SaveDocument(known))
	})
	require.Equal(t, []ledger.Document{known, newest}, both(t, s, ledger.Tx.InForce))
}
