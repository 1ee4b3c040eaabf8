package preview

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/message"
)

// Severity says how bad a finding is.
type Severity string

// The severities, worst first.
const (
	Error   Severity = "error"   // the message cannot go out
	Warning Severity = "warning" // it can, and will do worse than it could
	Note    Severity = "note"    // worth knowing
)

// Code is a finding's stable name.
type Code string

// What is found of a template and its variables.
const (
	NoRule         Code = "no_rule"         // no rule sends it
	RenderFailed   Code = "render_failed"   // it cannot be written for this person
	DefaultMissing Code = "default_missing" // a variable that may be absent has no default and no if
	ValueUnknown   Code = "value_unknown"   // this person has no value, and what stands in is shown
)

// What is found of the items that ride on a message.
const (
	// ItemFailed: the message goes out, and the item does not.
	ItemFailed Code = "item_failed"
	// ItemNoHeading: in a digest its subject stands above it.
	ItemNoHeading Code = "item_no_heading"
	// ItemPushLong: with the item a notification has more letters than phones
	// show, and without it has not. Source: as PushTextLong.
	ItemPushLong Code = "item_push_long"
)

// What is found of links. They are looked at, never fetched.
const (
	// LinkEmpty: a link without an address, which does nothing when tapped.
	LinkEmpty Code = "link_empty"
	// LinkSpace: an address with a space in it. Source: RFC 3986 section 2.
	LinkSpace Code = "link_space"
	// LinkScheme: an address whose beginning no mail program knows.
	LinkScheme Code = "link_scheme"
	// LinkNotHTTPS: browsers warn before they open it. Source:
	// https://blog.chromium.org/2023/08/towards-https-by-default.html
	LinkNotHTTPS Code = "link_not_https"
	// LinkHost: an address whose host is no public name. Source: RFC 1035
	// section 2.3.1.
	LinkHost Code = "link_host"
	// LinkMailto: a mailto: link without a sound address. Source: RFC 6068.
	LinkMailto Code = "link_mailto"
	// LinkTracking: an address that carries tracking parameters. Browsers
	// strip them, and filters read them as mass mail. Source:
	// https://webkit.org/blog/15697/private-browsing-2-0
	LinkTracking Code = "link_tracking"
	// LinkExample: a placeholder. Source: RFC 2606 section 3.
	LinkExample Code = "link_example"
)

// What is found of texts on any channel.
const (
	// SubjectCaps: a subject or title in capitals. Source: SpamAssassin's
	// SUBJ_ALL_CAPS, https://spamassassin.apache.org/old/tests_3_3_x.html
	SubjectCaps Code = "subject_caps"
	// Exclamations: two in a row, more than one in a subject, more than three
	// in all. Source: SpamAssassin's PLING_PLING, as above.
	Exclamations Code = "exclamations"
	// MoneyWords: four or more different words of advertising for money.
	// Source: SpamAssassin's ADVANCE_FEE and MONEY rules, as above.
	MoneyWords Code = "money_words"
)

// What is found of emails.
const (
	// SubjectLong: over 60 letters; lists show about that many. Source:
	// https://mailchimp.com/help/best-practices-for-email-subject-lines
	SubjectLong Code = "subject_long"
	// PreheaderMissing: lists then show how the text begins.
	PreheaderMissing Code = "preheader_missing"
	// TextMissing: no plain text. Source: SpamAssassin's MIME_HTML_ONLY, as
	// above; RFC 2046 section 5.1.4.
	TextMissing Code = "text_missing"
	// EmailLarge: over 90 kB; Gmail shows the first 102 kB only. Source:
	// https://mailchimp.com/help/gmail-is-clipping-my-email
	EmailLarge Code = "email_large"
	// ImageOnly: pictures with next to no words. Source: SpamAssassin's
	// HTML_IMAGE_ONLY, as above.
	ImageOnly Code = "image_only"
	// ImageNoAlt: a picture without words in its place. Source:
	// https://www.w3.org/WAI/WCAG22/Understanding/non-text-content
	ImageNoAlt Code = "image_no_alt"
	// ImageNotHTTPS: mail programs do not load it. Source:
	// https://support.google.com/mail/answer/145919
	ImageNotHTTPS Code = "image_not_https"
	// NoDark: nothing says how it looks in dark mode, so mail programs choose
	// colours of their own. Source:
	// https://www.litmus.com/blog/the-ultimate-guide-to-dark-mode-for-email-marketers
	NoDark Code = "email_no_dark"
	// NoUnsubscribe: an email about a topic that customers are asked for has
	// no way out. Source: 15 U.S.C. 7704(a)(3); Directive 2002/58/EC Art. 13;
	// https://support.google.com/a/answer/81126
	NoUnsubscribe Code = "email_no_unsubscribe"
)

