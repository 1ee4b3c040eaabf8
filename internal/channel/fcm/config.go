package fcm

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"

	"github.com/outreach-engine/outreach/internal/channel/line"
)

const (
	publicBase  = "https://fcm.googleapis.com"
	publicToken = "https://oauth2.googleapis.com/token"
)

// Config is how to reach one Firebase project. Give the service account's key
// file in ServiceAccount; the single settings beside it win over what stands
// in the file. It prints without its secrets.
type Config struct {
	ServiceAccount []byte `json:"-"` // the JSON key file's bytes

	ProjectID    string `json:"project_id"`
	Email        string `json:"email"` // of the service account
	PrivateKey   string `json:"-"`     // PEM, RSA
	PrivateKeyID string `json:"private_key_id"`
	TokenURL     string `json:"token_url"` // "" for Google's

	BaseURL   string            `json:"base_url"` // "" for https://fcm.googleapis.com
	Transport http.RoundTripper `json:"-"`        // nil: line.Open's own; carries messages and token requests
}

// String gives the settings without the private key.
func (c Config) String() string {
	return fmt.Sprintf("fcm project %s, account %s, account file %s, private key %s, token url %s, base %s",
		c.ProjectID, c.Email, line.Redact(string(c.ServiceAccount)), line.Redact(c.PrivateKey), c.TokenURL, c.BaseURL)
}

// GoString is String, so that %#v shows no secret either.
func (c Config) GoString() string { return c.String() }

// LogValue is String, for log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// keyFile is Google's JSON key file of a service account.
type keyFile struct {
	Type         string `json:"type"`
	ProjectID    string `json:"project_id"`
	PrivateKeyID string `json:"private_key_id"`
	PrivateKey   string `json:"private_key"`
	ClientEmail  string `json:"client_email"`
	TokenURI     string `json:"token_uri"`
}

// filled gives the settings with the gaps filled from the key file and from
// Google's public addresses.
func (c Config) filled() (Config, error) {
	var file keyFile
	if len(c.ServiceAccount) > 0 {
		if json.Unmarshal(c.ServiceAccount, &file) != nil || file.Type != "service_account" {
			return c, errors.New("service_account: not a service account's JSON key file; download one from the Firebase console")
		}
	}
	c.ProjectID = first(c.ProjectID, file.ProjectID)
	c.Email = first(c.Email, file.ClientEmail)
	c.PrivateKey = first(c.PrivateKey, file.PrivateKey)
	c.PrivateKeyID = first(c.PrivateKeyID, file.PrivateKeyID)
	c.TokenURL = first(c.TokenURL, file.TokenURI, publicToken)
	c.BaseURL = first(c.BaseURL, publicBase)
	return c, nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

var projectID = regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]*$`)

// check names what is wrong in filled settings.
func (c Config) check() error {
	if err := line.Required("project_id", c.ProjectID, "email", c.Email); err != nil {
		return err
	}
	if !projectID.MatchString(c.ProjectID) {
		return fmt.Errorf("project_id: %q is not a project's id; copy it from the Firebase console", c.ProjectID)
	}
	if !rsaKey(c.PrivateKey) {
		return errors.New("private_key: missing or not an RSA key in PEM; copy it with its BEGIN and END lines")
	}
	return nil
}

// rsaKey reports whether the text is what golang.org/x/oauth2/jwt can sign
// with: PKCS #8 or PKCS #1 in PEM, without a passphrase.
func rsaKey(text string) bool {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return false
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		_, ok := key.(*rsa.PrivateKey)
		return ok
	}
	_, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	return err == nil
}
