package sqltx

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
)

// TestSameProfile holds that every field counts when profiles are compared.
func TestSameProfile(t *testing.T) {
	t.Parallel()
	one := customer.Profile{
		External: "e", Zone: "z", Country: "c", Region: "r", Locale: "l", Phone: "p", Email: "m",
		PushTokens: []string{"t"}, Traits: map[string]customer.Value{"a": customer.Number(1)},
		Consents:    map[customer.Topic]customer.Consent{"offers": {Given: true}},
		Preferences: customer.Preferences{Channels: []customer.Channel{customer.SMS}},
		Since:       time.Unix(1, 0).UTC(),
	}
	require.True(t, sameProfile(one, one.Clone()))
	fields := reflect.TypeFor[customer.Profile]()
	for i := range fields.NumField() {
		if fields.Field(i).Name == "ID" {
			continue // names the row, and is not stored in it
		}
		other := one.Clone()
		field := reflect.ValueOf(&other).Elem().Field(i)
		require.False(t, field.IsZero(), "%s is not in the test", fields.Field(i).Name)
		field.SetZero()
		require.False(t, sameProfile(one, other), fields.Field(i).Name)
	}
	hours := one.Clone()
	hours.Preferences.Hours = map[customer.Channel]string{customer.SMS: "9:00-17:00"}
	require.False(t, sameProfile(one, hours), "hours")
	require.Equal(t, 2, reflect.TypeFor[customer.Preferences]().NumField(), "a preference that is not compared")
}
