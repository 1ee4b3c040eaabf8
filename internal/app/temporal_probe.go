package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// temporalError is trouble with Temporal. A lasting one does not mend itself:
// somebody has to do what it says.
type temporalError struct {
	lasting bool
	text    string
	err     error // nil where the text says all
}

func (e *temporalError) Error() string { return e.text }
func (e *temporalError) Unwrap() error { return e.err }

// lasting reports whether trouble goes on until somebody mends it.
func lasting(err error) bool {
	trouble, known := errors.AsType[*temporalError](err)
	return known && trouble.lasting
}

func (o Options) passing(err error, text string, args ...any) error {
	return &temporalError{text: "temporal at " + o.TemporalAddress + ": " + fmt.Sprintf(text, args...), err: err}
}

func (o Options) forGood(err error, text string, args ...any) error {
	return &temporalError{lasting: true, text: "temporal at " + o.TemporalAddress + ": " + fmt.Sprintf(text, args...), err: err}
}

// probeFor bounds each part of a probe.
const probeFor = 3 * time.Second

// probe asks what listens at Temporal's address, below gRPC, which tells all
// troubles alike: whether somebody does, speaks TLS or not as we do, and takes
// our certificate as we take theirs. What it cannot tell is no error. Behind a
// proxy it asks nothing.
func (o Options) probe(ctx context.Context) error {
	if proxied(o.TemporalAddress) {
		return nil
	}
	secure, err := o.temporalTLS()
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{Timeout: probeFor}).DialContext(ctx, "tcp", o.TemporalAddress)
	if err != nil {
		return o.passing(err, "nobody listens (%v); is it running, and is --temporal-address right?", err)
	}
	defer conn.Close()
	if secure == nil {
		return o.probePlain(ctx, conn)
	}
	return o.probeTLS(ctx, conn, secure)
}

// proxied reports whether gRPC goes through a proxy of the environment.
func proxied(address string) bool {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: address}})
	return err == nil && proxy != nil
}

// probePlain asks whether who listens speaks plain HTTP/2.
func (o Options) probePlain(ctx context.Context, conn net.Conn) error {
	err := greet(conn)
	if err == nil || !o.speaksTLS(ctx) {
		return nil
	}
	return o.forGood(err, "it speaks TLS, and we do not; give --temporal-tls on, or --temporal-ca FILE, --temporal-cert FILE with --temporal-key FILE, or OUTREACH_TEMPORAL_API_KEY")
}

// speaksTLS asks whether who listens answers to TLS, whoever they are.
func (o Options) speaksTLS(ctx context.Context) bool {
	conn, err := (&net.Dialer{Timeout: probeFor}).DialContext(ctx, "tcp", o.TemporalAddress)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(probeFor))
	// Nothing is sent to them, so that it does not matter who they are.
	err = tls.Client(conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}).HandshakeContext(ctx)
	return err == nil || refusedCertificate(err)
}

// probeTLS asks whether the two ends take each other's certificates.
func (o Options) probeTLS(ctx context.Context, conn net.Conn, secure *tls.Config) error {
	secure = secure.Clone()
	secure.NextProtos = []string{"h2"}
	if secure.ServerName == "" {
		secure.ServerName, _, _ = net.SplitHostPort(o.TemporalAddress)
	}
	_ = conn.SetDeadline(time.Now().Add(probeFor))
	client := tls.Client(conn, secure)
	err := client.HandshakeContext(ctx)
	if err == nil {
		err = greet(client) // a refused client certificate is told after the handshake
	}
	return o.tellTLS(err, secure)
}

// tellTLS names the trouble of a TLS connection; one that it does not know is
// none.
func (o Options) tellTLS(err error, secure *tls.Config) error {
	if _, plain := errors.AsType[tls.RecordHeaderError](err); plain {
		return o.forGood(err, "it does not speak TLS, and we do; leave --temporal-tls, --temporal-cert, --temporal-ca and the API key away, or give --temporal-tls off")
	}
	if _, other := errors.AsType[x509.HostnameError](err); other {
		return o.forGood(err, "its certificate is not for %s (%v); give the name that it carries with --temporal-server-name", secure.ServerName, err)
	}
	if _, stranger := errors.AsType[x509.UnknownAuthorityError](err); stranger {
		return o.forGood(err, "its certificate is signed by nobody we know (%v); give the authority's file with --temporal-ca", err)
	}
	if invalid, is := errors.AsType[x509.CertificateInvalidError](err); is {
		return o.forGood(err, "its certificate does not hold (%v); have a valid one made for the server", invalid)
	}
	if refusedCertificate(err) {
		if o.TemporalCert == "" {
			return o.forGood(err, "it wants a client certificate (%v); give --temporal-cert and --temporal-key", err)
		}
		return o.forGood(err, "it refuses our certificate %s (%v); is it valid still, and does the namespace take its authority?", o.TemporalCert, err)
	}
	return nil
}

// refusedCertificate reports whether the other end refused what we presented, or
// missed it (RFC 8446, 6.2).
func refusedCertificate(err error) bool {
	remote, is := errors.AsType[*net.OpError](err)
	return is && remote.Op == "remote error" && strings.Contains(remote.Err.Error(), "certificate")
}

// greeting opens HTTP/2: the preface and empty settings (RFC 9113, 3.4 and 6.5).
const greeting = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// greet opens HTTP/2 and waits for the other end's settings.
func greet(conn net.Conn) error {
	_ = conn.SetDeadline(time.Now().Add(probeFor))
	if _, err := io.WriteString(conn, greeting); err != nil {
		return err
	}
	var frame [9]byte // length, type, flags, stream: RFC 9113, 4.1
	if _, err := io.ReadFull(conn, frame[:]); err != nil {
		return err
	}
	if frame[3] != 4 {
		return errors.New("no HTTP/2")
	}
	return nil
}
