package app

// Providers are the settings of those who carry messages.
type Providers struct {
	TwilioAccountSID       string
	TwilioAPIKeySID        string
	TwilioAPIKeySecret     string
	TwilioAuthToken        string
	TwilioFrom             string
	TwilioMessagingService string
	TwilioFallbackFrom     string
	TwilioValidityPeriod   string // a duration; "" as the message has it
	TwilioWhatsApp         string // "", "on"
	TwilioContents         string // template=HX...,template=HX...
	TwilioBaseURL          string

	SendGridAPIKey     string
	SendGridFrom       string // "Name <address>"
	SendGridResidency  string // global, eu
	SendGridWebhookKey string // public key of the signed event webhook
	SendGridGroups     string // topic=number,topic=number
	SendGridSandbox    string // "", "on"
	SendGridBaseURL    string

	SMTPHost         string
	SMTPPort         string // "" as the way of encryption has it
	SMTPTLS          string // starttls, implicit, none
	SMTPUser         string
	SMTPPassword     string
	SMTPFrom         string // "Name <address>"
	SMTPReturnPath   string
	SMTPHostname     string
	SMTPReportSecret string

	FCMServiceAccount string // the key file's JSON
	FCMBaseURL        string
	WebPushPublicKey  string
	WebPushPrivateKey string
	WebPushSubject    string // mailto: or https:

	RelayURL      string
	WebhookSecret string // whsec_...; "" leaves calls of webhooks unsigned
}

// settings lists them as Options.Settings does.
func (p *Providers) settings() []Setting {
	list := p.twilioSettings()
	list = append(list, p.mailSettings()...)
	return append(list, p.otherSettings()...)
}

func (p *Providers) twilioSettings() []Setting {
	return []Setting{
		{Flag: "twilio-account-sid", Env: "OUTREACH_TWILIO_ACCOUNT_SID", Value: &p.TwilioAccountSID, Help: "Twilio account (AC...)"},
		{Flag: "twilio-api-key-sid", Env: "OUTREACH_TWILIO_API_KEY_SID", Value: &p.TwilioAPIKeySID, Help: "Twilio API key (SK...), with its secret"},
		{Env: "OUTREACH_TWILIO_API_KEY_SECRET", Secret: true, Value: &p.TwilioAPIKeySecret, Help: "secret of the Twilio API key"},
		{Env: "OUTREACH_TWILIO_AUTH_TOKEN", Secret: true, Value: &p.TwilioAuthToken, Help: "Twilio auth token: signs Twilio's callbacks, and messages where there is no API key"},
		{Flag: "twilio-from", Env: "OUTREACH_TWILIO_FROM", Value: &p.TwilioFrom, Help: "sender of SMS: E.164 number, short code, or name of at most 11 letters"},
		{Flag: "twilio-messaging-service", Env: "OUTREACH_TWILIO_MESSAGING_SERVICE", Value: &p.TwilioMessagingService, Help: "Twilio messaging service (MG...) instead of a sender, or whose pool it is of"},
		{Flag: "twilio-fallback-from", Env: "OUTREACH_TWILIO_FALLBACK_FROM", Value: &p.TwilioFallbackFrom, Help: "sender of SMS where RCS does not reach; needs a messaging service"},
		{Flag: "twilio-validity-period", Env: "OUTREACH_TWILIO_VALIDITY_PERIOD", Value: &p.TwilioValidityPeriod, Help: "how long Twilio tries, from 1s to 10h; empty: as long as the message is of use"},
		{Flag: "twilio-whatsapp", Env: "OUTREACH_TWILIO_WHATSAPP", Value: &p.TwilioWhatsApp, Help: "on or off; on: SMS go by WhatsApp"},
		{Flag: "twilio-contents", Env: "OUTREACH_TWILIO_CONTENTS", Value: &p.TwilioContents, Help: "Twilio's approved contents for templates: template=HX...,template=HX..."},
		{Flag: "twilio-base-url", Env: "OUTREACH_TWILIO_BASE_URL", Value: &p.TwilioBaseURL, Help: "Twilio API host, for a region or a test server"},
	}
}

