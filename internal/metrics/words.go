package metrics

import (
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// other stands for every word that is on no list.
const other = "other"

// list is a closed list of a label's words.
type list map[string]bool

// of gives a word that is on the list, else other: so that nothing that comes
// in makes a series of its own.
func (l list) of(word string) string {
	if l[word] {
		return word
	}
	return other
}

func listOf[T ~string](of ...T) list {
	l := make(list, len(of))
	for _, word := range of {
		l[string(word)] = true
	}
	return l
}

// words are the lists of all labels.
type words struct {
	providers, answers, callbacks, vias, outcomes, reasons, channels, parts, holds, roles list
}

func newWords(providers []string) words {
	channels := append(customer.Channels(), customer.Webhook, customer.Handoff)
	return words{
		providers: listOf(providers...),
		answers:   listOf("taken", "delivered", "rejected", "bad_address", "throttled", "unavailable", "ambiguous", "misconfigured"),
		callbacks: listOf("taken", "forged", "unreadable", "oversized", "unstored"),
		vias:      listOf(customer.ViaApp, customer.ViaWeb, customer.ViaServer, customer.ViaUs),
		outcomes:  listOf("taken", "duplicate", "too_late", "refused"),
		reasons:   listOf(customer.Reasons()...),
		channels:  listOf(channels...),
		parts:     listOf(partStatuses()...),
		holds:     listOf(ledger.HoldAll, ledger.HoldRule, ledger.HoldChannel, ledger.HoldTemplate),
		roles:     listOf("all", "intake", "worker"),
	}
}

func partStatuses() []ledger.PartStatus {
	return []ledger.PartStatus{
		ledger.Planned, ledger.Riding, ledger.Queued, ledger.Sending, ledger.Ambiguous, ledger.Accepted, ledger.Rejected,
		ledger.Unknown, ledger.Delivered, ledger.Failed, ledger.Withdrawn,
	}
}
