package fcm

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/outreach-engine/outreach/internal/channel"
)

// Names in the message's data, for the app.
const (
	KeyData  = "send_key" // the send key: report opens and clicks with it
	LinkData = "link"     // what a tap opens
)

// The part of SendMessageRequest that is used, in the API's lower camel case:
// https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages.
type (
	sendRequest struct {
		Message message `json:"message"`
	}
	message struct {
		Token        string            `json:"token"`
		Notification notification      `json:"notification"`
		Data         map[string]string `json:"data"`
		Android      android           `json:"android"`
		APNs         apns              `json:"apns"`
		Webpush      webpush           `json:"webpush"`
	}
	notification struct {
		Title string `json:"title,omitempty"`
		Body  string `json:"body"`
	}
	android struct {
		CollapseKey  string              `json:"collapseKey"`
		Notification androidNotification `json:"notification"`
	}
	androidNotification struct {
		Tag string `json:"tag"`
	}
	apns struct {
		Headers map[string]string `json:"headers"`
	}
	webpush struct {
		Headers    map[string]string `json:"headers"`
		FCMOptions *webpushOptions   `json:"fcmOptions,omitempty"`
	}
	webpushOptions struct {
		Link string `json:"link"`
	}
)

// newMessage writes one message. Android's clickAction stays out: it names an
// intent of the app, not a link; the app opens the link that stands in data.
func newMessage(m channel.Message) message {
	name := collapseName(m.Key)
	out := message{
		Token:        m.To,
		Notification: notification{Title: m.Content.Subject, Body: m.Content.Text},
		Data:         map[string]string{KeyData: m.Key},
		Android:      android{CollapseKey: name, Notification: androidNotification{Tag: name}},
		APNs:         apns{Headers: map[string]string{"apns-collapse-id": name}},
		Webpush:      webpush{Headers: map[string]string{"Topic": name}},
	}
	if link := m.Content.Link; link != "" {
		out.Data[LinkData] = link
		if strings.HasPrefix(link, "https://") { // browsers open no other
			out.Webpush.FCMOptions = &webpushOptions{Link: link}
		}
	}
	return out
}

// collapseLimit is the strictest of three limits: RFC 8030, 5.4 allows a Topic
// of 32 base64url characters; apns-collapse-id may have 64 bytes; Android
// names none.
const collapseLimit = 32

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// collapseName gives the send key in a form that every platform takes: the key
// itself when it is short and plain, otherwise 192 bits of its hash.
func collapseName(key string) string {
	if len(key) <= collapseLimit && plainKey.MatchString(key) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:collapseLimit]
}
