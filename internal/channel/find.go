package channel

import (
	"context"
	"hash/fnv"
	"strconv"
	"time"
	"unicode"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Finder is a Sender whose provider can be asked what became of an attempt
// whose answer was lost.
type Finder interface {
	// Find gives every message that the provider took for the address within
	// the time asked for, as far as it knows by now. An error means that nobody
	// can say now: ask again later. Find must return before ctx's deadline.
	Find(ctx context.Context, s Search) ([]Found, error)
}

// Search says which message is looked for.
type Search struct {
	Key           string // the send key
	Channel       customer.Channel
	To            string
	Print         string    // of the text: what Print gives
	After, Before time.Time // it was taken between these, by the machine's clock
}

// Found is one message that a provider has.
type Found struct {
	ProviderID string
	Same       bool // it is the one looked for, as far as its text or its key tells
	Fate       ReportKind
	Code       string // the provider's own, of one that failed
}

// Repeater is a Sender that may be handed a message again when nobody knows
// whether the first came through: the far side knows a repeat by its send key,
// or shows it in the place of the first.
type Repeater interface {
	// RepeatsSafely reports whether that holds for an address.
	RepeatsSafely(to string) bool
}

// Print gives what is left of a text when a provider has changed what does not
// matter - spaces, quotation marks, dashes: a hash of its letters and digits,
// 16 hex digits. It tells texts apart, and not what they say.
func Print(text string) string {
	h := fnv.New64a()
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			_, _ = h.Write([]byte(string(unicode.ToLower(r))))
		}
	}
	const hex, digits = 16, 16
	out := strconv.FormatUint(h.Sum64(), hex)
	for len(out) < digits {
		out = "0" + out
	}
	return out
}
