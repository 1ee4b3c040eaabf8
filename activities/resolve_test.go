package activities_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dossier"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// Two messages with three days between them.
const pair = `
description: Say hello twice.
owner: care@example.com
topic: service
when: {event: order_placed}
stop: order_cancelled
steps:
  - {id: first, send: greeting, at: now, within: 2h}
  - {wait: 3d}
  - {id: second, send: greeting, at: now, within: 2h}
  - {wait: 3d}
`

// doubt is a bench on which nobody knows whether the first message went out.
func doubt(t *testing.T) (*bench, string) {
	t.Helper()
	f := files(map[string]string{"pair": pair})
	f.Rules["policy.yaml"] = []byte(openPolicy)
	f.Templates = map[string][]byte{"greeting/sms.txt": []byte("Hello")}
	b := newBench(t, "2026-11-23T12:00:00Z", f)
	anna := berlin()
	anna.Preferences = nil
	b.identify("anna", anna)
	b.answers = []error{no(channel.Ambiguous, 0)}
	b.happen("anna", "order_placed")
	require.Len(t, b.pair(), 1, b.story("anna"))
	return b, b.pair()[0].Key()
}

// pair gives all messages, in the order of their steps.
func (b *bench) pair() (list []ledger.Part) {
	b.t.Helper()
	require.NoError(b.t, b.store.Read(b.t.Context(), func(tx ledger.Tx) error {
		id, _, err := tx.Resolve("anna")
		if err != nil {
			return err
		}
		list, err = tx.PartsOf(ledger.Ref{Rule: "pair", Customer: id, N: 1})
		return err
	}))
	return list
}

// inquire takes up what nobody knows until nobody asks any more.
func (b *bench) inquire() {
	b.t.Helper()
	_, err := b.engine.Inquire(b.t.Context())
	require.NoError(b.t, err)
	b.work()
}

func (b *bench) resolve(key string, r dossier.Resolution) error {
	b.t.Helper()
	r.By = "ada"
	err := b.store.Write(b.t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		_, err := b.engine.Desk.Resolve(tx, key, r, b.now)
		return err
	})
	b.work()
	return err
}

func statuses(parts []ledger.Part) (list []ledger.PartStatus) {
	for _, p := range parts {
		list = append(list, p.Status)
	}
	return list
}

func TestAPersonSettlesWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		asked bool // nobody asks any more
		says  dossier.Resolution
		is    ledger.PartStatus
		sent  int // by the provider, of which the first took nothing
		last  string
	}{
		"ambiguous, sent":     {false, dossier.Resolution{Verdict: dossier.WasSent, ProviderID: "SM1"}, ledger.Accepted, 0, "Mon 13:00 pair wait wait-2 for Thu 13:00"},
		"unknown, sent":       {true, dossier.Resolution{Verdict: dossier.WasSent}, ledger.Accepted, 0, "Mon 13:00 pair send first sms"},
		"ambiguous, not sent": {false, dossier.Resolution{Verdict: dossier.WasNot}, ledger.Withdrawn, 0, "Mon 13:00 pair wait wait-2 for Thu 13:00"},
		"unknown, not sent":   {true, dossier.Resolution{Verdict: dossier.WasNot}, ledger.Withdrawn, 0, "Mon 13:00 pair drop first sms not_sent"},
		"ambiguous, again":    {false, dossier.Resolution{Verdict: dossier.SendAgain}, ledger.Accepted, 1, "Mon 13:00 pair wait wait-2 for Thu 13:00"},
		"unknown, again":      {true, dossier.Resolution{Verdict: dossier.SendAgain}, ledger.Accepted, 1, "Mon 13:00 pair wait wait-2 for Thu 13:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, key := doubt(t)
			require.Equal(t, ledger.Ambiguous, b.pair()[0].Status)
			if c.asked {
				b.inquire()
				require.Equal(t, ledger.Unknown, b.pair()[0].Status)
			}
			require.NoError(t, b.resolve(key, c.says))
			part := b.pair()[0]
			require.Equal(t, []any{c.is, c.sent}, []any{part.Status, len(b.sent)})
			if c.says.ProviderID != "" {
				require.Equal(t, c.says.ProviderID, part.ProviderID)
			}
			story := b.story("anna")
			require.Equal(t, c.last, story[len(story)-1], strings.Join(story, "\n"))
			require.ErrorContains(t, b.resolve(key, c.says), "so there is nothing to settle")
			b.until("2026-11-27T12:00:00Z")
			require.Equal(t, []ledger.PartStatus{c.is, ledger.Accepted}, statuses(b.pair()), "the second follows in each case")
			require.Len(t, b.sent, c.sent+1)
		})
	}
}

