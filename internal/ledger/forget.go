package ledger

import (
	"context"
	"time"
)

// Forgetter is a store that forgets events.
type Forgetter interface {
	// Forget removes events from before an instant, with what is known of their
	// message ids, and gives their number: all of them, or those of whole months.
	// It works in small steps beside all others, so what was forgotten before an
	// error stays so. Nobody may append such events any more when it is called.
	Forget(ctx context.Context, before time.Time) (events int64, err error)
}
