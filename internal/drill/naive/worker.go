package naive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/fcm"
	"github.com/outreach-engine/outreach/internal/channel/sendgrid"
	"github.com/outreach-engine/outreach/internal/channel/twilio"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Config is what a worker is told.
type Config struct {
	HTTP     string // host:port of GET /health
	Temporal string // host:port
	Records  string // SQLite file
	Call     time.Duration

	Sandbox         string // URL of the providers
	TwilioSID       string
	TwilioAuthToken string
	SendGridKey     string
	FCMKeyFile      []byte
}

// Serve runs a worker until ctx ends.
func Serve(ctx context.Context, c Config) (err error) {
	records, err := OpenRecords(ctx, c.Records)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	senders, err := c.senders()
	if err != nil {
		return err
	}
	dialed, err := client.DialContext(ctx, client.Options{HostPort: c.Temporal, Logger: Quiet()})
	if err != nil {
		return fmt.Errorf("temporal at %s: %w", c.Temporal, err)
	}
	defer dialed.Close()
	w := worker.New(dialed, TaskQueue, worker.Options{})
	w.RegisterWorkflowWithOptions(Reach, workflow.RegisterOptions{Name: WorkflowType})
	w.RegisterActivityWithOptions((&desk{c, records, senders}).deliver, activity.RegisterOptions{Name: activityType})
	if err := w.Start(); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	defer w.Stop()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	server := &http.Server{Addr: c.HTTP, Handler: mux, ReadHeaderTimeout: c.Call}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Quiet logs what Temporal's library warns of.
func Quiet() log.Logger { return warnings{} }

type warnings struct{}

func (warnings) Debug(string, ...any) {}
func (warnings) Info(string, ...any)  {}
func (warnings) Warn(text string, more ...any) {
	_, _ = fmt.Fprintln(os.Stderr, append([]any{text}, more...)...)
}
func (warnings) Error(text string, more ...any) {
	_, _ = fmt.Fprintln(os.Stderr, append([]any{text}, more...)...)
}

func (c Config) senders() (map[customer.Channel]channel.Sender, error) {
	sms, err := twilio.New(twilio.Config{
		AccountSID: c.TwilioSID, AuthToken: c.TwilioAuthToken, From: "+12125550100", BaseURL: c.Sandbox,
		StatusCallback: "http://" + c.HTTP + "/callbacks/twilio", // it brings the send key to the provider's book
	})
	if err != nil {
		return nil, err
	}
	mail, err := sendgrid.New(sendgrid.Config{APIKey: c.SendGridKey, FromName: "Drill", FromAddress: "drill@drill.example.com", BaseURL: c.Sandbox})
	if err != nil {
		return nil, err
	}
	push, err := fcm.New(fcm.Config{ServiceAccount: c.FCMKeyFile, BaseURL: c.Sandbox})
	return map[customer.Channel]channel.Sender{customer.SMS: sms, customer.Email: mail, customer.Push: push}, err
}

// desk is what the activity works with.
type desk struct {
	config  Config
	records *Records
	senders map[customer.Channel]channel.Sender
}

// deliver sends what is not recorded as sent, and records it.
func (d *desk) deliver(ctx context.Context, e Errand) error {
	known, err := d.records.Outcome(ctx, e.Key)
	if err == nil && known == "" {
		known, err = d.try(ctx, e)
	}
	if err == nil && known == Refused {
		err = temporal.NewNonRetryableApplicationError("the provider refuses it", refusedType, nil)
	}
	return err
}

// try sends and records. An error means: again.
func (d *desk) try(ctx context.Context, e Errand) (Outcome, error) {
	calling, cancel := context.WithTimeout(ctx, d.config.Call)
	defer cancel()
	_, err := d.senders[e.Channel].Send(calling, channel.Message{
		Key: e.Key, Channel: e.Channel, To: e.To, Topic: "service", Template: "due",
		Content: channel.Content{Subject: "It's due", Text: "It's due, says the drill.", HTML: "<p>It's due.</p>"},
	})
	if err == nil {
		return Sent, d.records.Add(ctx, e.Key, Sent)
	}
	switch channel.KindOf(err) {
	case channel.BadAddress, channel.Rejected:
		return Refused, d.records.Add(ctx, e.Key, Refused)
	}
	return "", err
}
