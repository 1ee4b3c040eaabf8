package smtp_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/channel/channeltest"
	"github.com/outreach-engine/outreach/internal/channel/smtp"
)

// What a script says instead of a reply.
const (
	drop = "hangs up"
	hang = "says nothing"
)

// script is what a server says, by the command it answers: "greeting", EHLO,
// AUTH, MAIL ... and "." for the end of the mail. "body" answers before the
// mail was read.
type script map[string]string

// server is a mail server that does as its script says.
type server struct {
	script  script
	offers  []string
	tls     *tls.Config // with it STARTTLS is carried out
	address string
	log     *channeltest.Log
	ended   chan struct{} // takes one thing per connection that ended

	mu       sync.Mutex
	commands []string
	mails    []string // as they came, with their dots undone
	open     map[net.Conn]bool
	most     int // connections open at a time
}

func serve(t testing.TB, s *server) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return s.on(t, listener)
}

func (s *server) on(t testing.TB, listener net.Listener) *server {
	s.address, s.log, s.ended, s.open = listener.Addr().String(), channeltest.NewLog(), make(chan struct{}, 4096), map[net.Conn]bool{}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.log.Connected()
			s.began(conn)
			all.Go(func() {
				s.talk(conn)
				s.end(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		s.dropAll()
		all.Wait()
	})
	return s
}

func (s *server) began(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[conn] = true
	s.most = max(s.most, len(s.open))
}

func (s *server) end(conn net.Conn) {
	_ = conn.Close()
	s.mu.Lock()
	delete(s.open, conn)
	s.mu.Unlock()
	s.ended <- struct{}{}
}

// dropAll hangs up every connection.
func (s *server) dropAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.open {
		_ = conn.Close()
	}
}

// seen gives the commands that came, without those of the beginning.
func (s *server) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.commands...)
}

func (s *server) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.mails...)
}

// talk holds one conversation until either side ends it.
func (s *server) talk(conn net.Conn) {
	text := textproto.NewConn(conn)
	if !s.say(text, "greeting", "220 ready") {
		return
	}
	for {
		command, err := text.ReadLine()
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(command), " ")
		s.mu.Lock()
		s.commands = append(s.commands, command)
		s.mu.Unlock()
		more := false
		switch verb {
		case "EHLO":
			more = s.say(text, verb, "250-hello\r\n250-"+strings.Join(append(s.offers, "HELP"), "\r\n250-")+"\r\n250 ENHANCEDSTATUSCODES")
		case "STARTTLS":
			if more = s.say(text, verb, "220 go on"); more && s.tls != nil {
				text = textproto.NewConn(tls.Server(conn, s.tls))
			}
		case "AUTH":
			more = s.signIn(text, command)
		case "DATA":
			more = s.say(text, verb, "354 go on") && (s.script[verb] != "" || s.take(text))
		case "QUIT":
			return
		default:
			more = s.say(text, verb, "250 2.0.0 ok")
		}
		if !more {
			return
		}
	}
}

// say answers by the script, and reports whether the conversation goes on.
func (s *server) say(text *textproto.Conn, at, usual string) bool {
	reply := s.script[at]
	switch reply {
	case "":
		reply = usual
	case drop:
		return false
	case hang:
		_, _ = io.Copy(io.Discard, text.R)
		return false
	}
	return text.PrintfLine("%s", reply) == nil
}

func (s *server) signIn(text *textproto.Conn, command string) bool {
	got := command
	if command == "AUTH LOGIN" {
		for _, question := range []string{"Username:", "Password:"} {
			if text.PrintfLine("334 %s", base64.StdEncoding.EncodeToString([]byte(question))) != nil {
				return false
			}
			answer, _ := text.ReadLine()
			plain, _ := base64.StdEncoding.DecodeString(answer)
			got += " " + string(plain)
		}
	}
	s.mu.Lock()
	s.commands[len(s.commands)-1] = got
	s.mu.Unlock()
	return s.say(text, "AUTH", "235 2.7.0 welcome")
}

// take reads a mail up to its dot and answers.
func (s *server) take(text *textproto.Conn) bool {
	if s.script["body"] == drop {
		_, _ = io.CopyN(io.Discard, text.R, 1000)
		return false
	}
	data, err := io.ReadAll(bareDots(text.R))
	if err != nil {
		return false
	}
	s.mu.Lock()
	s.mails = append(s.mails, string(data))
	s.mu.Unlock()
	s.log.Saw(see(string(data)))
	return s.say(text, ".", "250 2.0.0 queued as 1")
}

// bareDots reads up to the line with a single dot, and undoes the doubled ones
// (RFC 5321, 4.5.2), leaving line ends as they came.
func bareDots(r *bufio.Reader) io.Reader {
	read, write := io.Pipe()
	go func() {
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				_ = write.CloseWithError(io.ErrUnexpectedEOF)
				return
			}
			if line == ".\r\n" {
				_ = write.Close()
				return
			}
			_, _ = io.WriteString(write, strings.TrimPrefix(line, "."))
		}
	}()
	return read
}

// see reads a mail as the far side would.
func see(data string) channeltest.Seen {
	m, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		return channeltest.Seen{Text: err.Error()}
	}
	to, _ := mail.ParseAddress(m.Header.Get("To"))
	seen := channeltest.Seen{Key: m.Header.Get(smtp.KeyHeader), Text: bodies(m)["text/plain"]}
	if to != nil {
		seen.To = to.Address
	}
	return seen
}

// bodies gives a mail's texts by their kinds, line ends made plain.
func bodies(m *mail.Message) map[string]string {
	out := map[string]string{}
	add := func(kind string, r io.Reader) {
		text, _ := io.ReadAll(r)
		out[kind] = strings.TrimSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	}
	kind, params, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if kind != "multipart/alternative" {
		add(kind, quotedprintable.NewReader(m.Body))
		return out
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextPart() // undoes quoted-printable by itself
		if err != nil {
			return out
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		add(kind, part)
	}
}

// certificate gives one for 127.0.0.1, and who vouches for it.
func certificate(t testing.TB) (*tls.Config, *httptest.Server) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12}, s
}