// What is found of text messages.
const (
	// SMSUnicode: characters for which a segment holds 70 instead of 160.
	// Source: 3GPP TS 23.038 section 6.2.1.
	SMSUnicode Code = "sms_unicode"
	// SMSLong: more than two segments, each of which is paid for.
	SMSLong Code = "sms_long"
	// SMSShortener: a shared short link, which carriers block. Source: CTIA
	// Messaging Principles and Best Practices (May 2023) section 5.3.2.
	SMSShortener Code = "sms_shortener"
	// SMSNoName: the text does not say who writes. Source: CTIA Short Code
	// Monitoring Handbook, program content; as above section 5.1.1.
	SMSNoName Code = "sms_no_name"
	// SMSNoStop: a text about a topic that customers are asked for does not
	// say how to stop it. Source: CTIA, as above section 5.1.3.
	SMSNoStop Code = "sms_no_stop"
)

// What is found of notifications. How much of them is seen depends on the
// phone; these are what common ones show.
const (
	// PushTitleLong: over 40 letters. Source:
	// https://www.alibabacloud.com/help/en/mobile-platform-as-a-service/latest/message-conent-restrictions
	PushTitleLong Code = "push_title_long"
	// PushTextLong: over 178 letters, four lines of an iPhone. Source:
	// https://mojicnt.click/en/blog/push-notification-length.html
	PushTextLong Code = "push_text_long"
	// PushLarge: over 4,000 bytes of the 4,096 that Firebase and Apple take.
	// Source: https://firebase.google.com/docs/cloud-messaging/customize-messages/set-message-type
	PushLarge Code = "push_large"
)

// Finding is one thing to mend, or to know.
type Finding struct {
	Code     Code               `json:"code"`
	Severity Severity           `json:"severity"`
	Channels []customer.Channel `json:"channels,omitempty"` // none is the template as a whole
	Value    string             `json:"value,omitempty"`    // what it is about, shortened
	Message  string             `json:"message"`
	Hint     string             `json:"hint,omitempty"` // how to mend it
	File     string             `json:"file,omitempty"` // with Line and Column, where one place is to blame
	Line     int                `json:"line,omitempty"`
	Column   int                `json:"column,omitempty"`
}

// String gives the finding on one line: severity, channels, code, place, value,
// what, how to mend.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(string(f.Severity) + ": ")
	if len(f.Channels) > 0 {
		b.WriteString(listed(f.Channels) + ": ")
	}
	b.WriteString(string(f.Code) + ": ")
	switch {
	case f.Line > 0:
		fmt.Fprintf(&b, "%s:%d:%d: ", f.File, f.Line, f.Column)
	case f.File != "":
		b.WriteString(f.File + ": ")
	}
	if f.Value != "" {
		fmt.Fprintf(&b, "%q: ", f.Value)
	}
	b.WriteString(f.Message)
	if f.Hint != "" {
		b.WriteString("; " + f.Hint)
	}
	return b.String()
}

func rank(s Severity) int { return slices.Index([]Severity{Error, Warning, Note}, s) }

// sorted puts the worst first and makes one of what was found on several
// channels.
func sorted(list []Finding) []Finding {
	merged := []Finding{}
	for _, f := range list {
		i := slices.IndexFunc(merged, func(g Finding) bool { return f.same(g) })
		switch {
		case i < 0:
			merged = append(merged, f)
		case !slices.Equal(merged[i].Channels, f.Channels):
			merged[i].Channels = append(slices.Clip(merged[i].Channels), f.Channels...)
		}
	}
	slices.SortStableFunc(merged, func(a, b Finding) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	return merged
}

// same reports whether two findings differ in their channels at most.
func (f Finding) same(g Finding) bool {
	return f.Code == g.Code && f.Value == g.Value && f.Message == g.Message && f.File == g.File && f.Line == g.Line && f.Column == g.Column
}

// maxValue bounds how much of an offending text is shown, in letters.
const maxValue = 60

func shortened(s string) string {
	if short := cut(s, maxValue); short != s {
		return short + "..."
	}
	return s
}

// failedOn tells of a message that cannot be written.
func failedOn(c customer.Channel, err error) Finding {
	f := Finding{Code: RenderFailed, Severity: Error, Channels: []customer.Channel{c}, Message: err.Error()}
	if e, ok := errors.AsType[*message.RenderError](err); ok {
		f.Value, f.Message, f.Hint, f.File, f.Line, f.Column = e.Variable, e.Trouble, e.Hint, e.File, e.Line, e.Column
	}
	return f
}
