package dictionary

import (
	"regexp"
	"slices"
	"strings"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/source"
)

// maxName bounds a declared name, in bytes.
const maxName = 64

var word = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// reserved are the words that expressions and rules keep for themselves.
func reserved() []string {
	return []string{
		"match", "sent", "event", "identified", "customer",
		"happened", "count", "sum", "latest", "since", "known", "reachable", "uses", "mostly", "last",
		"and", "or", "not", "in", "if", "else", "then", "let", "true", "false", "nil", "null",
		"matches", "contains",
	}
}

// checkName reports whether a key may name a trait, an event or a property.
func checkName(key source.Node, kind string) bool {
	name := key.Raw()
	switch {
	case name == "":
		return false
	case !word.MatchString(name):
		key.Fail("is not a name that rules can use", nameHint(name, kind))
	case len(name) > maxName:
		key.Fail("is longer than 64 letters", "choose a shorter name")
	case slices.Contains(reserved(), name):
		key.Fail("is a word of the rule language and cannot name "+kind, "choose another, such as "+name+"_value")
	case strings.HasPrefix(name, "message_") && kind == "an event":
		key.Fail("starts with message_, which is kept for what becomes of messages", "choose another name; "+
			strings.Join(messageNames(), ", ")+" are known without being declared")
	case kind == "an event" && isOwn(name):
		key.Fail("is an event of the engine's own", "leave it out; it is known without being declared")
	default:
		return true
	}
	return false
}

// nameHint shows the name written as rules want it, and for an event how the
// outside name is kept.
func nameHint(name, kind string) string {
	tidy := snake(name)
	switch {
	case !word.MatchString(tidy):
		return "use small letters, digits and _ between words, and start with a letter: order_placed"
	case kind == "an event":
		return "write " + tidy + `: {from: "` + name + `"}`
	}
	return "write " + tidy
}

// snake writes a name in small letters with _ between its words.
func snake(name string) string {
	var b strings.Builder
	gap, small := false, false
	for _, r := range name {
		upper := r >= 'A' && r <= 'Z'
		letter := upper || r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		if !letter || upper && small {
			gap = b.Len() > 0
		}
		if letter {
			if gap {
				b.WriteByte('_')
			}
			gap = false
			b.WriteString(strings.ToLower(string(r)))
		}
		small = letter && !upper
	}
	return b.String()
}

// own declares the events that the engine itself knows: what became of its
// messages and tasks.
func own() map[string]Event {
	text := Field{Kind: customer.KindText}
	message := func(more ...string) map[string]Field {
		properties := map[string]Field{
			customer.MessageProperty: {Kind: customer.KindID},
			customer.TemplateProp:    text,
			customer.ChannelProperty: {Kind: customer.KindText, Allowed: channelNames()},
		}
		for _, name := range more {
			properties[name] = text
		}
		return properties
	}
	return map[string]Event{
		customer.MessageSent:      {ByUs: true, Properties: message()},
		customer.MessageDelivered: {ByUs: true, Properties: message()},
		customer.MessageOpened:    {Properties: seen(message())},
		customer.MessageClicked:   {Properties: seen(message())},
		customer.MessageReplied:   {Properties: message(customer.TextProperty)},
		customer.MessageFailed:    {ByUs: true, Properties: message(customer.ReasonProperty)},
		customer.MessageBounced:   {ByUs: true, Properties: message(customer.ReasonProperty)},
		customer.HandoffDone: {ByUs: true, Properties: map[string]Field{
			customer.TaskProperty: {Kind: customer.KindID}, customer.ResultProperty: text,
		}},
	}
}

// seen adds how an open or a click came about.
func seen(properties map[string]Field) map[string]Field {
	properties[customer.MachineProperty] = Field{Kind: customer.KindText, Allowed: []string{customer.Yes, "no"}}
	properties[customer.DeviceProperty] = Field{Kind: customer.KindText, Allowed: []string{"phone", "tablet", "computer"}}
	return properties
}

func messageNames() []string {
	return []string{
		customer.MessageSent, customer.MessageDelivered, customer.MessageOpened, customer.MessageClicked,
		customer.MessageReplied, customer.MessageFailed, customer.MessageBounced,
	}
}

func ownNames() []string { return append(messageNames(), customer.HandoffDone) }

func isOwn(event string) bool { return slices.Contains(ownNames(), event) }

func channelNames() []string {
	channels := customer.Channels()
	names := make([]string, len(channels))
	for i, c := range channels {
		names[i] = string(c)
	}
	return names
}
