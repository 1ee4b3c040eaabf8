package insight

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/outreach-engine/outreach/internal/customer"
	"github.com/outreach-engine/outreach/internal/habit"
)

// version is that of the stored document.
const version = 1

// document is an Insight as it is stored.
type document struct {
	Version   int                                  `json:"version"`
	At        time.Time                            `json:"at"`
	Customers int                                  `json:"customers"`
	Others    map[customer.Channel]json.RawMessage `json:"others"` // as habit.Population encodes itself
	Rules     map[string]Worth                     `json:"rules"`
}

// Encode gives the document to store: JSON, some 10 kB for each channel. That
// of a nil Insight is null.
func (i *Insight) Encode() []byte {
	if i == nil {
		return []byte("null")
	}
	d := document{Version: version, At: i.at, Customers: i.customers, Others: map[customer.Channel]json.RawMessage{}, Rules: i.rules}
	for channel, others := range i.others {
		d.Others[channel] = others.Encode()
	}
	body, err := json.Marshal(d)
	if err != nil { // numbers, texts and JSON are always JSON
		return []byte("null")
	}
	return body
}

// Decode reads what Encode gave. Of null it makes nil.
func Decode(body []byte) (*Insight, error) {
	var d *document
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, fmt.Errorf("what was learned: %w", err)
	}
	switch {
	case d == nil:
		return nil, nil
	case d.Version != version:
		return nil, fmt.Errorf("what was learned: version %d is not known: it is learned anew within a day", d.Version)
	}
	i := begin(d.At)
	i.customers = d.Customers
	for channel, text := range d.Others {
		others, err := habit.DecodePopulation(text)
		if err != nil {
			return nil, fmt.Errorf("what was learned: channel %s: %w", channel, err)
		}
		if others != nil {
			i.others[channel] = others
		}
	}
	for rule, w := range d.Rules {
		if w.Reached < 0 || w.Reached > w.Sent {
			return nil, fmt.Errorf("what was learned: rule %s: %d of %d reached their goal: it is learned anew within a day", rule, w.Reached, w.Sent)
		}
		i.count(rule, w)
	}
	return i, nil
}
