package smtp_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	receiver "github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/smtp"
)

// backend is a mail server of somebody else's making: it takes one mail and
// keeps how it was asked for.
type backend struct {
	mail *receiver.MailOptions
	rcpt *receiver.RcptOptions
	from string
	to   string
	data string
}

// NewSession implements receiver.Backend.
func (b *backend) NewSession(*receiver.Conn) (receiver.Session, error) { return b, nil }

func (b *backend) Mail(from string, o *receiver.MailOptions) error {
	b.from, b.mail = from, o
	return nil
}

func (b *backend) Rcpt(to string, o *receiver.RcptOptions) error {
	b.to, b.rcpt = to, o
	return nil
}

func (b *backend) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	b.data = string(text)
	return err
}

func (*backend) Reset()        {}
func (*backend) Logout() error { return nil }

// TestAnotherMakersServer reads what is asked for with a parser that is not
// ours.
func TestAnotherMakersServer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		to   string
		kind receiver.DSNAddressType
		orig string
	}{
		{"ada+news=x@example.com", receiver.DSNAddressTypeRFC822, "ada+news=x@example.com"},
		{"jürgen@example.com", "", ""},
	} {
		b := &backend{}
		s := receiver.NewServer(b)
		s.EnableDSN, s.EnableSMTPUTF8, s.MaxMessageBytes = true, true, 100_000
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = s.Serve(l)
		}()
		m := message
		m.Key, m.To = "a+b=c.1.email", c.to
		settings := config(l.Addr().String())
		settings.ReportSecret = bearer
		_, err = sender(t, settings).Send(t.Context(), m)
		require.NoError(t, err)
		require.NoError(t, s.Close())
		<-done
		require.Equal(t, []string{"news@example.com", c.to}, []string{b.from, b.to})
		require.Equal(t, &receiver.MailOptions{
			UTF8: c.orig == "", Return: receiver.DSNReturnHeaders, EnvelopeID: m.Key, Size: int64(len(b.data)),
		}, b.mail)
		require.Equal(t, &receiver.RcptOptions{
			Notify:                []receiver.DSNNotify{receiver.DSNNotifySuccess, receiver.DSNNotifyFailure, receiver.DSNNotifyDelayed},
			OriginalRecipientType: c.kind, OriginalRecipient: c.orig,
		}, b.rcpt)
		require.Contains(t, b.data, "\r\n"+smtp.KeyHeader+": a+b=c.1.email\r\n")
	}
}

// maildev is a mail server with a page for developers, as `make maildev`
// installs it.
const maildev = "../../../.cache/maildev/node_modules/maildev/bin/maildev"

// TestMaildev has a mail read by somebody else's mail parser. It is not
// parallel: it chooses ports, which other tests would take meanwhile.
func TestMaildev(t *testing.T) {
	if testing.Short() {
		t.Skip("starting maildev takes some seconds")
	}
	address, page := openMaildev(t)
	m := message
	m.Content.Subject = "Ada, dein Päckchen 📦 kommt spät"
	m.Content.Text = "Grüße,\n.\n..\n" + strings.Repeat("eine lange Zeile ", 20)
	m.Content.HTML = "<p>Grüße, " + strings.Repeat("eine lange Zeile ", 20) + "</p>"
	m.Unsubscribe = "https://example.com/u/token"
	receipt, err := sender(t, config(address)).Send(t.Context(), m)
	require.NoError(t, err)

	type person struct{ Address, Name string }
	var mails []struct {
		Subject, Text, HTML, MessageID string
		From, To                       []person
		Headers                        map[string]any
	}
	require.Eventually(t, func() bool { // it answers before it has read the mail
		require.NoError(t, json.Unmarshal(get(t, page+"/email"), &mails))
		return len(mails) > 0
	}, 30*time.Second, 50*time.Millisecond)
	require.Len(t, mails, 1)
	got := mails[0]
	require.Equal(t, m.Content.Subject, got.Subject)
	require.Equal(t, strings.TrimSpace(m.Content.Text), strings.TrimSpace(got.Text))
	require.Equal(t, `<div style="display:none;max-height:0;overflow:hidden">5 &lt; 6 days</div>`+m.Content.HTML, strings.TrimSpace(got.HTML))
	require.Equal(t, []person{{"news@example.com", "Parcels"}}, got.From)
	require.Equal(t, []person{{m.To, ""}}, got.To)
	for name, want := range map[string]string{
		"message-id":            "<" + receipt.ProviderID + ">",
		"x-outreach-key":        m.Key,
		"auto-submitted":        "auto-generated",
		"list-unsubscribe":      "<https://example.com/u/token>",
		"list-unsubscribe-post": "List-Unsubscribe=One-Click",
	} {
		require.Equal(t, want, got.Headers[name], name)
	}
	m.To = "nobody"
	_, err = sender(t, config(address)).Send(t.Context(), m)
	require.Equal(t, channel.BadAddress, channel.KindOf(err))
}

// openMaildev starts the program, and gives where it takes mails and where it
// shows them. Without it the test is skipped.
func openMaildev(t *testing.T) (address, page string) {
	t.Helper()
	if _, err := os.Stat(maildev); err != nil {
		t.Skip("maildev is not installed; run: make maildev")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed, which runs maildev")
	}
	program, err := filepath.Abs(maildev)
	require.NoError(t, err)
	mails, web := free(t), free(t)
	ctx, stop := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	cmd := exec.CommandContext(ctx, node, program, "--ip", "127.0.0.1", "--web-ip", "127.0.0.1",
		"--smtp", strconv.Itoa(mails), "--web", strconv.Itoa(web), "--mail-directory", t.TempDir(), "--silent")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		stop() // kills this process and no other
		_ = cmd.Wait()
	})
	page = "http://127.0.0.1:" + strconv.Itoa(web)
	address = "127.0.0.1:" + strconv.Itoa(mails)
	require.Eventually(t, func() bool { return listens(address) && listens("127.0.0.1:"+strconv.Itoa(web)) }, 50*time.Second, 50*time.Millisecond)
	return address, page
}

func listens(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// free gives a port on which nobody listens.
func free(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().(*net.TCPAddr).Port
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return body
}
