package sendgrid

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/sendgrid/sendgrid-go/helpers/mail"

	"github.com/outreach-engine/outreach/internal/channel"
)

// body writes the JSON of one mail. Custom arguments and categories are kept
// and shown by SendGrid, so they hold nothing of the customer:
// https://www.twilio.com/docs/sendgrid/ui/sending-email/categories.
func (s *Sender) body(m channel.Message) []byte {
	to := mail.NewPersonalization()
	to.AddTos(mail.NewEmail("", m.To))
	to.SetCustomArg(KeyArg, m.Key)

	v := mail.NewV3Mail()
	v.SetFrom(mail.NewEmail(s.config.FromName, s.config.FromAddress))
	v.Subject = m.Content.Subject
	v.AddPersonalizations(to)
	v.AddContent(parts(m.Content)...)
	v.AddCategories(categories(m.Template, string(m.Topic))...)
	if s.config.Sandbox {
		v.SetMailSettings(mail.NewMailSettings().SetSandboxMode(mail.NewSetting(true)))
	}
	return mail.GetRequestBody(v)
}

// parts gives text before HTML, as SendGrid and RFC 2046, 5.1.4 ask: the
// richest last.
func parts(c channel.Content) []*mail.Content {
	var out []*mail.Content
	if c.Text != "" {
		out = append(out, mail.NewContent("text/plain", c.Text))
	}
	if c.HTML != "" {
		out = append(out, mail.NewContent("text/html", withPreheader(c.HTML, c.Preheader)))
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

var bodyTag = regexp.MustCompile(`(?i)<body(\s[^>]*)?>`)

// withPreheader puts the line that inboxes show beside the subject at the
// beginning of the body, unseen in the mail itself. A page that holds it
// already stays as it is.
func withPreheader(page, preheader string) string {
	text := html.EscapeString(preheader)
	if text == "" || strings.Contains(page, text) {
		return page
	}
	at := 0
	if tag := bodyTag.FindStringIndex(page); tag != nil {
		at = tag[1]
	}
	return page[:at] + `<div style="display:none;max-height:0;overflow:hidden">` + text + `</div>` + page[at:]
}