// TestWhatWentOnIsNotSentAgain: once a later message is out, or all is over, the
// first one does not come behind it.
func TestWhatWentOnIsNotSentAgain(t *testing.T) {
	t.Parallel()
	again := dossier.Resolution{Verdict: dossier.SendAgain}
	t.Run("a later message is out", func(t *testing.T) {
		t.Parallel()
		b, key := doubt(t)
		b.inquire()
		b.until("2026-11-26T12:00:00Z")
		before := b.pair()
		require.ErrorContains(t, b.resolve(key, again),
			"its outreach has gone on: step second went out by sms meanwhile; settle it with --sent or --not-sent")
		require.Equal(t, before, b.pair())
	})
	t.Run("it has ended", func(t *testing.T) {
		t.Parallel()
		b, key := doubt(t)
		b.inquire()
		b.happen("anna", "order_cancelled")
		require.ErrorContains(t, b.resolve(key, again), "its outreach has ended (stop), and does not begin again; settle it with --sent or --not-sent")
		require.NoError(t, b.resolve(key, dossier.Resolution{Verdict: dossier.WasSent}))
		require.Equal(t, ledger.Accepted, b.pair()[0].Status)
	})
}

// TestALaterMessageThatWaitsComesAfterTheFirst takes an outreach back over what
// was planned, which keeps no place in the caps meanwhile.
func TestALaterMessageThatWaitsComesAfterTheFirst(t *testing.T) {
	t.Parallel()
	b, key := doubt(t)
	b.inquire()
	require.NoError(t, b.store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error {
		return tx.SetHold(ledger.Hold{Kind: ledger.HoldAll, At: b.now, By: "operator"})
	}))
	b.until("2026-11-26T13:00:00Z")
	require.Equal(t, []ledger.PartStatus{ledger.Unknown, ledger.Planned}, statuses(b.pair()))
	require.NoError(t, b.resolve(key, dossier.Resolution{Verdict: dossier.SendAgain}))
	require.Equal(t, []ledger.PartStatus{ledger.Planned, ledger.Withdrawn}, statuses(b.pair()))
	require.Equal(t, b.now, b.pair()[0].Planned)
}

func TestOnlyWhatIsInDoubtIsSettled(t *testing.T) {
	t.Parallel()
	b, key := doubt(t)
	require.ErrorContains(t, b.resolve("x", dossier.Resolution{Verdict: dossier.WasSent}), "outreach unknown lists the keys")
	require.ErrorContains(t, b.resolve(strings.Replace(key, "first", "none", 1), dossier.Resolution{Verdict: dossier.WasSent}), "is not in the store; outreach unknown lists those to settle")
	require.ErrorContains(t, b.resolve(key, dossier.Resolution{Verdict: "perhaps"}), `verdict: "perhaps" is not sent, not_sent or again`)
	other := b.pair()[0]
	other.Step, other.Status, other.ProviderID, other.Sent = "other", ledger.Accepted, "SM1", b.now.Add(time.Second)
	require.NoError(t, b.store.Write(t.Context(), ledger.GateLane, func(tx ledger.Tx) error { return tx.SavePart(other) }))
	require.ErrorContains(t, b.resolve(key, dossier.Resolution{Verdict: dossier.WasSent, ProviderID: "SM1"}), "bench's SM1 is another message, "+other.Key())
	require.Equal(t, customer.SMS, b.pair()[0].Channel)
}
