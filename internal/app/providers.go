package app

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/callback"
	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/fcm"
	"github.com/outreach-engine/outreach/internal/channel/hook"
	"github.com/outreach-engine/outreach/internal/channel/inbox"
	"github.com/outreach-engine/outreach/internal/channel/push"
	"github.com/outreach-engine/outreach/internal/channel/relay"
	"github.com/outreach-engine/outreach/internal/channel/sendgrid"
	"github.com/outreach-engine/outreach/internal/channel/smtp"
	"github.com/outreach-engine/outreach/internal/channel/twilio"
	"github.com/outreach-engine/outreach/internal/channel/webpush"
	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/policy"
)

// both names the choice of FCM for devices and Web Push for browsers.
const both = "both"

// on and off are the words of a setting that is switched.
const on, off = "on", "off"

// way is who may carry a channel's messages, by the name of the choice.
type way struct {
	channel customer.Channel
	flag    string
	choice  string
	builds  map[string]func() (channel.Sender, error)
}

func (o Options) ways() []way {
	return []way{
		{customer.SMS, "--sms", o.SMS, map[string]func() (channel.Sender, error){
			twilio.Name: o.twilio, relay.Name: o.relay,
		}},
		{customer.Email, "--email", o.Email, map[string]func() (channel.Sender, error){
			sendgrid.Name: o.sendgrid, smtp.Name: o.smtp, relay.Name: o.relay,
		}},
		{customer.Push, "--push", o.Push, map[string]func() (channel.Sender, error){
			fcm.Name: o.fcm, webpush.Name: o.webpush, both: o.everywhere, relay.Name: o.relay,
		}},
	}
}

// senders builds who carries each channel's messages.
func (o Options) senders(box *inbox.Box) (map[customer.Channel]channel.Sender, error) {
	if err := o.checkPublic(); err != nil {
		return nil, err
	}
	webhooks, err := hook.New(hook.Config{Secret: o.Providers.WebhookSecret})
	if err != nil {
		return nil, fmt.Errorf("OUTREACH_WEBHOOK_SECRET: %w", err)
	}
	senders := map[customer.Channel]channel.Sender{customer.Webhook: webhooks}
	if o.Senders != nil {
		maps.Copy(senders, o.Senders)
		return senders, nil
	}
	for _, w := range o.ways() {
		if w.choice == inbox.Name {
			senders[w.channel] = box
			continue
		}
		build, known := w.builds[w.choice]
		if !known {
			names := append([]string{inbox.Name}, slices.Sorted(maps.Keys(w.builds))...)
			last := len(names) - 1
			return nil, fmt.Errorf("%s: %q carries no such messages; write %s or %s", w.flag, w.choice, strings.Join(names[:last], ", "), names[last])
		}
		if senders[w.channel], err = build(); err != nil {
			return nil, fmt.Errorf("%s %s: %w", w.flag, w.choice, err)
		}
	}
	return senders, nil
}

// checkPublic refuses a public address that nobody could reach.
func (o Options) checkPublic() error {
	if o.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(o.PublicURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("--public-url %q: is not an http(s) address without a query; write it like https://outreach.example.com", o.PublicURL)
	}
	return nil
}

// public gives the address by which the engine is reached, without a slash at
// its end; "" when nobody reaches it.
func (o Options) public() string { return strings.TrimRight(o.PublicURL, "/") }

// reportsTo gives where a provider sends its callbacks; "" for nowhere.
func (o Options) reportsTo(provider string) string {
	if o.PublicURL == "" {
		return ""
	}
	return o.public() + callback.Path + provider
}

// spans gives how long one call of a provider may take, and how late a
// workflow may be before it is taken for lost.
func (o Options) spans() (call, patience time.Duration, err error) {
	const shortest = time.Second
	call, err = time.ParseDuration(cmp.Or(o.CallTimeout, "30s"))
	if longest := 5 * time.Minute; err != nil || call < shortest || call > longest {
		return 0, 0, fmt.Errorf("--call-timeout %q: is no time for a call; write one from 1s to 5m, such as 30s", o.CallTimeout)
	}
	patience, err = time.ParseDuration(cmp.Or(o.Patience, "2m"))
	if longest := time.Hour; err != nil || patience < shortest || patience > longest {
		return 0, 0, fmt.Errorf("--patience %q: is no time to wait; write one from 1s to 1h, such as 2m", o.Patience)
	}
	return call, patience, nil
}

func (o Options) twilio() (channel.Sender, error) {
	p := o.Providers
	contents, err := pairs(p.TwilioContents)
	if err != nil {
		return nil, fmt.Errorf("--twilio-contents %q: %w", p.TwilioContents, err)
	}
	whatsApp, err := switched("--twilio-whatsapp", p.TwilioWhatsApp)
	if err != nil {
		return nil, err
	}
	if err := o.checkTwilioSenders(); err != nil {
		return nil, err
	}
	var validity time.Duration
	if p.TwilioValidityPeriod != "" {
		if validity, err = time.ParseDuration(p.TwilioValidityPeriod); err != nil {
			return nil, fmt.Errorf("--twilio-validity-period %q: is no time; write one from 1s to 10h", p.TwilioValidityPeriod)
		}
	}
	if o.PublicURL != "" && p.TwilioAuthToken == "" {
		o.Logger.Warn("twilio's callbacks are refused: set OUTREACH_TWILIO_AUTH_TOKEN, by which they are signed")
	}
	sender, err := twilio.New(twilio.Config{
		AccountSID: p.TwilioAccountSID, APIKeySID: p.TwilioAPIKeySID, APIKeySecret: p.TwilioAPIKeySecret,
		AuthToken: p.TwilioAuthToken, From: p.TwilioFrom, MessagingServiceSID: p.TwilioMessagingService,
		FallbackFrom: p.TwilioFallbackFrom, ValidityPeriod: validity, WhatsApp: whatsApp, Contents: contents,
		StatusCallback: o.reportsTo(twilio.Name), BaseURL: p.TwilioBaseURL,
	})
	return sender, o.inOurNames(twilio.Name, err)
}

