// Package app builds the engine's long-lived parts once, in order, and runs
// them until it is told to stop. It decides nothing about customers.
package app

import (
	"log/slog"
	"net/http"
	"slices"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/outreach-engine/outreach/activities"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/tracing"
)

// Options are everything that an engine is built from. Settings lists what
// comes from flags and the environment.
type Options struct {
	HTTP       string // host:port for events and the inbox
	Store      string // SQLite file, or postgres:// URL
	Role       string // all, intake or worker
	InboxFile  string // what the inbox received; "" keeps it in memory
	WriteKeys  string // comma-separated; "" takes any
	KeepEvents string // how long events are kept, such as 400d; "": for good
	Rules      string // folder to load at start; "" leaves what the store has in force
	Templates  string // folder beside it

	TemporalAddress   string
	TemporalNamespace string
	TemporalTLS       string // "", "on", "off"
	TemporalCert      string // client certificate file
	TemporalKey       string // its key file
	TemporalCA        string // server CA file
	TemporalAPIKey    string

	TemporalServerName string // that the server's certificate must carry; "": the address's host
	TemporalAPIKeyFile string // where TemporalAPIKey came from; "": no file
	TemporalFairness   string // "on", "off"

	PublicURL   string // the engine as customers and providers reach it; "": nobody does
	LinkSecret  string // keys of the links in messages; "": one that the engine makes
	CallTimeout string // of one call of a provider, such as 30s
	Patience    string // before a silent workflow is taken for lost, such as 2m

	SMS   string // inbox, twilio, webhook
	Email string // inbox, sendgrid, smtp, webhook
	Push  string // inbox, fcm, webpush, both, webhook

	Providers Providers // what the providers are told

	Eyes            // what operators see
	tracer          *tracing.Tracer
	temporalFigures client.MetricsHandler // of its SDK; nil: nobody counts

	// What no setting gives.
	WatchFiles bool // load rules again when a file changes
	Clock      activities.Clock
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
	// MayBeSecret says that its value may hold a secret: it is read from the file
	// that Env_FILE names, too.
	MayBeSecret bool
	Value       *string
	File        *string // takes the name of that file, for what is read again; nil: nobody asks
}

// Settings lists the configuration, with the defaults in place.
func (o *Options) Settings() []Setting {
	return append([]Setting{
		{Flag: "http", Env: "OUTREACH_HTTP", Value: &o.HTTP, Help: "host:port that takes events and shows the inbox"},
		{Flag: "store", Env: "OUTREACH_STORE", Value: &o.Store, MayBeSecret: true, Help: "SQLite file that holds everything, or postgres://user:password@host:port/database"},
		{Flag: "role", Env: "OUTREACH_ROLE", Value: &o.Role, Help: "what this process does: all; intake: events, callbacks and customers' pages, without Temporal; worker: outreaches and messages, without events"},
		{Flag: "inbox-file", Env: "OUTREACH_INBOX_FILE", Value: &o.InboxFile, Help: "file that keeps what the inbox provider received; empty keeps it in memory"},
		{Flag: "rules", Env: "OUTREACH_RULES", Value: &o.Rules, Help: "folder of rules to load at start; empty leaves those in the store in force"},
		{Flag: "templates", Env: "OUTREACH_TEMPLATES", Value: &o.Templates, Help: "folder of templates; empty is the folder templates beside the rules"},
		{Env: "OUTREACH_WRITE_KEYS", Secret: true, Value: &o.WriteKeys, Help: "write keys that may send events, comma-separated; empty takes any"},
		{Flag: "public-url", Env: "OUTREACH_PUBLIC_URL", Value: &o.PublicURL, Help: "http(s) URL, https in production, by which customers and providers reach this engine: for links in messages and delivery reports; empty: neither is offered"},
		{Env: "OUTREACH_LINK_SECRET", Secret: true, Value: &o.LinkSecret, Help: "keys that sign links in messages: 32 random bytes in hex, the newest first, comma-separated; empty: the engine makes one and keeps it in the store"},
		{Flag: "call-timeout", Env: "OUTREACH_CALL_TIMEOUT", Value: &o.CallTimeout, Help: "how long one call of a provider may take, from 1s to 5m"},
		{Flag: "patience", Env: "OUTREACH_PATIENCE", Value: &o.Patience, Help: "how long an outreach's workflow may be late before it is taken for lost and started again, from 1s to 1h"},
		{Flag: "sms", Env: "OUTREACH_SMS", Value: &o.SMS, Help: "who carries SMS: inbox, twilio or webhook"},
		{Flag: "email", Env: "OUTREACH_EMAIL", Value: &o.Email, Help: "who carries email: inbox, sendgrid, smtp or webhook"},
		{Flag: "push", Env: "OUTREACH_PUSH", Value: &o.Push, Help: "who carries push messages: inbox, fcm, webpush, both (fcm and webpush) or webhook"},
	}, slices.Concat(o.keepSettings(), o.temporalSettings(), o.Eyes.settings(), o.Providers.settings())...)
}

// Defaults gives the options before flags and environment.
func Defaults() Options {
	return Options{
		HTTP: "127.0.0.1:8080", Store: ".outreach/outreach.db", Role: string(All), Rules: "rules",
		TemporalAddress: "127.0.0.1:7233", TemporalNamespace: "default", TemporalFairness: "on", CallTimeout: "30s", Patience: "2m",
		SMS: "inbox", Email: "inbox", Push: "inbox", Providers: Providers{SendGridResidency: "global", SMTPTLS: "starttls"},
		Clock: activities.RealTime(), LearnEvery: 24 * time.Hour,
		Eyes: defaultEyes(),
	}
}
