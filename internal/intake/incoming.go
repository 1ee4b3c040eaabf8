package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/dictionary"
	"github.com/outreach-engine/outreach/internal/observe"
	"github.com/outreach-engine/outreach/internal/sendtime"
)

const (
	maxCall   = 32 << 10 // one call, in bytes
	maxID     = 255      // an outside id or an event's name, in bytes
	maxFuture = 24 * time.Hour
)

// Names of what the calls beside track become.
const (
	pageViewed   = "page_viewed"
	screenViewed = "screen_viewed"
	groupJoined  = "group_joined"
	groupID      = "group_id" // property of group_joined
	account      = "account"  // trait: the group that a customer belongs to
)

// sorter turns the calls of one body into what observe takes.
type sorter struct {
	body     []byte
	words    *dictionary.Dictionary
	zones    *sendtime.Zones
	topics   func() []string
	received time.Time
}

// incoming gives what a call says. Trouble refuses all of it; refusals are
// fields of the profile that were left out.
func (s *sorter) incoming(e *envelope, c *call) (in observe.Incoming, refusals []observe.Refusal, trouble string) {
	if !c.device.told {
		channel := c.device.channel
		c.device = e.device
		c.device.channel = channel
	}
	if trouble = s.check(c); trouble != "" {
		return in, nil, trouble
	}
	in = observe.Incoming{User: c.user, Anonymous: c.anonymous}
	in.Event, trouble = s.event(e, c)
	if trouble != "" {
		return in, nil, trouble
	}
	if c.kind == alias {
		in.Previous = c.previous
		return in, nil, ""
	}
	in.Change, refusals = observe.ReadTraits(c.profile(), s.zones)
	if c.kind == identify {
		for _, name := range c.beside {
			refusals = append(refusals, observe.Refusal{Field: name, Reason: "stands beside traits, put it inside traits"})
		}
	}
	if len(in.Change.Consents) > 0 {
		refusals = append(refusals, in.Change.CheckTopics(s.topics())...)
	}
	refusals = append(refusals, in.Change.AddDevice(c.device.zone, c.device.locale, c.device.token, s.zones)...)
	return in, refusals, ""
}

// check finds what refuses the whole of a call.
func (s *sorter) check(c *call) string {
	switch {
	case c.to-c.from > maxCall:
		return "a call: is larger than 32 kB, send less with it"
	case c.trouble != "":
		return c.trouble
	case c.user == "" && c.anonymous == "" && c.kind != track: // an event may reach all who share a value
		return "userId: is missing and so is anonymousId, give one of them"
	case len(c.user) > maxID || len(c.anonymous) > maxID || len(c.previous) > maxID:
		return "userId, anonymousId or previousId: is longer than 255 bytes, give a shorter one"
	}
	return c.checkKind()
}

func (c *call) checkKind() string {
	switch c.kind {
	case identify, page, screen:
		return ""
	case track:
		return c.checkEvent()
	case group:
		if c.group == "" {
			return "groupId: is missing, name the group"
		}
		return ""
	case alias:
		if c.user == "" || c.previous == "" {
			return "previousId or userId: is missing, alias needs both"
		}
		return ""
	case "":
		return "type: is missing, write identify, track, page, screen, group or alias"
	}
	return "type: is not known, write identify, track, page, screen, group or alias"
}

func (c *call) checkEvent() string {
	name := observe.Name(c.event)
	switch {
	case name == "":
		return "event: is missing, name what happened"
	case len(c.event) > maxID:
		return "event: is longer than 255 bytes, give a shorter name"
	case !observe.IsOurs(name):
		return ""
	case c.user == "" && c.anonymous == "":
		return "userId: is missing and so is anonymousId, say whose message it is"
	}
	return observe.CheckReceipt(name, c.properties)
}

func (s *sorter) event(e *envelope, c *call) (customer.Event, string) {
	at, trouble := s.happened(e, c)
	return customer.Event{
		MessageID:  s.messageID(c),
		Name:       s.eventName(c),
		At:         at,
		ReceivedAt: s.received,
		Via:        c.device.via(),
		Properties: c.eventProperties(),
	}, trouble
}

