package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// temporalClient gives a client that connects when it is first used. What is
// wrong with the settings themselves is an error at once.
func (o Options) temporalClient() (client.Client, error) {
	if err := o.checkTemporal(); err != nil {
		return nil, err
	}
	secure, err := o.temporalTLS()
	if err != nil {
		return nil, err
	}
	options := client.Options{
		HostPort: o.TemporalAddress, Namespace: o.TemporalNamespace,
		Logger:            log.NewStructuredLogger(quiet(o.Logger)),
		MetricsHandler:    o.temporalFigures,
		ConnectionOptions: client.ConnectionOptions{TLS: secure, TLSDisabled: secure == nil},
	}
	if key := o.temporalKey(); key != nil {
		options.Credentials = client.NewAPIKeyDynamicCredentials(key)
	}
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("temporal at %s: %w", o.TemporalAddress, err)
	}
	return c, nil
}

// checkTemporal checks what needs no look at a file or at Temporal.
func (o Options) checkTemporal() error {
	if o.TemporalTLS != "" && o.TemporalTLS != "on" && o.TemporalTLS != "off" {
		return fmt.Errorf("--temporal-tls: %q is neither on nor off", o.TemporalTLS)
	}
	if o.TemporalFairness != "" && o.TemporalFairness != "on" && o.TemporalFairness != "off" {
		return fmt.Errorf("--temporal-fairness: %q is neither on nor off", o.TemporalFairness)
	}
	if _, _, err := net.SplitHostPort(o.TemporalAddress); err != nil {
		return fmt.Errorf("--temporal-address: %q is not host:port; write it like 127.0.0.1:7233", o.TemporalAddress)
	}
	if o.TemporalAPIKeyFile != "" && o.TemporalAPIKey == "" {
		return fmt.Errorf("OUTREACH_TEMPORAL_API_KEY_FILE: %s is empty; put the key there, or unset it", o.TemporalAPIKeyFile)
	}
	if (o.TemporalCert == "") != (o.TemporalKey == "") {
		return errors.New("--temporal-cert and --temporal-key: one is missing; give both, or neither")
	}
	return nil
}

// temporalKey gives the API key of each request, nil when there is none. From a
// file it is read again when the file changes; while the file cannot be read,
// the last key that was read goes on.
func (o Options) temporalKey() func(context.Context) (string, error) {
	if o.TemporalAPIKeyFile == "" {
		if o.TemporalAPIKey == "" {
			return nil
		}
		return func(context.Context) (string, error) { return o.TemporalAPIKey, nil }
	}
	key := &kept[string]{files: []string{o.TemporalAPIKeyFile}, value: o.TemporalAPIKey, have: true, read: func() (string, error) {
		text, err := os.ReadFile(o.TemporalAPIKeyFile)
		if key := strings.TrimSpace(string(text)); err != nil || key != "" {
			return key, err
		}
		return "", errors.New("the file is empty")
	}}
	return func(context.Context) (string, error) { return key.get() }
}

// hosted reports whether the address is one of Temporal Cloud's, which serves
// no operator's commands and speaks TLS only.
// https://docs.temporal.io/cloud/namespaces#access-namespaces
func (o Options) hosted() bool {
	host, _, _ := net.SplitHostPort(o.TemporalAddress)
	return strings.HasSuffix(host, ".tmprl.cloud") || strings.HasSuffix(host, ".api.temporal.io") || host == "api.temporal.io"
}

// temporalTLS gives how TLS is spoken, nil for not at all.
func (o Options) temporalTLS() (*tls.Config, error) {
	wanted := o.TemporalTLS == "on" || o.TemporalAPIKey != "" || o.TemporalCert != "" || o.TemporalCA != "" || o.hosted()
	if !wanted || o.TemporalTLS == "off" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.TemporalServerName}
	if err := o.present(config); err != nil {
		return nil, err
	}
	if o.TemporalCA == "" {
		return config, nil
	}
	pem, err := os.ReadFile(o.TemporalCA)
	if err != nil {
		return nil, fmt.Errorf("--temporal-ca: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--temporal-ca: %s holds no certificate in PEM", o.TemporalCA)
	}
	return config, nil
}

// present has each connection present the certificate that the files hold then.
func (o Options) present(config *tls.Config) error {
	if o.TemporalCert == "" {
		return nil
	}
	pair := &kept[*tls.Certificate]{files: []string{o.TemporalCert, o.TemporalKey}, read: func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(o.TemporalCert, o.TemporalKey)
		return &pair, err
	}}
	if _, err := pair.get(); err != nil {
		return fmt.Errorf("--temporal-cert and --temporal-key: %w", err)
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair.get() }
	return nil
}
