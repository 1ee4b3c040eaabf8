package fcm

import (
	"strconv"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/channel"
	"github.com/outreach-engine/outreach/internal/channel/line"
)

// Names in the message's data, for the app.
const (
	KeyData  = "send_key" // the send key: report opens and clicks with it
	LinkData = "link"     // what a tap opens
)

// longest is how long Firebase keeps a message at most:
// https://firebase.google.com/docs/cloud-messaging/customize-messages/setting-message-lifespan.
const longest = 28 * 24 * time.Hour

// labelLimit is the length of an analytics label at most; its characters are
// letters, digits and -_.~%:
// https://firebase.google.com/docs/cloud-messaging/understand-delivery.
const labelLimit = 50

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
		FCMOptions   *options          `json:"fcmOptions,omitempty"`
	}
	notification struct {
		Title string `json:"title,omitempty"`
		Body  string `json:"body"`
	}
	android struct {
		CollapseKey  string              `json:"collapseKey"`
		Priority     string              `json:"priority"`      // NORMAL, HIGH
		TTL          string              `json:"ttl,omitempty"` // "3600s"
		Notification androidNotification `json:"notification"`
	}
	androidNotification struct {
		Tag string `json:"tag"`
	}
	apns struct {
		Headers map[string]string `json:"headers"`
		Payload apnsPayload       `json:"payload"`
	}
	apnsPayload struct {
		APS aps `json:"aps"`
	}
	// aps has Apple's own names:
	// https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification.
	aps struct {
		ThreadID          string `json:"thread-id,omitempty"`
		InterruptionLevel string `json:"interruption-level,omitempty"`
	}
	webpush struct {
		Headers      map[string]string   `json:"headers"`
		Notification webpushNotification `json:"notification"`
		FCMOptions   *webpushOptions     `json:"fcmOptions,omitempty"`
	}
	webpushNotification struct {
		Tag string `json:"tag"`
	}
	webpushOptions struct {
		Link string `json:"link"`
	}
	options struct {
		AnalyticsLabel string `json:"analyticsLabel"`
	}
)

// newMessage writes one message. Android's clickAction stays out: it names an
// intent of the app, not a link; the app opens the link that stands in data.
func newMessage(m channel.Message, now time.Time) message {
	out := message{
		Token:        m.To,
		Notification: notification{Title: m.Content.Subject, Body: m.Content.Text},
		Data:         map[string]string{KeyData: m.Key},
	}
	out.replaceable(line.CollapseName(m.Key))
	out.hurry(m)
	if m.Life > 0 {
		out.expire(m.Life, now)
	}
	if label := label(m.Template); label != "" {
		out.FCMOptions = &options{AnalyticsLabel: label}
	}
	if link := m.Content.Link; link != "" {
		out.Data[LinkData] = link
		if strings.HasPrefix(link, "https://") { // browsers open no other
			out.Webpush.FCMOptions = &webpushOptions{Link: link}
		}
	}
	return out
}

// replaceable has every platform hold the message under one name, while it
// waits (collapse key, Topic) and once it is shown (tag, apns-collapse-id).
func (out *message) replaceable(name string) {
	out.Android = android{CollapseKey: name, Notification: androidNotification{Tag: name}}
	out.APNs = apns{Headers: map[string]string{"apns-collapse-id": name, "apns-push-type": "alert"}}
	out.Webpush = webpush{Headers: map[string]string{"Topic": name}, Notification: webpushNotification{Tag: name}}
}

// hurry says how much the message matters: an urgent one wakes a sleeping
// device and breaks through a focus, any other spares the battery. Messages of
// one topic stand together on Apple's devices.
func (out *message) hurry(m channel.Message) {
	out.APNs.Payload.APS.ThreadID = string(m.Topic)
	if m.Urgent {
		out.Android.Priority = "HIGH"
		out.APNs.Headers["apns-priority"] = "10"
		out.APNs.Payload.APS.InterruptionLevel = "time-sensitive"
		out.Webpush.Headers["Urgency"] = "high"
		return
	}
	out.Android.Priority = "NORMAL"
	out.APNs.Headers["apns-priority"] = "5"
	out.Webpush.Headers["Urgency"] = "normal"
}

// expire has every platform drop the message once it is of no more use.
func (out *message) expire(life time.Duration, now time.Time) {
	seconds := line.Seconds(min(life, longest))
	out.Android.TTL = strconv.FormatInt(seconds, 10) + "s"
	out.Webpush.Headers["TTL"] = strconv.FormatInt(seconds, 10)
	out.APNs.Headers["apns-expiration"] = strconv.FormatInt(now.Unix()+seconds, 10)
}

// label makes a template's name into one that Firebase's statistics take.
func label(template string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_.~%", r):
			return r
		}
		return '-'
	}, template)
	return name[:min(len(name), labelLimit)]
}