// switched reads a setting that is on or off; "" is off.
func switched(flag, word string) (bool, error) {
	if word != "" && word != on && word != off {
		return false, fmt.Errorf("%s %q: is neither on nor off; write one of them", flag, word)
	}
	return word == on, nil
}

// checkTwilioSenders refuses what no phone network takes for a sender. One of
// WhatsApp is for the provider to judge.
func (o Options) checkTwilioSenders() error {
	for _, s := range []struct{ flag, from string }{
		{"--twilio-from", o.Providers.TwilioFrom}, {"--twilio-fallback-from", o.Providers.TwilioFallbackFrom},
	} {
		if s.from != "" && !strings.HasPrefix(s.from, "whatsapp:") && !policy.IsSMSSender(s.from) {
			return fmt.Errorf("%s %q: is not a sender of SMS; write a number with + and its country, such as +15550100100, "+
				"a short code, or a name of up to 11 letters", s.flag, s.from)
		}
	}
	return nil
}

// pairs reads name=value,name=value.
func pairs(text string) (map[string]string, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	list := map[string]string{}
	for piece := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(piece), "=")
		if name, value = strings.TrimSpace(name), strings.TrimSpace(value); !ok || name == "" || value == "" {
			return nil, fmt.Errorf("%q is not name=value; put commas between several", piece)
		}
		list[name] = value
	}
	return list, nil
}

func (o Options) sendgrid() (channel.Sender, error) {
	p := o.Providers
	sandbox, err := switched("--sendgrid-sandbox", p.SendGridSandbox)
	if err != nil {
		return nil, err
	}
	from, err := mail.ParseAddress(p.SendGridFrom)
	if err != nil {
		return nil, fmt.Errorf("--sendgrid-from %q: write Name <address>", p.SendGridFrom)
	}
	groups, err := sendgrid.ParseGroups(p.SendGridGroups)
	if err != nil {
		return nil, o.inOurNames(sendgrid.Name, err)
	}
	sender, err := sendgrid.New(sendgrid.Config{
		APIKey: p.SendGridAPIKey, FromName: from.Name, FromAddress: from.Address, Groups: groups,
		Residency: sendgrid.Residency(p.SendGridResidency), WebhookKey: p.SendGridWebhookKey, Sandbox: sandbox,
		BaseURL: p.SendGridBaseURL,
	})
	return sender, o.inOurNames(sendgrid.Name, err)
}

func (o Options) smtp() (channel.Sender, error) {
	p := o.Providers
	port := 0
	if p.SMTPPort != "" {
		var err error
		if port, err = strconv.Atoi(p.SMTPPort); err != nil || port <= 0 {
			return nil, fmt.Errorf("--smtp-port %q: is no port; write a number such as 587", p.SMTPPort)
		}
	}
	sender, err := smtp.New(smtp.Config{
		Host: p.SMTPHost, Port: port, TLS: smtp.TLS(p.SMTPTLS), User: p.SMTPUser, Password: p.SMTPPassword, From: p.SMTPFrom,
		ReturnPath: p.SMTPReturnPath, Hostname: p.SMTPHostname, ReportSecret: p.SMTPReportSecret,
	})
	return sender, o.inOurNames(smtp.Name, err)
}

func (o Options) fcm() (channel.Sender, error) {
	if o.Providers.FCMServiceAccount == "" {
		return nil, errors.New(fcmAccount + ": missing; give the service account's JSON key, or name its file by " + fcmAccount + "_FILE")
	}
	sender, err := fcm.New(fcm.Config{ServiceAccount: []byte(o.Providers.FCMServiceAccount), BaseURL: o.Providers.FCMBaseURL})
	return sender, o.inOurNames(fcm.Name, err)
}

func (o Options) webpush() (channel.Sender, error) {
	p := o.Providers
	sender, err := webpush.New(webpush.Config{PublicKey: p.WebPushPublicKey, PrivateKey: p.WebPushPrivateKey, Subject: p.WebPushSubject})
	return sender, o.inOurNames(webpush.Name, err)
}

// everywhere carries push messages to devices and to browsers.
func (o Options) everywhere() (channel.Sender, error) {
	devices, err := o.fcm()
	if err != nil {
		return nil, err
	}
	browsers, err := o.webpush()
	if err != nil {
		return nil, err
	}
	return push.Router{Devices: devices, Browsers: browsers}, nil
}

// relay carries messages of the channels that are set to it.
func (o Options) relay() (channel.Sender, error) {
	var carries []customer.Channel
	for c, choice := range map[customer.Channel]string{customer.SMS: o.SMS, customer.Email: o.Email, customer.Push: o.Push} {
		if choice == relay.Name {
			carries = append(carries, c)
		}
	}
	slices.Sort(carries)
	sender, err := relay.New(relay.Config{URL: o.Providers.RelayURL, Secret: o.Providers.WebhookSecret, Channels: carries})
	return sender, o.inOurNames(relay.Name, err)
}
