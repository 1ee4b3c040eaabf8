// Package link makes and reads the signed tokens of the links in messages: the
// one that takes a customer off a topic, and the one to their preference page.
// It decides what a token says, who may have made it and how long it holds. It
// knows no store, no page and no clock, and a token holds no personal data.
package link

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Kind is what a link is for. The zero value is none, and is not read back.
type Kind byte

// What links are for.
const (
	// Unsubscribe takes the customer off a topic. It holds for good: the law
	// wants it to work for at least 30 days after the message (US: 15 U.S.C.
	// 7704(a)(3)(A)(ii)) or 60 (Canada: S.C. 2010, c. 23, s. 11(2)), and nobody
	// is served by one that stops.
	Unsubscribe Kind = 1
	// Preferences opens the preference page, for PreferencesLife.
	Preferences Kind = 2
)

// PreferencesLife is how long a link to the preference page holds: it shows and
// gives consents, and messages are forwarded.
const PreferencesLife = 90 * 24 * time.Hour

// Link is what a token says.
type Link struct {
	Kind     Kind
	Customer customer.ID
	Topic    customer.Topic   // what the message was about; never "" of an Unsubscribe
	Channel  customer.Channel // that the message went by; "" unknown
	Message  string           // the message's send key; "" none
	Issued   time.Time        // a day's first instant, UTC, from 2020 to 2199
}

// ErrUnreadable says that something is no token at all, or not the whole of one.
var ErrUnreadable = errors.New("link: is not a whole link, copy all of it out of the message")

// ErrForged says that a token is not signed with a known key.
var ErrForged = errors.New("link: is not signed with a key that is known here, keep former keys in OUTREACH_LINK_SECRET behind the newest")

// ErrExpired says that a token held once.
var ErrExpired = errors.New("link: has expired, take one from a newer message")

// epoch is the day that tokens count from.
var epoch = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)

// dayOf counts whole days since the epoch, within two bytes.
func dayOf(at time.Time) uint16 {
	const last = 1<<16 - 1
	days := at.UTC().Sub(epoch) / (24 * time.Hour)
	return uint16(min(max(days, 0), last))
}

// The first byte of a token's text: the kind, the channel, and what is short.
const (
	kindBits     = 0b0000_0011
	channelBits  = 0b0000_1100
	channelShift = 2
	drawnBit     = 0b0001_0000 // the customer's id is ten bytes that the engine drew
	shortBit     = 0b0010_0000 // the send key leaves out what the link says already
	knownBits    = kindBits | channelBits | drawnBit | shortBit
)

// order numbers the channels in tokens; a number is never given anew.
func order() []customer.Channel {
	return []customer.Channel{"", customer.SMS, customer.Email, customer.Push}
}

// write gives the text that is signed: the flags, the day, customer, topic and
// send key. It is as short as can be, for text messages.
func (l Link) write(key byte) []byte {
	flags := byte(l.Kind) & kindBits
	for number, c := range order() {
		if c == l.Channel {
			flags |= byte(number) << channelShift
		}
	}
	drawn, isDrawn := drawnID(l.Customer)
	if isDrawn {
		flags |= drawnBit
	}
	message, isShort := l.shorten(flags)
	if isShort {
		flags |= shortBit
	}
	b := []byte{flags, key}
	b = binary.BigEndian.AppendUint16(b, dayOf(l.Issued))
	if isDrawn {
		b = append(b, drawn...)
	} else {
		b = appendText(b, string(l.Customer))
	}
	b = appendText(b, string(l.Topic))
	return append(b, message...)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// read reads what write wrote, behind its signature.
func read(b []byte) (Link, bool) {
	if len(b) < headLength || b[0]&^byte(knownBits) != 0 {
		return Link{}, false
	}
	flags := b[0]
	l := Link{
		Kind: Kind(flags & kindBits), Channel: order()[flags&channelBits>>channelShift],
		Issued: epoch.AddDate(0, 0, int(binary.BigEndian.Uint16(b[2:headLength]))),
	}
	rest, ok := b[headLength:], true
	if flags&drawnBit != 0 {
		if len(rest) < drawnLength {
			return Link{}, false
		}
		l.Customer, rest = idOf(rest[:drawnLength]), rest[drawnLength:]
	} else {
		var id string
		if id, rest, ok = cutText(rest); !ok {
			return Link{}, false
		}
		l.Customer = customer.ID(id)
	}
	topic, rest, ok := cutText(rest)
	if !ok {
		return Link{}, false
	}
	l.Topic, l.Message = customer.Topic(topic), string(rest)
	if flags&shortBit != 0 {
		l.Message = l.lengthen(l.Message)
	}
	return l, l.whole()
}

// headLength is the flags, the key's number and the day.
const headLength = 4

func cutText(b []byte) (s string, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return "", nil, false
	}
	return string(b[size : size+int(n)]), b[size+int(n):], true
}

// whole reports whether a link says all that its kind needs.
func (l Link) whole() bool {
	switch l.Kind {
	case Unsubscribe:
		return l.Customer != "" && l.Topic != ""
	case Preferences:
		return l.Customer != ""
	}
	return false
}

// The engine's own ids are a c and ten bytes in small base32.
const (
	drawnPrefix = "c"
	drawnLength = 10
)

func drawnID(id customer.ID) ([]byte, bool) {
	b, err := base32.StdEncoding.DecodeString(strings.ToUpper(strings.TrimPrefix(string(id), drawnPrefix)))
	return b, err == nil && len(b) == drawnLength && idOf(b) == id
}

func idOf(b []byte) customer.ID {
	return customer.ID(drawnPrefix + strings.ToLower(base32.StdEncoding.EncodeToString(b)))
}

// What stands in a shortened send key for what it repeats.
const (
	customerMark = "\x00" // .<customer>.
	ruleMark     = "\x01" // all that stands before the customer
	channelMark  = "\x02" // .<channel> at its end
)

// shorten leaves out of <rule>.<customer>.<n>.<step>.<channel> what the link
// says otherwise: steps are often called as their rule. It does nothing to a
// text that would not come back the same.
func (l Link) shorten(flags byte) (short string, ok bool) {
	rule, rest, found := strings.Cut(l.Message, "."+string(l.Customer)+".")
	if !found || rule == "" || strings.ContainsAny(l.Message, customerMark+ruleMark+channelMark) {
		return l.Message, false
	}
	if step, same := strings.CutSuffix(rest, "."+string(l.Channel)); same && flags&channelBits != 0 {
		rest = step + channelMark
	}
	return rule + customerMark + strings.ReplaceAll(rest, rule, ruleMark), true
}

// lengthen undoes shorten.
func (l Link) lengthen(short string) string {
	rule, rest, _ := strings.Cut(short, customerMark)
	rest = strings.ReplaceAll(rest, ruleMark, rule)
	if step, marked := strings.CutSuffix(rest, channelMark); marked {
		rest = step + "." + string(l.Channel)
	}
	return rule + "." + string(l.Customer) + "." + rest
}
