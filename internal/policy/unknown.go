package policy

import (
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
)

// Resolution is what becomes of a message of which nobody can say whether its
// provider took it.
type Resolution string

// The resolutions.
const (
	HoldUnknown Resolution = "hold"  // it is listed for a person to settle, and is not sent again
	SendAgain   Resolution = "again" // it is sent again: the customer may get it twice
)

// Unknown says how long a provider is asked after a message whose answer was
// lost, and what becomes of it when nobody knows by then.
type Unknown struct {
	// Ask is how long, from ten seconds to seven days.
	Ask time.Duration
	// Resolutions are by channel and topic; the topic "" stands for every topic
	// of the channel. What is not there goes by WhenUnknown's own choice.
	Resolutions map[customer.Channel]map[customer.Topic]Resolution
}

const (
	defaultAsk  = time.Hour
	shortestAsk = 10 * time.Second
	longestAsk  = 7 * 24 * time.Hour
)

// WhenUnknown gives what becomes of a message of a topic after Unknown.Ask:
// what the policy says of its channel and topic, else of its channel. Where it
// says nothing, a message is held; only push is sent again, since a repeat takes
// the place of the first on the device.
func (p *Policy) WhenUnknown(c customer.Channel, t customer.Topic) Resolution {
	for _, topic := range []customer.Topic{t, ""} {
		if said, ok := p.Unknown.Resolutions[c][topic]; ok {
			return said
		}
	}
	if c == customer.Push {
		return SendAgain
	}
	return HoldUnknown
}
