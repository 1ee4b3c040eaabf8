package sandbox

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// fcmName is the provider's name in the book.
const fcmName = "fcm"

// tokenLife is how long an access token is good; Google's last an hour.
const tokenLife = 2 * time.Minute

// tokenDesk knows the access tokens that were given out.
type tokenDesk struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (d *tokenDesk) grant(until time.Time) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.until == nil {
		d.until = map[string]time.Time{}
	}
	token := "ya29." + rand.Text()
	d.until[token] = until
	return token
}

func (d *tokenDesk) good(token string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.until[token].After(now)
}

// grantToken is Google's token endpoint for service accounts (RFC 7523).
func (s *Sandbox) grantToken(w http.ResponseWriter, r *http.Request) {
	if err := s.checkAssertion(r.FormValue("assertion")); err != nil {
		answerJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": err.Error()})
		return
	}
	s.answer(w, r, call{
		provider: fcmName, name: "token",
		no: func(w http.ResponseWriter, status int) {
			answerJSON(w, status, map[string]string{"error": "internal_failure"})
		},
		yes: func(w http.ResponseWriter, _ string) {
			answerJSON(w, http.StatusOK, map[string]any{
				"access_token": s.tokens.grant(s.config.Now().Add(tokenLife)), "expires_in": int(tokenLife.Seconds()), "token_type": "Bearer",
			})
		},
	})
}

// checkAssertion holds a JWT to its signature by the service account's key.
func (s *Sandbox) checkAssertion(assertion string) error {
	signed, signature, ok := cutLast(assertion, ".")
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if !ok || err != nil {
		return errors.New("the assertion is no JWT")
	}
	key, err := s.service()
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(signed))
	if rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], raw) != nil {
		return errors.New("invalid JWT signature")
	}
	return nil
}

func cutLast(text, mark string) (before, after string, ok bool) {
	at := strings.LastIndex(text, mark)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(mark):], true
}

// pushRequest is what is read of a push message.
type pushRequest struct {
	Message struct {
		Token        string
		Notification struct{ Title, Body string }
		Data         map[string]string
		Android      struct{ CollapseKey string }
	}
}

// sendPush is POST messages:send:
// https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send.
func (s *Sandbox) sendPush(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !s.tokens.good(token, s.config.Now()) {
		googleRefusal(w, http.StatusUnauthorized, "UNAUTHENTICATED", "")
		return
	}
	var p pushRequest
	err := json.NewDecoder(r.Body).Decode(&p)
	if err != nil || p.Message.Token == "" || r.PathValue("method") != "messages:send" || r.PathValue("project") != project {
		googleRefusal(w, http.StatusBadRequest, "INVALID_ARGUMENT", "INVALID_ARGUMENT")
		return
	}
	m := p.Message
	t := Taken{Provider: fcmName, Key: m.Data["send_key"], To: m.Token, Text: m.Notification.Body, Collapse: m.Android.CollapseKey}
	c := call{provider: fcmName, name: t.Key + " " + t.To, key: t.Key, no: googleNo}
	if s.config.Refused(t.To) {
		c.yes = func(w http.ResponseWriter, _ string) {
			googleRefusal(w, http.StatusNotFound, "NOT_FOUND", "UNREGISTERED")
		}
		s.answer(w, r, c)
		return
	}
	c.take = func() string {
		return s.book.put(t, lags{}, func(n int) string { return fmt.Sprintf("projects/%s/messages/%d", project, n) }).Name
	}
	c.yes = func(w http.ResponseWriter, name string) {
		answerJSON(w, http.StatusOK, map[string]string{"name": name})
	}
	s.answer(w, r, c)
}

func googleNo(w http.ResponseWriter, status int) {
	switch status {
	case http.StatusTooManyRequests:
		googleRefusal(w, status, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")
	case http.StatusServiceUnavailable:
		googleRefusal(w, status, "UNAVAILABLE", "UNAVAILABLE")
	default:
		googleRefusal(w, status, "INTERNAL", "INTERNAL")
	}
}

// googleRefusal answers in the form of Google's APIs.
func googleRefusal(w http.ResponseWriter, status int, word, code string) {
	problem := map[string]any{"code": status, "status": word, "message": "refused by the sandbox"}
	if code != "" {
		problem["details"] = []map[string]string{{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}}
	}
	answerJSON(w, status, map[string]any{"error": problem})
}
