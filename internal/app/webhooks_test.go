package app

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/bundle"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/hook"
	"github.com/outreach-engine/outreach/internal/channel/inbox"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/library"
	"github.com/outreach-engine/outreach/internal/store/sqlite"
	"github.com/outreach-engine/outreach/internal/store/sqlite/sqlitetest"
)

const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// TestWarnOfUnsigned warns of the rules that call somebody who could not know
// the engine.
func TestWarnOfUnsigned(t *testing.T) {
	t.Parallel()
	store := sqlitetest.Open(t, sqlite.Options{})
	rule := func(steps string) []byte {
		return []byte("description: A rule.\nowner: a@example.com\ntopic: service\nwhen: {event: order_placed}\nsteps: [" + steps + "]\n")
	}
	rules := library.New(store)
	_, err := rules.Load(t.Context(), bundle.Files{Rules: map[string][]byte{
		"data.yaml":   []byte("events: {order_placed: {}}"),
		"policy.yaml": []byte("teams: {care: {email: care@example.com}, shop: {webhook: 'https://shop.example.com/tasks'}}"),
		"calls.yaml":  rule("{if: happened(order_placed), then: [{webhook: 'https://shop.example.com/x'}]}"),
		"mails.yaml":  rule("{handoff: care}"),
		"tasks.yaml":  rule("{handoff: shop}"),
	}}, time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	for secret, want := range map[string]string{"": `rules="[calls tasks]"`, webhookSecret: ""} {
		var log bytes.Buffer
		o := Options{Providers: Providers{WebhookSecret: secret}, Logger: slog.New(slog.NewTextHandler(&log, nil))}
		o.warnOfUnsigned(rules.Current())
		require.Contains(t, log.String(), want)
		require.Equal(t, want == "", log.Len() == 0)
	}
}

func TestWebhooksHaveACarrier(t *testing.T) {
	t.Parallel()
	box, err := inbox.Open("", inbox.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	o := Defaults()
	o.Providers.WebhookSecret = webhookSecret
	senders, err := o.senders(box)
	require.NoError(t, err)
	require.Equal(t, hook.Name, senders[customer.Webhook].Name())
	require.True(t, senders[customer.Webhook].(*hook.Client).Signs())
	o.Senders = map[customer.Channel]channel.Sender{customer.SMS: box}
	senders, err = o.senders(box)
	require.NoError(t, err)
	require.Len(t, senders, 2, "those of a drill, and the one for webhooks")
	require.Len(t, o.Senders, 1, "what was given is left alone")
	o.Providers.WebhookSecret = "secret"
	_, err = o.senders(box)
	require.EqualError(t, err, "OUTREACH_WEBHOOK_SECRET: webhook secret: does not begin with whsec_; write whsec_ and the base64 of 24 to 64 random bytes")
}
