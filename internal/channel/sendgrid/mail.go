package sendgrid

import (
	netmail "net/mail"
	"net/url"
	"slices"
	"strings"

	"github.com/sendgrid/sendgrid-go/helpers/mail"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
)

// body writes the JSON of one mail. Custom arguments and categories are kept
// and shown by SendGrid, so they hold nothing of the customer:
// https://www.twilio.com/docs/sendgrid/ui/sending-email/categories.
//
// send_at stays unused: a mail that waits at SendGrid is out of reach of a
// stop, an opt-out or a goal, and can be lost sight of. The engine waits by
// itself and hands a mail over when its time has come.
func (s *Sender) body(m channel.Message) ([]byte, *channel.Error) {
	from, headers, err := s.envelope(m)
	if err != nil {
		return nil, err
	}
	to := mail.NewPersonalization()
	to.AddTos(mail.NewEmail("", m.To))
	to.SetCustomArg(KeyArg, m.Key)

	v := mail.NewV3Mail()
	v.SetFrom(from)
	v.Subject = m.Content.Subject
	v.Headers = headers
	v.AddPersonalizations(to)
	v.AddContent(parts(m.Content)...)
	v.AddCategories(categories(m.Template, string(m.Topic))...)
	s.settings(v, m)
	return mail.GetRequestBody(v), nil
}

// settings adds what the account is set to: answers, addresses to send from,
// unsubscribe group, sandbox and tracking.
func (s *Sender) settings(v *mail.SGMailV3, m channel.Message) {
	v.IPPoolID = s.config.IPPool
	if a, err := netmail.ParseAddress(s.config.ReplyTo); err == nil {
		v.SetReplyTo(mail.NewEmail(a.Name, a.Address))
	}
	if id, ok := s.config.Groups[m.Topic]; ok {
		v.SetASM(&mail.Asm{GroupID: id, GroupsToDisplay: shown(s.config.Groups, id)})
	}
	if s.config.Sandbox {
		v.SetMailSettings(mail.NewMailSettings().SetSandboxMode(mail.NewSetting(true)))
	}
	v.SetTrackingSettings(s.tracking(m))
}

// tracking says all of it, so that no switch of the account's decides. SendGrid
// adds no unsubscribe link of its own where the mail brings one.
func (s *Sender) tracking(m channel.Message) *mail.TrackingSettings {
	t := mail.NewTrackingSettings()
	t.SetOpenTracking(mail.NewOpenTrackingSetting().SetEnable(s.config.Tracking.Opens != Off))
	t.SetClickTracking(mail.NewClickTrackingSetting().SetEnable(s.config.Tracking.Clicks != Off).SetEnableText(false))
	if m.Unsubscribe != "" {
		t.SetSubscriptionTracking(mail.NewSubscriptionTrackingSetting().SetEnable(false))
	}
	return t
}

// envelope gives sender and headers. What is wrong with them is the set-up's
// fault, never the message's.
func (s *Sender) envelope(m channel.Message) (*mail.Email, map[string]string, *channel.Error) {
	wrong := func(detail string) *channel.Error {
		return &channel.Error{Kind: channel.Misconfigured, Provider: Name, Code: "not_sent", Detail: detail}
	}
	from := mail.NewEmail(s.config.FromName, s.config.FromAddress)
	if m.From != "" {
		a, err := netmail.ParseAddress(m.From)
		if err != nil {
			return nil, nil, wrong("from: not an address; write Name <address> in the policy's senders")
		}
		from = mail.NewEmail(a.Name, a.Address)
	}
	if m.Unsubscribe == "" {
		return from, nil, nil
	}
	if !oneClick(m.Unsubscribe) {
		return nil, nil, wrong("unsubscribe: not an https url; set the public url to one that begins with https")
	}
	return from, s.unsubscribe(m.Unsubscribe), nil
}

// unsubscribe gives the headers of RFC 2369, 3.2 and RFC 8058, 3.1. SendGrid
// reserves neither name.
func (s *Sender) unsubscribe(link string) map[string]string {
	ways := "<" + link + ">"
	if to := s.config.UnsubscribeMailto; to != "" {
		ways += ", <mailto:" + url.PathEscape(to) + ">"
	}
	return map[string]string{
		"List-Unsubscribe":      ways,
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	}
}

// oneClick reports whether a link may stand in List-Unsubscribe: RFC 8058, 3.1
// asks for https, and nothing in it may end the header's angle brackets.
func oneClick(link string) bool {
	u, err := url.Parse(link)
	visible := !strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' })
	return err == nil && visible && u.Scheme == "https" && u.Host != ""
}

// parts gives text before HTML, as SendGrid and RFC 2046, 5.1.4 ask: the
// richest last.
func parts(c channel.Content) []*mail.Content {
	var out []*mail.Content
	if c.Text != "" {
		out = append(out, mail.NewContent("text/plain", c.Text))
	}
	if c.HTML != "" {
		out = append(out, mail.NewContent("text/html", line.WithPreheader(c.HTML, c.Preheader)))
	}
	return out
}

// categories drops what is empty, said twice, or longer than SendGrid's 255.
func categories(words ...string) []string {
	var out []string
	for _, w := range words {
		if w != "" && len(w) <= 255 && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}
