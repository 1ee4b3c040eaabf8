package observe_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatCameTakesTheReasonAwayAtOnce: the outreach ends with the event, and
// not when it would have gone on.
func TestWhatCameTakesTheReasonAwayAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"late": "about: order\nwhen: {missing: {event: arrived, after: ordered, within: 30min}}"})
	w.identify("anna", reachable())
	w.happen("anna", "23 11:20", "ordered", "order", "7")
	require.Equal(t, []string{"late 1 matched"}, w.fates("anna"))
	w.happen("anna", "", "arrived", "order", "8")
	require.Equal(t, []string{"late 1 matched"}, w.fates("anna"), "another parcel")
	w.happen("anna", "", "arrived", "order", "7")
	require.Equal(t, []string{"late 1 reason_gone"}, w.fates("anna"))
}

// TestAnEventMayEndOneAndBeginAnother: what it ends is over before what it
// gives begins.
func TestAnEventMayEndOneAndBeginAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"buy": onPurchase + "\nstop: bought"})
	w.identify("anna", reachable())
	w.happen("anna", "", "bought")
	w.happen("anna", "", "bought")
	require.Equal(t, []string{"buy 1 stop", "buy 2 matched"}, w.fates("anna"))
}
