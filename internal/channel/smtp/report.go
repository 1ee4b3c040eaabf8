package smtp

import (
	"bufio"
	"bytes"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/customer"
)

// maxParts bounds what is looked at of one report; it has three.
const maxParts = 16

// notice is a multipart/report (RFC 6522) in its parts.
type notice struct {
	date     time.Time
	delivery []textproto.MIMEHeader // of a delivery report: one of the mail, one per address
	feedback textproto.MIMEHeader   // of a complaint
	original textproto.MIMEHeader   // the headers of the mail that it is about
}

// Reports reads one report that the mail server pipes in: a delivery report
// (RFC 3464) or a complaint (RFC 5965) as the body, as it came by mail, and the
// report secret as a bearer token. Reports of mails without a send key are left
// out, and so is news of a delay.
func (s *Sender) Reports(c channel.Callback) ([]channel.Report, error) {
	if err := s.believe(c.Header("Authorization")); err != nil {
		return nil, err
	}
	n, err := readNotice(c.Body)
	if err != nil {
		return nil, fmt.Errorf("smtp report: %w", err)
	}
	if n.date.IsZero() || n.date.After(c.At) {
		n.date = c.At
	}
	if n.feedback != nil {
		return n.complaint(), nil
	}
	return n.deliveries(), nil
}

// Reply implements channel.Reporter: the mail server wants to know no more
// than that it was taken.
func (s *Sender) Reply([]channel.Report) (contentType, body string) { return "", "" }

func (s *Sender) believe(authorization string) error {
	if s.config.ReportSecret == "" {
		return fmt.Errorf("smtp report: no report_secret is set; set one, and send it as a bearer token: %w", channel.ErrForged)
	}
	want := "Bearer " + s.config.ReportSecret
	if subtle.ConstantTimeCompare([]byte(authorization), []byte(want)) != 1 {
		return fmt.Errorf("smtp report: its bearer token is not report_secret: %w", channel.ErrForged)
	}
	return nil
}

func readNotice(body []byte) (*notice, error) {
	m, err := mail.ReadMessage(bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("it is no mail; pipe in the whole report, with its headers")
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || params["boundary"] == "" {
		return nil, errors.New("its content type is not multipart/report; pipe in delivery reports and complaints only")
	}
	n := &notice{}
	if date, err := m.Header.Date(); err == nil {
		n.date = date.UTC()
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for range maxParts {
		part, err := parts.NextPart()
		if err != nil {
			break // an end that is missing takes nothing from what came before
		}
		n.read(part)
	}
	if n.delivery == nil && n.feedback == nil {
		return nil, errors.New("it has no delivery status and no feedback report; pipe in delivery reports and complaints only")
	}
	return n, nil
}

// read takes in one part, or passes over one that is for people.
func (n *notice) read(part *multipart.Part) {
	kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
	in := textproto.NewReader(bufio.NewReader(part))
	switch kind {
	case "message/delivery-status", "message/global-delivery-status": // RFC 3464, RFC 6533
		n.delivery = groups(in)
	case "message/feedback-report":
		n.feedback, _ = in.ReadMIMEHeader()
	case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
		n.original, _ = in.ReadMIMEHeader()
	}
}

// groups reads blocks of fields with empty lines between them.
func groups(in *textproto.Reader) []textproto.MIMEHeader {
	const most = 1000
	var all []textproto.MIMEHeader
	for range most {
		fields, err := in.ReadMIMEHeader()
		if len(fields) > 0 {
			all = append(all, fields)
		}
		if err != nil {
			break
		}
	}
	return all
}

// key gives the send key: by the envelope, else by the header that came back.
func (n *notice) key() string {
	if len(n.delivery) > 0 {
		if id := n.delivery[0].Get("Original-Envelope-Id"); id != "" {
			return unxtext(id)
		}
	}
	return n.original.Get(KeyHeader)
}

func (n *notice) deliveries() []channel.Report {
	var out []channel.Report
	for _, fields := range n.delivery {
		kind, ok := fate(fields)
		if key := n.key(); ok && key != "" {
			out = append(out, n.delivered(key, kind, fields))
		}
	}
	return out
}

// delivered makes the report of one address.
func (n *notice) delivered(key string, kind channel.ReportKind, fields textproto.MIMEHeader) channel.Report {
	r := n.report(key, kind)
	r.Address, r.Code = recipient(fields), status(fields)
	if at, err := mail.ParseDate(fields.Get("Last-Attempt-Date")); err == nil && at.Before(r.At) {
		r.At = at.UTC()
	}
	r.ID = identity(key, r.Address, action(fields), r.Code)
	return r
}

// complaint makes the report of a customer who called the mail spam, or a
// fraud. Other kinds of feedback say nothing of the customer.
func (n *notice) complaint() []channel.Report {
	kind := strings.ToLower(n.feedback.Get("Feedback-Type"))
	key := n.original.Get(KeyHeader)
	if key == "" || kind != "abuse" && kind != "fraud" {
		return nil
	}
	r := n.report(key, channel.ReportComplained)
	r.Code = kind
	if a, err := mail.ParseAddress(n.feedback.Get("Original-Rcpt-To")); err == nil {
		r.Address = a.Address
	}
	r.ID = identity(key, r.Address, "complained", kind)
	return []channel.Report{r}
}

func (n *notice) report(key string, kind channel.ReportKind) channel.Report {
	return channel.Report{
		Kind: kind, Channel: customer.Email, Key: key, At: n.date,
		ProviderID: strings.Trim(n.original.Get("Message-Id"), "<> "),
	}
}

// fate reads an address's action (RFC 3464, 2.3.3). A mail that was relayed to
// a server without delivery reports, or given to a list, came as far as
// anybody will ever know.
func fate(fields textproto.MIMEHeader) (channel.ReportKind, bool) {
	switch action(fields) {
	case "failed":
		if gone(status(fields)) {
			return channel.ReportBounced, true
		}
		return channel.ReportFailed, true
	case "delivered", "relayed", "expanded":
		return channel.ReportDelivered, true
	}
	return "", false
}

func action(fields textproto.MIMEHeader) string {
	return firstWord(strings.ToLower(fields.Get("Action")))
}

func status(fields textproto.MIMEHeader) string { return firstWord(fields.Get("Status")) }

// firstWord drops the remarks that some servers add.
func firstWord(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

// recipient gives the address that the mail was sent to, where the report has
// it, else the one that it was forwarded to.
func recipient(fields textproto.MIMEHeader) string {
	for _, name := range []string{"Original-Recipient", "Final-Recipient"} {
		kind, address, _ := strings.Cut(fields.Get(name), ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
		address = strings.Trim(address, " \t<>")
		if name == "Original-Recipient" {
			address = unxtext(address)
		}
		if (kind == "rfc822" || kind == "utf-8") && bare(address) {
			return address
		}
	}
	return ""
}

// unxtext undoes what xtext does. Servers differ in whether they have undone
// it already, so nothing else is touched.
func unxtext(text string) string {
	return strings.NewReplacer("+2B", "+", "+3D", "=").Replace(text)
}

// identity names a report by what it says, since reports have no names of
// their own that would be the same when they are piped in again.
func identity(words ...string) string { return hex.EncodeToString(hash(strings.Join(words, "\n"))) }
