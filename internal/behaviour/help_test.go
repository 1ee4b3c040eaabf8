package behaviour_test

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/behaviour"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

// clock is a calendar with one trait, day.
func clock(z *time.Location, day customer.Value) behaviour.Clock {
	return behaviour.Clock{Zone: z, Trait: func(name string) (customer.Value, bool) { return day, name == "day" && !day.IsZero() }}
}

func utc() behaviour.Clock { return clock(time.UTC, customer.Value{}) }

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at
}

// start is the tests' first instant, a Monday.
var start = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func after(hours int) time.Time { return start.Add(time.Duration(hours) * time.Hour) }

// use is an event named used with some mb, of a device when it is not "".
func use(at time.Time, mb float64, device string) customer.Event {
	e := customer.Event{MessageID: fmt.Sprint(at.UnixMicro(), mb, device), Name: "used", At: at,
		Properties: map[string]customer.Value{"mb": customer.Number(mb)}}
	if device != "" {
		e.Properties["device"] = customer.Text(device)
	}
	return e
}

func named(name string, at time.Time) customer.Event {
	return customer.Event{MessageID: fmt.Sprint(name, at.UnixMicro()), Name: name, At: at}
}

func planOf(defs ...behaviour.Def) *behaviour.Plan { return behaviour.NewPlan(defs, nil) }

func per(kind behaviour.PeriodKind, of string) behaviour.Def {
	return behaviour.Def{Event: "used", Property: "mb", Per: behaviour.Period{Kind: kind, Of: of}}
}

func within(text string, t testing.TB) behaviour.Def {
	t.Helper()
	d, err := sendtime.ParseDuration(text)
	require.NoError(t, err)
	return behaviour.Def{Event: "used", Property: "mb", Window: d}
}
