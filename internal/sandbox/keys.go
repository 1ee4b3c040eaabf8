package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
)

// Made-up names of accounts.
const (
	twilioSID   = "AC00000000000000000000000000000000"
	project     = "sandbox"
	accountMail = "sandbox@sandbox.example.com"
)

// makeKeys makes all secrets and keys.
func (s *Sandbox) makeKeys() error {
	const rsaBits = 2048
	service, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return err
	}
	if s.signing, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	if s.forging, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&s.signing.PublicKey)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(service)
	if err != nil {
		return err
	}
	s.server = &service.PublicKey
	s.account = Account{
		TwilioSID: twilioSID, TwilioAuthToken: strings.ToLower(rand.Text()),
		SendGridKey: "SG." + rand.Text(), SendGridPublic: base64.StdEncoding.EncodeToString(public),
		FCMProject: project, FCMKeyFile: keyFile(private),
	}
	return nil
}

// keyFile gives the key file of a service account whose tokens come from a
// URL, as the Firebase console writes it.
func keyFile(private []byte) func(tokenURL string) []byte {
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	return func(tokenURL string) []byte {
		file, _ := json.Marshal(map[string]string{ // of texts: it cannot go wrong
			"type": "service_account", "project_id": project, "private_key_id": "1",
			"private_key": key, "client_email": accountMail, "token_uri": tokenURL,
		})
		return file
	}
}
