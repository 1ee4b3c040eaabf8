package app

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/inbox"
	"github.com/outreach-engine/outreach/internal/customer"
)

// webPushKeys are a pair as outreach webpush-keys writes it.
func webPushKeys(t *testing.T) (public, private string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	point, err := key.PublicKey.Bytes()
	require.NoError(t, err)
	scalar, err := key.Bytes()
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(point), base64.RawURLEncoding.EncodeToString(scalar)
}

func serviceAccount(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "shop", "private_key_id": "k1", "client_email": "push@shop.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": "https://oauth2.googleapis.com/token",
	})
	require.NoError(t, err)
	return string(text)
}

// good is the settings of every provider, well.
func good(t *testing.T) Options {
	t.Helper()
	o := Defaults()
	o.Logger = slog.New(slog.DiscardHandler)
	public, private := webPushKeys(t)
	o.Providers = Providers{
		TwilioAccountSID: "AC0123456789abcdef0123456789abcdef", TwilioAuthToken: "12345", TwilioFrom: "+15005550001",
		SendGridAPIKey: "SG.key", SendGridFrom: "News <news@example.com>", SendGridResidency: "global",
		SMTPHost: "mail.example.com", SMTPTLS: "starttls", SMTPFrom: "News <news@example.com>",
		FCMServiceAccount: serviceAccount(t), WebPushPublicKey: public, WebPushPrivateKey: private, WebPushSubject: "mailto:push@example.com",
		RelayURL: "https://example.com/messages", WebhookSecret: webhookSecret,
	}
	return o
}

