package intake_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/intake"
	"github.com/outreach-engine/outreach/internal/observe"
)

func TestAMisspeltTopicIsRefusedAlone(t *testing.T) {
	t.Parallel()
	const body = `{"userId": "1", "messageId": "m1", "traits": {"plan": "surf", "consent": {"ofers": "yes", "service": "no"}}}`
	taken := func(topics func() []string) (setting, string) {
		m := &memory{seen: map[string]bool{}}
		s := setting{memory: m, handler: intake.New(intake.Options{
			Taker: m, Keeper: m, Now: monday, Topics: topics, Data: dictionary.Empty,
		})}
		return s, s.post("/v1/identify", body).Body.String()
	}
	traits := values("plan", "surf")

	s, answer := taken(func() []string { return []string{"offers", "service"} })
	require.JSONEq(t, `{"success": true, "rejected": [
		{"index": 0, "field": "consent.ofers", "reason": "is not a topic of policy.yaml; did you mean offers?"}]}`, answer)
	require.Equal(t, observe.Change{Traits: traits, Consents: map[customer.Topic]bool{"service": false}}, s.taken[0].Change)
	require.Equal(t, "traits.consent.ofers: is not a topic of policy.yaml; did you mean offers?", s.kept[0].Reason)

	for _, unchecked := range []func() []string{nil, func() []string { return nil }} {
		s, answer = taken(unchecked)
		require.Equal(t, success, answer)
		require.Equal(t, observe.Change{Traits: traits, Consents: map[customer.Topic]bool{"service": false, "ofers": true}}, s.taken[0].Change)
	}
}

// TestWhatStandsBesideTraitsIsRefused by its name: nothing would read it there.
func TestWhatStandsBesideTraitsIsRefused(t *testing.T) {
	t.Parallel()
	m := &memory{seen: map[string]bool{}}
	s := setting{memory: m, handler: intake.New(intake.Options{Taker: m, Keeper: m, Now: monday, Data: dictionary.Empty})}
	const body = `{"userId": "1", "messageId": "m1", "consent": {"offers": "no"}, "phone": "+12125550101", "own": 1, "traits": {"plan": "surf"}}`
	require.JSONEq(t, `{"success": true, "rejected": [
		{"index": 0, "field": "consent", "reason": "stands beside traits, put it inside traits"},
		{"index": 0, "field": "phone", "reason": "stands beside traits, put it inside traits"}]}`, s.post("/v1/identify", body).Body.String())
	require.Equal(t, observe.Change{Traits: values("plan", "surf")}, s.taken[0].Change)
}
