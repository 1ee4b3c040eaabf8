package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
)

// phase is how far a mail came.
type phase int

const (
	connecting phase = iota
	encrypting
	greeting   // the server's first line, EHLO
	signingIn  // AUTH
	composing  // before a word was said of the mail
	naming     // MAIL
	addressing // RCPT
	offering   // DATA
	writing    // the mail without its final dot
	waiting    // the dot is out
)

// fault is what stopped a mail, and where. A nil fault is none.
type fault struct {
	phase phase
	err   error
}

// unsent is a no that comes before anybody was asked.
func unsent(kind channel.Kind, detail string) *channel.Error {
	return &channel.Error{Kind: kind, Provider: Name, Code: "not_sent", Detail: detail}
}

// reply gives a server's answer that is no yes; nil when none came.
func (f *fault) reply() *textproto.Error {
	answer, _ := errors.AsType[*textproto.Error](f.err)
	return answer
}

// inStep reports whether the next mail may go over the same connection: the
// server said a plain yes or no, and 421 is a goodbye.
func (f *fault) inStep() bool {
	if f == nil || f.phase == composing {
		return true
	}
	answer := f.reply()
	return answer != nil && answer.Code >= 400 && answer.Code != 421
}

// trouble says what a fault means.
func (f *fault) trouble(ctx context.Context) *channel.Error {
	if known := f.known(); known != nil {
		return known
	}
	if answer := f.reply(); answer != nil && answer.Code >= 400 {
		return f.refusal(answer)
	}
	cause := line.Cause(f.err)
	if f.reply() != nil || errors.As(f.err, new(textproto.ProtocolError)) {
		cause = "the answer is not one of SMTP's"
	}
	if ctx.Err() != nil {
		cause = line.Cause(ctx.Err())
	}
	if f.phase == waiting {
		return &channel.Error{Kind: channel.Ambiguous, Provider: Name, Code: "no_answer", Detail: cause + " after the mail was written"}
	}
	return &channel.Error{Kind: channel.Unavailable, Provider: Name, Code: "no_connection", Detail: cause + " before the mail was written"}
}

// known reads faults that the mail server need not name. Before the encryption
// stands nothing is said of any mail, so a certificate that nobody vouches for
// stops all of them and loses none.
func (f *fault) known() *channel.Error {
	no := func(kind channel.Kind, code, detail string) *channel.Error {
		return &channel.Error{Kind: kind, Provider: Name, Code: code, Detail: detail}
	}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](f.err)
	_, clear := errors.AsType[tls.RecordHeaderError](f.err)
	switch {
	case errors.Is(f.err, errTooLarge):
		return no(channel.Rejected, "too_large", errTooLarge.Error())
	case errors.Is(f.err, errNoUTF8):
		return no(channel.Rejected, "no_smtputf8", errNoUTF8.Error())
	case errors.Is(f.err, errNoStartTLS):
		return no(channel.Misconfigured, "no_starttls", errNoStartTLS.Error())
	case errors.Is(f.err, errNoSignIn):
		return no(channel.Misconfigured, "no_auth", errNoSignIn.Error())
	case untrusted:
		return no(channel.Misconfigured, "untrusted", "the mail server's certificate is not trusted, or is another host's; check host")
	case clear:
		return no(channel.Misconfigured, "no_tls", "the mail server does not answer encrypted; set tls to starttls, or check port")
	}
	return nil
}

// refusal reads a 4yz or 5yz answer. Its text may repeat the address and is
// left out; its codes stay.
func (f *fault) refusal(answer *textproto.Error) *channel.Error {
	e := &channel.Error{Provider: Name, Code: strconv.Itoa(answer.Code)}
	status := enhanced(answer)
	if status != "" {
		e.Code = status
	}
	e.Kind, e.Detail = f.meaning(answer.Code, status)
	if e.Kind == channel.Throttled && f.phase == addressing { // greylisting, and what one mailbox takes
		e.Concerns = channel.OfMessage
	}
	e.Detail = fmt.Sprintf("%s (smtp %d)", e.Detail, answer.Code)
	return e
}

var statusOpening = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})(\s|$)`)

// enhanced gives an answer's enhanced status (RFC 2034), "" when it has none
// or one that contradicts it.
func enhanced(answer *textproto.Error) string {
	found := statusOpening.FindStringSubmatch(answer.Msg)
	if found == nil || int(found[1][0]-'0') != answer.Code/100 {
		return ""
	}
	return found[1]
}

// meaning reads a refusal by where it came, its code (RFC 5321, 4.2) and its
// enhanced status (RFC 3463).
func (f *fault) meaning(code int, status string) (channel.Kind, string) {
	signIn := []int{530, 534, 535, 538}
	switch {
	case code < 500:
		return later(f.phase, code, status)
	case f.phase == signingIn, slices.Contains(signIn, code), status == "5.7.8":
		return channel.Misconfigured, "the mail server refuses the user or password; check them"
	case f.phase < composing:
		return channel.Misconfigured, "the mail server does not serve this machine"
	case code == 552, status == "5.3.4":
		return channel.Rejected, "the mailbox or the mail server has no room for the mail"
	case f.phase == naming:
		return channel.Misconfigured, "the mail server refuses the sender; check return_path"
	case gone(status), f.phase == addressing && code == 550 && status == "":
		return channel.BadAddress, "there is no such mailbox"
	case strings.HasPrefix(status, "5.7."):
		return channel.Rejected, "a policy of the mail server's refuses the mail"
	}
	return channel.Rejected, "the mail server refused the mail"
}

// later reads a 4yz: not taken, and perhaps taken later. What is a matter of
// policy or of number is one of pace.
func later(at phase, code int, status string) (channel.Kind, string) {
	switch {
	case at == signingIn:
		return channel.Unavailable, "the mail server signs nobody in at the moment"
	case strings.HasPrefix(status, "4.7."), status == "4.5.3":
		return channel.Throttled, "the mail server asks for patience"
	case code == 421:
		return channel.Unavailable, "the mail server is closing"
	}
	return channel.Unavailable, "the mail server cannot take the mail at the moment"
}

// gone reports whether a status says that nothing ever arrives at the address
// (RFC 3463, 3.2 and 3.3; RFC 7505): no such mailbox or host, bad syntax, moved
// away, a host without mail, disabled. 5.1.7 and 5.1.8 are of the sender's.
func gone(status string) bool {
	return slices.Contains([]string{"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}, status)
}
