// Package app builds the engine's long-lived parts once, in order, and runs
// them until it is told to stop. It decides nothing about customers.
package app

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// Options are everything that an engine is built from. Settings lists what
// comes from flags and the environment.
type Options struct {
	HTTP      string // host:port for events and the inbox
	Store     string // SQLite file
	InboxFile string // what the inbox received; "" keeps it in memory
	WriteKeys string // comma-separated; "" takes any
	Rules     string // folder to load at start; "" leaves what the store has in force
	Templates string // folder beside it

	TemporalAddress   string
	TemporalNamespace string
	TemporalTLS       string // "", "on"
	TemporalCert      string // client certificate file
	TemporalKey       string // its key file
	TemporalCA        string // server CA file
	TemporalAPIKey    string

	SMS   string // inbox, twilio
	Email string // inbox, sendgrid
	Push  string // inbox, fcm

	TwilioAccountSID       string
	TwilioAPIKeySID        string
	TwilioAPIKeySecret     string
	TwilioAuthToken        string
	TwilioFrom             string
	TwilioMessagingService string
	TwilioBaseURL          string
	SendGridAPIKey         string
	SendGridFrom           string // "Name <address>"
	SendGridResidency      string // global, eu
	SendGridBaseURL        string
	FCMServiceAccount      string // the key file's JSON
	FCMBaseURL             string
	WebhookSecret          string // whsec_...; "" leaves calls of webhooks unsigned

	// What no setting gives.
	WatchFiles bool // load rules again when a file changes
	Clock      activities.Clock
	Patience   time.Duration // before a silent workflow is taken for lost
	LearnEvery time.Duration // how often, on the engine's clock, is learned of everybody; 0: never
	Logger     *slog.Logger  // nil logs nothing
	// Senders stand in for configured providers; tests and drills use them.
	Senders map[customer.Channel]channel.Sender
	// Reload loads the rules folder again; SIGHUP in the product.
	Reload <-chan struct{}
	// Ready is called once everything runs.
	Ready func(Running)
	// Extra routes are served beside events and inbox.
	Extra map[string]http.Handler
}

// Setting is one line of the configuration: a flag, its environment variable
// and what it means. Secrets have no flag.
type Setting struct {
	Flag   string // "" with Secret
	Env    string
	Help   string
	Secret bool // read from Env, or from the file that Env_FILE names
	Value  *string
}