// eventName gives the name that data.yaml declares for a track call, else the
// outside name as rules would write it.
func (s *sorter) eventName(c *call) string {
	switch c.kind {
	case page:
		return pageViewed
	case screen:
		return screenViewed
	case group:
		return groupJoined
	case track:
		if declared := s.words.EventName(c.event); declared != c.event {
			return declared
		}
		return observe.Name(c.event)
	}
	return customer.Identified
}

func (c *call) eventProperties() map[string]customer.Value {
	switch {
	case c.kind == identify || c.kind == alias:
		return nil
	case c.kind == group:
		return map[string]customer.Value{groupID: customer.Text(c.group)}
	case c.kind == track || c.name == "":
		return c.properties
	}
	properties := maps.Clone(c.properties)
	if properties == nil {
		properties = map[string]customer.Value{}
	}
	properties["name"] = customer.Text(c.name)
	return properties
}

// profile gives the traits that a call brings: those of its context, under
// those of identify; a group's become account and account_<trait>.
func (c *call) profile() map[string]customer.Value {
	told := c.device.traits
	switch {
	case c.kind == identify && len(told) == 0:
		return c.traits
	case c.kind != identify && c.kind != group:
		return told
	}
	traits := make(map[string]customer.Value, len(told)+len(c.traits)+1)
	maps.Copy(traits, told)
	if c.kind == identify {
		maps.Copy(traits, c.traits)
		return traits
	}
	traits[account] = customer.Text(c.group)
	for name, value := range c.traits {
		traits[account+"_"+name] = value
	}
	return traits
}

// messageID gives the call's own id, else one made of the call's text: the
// same call sent again is the same event.
func (s *sorter) messageID(c *call) string {
	if c.messageID != "" && len(c.messageID) <= maxID {
		return c.messageID
	}
	h := sha256.New()
	h.Write([]byte(c.kind))
	h.Write([]byte{0})
	h.Write(s.body[c.from:c.to])
	return "sha256-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// happened gives the instant of a call by the server's clock, as Segment
// defines it (https://segment.com/docs/connections/spec/common/#timestamps):
// receivedAt - (sentAt - originalTimestamp). A call that carries receivedAt has
// been through Segment, which has corrected its timestamp.
func (s *sorter) happened(e *envelope, c *call) (time.Time, string) {
	text, sent := c.original, c.sentAt
	if text == "" || c.receivedAt != "" && c.timestamp != "" {
		text = c.timestamp
	}
	if sent == "" {
		sent = e.sentAt
	}
	if text == "" {
		return s.received, ""
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return at, "timestamp: is not a time, write it as in RFC 3339: 2026-11-23T09:00:00Z"
	}
	if sentAt, err := time.Parse(time.RFC3339Nano, sent); err == nil && c.receivedAt == "" {
		at = s.received.Add(at.Sub(sentAt))
	}
	switch {
	case at.Sub(s.received) > maxFuture:
		return at, "timestamp: is more than 24 hours ahead, set the sender's clock or send sentAt with it"
	case at.Unix() < 0:
		return at, "timestamp: is before 1970, set the sender's clock"
	}
	return at.UTC().Truncate(time.Microsecond), ""
}

// via tells where a call came from: by the channel that it names, else by its
// library, else by what its context describes.
func (d *device) via() customer.Via {
	switch d.channel {
	case "server":
		return customer.ViaServer
	case "browser":
		return customer.ViaWeb
	case "mobile":
		return customer.ViaApp
	}
	switch library := strings.TrimPrefix(strings.ToLower(d.library), "@segment/"); {
	case library == "analytics.js" || library == "analytics-next" || library == "web":
		return customer.ViaWeb
	case isApp(library):
		return customer.ViaApp
	case strings.HasPrefix(library, "analytics-") || library == "server":
		return customer.ViaServer
	case d.app || d.token != "":
		return customer.ViaApp
	case d.page:
		return customer.ViaWeb
	}
	return customer.ViaServer
}

// isApp reports whether a library runs on phones: analytics-ios,
// analytics-swift, analytics-kotlin and their like.
func isApp(library string) bool {
	for _, name := range []string{"ios", "android", "swift", "kotlin", "react-native", "flutter", "xamarin", "unity"} {
		if strings.Contains(library, name) {
			return true
		}
	}
	return false
}
