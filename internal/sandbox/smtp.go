package sandbox

import (
	"fmt"
	"io"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"time"
)

// smtpName is the provider's name in the book.
const smtpName = "smtp"

// keyHeader is where a mail carries its send key.
const keyHeader = "X-Outreach-Key"

// idle is how long a mail server waits for the next command.
const idle = time.Minute

// ServeSMTP plays a mail server (RFC 5321) on a listener until that is closed,
// and the sandbox with it. It sends no reports. Unlike the others it does not
// lie about a no: a 4yz after the final dot was not taken (RFC 5321, 4.2.1), so
// that errors which lie hang up instead.
func (s *Sandbox) ServeSMTP(listener net.Listener) {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		all.Go(func() {
			leave := make(chan struct{})
			defer close(leave)
			s.tasks.Go(func() {
				select {
				case <-leave:
				case <-s.ctx.Done():
				}
				_ = conn.Close()
			})
			s.talk(conn)
		})
	}
}

// letter is one mail on its way in.
type letter struct{ from, to string }

// talk holds one conversation until either side ends it.
func (s *Sandbox) talk(conn net.Conn) {
	text := textproto.NewConn(conn)
	say := func(format string, args ...any) bool { return text.PrintfLine(format, args...) == nil }
	var l letter
	for more := say("220 sandbox.example.com ESMTP"); more; {
		if conn.SetReadDeadline(s.config.Now().Add(idle)) != nil {
			return
		}
		command, err := text.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(command, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			more = say("250-sandbox.example.com") && say("250-8BITMIME") && say("250 ENHANCEDSTATUSCODES")
		case "MAIL":
			l.from = path(rest)
			more = say("250 2.1.0 go on")
		case "RCPT":
			if l.to = path(rest); s.config.Refused(l.to) {
				more = say("550 5.1.1 no such mailbox")
				continue
			}
			more = say("250 2.1.5 go on")
		case "DATA":
			more = say("354 go on") && s.takeLetter(text, l)
		case "QUIT":
			say("221 2.0.0 goodbye")
			return
		default:
			more = say("250 2.0.0 as you like")
		}
	}
}

// path gives the address in FROM:<...> or TO:<...>.
func path(argument string) string {
	_, rest, _ := strings.Cut(argument, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}

// takeLetter reads a mail to its final dot and answers, or does not. It reports
// whether the conversation goes on.
func (s *Sandbox) takeLetter(text *textproto.Conn, l letter) bool {
	data := text.DotReader()
	m, err := netmail.ReadMessage(data)
	if err != nil {
		return false
	}
	if _, err := io.Copy(io.Discard, data); err != nil {
		return false // the dot did not come: nothing was handed over
	}
	t := Taken{
		Provider: smtpName, Key: m.Header.Get(keyHeader), To: l.to, Text: m.Header.Get("Subject"), Undelivered: s.config.Undelivered(l.to), from: l.from,
	}
	n := s.book.ask(smtpName, t.Key+" "+l.to, t.Key)
	trouble := s.trouble(smtpName+" "+t.Key, n)
	s.book.met(trouble)
	words := []string{smtpName, t.Key, l.to, strconv.Itoa(n)}
	wait := s.between(0, s.config.Latency, append(words, "latency")...)
	switch trouble {
	case HungTaken:
		wait = s.between(0, s.config.CallTimeout*3/2, append(words, "taken")...)
	case Slow:
		wait = s.between(s.config.CallTimeout/8, s.config.CallTimeout/2, append(words, "slow")...)
	}
	if !s.pause(s.ctx, wait) {
		return false
	}
	name := ""
	if trouble == Fine || trouble == Slow || trouble.Taken() {
		name = s.book.put(t, lags{}, func(n int) string { return fmt.Sprintf("mail-%d", n) }).Name
	}
	return s.answerLetter(text, trouble, name)
}

// answerLetter answers after the final dot, in the way of a trouble.
func (s *Sandbox) answerLetter(text *textproto.Conn, t Trouble, name string) bool {
	answer := "250 2.0.0 queued as " + name
	switch t {
	case Cut, CutTaken, FailedTaken, PageTaken:
		return false
	case Hung, HungTaken:
		s.pause(s.ctx, s.config.CallTimeout+time.Second)
		return false
	case Failed:
		answer = "451 4.3.0 try again later"
	case Page:
		answer = "421 4.3.2 closing"
	case Busy:
		answer = "450 4.7.1 too many mails"
	}
	return text.PrintfLine("%s", answer) == nil && t != Page
}