func (p *Providers) mailSettings() []Setting {
	return []Setting{
		{Env: "OUTREACH_SENDGRID_API_KEY", Secret: true, Value: &p.SendGridAPIKey, Help: "SendGrid API key"},
		{Flag: "sendgrid-from", Env: "OUTREACH_SENDGRID_FROM", Value: &p.SendGridFrom, Help: "sender of email: Name <address>"},
		{Flag: "sendgrid-residency", Env: "OUTREACH_SENDGRID_RESIDENCY", Value: &p.SendGridResidency, Help: "where SendGrid keeps data: global or eu"},
		{Flag: "sendgrid-webhook-key", Env: "OUTREACH_SENDGRID_WEBHOOK_KEY", Value: &p.SendGridWebhookKey, Help: "public key by which SendGrid signs its events; empty: they are refused"},
		{Flag: "sendgrid-groups", Env: "OUTREACH_SENDGRID_GROUPS", Value: &p.SendGridGroups, Help: "SendGrid's unsubscribe groups of topics: tips=1234,offers=5678"},
		{Flag: "sendgrid-sandbox", Env: "OUTREACH_SENDGRID_SANDBOX", Value: &p.SendGridSandbox, Help: "on or off; on: SendGrid checks each mail and delivers none"},
		{Flag: "sendgrid-base-url", Env: "OUTREACH_SENDGRID_BASE_URL", Value: &p.SendGridBaseURL, Help: "SendGrid API host, for a test server"},
		{Flag: "smtp-host", Env: "OUTREACH_SMTP_HOST", Value: &p.SMTPHost, Help: "mail server"},
		{Flag: "smtp-port", Env: "OUTREACH_SMTP_PORT", Value: &p.SMTPPort, Help: "its port; empty: 587, 465 with --smtp-tls implicit, 25 with none"},
		{Flag: "smtp-tls", Env: "OUTREACH_SMTP_TLS", Value: &p.SMTPTLS, Help: "how the way to it is encrypted: starttls, implicit or none"},
		{Flag: "smtp-user", Env: "OUTREACH_SMTP_USER", Value: &p.SMTPUser, Help: "user of the mail server"},
		{Env: "OUTREACH_SMTP_PASSWORD", Secret: true, Value: &p.SMTPPassword, Help: "password of the mail server's user"},
		{Flag: "smtp-from", Env: "OUTREACH_SMTP_FROM", Value: &p.SMTPFrom, Help: "sender of email: Name <address>"},
		{Flag: "smtp-return-path", Env: "OUTREACH_SMTP_RETURN_PATH", Value: &p.SMTPReturnPath, Help: "address that bounces go to; empty: the sender's"},
		{Flag: "smtp-hostname", Env: "OUTREACH_SMTP_HOSTNAME", Value: &p.SMTPHostname, Help: "this machine's name for the mail server; empty: the system's"},
		{Env: "OUTREACH_SMTP_REPORT_SECRET", Secret: true, Value: &p.SMTPReportSecret, Help: "bearer token by which the mail server hands in delivery reports; empty: they are refused"},
	}
}

func (p *Providers) otherSettings() []Setting {
	return []Setting{
		{Env: "OUTREACH_FCM_SERVICE_ACCOUNT", Secret: true, Value: &p.FCMServiceAccount, Help: "JSON key of the Firebase service account"},
		{Flag: "fcm-base-url", Env: "OUTREACH_FCM_BASE_URL", Value: &p.FCMBaseURL, Help: "FCM API host, for a test server"},
		{Flag: "webpush-public-key", Env: "OUTREACH_WEBPUSH_PUBLIC_KEY", Value: &p.WebPushPublicKey, Help: "VAPID public key; outreach webpush-keys makes a pair"},
		{Env: "OUTREACH_WEBPUSH_PRIVATE_KEY", Secret: true, Value: &p.WebPushPrivateKey, Help: "VAPID private key"},
		{Flag: "webpush-subject", Env: "OUTREACH_WEBPUSH_SUBJECT", Value: &p.WebPushSubject, Help: "whom push services ask about messages: mailto:name@example.com or an https URL"},
		{Flag: "relay-url", Env: "OUTREACH_RELAY_URL", Value: &p.RelayURL, Help: "URL of a system of your own that carries messages of the channels set to webhook"},
		{Env: "OUTREACH_WEBHOOK_SECRET", Secret: true, Value: &p.WebhookSecret, Help: "whsec_ and base64: signs calls of webhooks, and is needed where one carries messages; empty leaves calls unsigned"},
	}
}
