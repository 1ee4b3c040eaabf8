package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

func parts() map[string]func(*testing.T, Open) {
	return map[string]func(*testing.T, Open){
		"part_round_trip": partRoundTrip,
		"slots":           slots,
		"parts_by_status": partsByStatus,
		"count_parts":     countParts,
		"count_reasons":   countReasons,
	}
}

func fullPart() ledger.Part {
	return ledger.Part{
		Ref: ledger.Ref{Rule: "cart", Customer: "c1", N: 1}, Step: "s1", Channel: customer.SMS,
		Topic: "offers", Template: wide, Priority: 5, Planned: at(1), Status: ledger.Accepted,
		Reason: customer.Late, Attempt: 3, Lease: at(2), RetryAt: at(3), Address: odd, Provider: "twilio",
		ProviderID: "SM1", Code: "30003", Sent: at(4), Updated: at(5),
		Answer:   []byte(`{"points":12,"level":"gold"}`),
		Deadline: at(6), Value: 0.25, Item: true, Digest: "weekly", Carrier: "cart.c1.1.s0.email",
		Print: "9f86d081", Turn: at(7), Beside: true,
	}
}

func saveParts(list ...ledger.Part) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		for _, p := range list {
			if err := tx.SavePart(p); err != nil {
				return err
			}
		}
		return nil
	}
}

func partRoundTrip(t *testing.T, open Open) {
	s := start(t, open)
	full := fullPart()
	email := ledger.Part{Ref: full.Ref, Step: "s1", Channel: customer.Email, Status: ledger.Planned}
	next := ledger.Part{Ref: ledger.Ref{Rule: "cart", Customer: "c1", N: 2}, Step: "s1", Channel: customer.SMS}
	part := func(p ledger.Part) found[ledger.Part] {
		return both(t, s, func(tx ledger.Tx) (found[ledger.Part], error) { return find(tx.Part(p.Ref, p.Step, p.Channel)) })
	}
	require.False(t, part(full).OK)
	write(t, s, saveParts(full, email, next))
	for _, want := range []ledger.Part{full, email, next} {
		require.Equal(t, found[ledger.Part]{want, true}, part(want))
	}
	require.Equal(t, []ledger.Part{email, full},
		both(t, s, func(tx ledger.Tx) ([]ledger.Part, error) { return tx.PartsOf(full.Ref) }))
	changed := ledger.Part{Ref: full.Ref, Step: "s1", Channel: customer.SMS, Status: ledger.Sending}
	write(t, s, saveParts(changed))
	require.Equal(t, found[ledger.Part]{changed, true}, part(full))
}

func slots(t *testing.T, open Open) {
	s := start(t, open)
	part := func(step string, status ledger.PartStatus, planned, sent int) ledger.Part {
		p := ledger.Part{
			Ref: ledger.Ref{Rule: "cart", Customer: "c1", N: 1}, Step: step, Channel: customer.SMS,
			Status: status, Planned: at(planned),
		}
		if sent > 0 {
			p.Sent = at(sent)
		}
		return p
	}
	stranger := part("s0", ledger.Planned, 9, 0)
	stranger.Customer = "c2"
	taking := []ledger.Part{
		part("late", ledger.Delivered, 1, 5), part("edge", ledger.Planned, 5, 0), part("sending", ledger.Sending, 6, 0),
		part("accepted", ledger.Accepted, 7, 7), part("unknown", ledger.Unknown, 8, 0), part("unsure", ledger.Ambiguous, 9, 0), part("woken", ledger.Ambiguous, 9, 9),
	}
	riding := part("riding", ledger.Riding, 0, 0)
	riding.Planned = time.Time{}
	queued := part("queued", ledger.Queued, 0, 0)
	queued.Planned = time.Time{}
	taking = append([]ledger.Part{queued, riding}, taking...)
	write(t, s, saveParts(taking...))
	write(t, s, saveParts(stranger, part("old", ledger.Delivered, 2, 3), part("past", ledger.Planned, 4, 0),
		part("rejected", ledger.Rejected, 9, 9), part("failed", ledger.Failed, 9, 9), part("withdrawn", ledger.Withdrawn, 9, 0)))
	require.Equal(t, taking,
		both(t, s, func(tx ledger.Tx) ([]ledger.Part, error) { return tx.Slots("c1", at(5)) }))
}

func partsByStatus(t *testing.T, open Open) {
	s := start(t, open)
	part := func(id customer.ID, status ledger.PartStatus, updated int) ledger.Part {
		return ledger.Part{
			Ref: ledger.Ref{Rule: "cart", Customer: id, N: 1}, Step: "s1", Channel: customer.SMS,
			Status: status, Updated: at(updated),
		}
	}
	a, b, c := part("c1", ledger.Unknown, 3), part("c2", ledger.Unknown, 1), part("c3", ledger.Unknown, 2)
	write(t, s, saveParts(a, b, c, part("c4", ledger.Sending, 0)))
	by := func(limit int) []ledger.Part {
		return both(t, s, func(tx ledger.Tx) ([]ledger.Part, error) { return tx.PartsBy(ledger.Unknown, limit) })
	}
	require.Equal(t, []ledger.Part{b, c, a}, by(0))
	require.Equal(t, []ledger.Part{b, c}, by(2))
}

func countParts(t *testing.T, open Open) {
	s := start(t, open)
	count := func() map[ledger.PartStatus]int64 { return both(t, s, ledger.Tx.CountParts) }
	require.Empty(t, count())
	part := func(step string, status ledger.PartStatus) ledger.Part {
		return ledger.Part{Ref: ledger.Ref{Rule: "cart", Customer: "c1", N: 1}, Step: step, Channel: customer.SMS, Status: status}
	}
	write(t, s, saveParts(part("s1", ledger.Planned), part("s2", ledger.Unknown), part("s3", ledger.Planned)))
	require.Equal(t, map[ledger.PartStatus]int64{ledger.Planned: 2, ledger.Unknown: 1}, count())
	write(t, s, saveParts(part("s1", ledger.Accepted)))
	require.Equal(t, map[ledger.PartStatus]int64{ledger.Planned: 1, ledger.Accepted: 1, ledger.Unknown: 1}, count())
}

func countReasons(t *testing.T, open Open) {
	s := start(t, open)
	count := func() map[customer.Reason]int64 {
		return both(t, s, func(tx ledger.Tx) (map[customer.Reason]int64, error) { return tx.CountReasons(ledger.Rejected) })
	}
	require.Empty(t, count())
	part := func(step string, status ledger.PartStatus, reason customer.Reason) ledger.Part {
		return ledger.Part{Ref: ledger.Ref{Rule: "cart", Customer: "c1", N: 1}, Step: step, Channel: customer.SMS, Status: status, Reason: reason}
	}
	write(t, s, saveParts(part("s1", ledger.Rejected, customer.BadAddress), part("s2", ledger.Rejected, customer.TemplateError),
		part("s3", ledger.Rejected, customer.BadAddress), part("s4", ledger.Withdrawn, customer.TemplateError)))
	require.Equal(t, map[customer.Reason]int64{customer.BadAddress: 2, customer.TemplateError: 1}, count())
}
