package demo_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/demo"
	"github.com/outreach-engine/outreach/internal/observe"
)

// tape keeps what happened, and when it was handed over.
type tape struct {
	events []observe.Incoming
	at     []time.Time
	most   int // events in one batch
	err    error
}

func (r *tape) Take(_ context.Context, batch []observe.Incoming) ([]observe.Outcome, error) {
	r.most = max(r.most, len(batch))
	for _, in := range batch {
		r.events, r.at = append(r.events, in), append(r.at, time.Now())
	}
	return make([]observe.Outcome, len(batch)), r.err
}

// live lets a company live for so long.
func live(t *testing.T, c *demo.Company, clock func() time.Time, span time.Duration) *tape {
	t.Helper()
	r := &tape{}
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	require.NoError(t, c.Live(ctx, r, clock))
	return r
}

func TestEverythingHappensWithinAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := live(t, demo.New(20261123, 300), time.Now, time.Minute)
		names := map[string]int{}
		for i, in := range r.events {
			names[in.Event.Name]++
			require.NotEmpty(t, in.User)
			require.False(t, in.Event.At.After(r.at[i]), "%s lies ahead", in.Event.Name)
		}
		for _, name := range []string{"signed_up", "payment_failed", "data_session", "order_placed", "app_opened"} {
			require.Positive(t, names[name], "%s in %v", name, names)
		}
		require.Less(t, len(r.events), 250, "a few events a second at most")
		require.LessOrEqual(t, r.most, 10)
	})
}

func TestLifeHasItsTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := live(t, demo.New(20261123, 300), time.Now, 20*time.Minute)
		names := map[string]int{}
		failed := map[string]bool{}
		for _, in := range r.events {
			names[in.Event.Name]++
			invoice := in.Event.Properties["invoice_id"].String()
			failed[invoice] = failed[invoice] || in.Event.Name == "payment_failed"
			require.True(t, in.Event.Name != "payment_succeeded" || failed[invoice], "paid before it failed")
		}
		for _, name := range []string{
			"product_viewed", "price_dropped", "outage_started", "outage_ended", "data_topped_up", "plan_changed", "payment_succeeded", "order_delivered", "order_cancelled", "app_installed",
		} {
			require.Positive(t, names[name], "%s in %v", name, names)
		}
	})
}

func TestEachStartHasItsOwnIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := demo.New(1, 100)
		seen := map[string]bool{}
		for range 3 {
			for _, in := range live(t, c, time.Now, 30*time.Second).events {
				require.False(t, seen[in.Event.MessageID], in.Event.MessageID)
				seen[in.Event.MessageID] = true
			}
		}
	})
}

func TestNewCustomersAreWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		taken := map[string]bool{}
		c := demo.New(20261123, 300)
		for _, in := range c.Identify() {
			if in.Change.Phone != nil {
				taken[*in.Change.Phone] = true
			}
		}
		for _, in := range live(t, c, time.Now, 10*time.Minute).events {
			if in.Event.Name != "signed_up" {
				continue
			}
			require.True(t, in.Change.Email != nil || in.Change.Phone != nil)
			require.False(t, in.Change.Traits["first_name"].IsZero())
			if in.Change.Phone != nil {
				require.False(t, taken[*in.Change.Phone], "somebody else's number")
				taken[*in.Change.Phone] = true
				checkPhone(t, *in.Change.Country, *in.Change.Phone)
			}
		}
	})
}

func TestMondayEvenings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		evening := time.Date(2026, time.November, 23, 23, 50, 0, 0, time.UTC) // 18:50 in New York
		shift := evening.Sub(time.Now())
		clock := func() time.Time { return time.Now().Add(shift) }
		r := live(t, demo.New(20261123, 300), clock, 150*time.Minute)
		again := live(t, demo.New(20261123, 300), func() time.Time { return time.Now().Add(shift - 150*time.Minute) }, 150*time.Minute)
		first, second := ofMonday(r), ofMonday(again)
		require.Greater(t, len(first), 3)
		require.Subset(t, keys(first), keys(second), "the same evening has the same ids")
	})
}

func TestATakersErrorEndsLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("disk is full")
		err := demo.New(1, 10).Live(t.Context(), &tape{err: full}, time.Now)
		require.ErrorIs(t, err, full)
	})
}

func TestAnEmptyCompanyLives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		live(t, demo.New(1, 0), time.Now, time.Minute)
	})
}
