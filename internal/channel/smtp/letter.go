package smtp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
)

// letter is one mail and its envelope.
type letter struct {
	key  string
	id   string // its Message-ID, without the angle brackets
	from string // the envelope's sender
	to   string
	data []byte // lines end in CRLF
}

// write makes the mail. Its Message-ID and boundary come from the send key, so
// that a repeat differs by its date alone.
func (s *Sender) write(m channel.Message, now time.Time) (letter, *channel.Error) {
	from, refused := s.sender(m)
	if refused != nil {
		return letter{}, refused
	}
	if !bare(m.To) {
		return letter{}, unsent(channel.BadAddress, "the address is none that mail can be sent to")
	}
	if !visible(m.Key) {
		return letter{}, unsent(channel.Rejected, "message: its send key has spaces or other characters that no header takes")
	}
	if m.Unsubscribe != "" && (!visible(m.Unsubscribe) || strings.ContainsAny(m.Unsubscribe, "<>,") || !strings.HasPrefix(m.Unsubscribe, "https://")) {
		return letter{}, unsent(channel.Rejected, "message: its unsubscribe link is not an https url")
	}
	sum := hex.EncodeToString(hash(m.Key))
	l := letter{key: m.Key, id: sum + "@" + domain(from.Address), from: s.config.ReturnPath, to: m.To}
	var b bytes.Buffer
	for _, h := range headers(l, from, m, now) {
		if h[1] != "" {
			writeHeader(&b, h[0], h[1])
		}
	}
	if longestLine(b.Bytes()) > maxLine {
		return letter{}, unsent(channel.Rejected, "message: its subject, key or unsubscribe link has a word longer than a line of mail")
	}
	writeBody(&b, m.Content, "=_"+sum)
	l.data = b.Bytes()
	return l, nil
}

// sender reads who the mail comes from: the policy's word, else the setting.
func (s *Sender) sender(m channel.Message) (*mail.Address, *channel.Error) {
	text := m.From
	if text == "" {
		text = s.config.From
	}
	from, err := mail.ParseAddress(text)
	if err != nil || !bare(from.Address) {
		return nil, unsent(channel.Misconfigured, "the sender is none that mail can come from; write it like Parcels <news@example.com>")
	}
	from.Name = printable(from.Name)
	return from, nil
}

// headers gives names and values in order; those without a value are left out.
func headers(l letter, from *mail.Address, m channel.Message, now time.Time) [][2]string {
	unsubscribe, oneClick := "", ""
	if m.Unsubscribe != "" { // RFC 8058
		unsubscribe, oneClick = "<"+m.Unsubscribe+">", "List-Unsubscribe=One-Click"
	}
	return [][2]string{
		{"From", from.String()},
		{"To", (&mail.Address{Address: m.To}).String()},
		{"Subject", mime.QEncoding.Encode("utf-8", printable(m.Content.Subject))},
		{"Date", now.UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + l.id + ">"},
		{KeyHeader, m.Key},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834: no out-of-office answers
		{"List-Unsubscribe", unsubscribe},
		{"List-Unsubscribe-Post", oneClick},
		{"MIME-Version", "1.0"},
	}
}

// How long a line is to be, where it has a space, and how long it may be, in
// characters (RFC 5322, 2.1.1).
const (
	fold    = 76
	maxLine = 998
)

func longestLine(text []byte) int {
	longest := 0
	for one := range bytes.Lines(text) {
		longest = max(longest, len(bytes.TrimRight(one, "\r\n")))
	}
	return longest
}

func writeHeader(b *bytes.Buffer, name, value string) {
	b.WriteString(name + ":")
	width := len(name) + 1
	for word := range strings.SplitSeq(value, " ") {
		if width > len(name)+1 && width+1+len(word) > fold {
			b.WriteString("\r\n")
			width = 0
		}
		b.WriteString(" " + word)
		width += 1 + len(word)
	}
	b.WriteString("\r\n")
}

// writeBody writes text before HTML, the richest last (RFC 2046, 5.1.4).
func writeBody(b *bytes.Buffer, c channel.Content, boundary string) {
	page := line.WithPreheader(c.HTML, c.Preheader)
	switch {
	case c.HTML == "":
		writePart(b, "text/plain", c.Text)
	case c.Text == "":
		writePart(b, "text/html", page)
	default:
		writeHeader(b, "Content-Type", fmt.Sprintf(`multipart/alternative; boundary="%s"`, boundary))
		b.WriteString("\r\n--" + boundary + "\r\n")
		writePart(b, "text/plain", c.Text)
		b.WriteString("\r\n--" + boundary + "\r\n")
		writePart(b, "text/html", page)
		b.WriteString("\r\n--" + boundary + "--\r\n")
	}
}

// writePart writes a part's headers and its text in quoted-printable, whose
// lines are short and whose characters are ASCII, so that no server has to
// change it. A boundary's =_ cannot stand in it.
func writePart(b *bytes.Buffer, kind, text string) {
	writeHeader(b, "Content-Type", kind+"; charset=utf-8")
	writeHeader(b, "Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(b)
	_, _ = w.Write([]byte(strings.ToValidUTF8(text, "\uFFFD"))) // a buffer takes everything
	_ = w.Close()
	b.WriteString("\r\n")
}

// hash gives 16 bytes that stand for a text.
func hash(text string) []byte {
	const length = 16
	sum := sha256.Sum256([]byte(text))
	return sum[:length]
}

func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// visible reports whether a text is visible ASCII throughout, and not empty.
func visible(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > '~' })
}
