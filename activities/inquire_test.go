package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/ledger"
)

// mute is a provider that can be asked, and does not answer.
type mute struct{ *bench }

func (mute) Find(context.Context, channel.Search) ([]channel.Found, error) {
	return nil, &channel.Error{Kind: channel.Unavailable, Provider: "bench", Code: "503"}
}

// TestAQuestionWithoutAnAnswerIsNone has a provider that is silent for as long
// as the policy asks: it is asked for once that long again, and no longer.
func TestAQuestionWithoutAnAnswerIsNone(t *testing.T) {
	t.Parallel()
	b, _ := doubt(t)
	b.engine.Senders[customer.SMS] = mute{b}
	for _, look := range []struct {
		after time.Duration
		is    ledger.PartStatus
	}{
		{30 * time.Minute, ledger.Ambiguous},
		{61 * time.Minute, ledger.Ambiguous},
		{121 * time.Minute, ledger.Unknown},
	} {
		b.now = b.pair()[0].Lease.Add(look.after)
		b.inquire()
		require.Equal(t, look.is, b.pair()[0].Status, look.after)
	}
}
