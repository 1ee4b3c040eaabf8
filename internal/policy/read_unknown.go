package policy

import (
	"slices"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/sendtime"
	"github.com/outreach-engine/outreach/internal/source"
)

// askKey stands among the channels of unknown.
const askKey = "ask"

// unknown reads what becomes of messages of which nobody can say whether they
// went out.
func (r *reader) unknown(n source.Node) {
	for _, e := range entries(n) {
		if e.Name == askKey {
			r.ask(e.Value)
			continue
		}
		switch known := customer.Channels(); {
		case !slices.Contains(known, customer.Channel(e.Name)):
			e.Key.Fail("is neither ask nor a channel", unknownHint(e.Name, known))
		case !blank(e.Value):
			r.resolve(customer.Channel(e.Name), e.Value)
		}
	}
}

// unknownHint says what may stand in unknown.
func unknownHint(word string, channels []customer.Channel) string {
	names := []string{askKey}
	for _, c := range channels {
		names = append(names, string(c))
	}
	return source.DidYouMean(word, names)
}

func (r *reader) ask(n source.Node) {
	text, ok := textOf(n)
	if !ok {
		return
	}
	d, err := sendtime.ParseDuration(text)
	switch length := d.Approx(); {
	case err != nil:
		n.Fail(without(err, "duration", text), "")
	case length < shortestAsk || length > longestAsk:
		n.Fail("is no time to ask for", "write a time from 10s to 7d, such as 1h")
	default:
		r.policy.Unknown.Ask = length
	}
}

// resolve reads one word for a whole channel, or one for each topic.
func (r *reader) resolve(c customer.Channel, n source.Node) {
	said := map[customer.Topic]Resolution{}
	if n.Kind() != source.Mapping {
		said[""] = readResolution(n)
	} else {
		for _, e := range n.Entries() {
			if topic, ok := r.knownTopic(e.Key); ok && !blank(e.Value) {
				said[topic] = readResolution(e.Value)
			}
		}
	}
	if r.policy.Unknown.Resolutions == nil {
		r.policy.Unknown.Resolutions = map[customer.Channel]map[customer.Topic]Resolution{}
	}
	r.policy.Unknown.Resolutions[c] = said
}

// readResolution reads hold or again; what is neither is a problem, and holds.
func readResolution(n source.Node) Resolution {
	if choice(n, string(HoldUnknown), string(SendAgain)) {
		return SendAgain
	}
	return HoldUnknown
}
