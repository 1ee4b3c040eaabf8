package sendcost_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// farSide tells the process that it is the far side, and where its certificate
// goes.
const farSide = "OUTREACH_SENDCOST_FAR_SIDE"

// answerAfter is how long the far side thinks about a message: so long that
// many are under way at once, as with any provider, and no longer.
const answerAfter = 2 * time.Millisecond

// providers are the far side's, each with a listener of its own.
var providers = map[string]http.HandlerFunc{
	"twilio": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, twilioAnswer)
	},
	"sendgrid": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Message-Id", "14c5d75ce93")
		w.WriteHeader(http.StatusAccepted)
	},
	"fcm": func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			_, _ = io.WriteString(w, `{"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}`)
			return
		}
		_, _ = io.WriteString(w, `{"name": "projects/shop/messages/1"}`)
	},
	"webpush": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://push.example.net/message/1")
		w.WriteHeader(http.StatusCreated)
	},
	"webhook": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id": "1"}`) },
	"smtp":    nil,
}

// twilioAnswer has what a created message has.
const twilioAnswer = `{"account_sid": "AC00000000000000000000000000000000", "api_version": "2010-04-01",
	"body": "Your parcel is late.", "date_created": "Mon, 23 Nov 2026 12:00:00 +0000", "date_sent": null,
	"date_updated": "Mon, 23 Nov 2026 12:00:00 +0000", "direction": "outbound-api", "error_code": null, "error_message": null,
	"from": "+15550100100", "messaging_service_sid": null, "num_media": "0", "num_segments": "1", "price": null,
	"price_unit": "USD", "sid": "SM00000000000000000000000000000001", "status": "queued", "to": "+15550100",
	"subresource_uris": {"media": "/2010-04-01/Accounts/AC0/Messages/SM1/Media.json"},
	"uri": "/2010-04-01/Accounts/AC0/Messages/SM1.json"}`

// there is the far side of this process. Whom a process trusts it reads once,
// and so there is only one.
var there *far

func TestMain(m *testing.M) {
	code, err := 0, error(nil)
	if path := os.Getenv(farSide); path != "" {
		err = serveFar(path)
	} else {
		code, err = runBeside(m)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "far side:", err)
		code = 1
	}
	os.Exit(code)
}

// runBeside runs the tests beside a far side whose certificate they trust.
func runBeside(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "sendcost")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "far.pem")
	if err := os.Setenv("SSL_CERT_FILE", path); err != nil {
		return 0, err
	}
	if there, err = startFar(path); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, there.stop()) }()
	return m.Run(), nil
}

// serveFar serves until its input ends. It says where it listens, and for each
// line that comes how many connections were opened so far.
func serveFar(certificate string) error {
	secure, err := certify(certificate)
	if err != nil {
		return err
	}
	at, opened := map[string]string{}, map[string]*atomic.Int64{}
	for name, handler := range providers {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		at[name], opened[name] = listener.Addr().String(), new(atomic.Int64)
		counted := &counting{listener, opened[name]}
		if handler == nil {
			go serveMail(counted, secure)
			continue
		}
		go serveHTTP(counted, secure, name)
	}
	say := json.NewEncoder(os.Stdout)
	if err := say.Encode(at); err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		count := map[string]int64{}
		for name, n := range opened {
			count[name] = n.Load()
		}
		if err := say.Encode(count); err != nil {
			return err
		}
	}
	return nil
}

// counting counts the connections that it accepts.
type counting struct {
	net.Listener
	opened *atomic.Int64
}

func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.opened.Add(1)
	}
	return conn, err
}

// certify makes a certificate for this machine and writes it down for those who
// are to trust it.
func certify(path string) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, nil
}

// serveHTTP speaks HTTP/2 where push services do, and HTTP/1.1 elsewhere, by
// which connections are dearer.
func serveHTTP(listener net.Listener, secure *tls.Config, name string) {
	server := &http.Server{ReadHeaderTimeout: time.Minute, Protocols: new(http.Protocols), TLSConfig: secure.Clone(),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			time.Sleep(answerAfter)
			w.Header().Set("Content-Type", "application/json")
			providers[name](w, r)
		})}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetHTTP2(name == "fcm" || name == "webpush")
	_ = server.ServeTLS(listener, "", "")
}

// serveMail speaks as much SMTP as a mail takes.
func serveMail(listener net.Listener, secure *tls.Config) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			talk(conn, secure)
		}()
	}
}

func talk(conn net.Conn, secure *tls.Config) {
	text := textproto.NewConn(conn)
	say := func(answer string) bool { return text.PrintfLine("%s", answer) == nil }
	for on := say("220 ready"); on; {
		command, err := text.ReadLine()
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(command, " "); verb {
		case "EHLO":
			on = say("250-far.example.com\r\n250-STARTTLS\r\n250-AUTH PLAIN\r\n250-8BITMIME\r\n250 SIZE 10485760")
		case "STARTTLS":
			on = say("220 go on")
			text = textproto.NewConn(tls.Server(conn, secure))
		case "AUTH":
			on = say("235 welcome")
		case "DATA":
			on = say("354 go on")
			_, err := io.Copy(io.Discard, text.DotReader())
			time.Sleep(answerAfter)
			on = on && err == nil && say("250 queued as 1")
		case "QUIT":
			_ = say("221 goodbye")
			return
		default:
			on = say("250 ok")
		}
	}
}

// far is the far side's process.
type far struct {
	at      map[string]string // host:port of each provider
	command *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
}

// startFar starts the far side. Its certificate goes to the path.
func startFar(path string) (*far, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f := &far{command: exec.Command(own)}
	f.command.Env = append(os.Environ(), farSide+"="+path)
	f.command.Stderr = os.Stderr
	if f.in, err = f.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := f.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := f.command.Start(); err != nil {
		return nil, err
	}
	f.out = json.NewDecoder(out)
	return f, f.out.Decode(&f.at)
}

// stop ends the far side.
func (f *far) stop() error { return errors.Join(f.in.Close(), f.command.Wait()) }

// opened gives how many connections a provider was given so far.
func (f *far) opened(t testing.TB, name string) int64 {
	t.Helper()
	_, err := io.WriteString(f.in, "count\n")
	require.NoError(t, err)
	var count map[string]int64
	require.NoError(t, f.out.Decode(&count))
	return count[name]
}
