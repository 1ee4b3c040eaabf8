package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/link"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/pages"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

// TestWhoALinkIsMadeFor reads somebody, somebody who was merged into them, and
// nobody.
func TestWhoALinkIsMadeFor(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	store := sqlitetest.Open(t, sqlite.Options{})
	reader := pageReader{store, library.New(store)}
	empty, err := reader.Read(ctx, link.Link{Customer: "c1"})
	require.NoError(t, err, "before any rules are loaded")
	require.Empty(t, empty.Profile.ID)

	_, err = reader.library.Load(ctx, bundle.Files{
		Rules: map[string][]byte{"data.yaml": []byte("{}"), "policy.yaml": []byte(
			"zone: America/New_York\ntopics:\n  service: {consent: assumed}\n  tips: {consent: asked}\nsenders:\n  email: \"Larkline <hello@larkline.test>\"\n")},
	}, now)
	require.NoError(t, err)
	known := customer.Profile{ID: "c1", Phone: "+12025550006", Email: "jo@example.com"}
	ref := ledger.Ref{Rule: "hello", Customer: "c2", N: 1}
	require.NoError(t, store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error {
		for _, p := range []customer.Profile{known, {ID: "c2"}} {
			if err := tx.SaveCustomer(ledger.Record{Profile: p}); err != nil {
				return err
			}
		}
		if _, _, err := tx.AddOutreach(ledger.Outreach{Ref: ref, Key: "a", Status: ledger.Ended}); err != nil {
			return err
		}
		if err := tx.Suppress(customer.Suppression{Channel: customer.SMS, Address: known.Phone, Reason: customer.StopReply, At: now}); err != nil {
			return err
		}
		return tx.Merge("c2", "c1")
	}))
	want := pages.State{
		Profile: known, Topics: map[customer.Topic]bool{"service": true, "tips": false},
		Blocked: map[customer.Channel]string{customer.SMS: customer.StopReply}, Company: "Larkline",
	}
	for _, l := range []link.Link{{Customer: "c1"}, {Customer: "c2", Message: "hello.c2.1.a.email"}} {
		s, err := reader.Read(ctx, l)
		require.NoError(t, err)
		require.Equal(t, want, s)
	}
	for _, l := range []link.Link{{Customer: "c3"}, {Customer: "c3", Message: "hello.c3.1.a.email"}, {Customer: "c2"}} {
		s, err := reader.Read(ctx, l)
		require.NoError(t, err)
		require.Empty(t, s.Profile.ID)
	}
}

// TestACustomerSaysNo goes from a link to what the store keeps.
func TestACustomerSaysNo(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	store := sqlitetest.Open(t, sqlite.Options{})
	rules := library.New(store)
	_, err := rules.Load(ctx, bundle.Files{Rules: map[string][]byte{
		"data.yaml": []byte("{}"), "policy.yaml": []byte("zone: America/New_York\ntopics:\n  tips: {consent: asked}\n"),
	}}, now)
	require.NoError(t, err)
	p := customer.Profile{ID: "c1", Phone: "+12025550106", Email: "jo@example.com", Consents: map[customer.Topic]customer.Consent{"tips": {Given: true, At: now.AddDate(0, -1, 0)}}}
	require.NoError(t, store.Write(ctx, ledger.GateLane, func(tx ledger.Tx) error { return tx.SaveCustomer(ledger.Record{Profile: p}) }))
	signer, err := Links(ctx, store, "")
	require.NoError(t, err)
	clock := func() time.Time { return now }
	observer := &observe.Observer{Store: store, Desk: dossier.Desk{Library: rules, Zones: sendtime.NewZones()}, Now: clock}
	reader := pageReader{store, rules}
	handler := pages.Handler(pages.Options{Links: signer, Reader: reader, Taker: observer, Now: clock})
	post := func(kind link.Kind, form string) {
		t.Helper()
		at := signer.URL("https://x", link.Link{Kind: kind, Customer: "c1", Topic: "tips", Channel: customer.Email, Message: "hello.c1.1.a.email", Issued: now})
		r := httptest.NewRequest(http.MethodPost, at, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
	}
	state := func() pages.State {
		s, err := reader.Read(ctx, link.Link{Customer: "c1"})
		require.NoError(t, err)
		return s
	}
	for range 2 {
		post(link.Unsubscribe, "List-Unsubscribe=One-Click")
		require.Equal(t, customer.Consent{At: now}, state().Profile.Consents["tips"])
	}
	post(link.Preferences, "shown=block.sms&on=block.sms&hours.email=evenings&was.hours.email=any")
	require.Equal(t, map[customer.Channel]string{customer.SMS: customer.Unsubscribed}, state().Blocked)
	require.Equal(t, map[customer.Channel]string{customer.Email: "daily 17:00-21:00"}, state().Profile.Preferences.Hours)
	post(link.Preferences, "shown=block.sms&was=block.sms")
	require.Empty(t, state().Blocked)

	var kept []customer.Evidence
	require.NoError(t, store.Read(ctx, func(tx ledger.Tx) (err error) {
		kept, err = tx.Evidence("c1", 0, 0)
		return err
	}))
	var acts []string
	for _, e := range kept {
		require.Equal(t, "hello.c1.1.a.email", e.Message)
		require.Regexp(t, "^link-", e.Source)
		acts = append(acts, string(e.Act)+" "+e.How)
	}
	require.Equal(t, []string{"consent_withdrawn one_click", "address_suppressed preference_page", "address_freed preference_page"}, acts)
}
