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
	"sync"
)

// Made-up names of accounts.
const (
	twilioSID   = "AC00000000000000000000000000000000"
	project     = "sandbox"
	accountMail = "sandbox@sandbox.example.com"
)

// makeKeys makes all secrets and keys, but that of the service account: it
// takes long, and is made when it is asked for.
func (s *Sandbox) makeKeys() (err error) {
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
	s.service = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, serviceBits) })
	s.account = Account{
		TwilioSID: twilioSID, TwilioAuthToken: strings.ToLower(rand.Text()),
		SendGridKey: "SG." + rand.Text(), SendGridPublic: base64.StdEncoding.EncodeToString(public),
		FCMProject: project, FCMKeyFile: s.keyFile,
	}
	return nil
}

// serviceBits is the size of the service account's key, as Google makes it.
const serviceBits = 2048

// keyFile gives the key file of the service account, whose tokens come from a
// URL, as the Firebase console writes it.
func (s *Sandbox) keyFile(tokenURL string) ([]byte, error) {
	key, err := s.service()
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{
		"type": "service_account", "project_id": project, "private_key_id": "1", "client_email": accountMail, "token_uri": tokenURL,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	})
}