func built(t *testing.T, o Options) (map[customer.Channel]channel.Sender, error) {
	t.Helper()
	box, err := inbox.Open("", inbox.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	return o.senders(box)
}

// TestEveryChoiceOfProviders is built, in every combination.
func TestEveryChoiceOfProviders(t *testing.T) {
	t.Parallel()
	o := good(t)
	for _, sms := range []string{"inbox", "twilio", "webhook"} {
		for _, email := range []string{"inbox", "sendgrid", "smtp", "webhook"} {
			for _, push := range []string{"inbox", "fcm", "webpush", "both", "webhook"} {
				o.SMS, o.Email, o.Push = sms, email, push
				senders, err := built(t, o)
				require.NoError(t, err, "%s %s %s", sms, email, push)
				require.Len(t, senders, 4)
				require.Equal(t, []string{sms, email, "webhook"},
					[]string{senders[customer.SMS].Name(), senders[customer.Email].Name(), senders[customer.Webhook].Name()})
				if push != both {
					require.Equal(t, push, senders[customer.Push].Name())
				}
			}
		}
	}
}

// TestBadSettingsAreNamed by their flag or variable, with how to mend them.
func TestBadSettingsAreNamed(t *testing.T) {
	t.Parallel()
	well := good(t)
	for name, c := range map[string]struct {
		spoil func(*Options)
		want  []string // all of these
	}{
		"sms":   {func(o *Options) { o.SMS = "fax" }, []string{`--sms: "fax" carries no such messages; write inbox, twilio or webhook`}},
		"email": {func(o *Options) { o.Email = "twilio" }, []string{`--email: "twilio" carries no such messages; write inbox, sendgrid, smtp or webhook`}},
		"push":  {func(o *Options) { o.Push = "" }, []string{`--push: "" carries no such messages; write inbox, both, fcm, webhook or webpush`}},

		"twilio: nothing": {func(o *Options) { o.SMS, o.Providers = "twilio", Providers{} }, []string{
			"--sms twilio: --twilio-account-sid (OUTREACH_TWILIO_ACCOUNT_SID): not AC and 32 hex digits; copy it",
			"\nOUTREACH_TWILIO_AUTH_TOKEN: missing or not letters and digits only; set it, or --twilio-api-key-sid and OUTREACH_TWILIO_API_KEY_SECRET",
			"\n--twilio-from (OUTREACH_TWILIO_FROM): missing; set it or --twilio-messaging-service"}},
		"twilio: validity": {func(o *Options) { o.SMS, o.Providers.TwilioValidityPeriod = "twilio", "soon" }, []string{`--sms twilio: --twilio-validity-period "soon": is no time; write one from 1s to 10h`}},
		"twilio: long": {func(o *Options) { o.SMS, o.Providers.TwilioValidityPeriod = "twilio", "11h" },
			[]string{"--sms twilio: --twilio-validity-period (OUTREACH_TWILIO_VALIDITY_PERIOD): 11h0m0s is not from 1s to 10h"}},
		"twilio: contents": {func(o *Options) { o.SMS, o.Providers.TwilioContents = "twilio", "hello" },
			[]string{`--sms twilio: --twilio-contents "hello": "hello" is not name=value; put commas between several`}},
		"twilio: contents without WhatsApp": {func(o *Options) { o.SMS, o.Providers.TwilioContents = "twilio", "hello=HX1" },
			[]string{"--sms twilio: --twilio-contents (OUTREACH_TWILIO_CONTENTS): set without --twilio-whatsapp"}},
		"twilio: base": {func(o *Options) { o.SMS, o.Providers.TwilioBaseURL = "twilio", "ftp://here" },
			[]string{"--sms twilio: --twilio-base-url (OUTREACH_TWILIO_BASE_URL): "}},
		"twilio: switch": {func(o *Options) { o.SMS, o.Providers.TwilioWhatsApp = "twilio", "maybe" },
			[]string{`--sms twilio: --twilio-whatsapp "maybe": is neither on nor off; write one of them`}},
		"twilio: long name": {func(o *Options) { o.SMS, o.Providers.TwilioFrom = "twilio", "Megaphone Mobile" },
			[]string{`--sms twilio: --twilio-from "Megaphone Mobile": is not a sender of SMS; write a number with + and its country`}},
		"twilio: fallback": {func(o *Options) { o.SMS, o.Providers.TwilioFallbackFrom = "twilio", "+1" },
			[]string{`--sms twilio: --twilio-fallback-from "+1": is not a sender of SMS`}},
		"twilio: WhatsApp": {func(o *Options) { o.SMS, o.Providers.TwilioFrom = "twilio", "whatsapp:+15005550001" },
			[]string{"--sms twilio: --twilio-from (OUTREACH_TWILIO_FROM): a sender of WhatsApp; set --twilio-whatsapp too"}},

		"sendgrid: nothing": {func(o *Options) { o.Email, o.Providers = "sendgrid", Providers{} }, []string{`--email sendgrid: --sendgrid-from "": write Name <address>`}},
		"sendgrid: key":     {func(o *Options) { o.Email, o.Providers.SendGridAPIKey = "sendgrid", "" }, []string{"--email sendgrid: OUTREACH_SENDGRID_API_KEY: missing"}},
		"sendgrid: groups": {func(o *Options) { o.Email, o.Providers.SendGridGroups = "sendgrid", "tips" },
			[]string{`--email sendgrid: --sendgrid-groups (OUTREACH_SENDGRID_GROUPS): "tips" is not topic=id`}},
		"sendgrid: residency": {func(o *Options) { o.Email, o.Providers.SendGridResidency = "sendgrid", "mars" },
			[]string{`--email sendgrid: --sendgrid-residency (OUTREACH_SENDGRID_RESIDENCY): "mars" is unknown`}},
		"sendgrid: callbacks": {func(o *Options) { o.Email, o.Providers.SendGridWebhookKey = "sendgrid", "key" },
			[]string{"--email sendgrid: --sendgrid-webhook-key (OUTREACH_SENDGRID_WEBHOOK_KEY): "}},
		"sendgrid: switch": {func(o *Options) { o.Email, o.Providers.SendGridSandbox = "sendgrid", "perhaps" },
			[]string{`--email sendgrid: --sendgrid-sandbox "perhaps": is neither on nor off; write one of them`}},

		"smtp: nothing": {func(o *Options) { o.Email, o.Providers = "smtp", Providers{} }, []string{
			"--email smtp: --smtp-host (OUTREACH_SMTP_HOST): missing; set it", "\n--smtp-from (OUTREACH_SMTP_FROM): missing; set it"}},
		"smtp: port":       {func(o *Options) { o.Email, o.Providers.SMTPPort = "smtp", "submission" }, []string{`--email smtp: --smtp-port "submission": is no port; write a number such as 587`}},
		"smtp: port 0":     {func(o *Options) { o.Email, o.Providers.SMTPPort = "smtp", "0" }, []string{`--email smtp: --smtp-port "0": is no port; write a number such as 587`}},
		"smtp: port 99999": {func(o *Options) { o.Email, o.Providers.SMTPPort = "smtp", "99999" }, []string{"--email smtp: --smtp-port (OUTREACH_SMTP_PORT): 99999 is none"}},
		"smtp: tls":        {func(o *Options) { o.Email, o.Providers.SMTPTLS = "smtp", "some" }, []string{`--email smtp: --smtp-tls (OUTREACH_SMTP_TLS): "some" is unknown`}},
		"smtp: half a sign-in": {func(o *Options) { o.Email, o.Providers.SMTPUser = "smtp", "news" },
			[]string{"--email smtp: --smtp-user (OUTREACH_SMTP_USER), OUTREACH_SMTP_PASSWORD: one of them is missing"}},

		"fcm: nothing": {func(o *Options) { o.Push, o.Providers = "fcm", Providers{} }, []string{
			"--push fcm: OUTREACH_FCM_SERVICE_ACCOUNT: missing; give the service account's JSON key, or name its file by OUTREACH_FCM_SERVICE_ACCOUNT_FILE"}},
		"fcm: no JSON": {func(o *Options) { o.Push, o.Providers.FCMServiceAccount = "fcm", "key.json" },
			[]string{"--push fcm: OUTREACH_FCM_SERVICE_ACCOUNT: not a service account's JSON key file"}},
		"fcm: no project": {func(o *Options) { o.Push, o.Providers.FCMServiceAccount = "fcm", `{"type": "service_account"}` },
			[]string{"--push fcm: OUTREACH_FCM_SERVICE_ACCOUNT: project_id: missing", "\nOUTREACH_FCM_SERVICE_ACCOUNT: client_email: missing"}},
		"webpush: nothing": {func(o *Options) { o.Push, o.Providers = "webpush", Providers{} }, []string{
			"--push webpush: --webpush-public-key (OUTREACH_WEBPUSH_PUBLIC_KEY): missing", "\nOUTREACH_WEBPUSH_PRIVATE_KEY: missing"}},
		"both: no keys":     {func(o *Options) { o.Push, o.Providers.WebPushPrivateKey = "both", "" }, []string{"--push both: OUTREACH_WEBPUSH_PRIVATE_KEY: missing"}},
		"webhook: no url":   {func(o *Options) { o.SMS, o.Providers.RelayURL = "webhook", "" }, []string{"--sms webhook: --relay-url (OUTREACH_RELAY_URL): missing"}},
		"webhook: unsigned": {func(o *Options) { o.Email, o.Providers.WebhookSecret = "webhook", "" }, []string{"--email webhook: OUTREACH_WEBHOOK_SECRET: missing"}},
		"webhook secret":    {func(o *Options) { o.Providers.WebhookSecret = "x" }, []string{"OUTREACH_WEBHOOK_SECRET: "}},
		"public url":        {func(o *Options) { o.PublicURL = "example.com" }, []string{"--public-url \"example.com\": "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := well
			c.spoil(&o)
			_, err := built(t, o)
			require.Error(t, err)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			for _, secret := range []string{"SG.key", "12345", "PRIVATE KEY"} {
				require.NotContains(t, err.Error(), secret)
			}
		})
	}
}

func TestWhereProvidersReport(t *testing.T) {
	t.Parallel()
	o := good(t)
	require.Empty(t, o.reportsTo("twilio"), "nobody reaches the engine")
	for given, want := range map[string]string{
		"https://example.com":            "https://example.com/callbacks/twilio",
		"https://example.com/":           "https://example.com/callbacks/twilio",
		"https://example.com/outreach":   "https://example.com/outreach/callbacks/twilio",
		"http://127.0.0.1:8080/outreach": "http://127.0.0.1:8080/outreach/callbacks/twilio",
	} {
		o.PublicURL = given
		require.NoError(t, o.checkPublic())
		require.Equal(t, want, o.reportsTo("twilio"))
	}
	for _, given := range []string{"example.com", "ftp://example.com", "https://", "https://example.com?a=b", "https://example.com#a", "://", "https://a b"} {
		o.PublicURL = given
		require.ErrorContains(t, o.checkPublic(), "is not an http(s) address without a query; write it like https://outreach.example.com", given)
	}
}

func TestTwilioWithoutItsTokenIsToldOf(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	o := good(t)
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	o.SMS, o.PublicURL = "twilio", "https://example.com"
	_, err := built(t, o)
	require.NoError(t, err)
	require.Empty(t, log.String())
	o.Providers.TwilioAuthToken, o.Providers.TwilioAPIKeySID, o.Providers.TwilioAPIKeySecret = "", "SK0123456789abcdef0123456789abcdef", "secret"
	_, err = built(t, o)
	require.NoError(t, err)
	require.Contains(t, log.String(), "twilio's callbacks are refused: set OUTREACH_TWILIO_AUTH_TOKEN")
}

func TestSpans(t *testing.T) {
	t.Parallel()
	call, patience, err := Options{}.spans()
	require.NoError(t, err)
	require.Equal(t, []time.Duration{30 * time.Second, 2 * time.Minute}, []time.Duration{call, patience})
	call, patience, err = Options{CallTimeout: "1s", Patience: "1h"}.spans()
	require.NoError(t, err)
	require.Equal(t, []time.Duration{time.Second, time.Hour}, []time.Duration{call, patience})
	for _, text := range []string{"30", "soon", "999ms", "-1s", "5m1s"} {
		_, _, err := Options{CallTimeout: text}.spans()
		require.EqualError(t, err, `--call-timeout "`+text+`": is no time for a call; write one from 1s to 5m, such as 30s`)
	}
	for _, text := range []string{"2", "later", "0s", "61m"} {
		_, _, err := Options{Patience: text}.spans()
		require.EqualError(t, err, `--patience "`+text+`": is no time to wait; write one from 1s to 1h, such as 2m`)
	}
}

// TestSettingsAreNamedOnce: no two share a flag or a variable, secrets have no
// flag, and each says what it is.
func TestSettingsAreNamedOnce(t *testing.T) {
	t.Parallel()
	o := Defaults()
	seen := map[string]bool{}
	for _, s := range o.Settings() {
		require.NotEmpty(t, s.Help, s.Env)
		require.NotNil(t, s.Value, s.Env)
		require.Equal(t, s.Secret, s.Flag == "", s.Env)
		require.False(t, seen[s.Env] || s.Flag != "" && seen[s.Flag], s.Env)
		seen[s.Env], seen[s.Flag] = true, true
	}
}