// Settings lists the configuration, with the defaults in place.
func (o *Options) Settings() []Setting {
	return []Setting{
		{Flag: "http", Env: "OUTREACH_HTTP", Value: &o.HTTP, Help: "host:port that takes events and shows the inbox"},
		{Flag: "store", Env: "OUTREACH_STORE", Value: &o.Store, Help: "SQLite file that holds everything"},
		{Flag: "inbox-file", Env: "OUTREACH_INBOX_FILE", Value: &o.InboxFile, Help: "file that keeps what the inbox provider received; empty keeps it in memory"},
		{Flag: "rules", Env: "OUTREACH_RULES", Value: &o.Rules, Help: "folder of rules to load at start; empty leaves those in the store in force"},
		{Flag: "templates", Env: "OUTREACH_TEMPLATES", Value: &o.Templates, Help: "folder of templates; empty is the folder templates beside the rules"},
		{Flag: "temporal-address", Env: "OUTREACH_TEMPORAL_ADDRESS", Value: &o.TemporalAddress, Help: "host:port of Temporal's frontend"},
		{Flag: "temporal-namespace", Env: "OUTREACH_TEMPORAL_NAMESPACE", Value: &o.TemporalNamespace, Help: "Temporal namespace"},
		{Flag: "temporal-tls", Env: "OUTREACH_TEMPORAL_TLS", Value: &o.TemporalTLS, Help: "on: speak TLS to Temporal (also when a certificate or an API key is given)"},
		{Flag: "temporal-cert", Env: "OUTREACH_TEMPORAL_CERT", Value: &o.TemporalCert, Help: "file of the client certificate for Temporal"},
		{Flag: "temporal-key", Env: "OUTREACH_TEMPORAL_KEY", Value: &o.TemporalKey, Help: "file of the client certificate's key"},
		{Flag: "temporal-ca", Env: "OUTREACH_TEMPORAL_CA", Value: &o.TemporalCA, Help: "file of the authority that signed Temporal's certificate"},
		{Env: "OUTREACH_TEMPORAL_API_KEY", Secret: true, Value: &o.TemporalAPIKey, Help: "API key for a hosted Temporal"},
		{Env: "OUTREACH_WRITE_KEYS", Secret: true, Value: &o.WriteKeys, Help: "write keys that may send events, comma-separated; empty takes any"},
		{Flag: "sms", Env: "OUTREACH_SMS", Value: &o.SMS, Help: "who carries SMS: inbox or twilio"},
		{Flag: "email", Env: "OUTREACH_EMAIL", Value: &o.Email, Help: "who carries email: inbox or sendgrid"},
		{Flag: "push", Env: "OUTREACH_PUSH", Value: &o.Push, Help: "who carries push messages: inbox or fcm"},
		{Flag: "twilio-account-sid", Env: "OUTREACH_TWILIO_ACCOUNT_SID", Value: &o.TwilioAccountSID, Help: "Twilio account (AC...)"},
		{Flag: "twilio-api-key-sid", Env: "OUTREACH_TWILIO_API_KEY_SID", Value: &o.TwilioAPIKeySID, Help: "Twilio API key (SK...), with its secret"},
		{Env: "OUTREACH_TWILIO_API_KEY_SECRET", Secret: true, Value: &o.TwilioAPIKeySecret, Help: "secret of the Twilio API key"},
		{Env: "OUTREACH_TWILIO_AUTH_TOKEN", Secret: true, Value: &o.TwilioAuthToken, Help: "Twilio auth token, where there is no API key"},
		{Flag: "twilio-from", Env: "OUTREACH_TWILIO_FROM", Value: &o.TwilioFrom, Help: "sender of SMS: E.164 number, short code or name"},
		{Flag: "twilio-messaging-service", Env: "OUTREACH_TWILIO_MESSAGING_SERVICE", Value: &o.TwilioMessagingService, Help: "Twilio messaging service (MG...) instead of a sender"},
		{Flag: "twilio-base-url", Env: "OUTREACH_TWILIO_BASE_URL", Value: &o.TwilioBaseURL, Help: "Twilio API host, for a region or a test server"},
		{Env: "OUTREACH_SENDGRID_API_KEY", Secret: true, Value: &o.SendGridAPIKey, Help: "SendGrid API key"},
		{Flag: "sendgrid-from", Env: "OUTREACH_SENDGRID_FROM", Value: &o.SendGridFrom, Help: "sender of email: Name <address>"},
		{Flag: "sendgrid-residency", Env: "OUTREACH_SENDGRID_RESIDENCY", Value: &o.SendGridResidency, Help: "where SendGrid keeps data: global or eu"},
		{Flag: "sendgrid-base-url", Env: "OUTREACH_SENDGRID_BASE_URL", Value: &o.SendGridBaseURL, Help: "SendGrid API host, for a test server"},
		{Env: "OUTREACH_FCM_SERVICE_ACCOUNT", Secret: true, Value: &o.FCMServiceAccount, Help: "JSON key of the Firebase service account"},
		{Env: "OUTREACH_WEBHOOK_SECRET", Secret: true, Value: &o.WebhookSecret, Help: "whsec_ and base64: signs calls of webhooks; empty leaves them unsigned"},
		{Flag: "fcm-base-url", Env: "OUTREACH_FCM_BASE_URL", Value: &o.FCMBaseURL, Help: "FCM API host, for a test server"},
	}
}

// Defaults gives the options before flags and environment.
func Defaults() Options {
	return Options{
		HTTP: "127.0.0.1:8080", Store: ".outreach/outreach.db", Rules: "rules",
		TemporalAddress: "127.0.0.1:7233", TemporalNamespace: "default",
		SMS: "inbox", Email: "inbox", Push: "inbox", SendGridResidency: "global",
		Clock: activities.RealTime(), Patience: 2 * time.Minute, LearnEvery: 24 * time.Hour,
	}
}
